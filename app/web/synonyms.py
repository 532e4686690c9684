"""The operator's pages for terms in two languages: look up, add, change, retire, take back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import Invalid
from app.features.moderation.audit import entries_of
from app.features.synonyms.commands import add_pair, change_pair, restore_pair, retire_pair
from app.features.synonyms.queries import Show, find_pair, find_pairs
from app.features.synonyms.schemas import PairInput
from app.i18n import N_, _
from app.i18n.formats import format_datetime
from app.identity import Actor
from app.models.synonyms import SYNONYM_FIELDS, SynonymPair
from app.web.auth import OperatorActor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm, form_of
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.records import Tab

router = APIRouter()

_FIELDS: Final[Mapping[str, str]] = {
    "high-tech-agriculture": N_("Nông nghiệp công nghệ cao"),
    "biotechnology": N_("Công nghệ sinh học"),
    "digital-technology": N_("Công nghệ số"),
    "environment": N_("Môi trường"),
    "health": N_("Y tế"),
    "manufacturing": N_("Chế tạo"),
    "logistics": N_("Kho vận"),
    "energy": N_("Năng lượng"),
    "transport": N_("Giao thông"),
    "materials": N_("Vật liệu"),
    "construction": N_("Xây dựng"),
    "food": N_("Thực phẩm"),
    "education": N_("Giáo dục"),
    "general": N_("Dùng chung"),
}
_ACTS: Final[Mapping[str, str]] = {
    "synonym.added": N_("Đã thêm"),
    "synonym.changed": N_("Đã sửa"),
    "synonym.retired": N_("Đã ngừng dùng"),
    "synonym.restored": N_("Đã dùng lại"),
    "synonym.imported": N_("Nhập từ tệp"),
}


@dataclass(frozen=True)
class PairRow:
    """One pair of the list."""

    vi: str
    en: str
    field: str
    href: str


@dataclass(frozen=True, kw_only=True)
class SynonymsPage(Page):
    """The pairs in use, or the retired ones, and the form for one more."""

    template: ClassVar[str] = "synonyms/list.html"

    tabs: Sequence[Tab]
    rows: Sequence[PairRow]
    total: int
    find: str
    field: str
    show: str
    fields: Sequence[tuple[str, str]]
    form: Form
    first: str
    next: str
    indexed: bool = False


@dataclass(frozen=True, kw_only=True)
class SynonymPage(Page):
    """One pair: change it, retire it or take it back."""

    template: ClassVar[str] = "synonyms/pair.html"

    pair_id: str
    revision: int
    retired: bool
    fields: Sequence[tuple[str, str]]
    form: Form
    past: Sequence[str]
    indexed: bool = False


def _fields() -> list[tuple[str, str]]:
    return [(code, _(_FIELDS[code])) for code in SYNONYM_FIELDS]


def _list(
    session: ReadSession, actor: Actor, form: Form, *, find: str = "", field: str = "", show: str = "", after: str = ""
) -> SynonymsPage:
    chosen = cast("Show", show if show == "retired" else "in-use")
    field = field if field in _FIELDS else ""
    find = find[:100]
    found = find_pairs(session, actor=actor, text=find, field=field, show=chosen, after=after)
    kept = {"find": find or None, "field": field or None, "show": show if chosen == "retired" else None}
    return SynonymsPage(
        title=_("Thuật ngữ Việt–Anh"),
        tabs=[
            Tab(_("Đang dùng"), url("synonyms", find=find or None, field=field or None), chosen == "in-use"),
            Tab(
                _("Đã ngừng dùng"),
                url("synonyms", find=find or None, field=field or None, show="retired"),
                chosen == "retired",
            ),
        ],
        rows=[PairRow(one.vi, one.en, _(_FIELDS[one.field]), url("synonym", pair_id=one.id)) for one in found.items],
        total=found.total,
        find=find,
        field=field,
        show=chosen,
        fields=_fields(),
        form=form,
        first=url("synonyms", **kept) if after else "",
        next=url("synonyms", **kept, after=found.next) if found.next else "",
    )


@router.get("/desk/synonyms", name="synonyms")
def show_list(
    request: Request,
    *,
    session: ReadSession,
    actor: OperatorActor,
    find: str = "",
    field: str = "",
    show: str = "",
    after: str = "",
) -> Response:
    return render(request, _list(session, actor, Form(), find=find, field=field, show=show, after=after))


@router.post("/desk/synonyms", name="add_synonym")
def submit_new(request: Request, session: WriteSession, actor: OperatorActor, posted: PostedForm) -> Response:
    checked = posted.check(PairInput)
    if checked.data is None:
        return render(request, _list(session, actor, checked.form), status_code=422)
    try:
        pair = add_pair(session, actor=actor, data=checked.data, now=clock.now())
    except Invalid as fault:
        return render(request, _list(session, actor, checked.form.with_errors(fault.fields)), status_code=422)
    return redirect(request, url("synonyms"), _("Đã thêm “%(vi)s” – “%(en)s”.", vi=pair.vi, en=pair.en))


def _page(session: ReadSession, actor: Actor, pair: SynonymPair, form: Form) -> SynonymPage:
    past = entries_of(session, actor=actor, entity="synonym_pair", entity_id=pair.id)
    return SynonymPage(
        title=f"{pair.vi} – {pair.en}",
        breadcrumbs=(
            Link(_("Thuật ngữ Việt–Anh"), url("synonyms")),
            Link(f"{pair.vi} – {pair.en}", url("synonym", pair_id=pair.id)),
        ),
        pair_id=str(pair.id),
        revision=pair.revision,
        retired=pair.retired_at is not None,
        fields=_fields(),
        form=form,
        past=[
            " · ".join(
                part for part in (_(_ACTS.get(one.action, one.action)), who or "", format_datetime(one.at)) if part
            )
            for one, who in past
        ],
    )


@router.get("/desk/synonyms/{pair_id}", name="synonym")
def show_pair(request: Request, session: ReadSession, actor: OperatorActor, pair_id: str) -> Response:
    pair = find_pair(session, actor=actor, pair_id=pair_id)
    return render(request, _page(session, actor, pair, form_of({"vi": pair.vi, "en": pair.en, "field": pair.field})))


@router.post("/desk/synonyms/{pair_id}", name="change_synonym")
def submit_change(
    request: Request, session: WriteSession, actor: OperatorActor, pair_id: str, posted: PostedForm
) -> Response:
    pair = find_pair(session, actor=actor, pair_id=pair_id)
    checked = posted.check(PairInput)
    if checked.data is None:
        return render(request, _page(session, actor, pair, checked.form), status_code=422)
    try:
        changed = change_pair(
            session,
            actor=actor,
            pair_id=pair.id,
            revision=_revision(posted),
            data=checked.data,
            now=clock.now(),
        )
    except Invalid as fault:
        return render(request, _page(session, actor, pair, checked.form.with_errors(fault.fields)), status_code=422)
    return redirect(request, url("synonyms"), _("Đã sửa thành “%(vi)s” – “%(en)s”.", vi=changed.vi, en=changed.en))


@router.post("/desk/synonyms/{pair_id}/retire", name="retire_synonym")
def submit_retire(
    request: Request, session: WriteSession, actor: OperatorActor, pair_id: str, posted: PostedForm
) -> Response:
    pair = find_pair(session, actor=actor, pair_id=pair_id)
    retire_pair(session, actor=actor, pair_id=pair.id, revision=_revision(posted), now=clock.now())
    return redirect(request, url("synonyms"), _("Đã ngừng dùng “%(vi)s” – “%(en)s”.", vi=pair.vi, en=pair.en))


@router.post("/desk/synonyms/{pair_id}/restore", name="restore_synonym")
def submit_restore(
    request: Request, session: WriteSession, actor: OperatorActor, pair_id: str, posted: PostedForm
) -> Response:
    pair = find_pair(session, actor=actor, pair_id=pair_id)
    restore_pair(session, actor=actor, pair_id=pair.id, revision=_revision(posted), now=clock.now())
    return redirect(request, url("synonyms"), _("Đã dùng lại “%(vi)s” – “%(en)s”.", vi=pair.vi, en=pair.en))


def _revision(posted: Form) -> int:
    typed = posted.value("revision")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else 0
