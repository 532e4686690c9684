"""Listings about the same subject: the operator's lists, and a listing's page, where they are joined and parted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession, get_database
from app.errors import BadRequest, Conflict, NotFound
from app.features.partners import clusters as commands
from app.features.partners.cluster_queries import (
    Beside,
    Pair,
    list_clusters,
    list_suggestions,
    subject_of,
)
from app.i18n import N_, _, current_locale, ngettext
from app.i18n.formats import format_date, local_date
from app.identity import PUBLIC_ID_LENGTH, Actor
from app.search.documents import documents_of
from app.search.matches import find_similar
from app.search.port import SearchUnavailable
from app.search.sameness import sameness
from app.search.service import engine_of
from app.web.auth import OperatorActor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.partners.parts import crumbs
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Tab

router = APIRouter()

_MOST_ALIKE: Final = 10
# Fewer words in common than these are the words that every title of a trade has.
_LEAST_SAME: Final = 20
_NUMBER_NAMES: Final = {
    "patent-application": N_("Số đơn sáng chế"),
    "patent-grant": N_("Số bằng sáng chế"),
    "patent-document": N_("Số tư liệu sáng chế"),
    "doi": "DOI",
    "handle": "Handle",
}
_DONE: Final = {
    "join": N_("Đã ghép; hai tin nay chỉ sang nhau."),
    "separate": N_("Đã tách; tin đứng riêng cho đến khi được ghép lại."),
    "restore": N_("Đã bỏ việc tách."),
    "dismiss": N_("Đã ghi: không cùng một đối tượng."),
    "reopen": N_("Đã đưa lại vào danh sách gợi ý."),
}


@dataclass(frozen=True)
class MemberRow:
    """A listing of a cluster."""

    public_id: str
    title: str
    href: str
    subject: str
    told: str
    badges: Sequence[Badge]
    separated: bool


@dataclass(frozen=True)
class PairRow:
    """Two listings that read alike."""

    one: MemberRow
    other: MemberRow
    score: int
    dismissed: bool


@dataclass(frozen=True, kw_only=True)
class ClustersPage(Page):
    """All clusters, or the suggestions that wait or were put away."""

    template: ClassVar[str] = "partners/clusters.html"

    tabs: Sequence[Tab]
    view: str
    groups: Sequence[Sequence[MemberRow]]
    pairs: Sequence[PairRow]
    first: str
    next: str
    indexed: bool = False


@dataclass(frozen=True, kw_only=True)
class SubjectPage(Page):
    """One listing with its numbers, its cluster and what reads like it."""

    template: ClassVar[str] = "partners/subject.html"

    listing: MemberRow
    in_cluster: bool
    numbers: Sequence[str]
    members: Sequence[MemberRow]
    pairs: Sequence[PairRow]
    form: Form
    problem: str = ""
    indexed: bool = False


def _row(one: Beside) -> MemberRow:
    badges = []
    if one.separated_at is not None:
        badges.append(Badge(_("Tách ngày %(day)s", day=format_date(one.separated_at)), "warn", "close"))
    elif one.joined_by == "person":
        badges.append(Badge(_("Người vận hành ghép"), "info", "check"))
    elif one.joined_by:
        badges.append(Badge(_("Chung số hiệu"), "plain", "check"))
    if not one.shown:
        badges.append(Badge(_("Không hiện"), "plain", "close"))
    title = one.title_en if current_locale() == "en" and one.title_en else one.title
    return MemberRow(
        public_id=one.public_id,
        # What is gone at its origin keeps no words.
        title=title or one.public_id,
        href=url("listing", slug=one.slug or "tin", public_id=one.public_id) if one.shown else "",
        subject=url("subject", public_id=one.public_id),
        told=f"{one.organisation} · {one.authority}",
        badges=badges,
        separated=one.separated_at is not None,
    )


def _pair(one: Pair) -> PairRow:
    return PairRow(_row(one.one), _row(one.other), one.score, one.state == "dismissed")


@router.get("/desk/clusters", name="clusters")
def clusters(
    request: Request, *, session: ReadSession, actor: OperatorActor, view: str = "", after: str = ""
) -> Response:
    """Clusters, or with `view` "open" or "dismissed" the suggestions."""
    chosen = view if view in {"open", "dismissed"} else ""
    groups: Sequence[Sequence[Beside]] = ()
    pairs: Sequence[Pair] = ()
    if chosen:
        suggested = list_suggestions(session, actor=actor, state=chosen, after=after)
        pairs, goes_on = suggested.items, suggested.next
    else:
        found = list_clusters(session, actor=actor, after=after)
        groups, goes_on = found.items, found.next
    names = (("", _("Các nhóm")), ("open", _("Gợi ý chờ xét")), ("dismissed", _("Đã bác")))
    page = ClustersPage(
        title=_("Tin cùng một đối tượng"),
        breadcrumbs=crumbs(),
        tabs=[Tab(name, url("clusters", view=code or None), code == chosen) for code, name in names],
        view=chosen,
        groups=[[_row(one) for one in group] for group in groups],
        pairs=[_pair(one) for one in pairs],
        first=url("clusters", view=chosen or None) if after else "",
        next=url("clusters", view=chosen or None, after=goes_on) if goes_on else "",
    )
    return render(request, page)


def _page(session: Session, actor: Actor, public_id: str, form: Form, problem: str = "") -> SubjectPage:
    found = subject_of(session, actor=actor, public_id=public_id)
    me = _row(found.listing)
    return SubjectPage(
        title=me.title,
        breadcrumbs=crumbs(Link(_("Tin cùng một đối tượng"), url("clusters"))),
        listing=me,
        in_cluster=found.listing.cluster_id is not None,
        numbers=[f"{_(_NUMBER_NAMES.get(scheme, scheme))}: {value}" for scheme, value in found.numbers],
        members=[_row(one) for one in found.members],
        pairs=[_pair(one) for one in found.pairs],
        form=form,
        problem=problem,
    )


@router.get("/desk/clusters/{public_id}", name="subject")
def subject(request: Request, session: ReadSession, actor: OperatorActor, public_id: str) -> Response:
    """A listing, whatever its state, with what it belongs to."""
    return render(request, _page(session, actor, public_id, Form()))


@router.post("/desk/clusters/{public_id}")
def say(request: Request, session: WriteSession, actor: OperatorActor, public_id: str, posted: PostedForm) -> Response:
    """Join with `other`, hold apart, bring back, dismiss or reopen a suggestion, as the button `act` says."""
    act, now = posted.value("act"), clock.now()
    if act not in _DONE:
        raise BadRequest
    # 404 for a listing that is not there, before anything is said of the other.
    subject_of(session, actor=actor, public_id=public_id)
    other = _id_in(posted.value("other"))
    try:
        with session.begin_nested():
            if act == "separate":
                commands.separate(session, actor=actor, public_id=public_id, now=now)
            elif act == "restore":
                commands.restore(session, actor=actor, public_id=public_id, now=now)
            elif act == "join":
                commands.join(session, actor=actor, public_id=public_id, other=other, now=now)
            elif act == "dismiss":
                commands.dismiss(session, actor=actor, public_id=public_id, other=other, now=now)
            else:
                commands.reopen(session, actor=actor, public_id=public_id, other=other, now=now)
    except (Conflict, NotFound) as fault:
        why = (
            _(fault.detail) if isinstance(fault, Conflict) else _("Không có tin nào đang đăng với mã hoặc địa chỉ này.")
        )
        if act == "join":
            return render(
                request, _page(session, actor, public_id, posted.with_errors({"other": why})), status_code=422
            )
        return render(request, _page(session, actor, public_id, Form(), why), status_code=409)
    return redirect(request, url("subject", public_id=public_id), _(_DONE[act]))


@router.post("/desk/clusters/{public_id}/look", name="look_alike")
def look(request: Request, settings: AppSettings, actor: OperatorActor, public_id: str) -> Response:
    """Ask the search engine once for what reads like the listing, and keep it as suggestions."""
    here, database = url("subject", public_id=public_id), get_database(request)
    with database.read_only() as session:
        listing = subject_of(session, actor=actor, public_id=public_id).listing
        documents = documents_of(session, listing_ids=[listing.id])
    if not documents:
        return redirect(request, here, _("Chỉ tìm được cho tin đang hiện."), "warn")
    try:
        found = find_similar(
            engine_of(request.app),
            documents[0],
            today=local_date(clock.now()),
            limit=_MOST_ALIKE,
            # What anybody is shown as similar is alike enough to be asked about.
            least_score=settings.matching.least_score,
            weights=settings.matching,
        )
    except SearchUnavailable:
        return redirect(request, here, _("Tìm kiếm đang tạm ngừng; hãy thử lại sau."), "warn")
    judged = [(one.document.id, sameness(documents[0], one.document)) for one in found]
    alike = [one for one in judged if one[1] >= _LEAST_SAME]
    with database.unit_of_work() as session:
        count = commands.suggest(session, actor=actor, alike={listing.id: alike}, now=clock.now())
    if not count:
        return redirect(request, here, _("Không thấy tin nào mới giống tin này ở sàn khác."))
    return redirect(request, here, ngettext("Có %(num)s gợi ý mới.", "Có %(num)s gợi ý mới.", count))


def _id_in(text: str) -> str:
    """The public id at the end of an address; a bare id stays what it is."""
    found = re.search(rf"([a-z0-9]{{{PUBLIC_ID_LENGTH}}})/?(?:[?#].*)?$", text.strip())
    return found[1] if found else text.strip()
