"""The report of a trial, and the mapping of Dublin Core tried on the records that it brought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import StaleVersion
from app.features.partners.commands import set_mapping
from app.features.partners.dublin_core import ELEMENTS, SKIPPED, DublinCoreMapping, MappingFault, map_record
from app.features.partners.dublin_core_links import hosts_of
from app.features.partners.health import find_run, health_of
from app.features.partners.queries import find_partner
from app.features.partners.reasons import REASONS
from app.i18n import N_, _
from app.i18n.formats import format_datetime
from app.i18n.terms import term
from app.identity import Actor
from app.models.partners import Partner
from app.models.taking import TakingRun
from app.web.auth import OperatorActor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm, form_of
from app.web.partners.parts import counts_of, crumbs, kind_choices, run_badge
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge

router = APIRouter()

_WHAT = {
    "new": (N_("Sẽ nhận"), "good", "check"),
    "changed": (N_("Sẽ sửa"), "good", "check"),
    "unchanged": (N_("Đã có, không đổi"), "plain", "check"),
    "gone": (N_("Đã mất ở nguồn"), "plain", "close"),
    "skipped": (N_("Bỏ qua"), "plain", "close"),
    "bad": (N_("Không nhận được"), "bad", "bad"),
}


@dataclass(frozen=True)
class SampleRow:
    """One record of a trial."""

    title: str
    source_id: str
    badge: Badge
    reason: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class RunPage(Page):
    """What a trial found; while it runs, that it does."""

    template: ClassVar[str] = "partners/run.html"

    public_id: str
    badge: Badge
    started: str
    over: bool
    counts: str
    fault: str
    rows: Sequence[SampleRow]
    mapping_href: str
    indexed: bool = False


@dataclass(frozen=True)
class Preview:
    """A record as the mapping makes it, beside what came."""

    source_id: str
    title: str
    kind: str
    organisation: str
    keywords: str
    description: str
    landing: str
    fault: str
    came: Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class MappingPage(Page):
    """The mapping's form, and what it makes of the records of the last trial."""

    template: ClassVar[str] = "partners/mapping.html"

    public_id: str
    version: int
    form: Form
    kinds: Sequence[tuple[str, str]]
    elements: Sequence[tuple[str, str]]
    languages: Sequence[tuple[str, str]]
    previews: Sequence[Preview]
    problem: str = ""
    indexed: bool = False


def _title(raw: Mapping[str, Any]) -> str:
    body = raw.get("body", {})
    content = body.get("content")
    given = content.get("title") if isinstance(content, dict) else body.get("title")
    while isinstance(given, list) and given:
        given = given[0]
    return given if isinstance(given, str) else str(raw.get("source_id", ""))


@router.get("/desk/partners/{public_id}/runs/{run_id}", name="partner_run")
def partner_run(request: Request, session: ReadSession, actor: OperatorActor, public_id: str, run_id: UUID) -> Response:
    """The report of one run."""
    partner = find_partner(session, actor=actor, public_id=public_id)
    run = find_run(session, actor=actor, partner=partner, run_id=run_id)
    page = RunPage(
        title=_("Kết quả thử nhận dữ liệu"),
        breadcrumbs=crumbs(Link(partner.name, url("partner", public_id=public_id))),
        public_id=public_id,
        badge=run_badge(run.state),
        started=format_datetime(run.started_at),
        over=run.ended_at is not None,
        counts=counts_of(run),
        fault=run.fault,
        rows=[_sample(one) for one in run.samples],
        mapping_href=url("mapping", public_id=public_id) if partner.protocol == "oai_dc" else "",
    )
    return render(request, page)


def _sample(one: Mapping[str, Any]) -> SampleRow:
    text, tone, icon = _WHAT[one["what"]]
    reason = REASONS.get(one["reason"], "")
    return SampleRow(
        title=_title(one["raw"]),
        source_id=one["raw"]["source_id"],
        badge=Badge(_(text), tone, icon),  # type: ignore[arg-type]  # one of the tones above
        reason=_(reason) if reason else "",
        detail=one["detail"],
    )


def _previews(run: TakingRun | None, mapping: Mapping[str, Any], hosts: frozenset[str]) -> list[Preview]:
    if run is None:
        return []
    made = []
    for one in run.samples[:10]:
        raw = one["raw"]
        if raw["deleted"] or raw["fault"] or raw["form"] != "dublin_core":
            continue
        came = [(name, " | ".join(str(value[0]) for value in raw["body"][name])[:500]) for name in ELEMENTS
                if raw["body"].get(name)]  # fmt: skip
        try:
            mapped = map_record(raw["body"], mapping, hosts=hosts)
        except MappingFault as fault:
            told = _("Bảng ánh xạ bỏ qua loại bản ghi này") if str(fault) == SKIPPED else _("Bản ghi không có tiêu đề")
            made.append(Preview(raw["source_id"], _title(raw), "", "", "", "", "", told, came))
            continue
        made.append(
            Preview(
                source_id=raw["source_id"],
                title=mapped.said["title"],
                kind=term("kind", mapped.said["kind"]),
                organisation=mapped.organisation,
                keywords=", ".join(mapped.said.get("keywords", [])),
                description=mapped.said.get("description", "")[:300],
                landing=mapped.landing,
                fault="",
                came=came,
            )
        )
    return made


def _mapping_page(
    session: Session,
    actor: Actor,
    partner: Partner,
    form: Form,
    mapping: Mapping[str, Any],
    *,
    version: int,
    problem: str = "",
) -> MappingPage:
    trial = health_of(session, actor=actor, partner=partner).trial
    return MappingPage(
        title=_("Ánh xạ Dublin Core của %(name)s", name=partner.name),
        breadcrumbs=crumbs(Link(partner.name, url("partner", public_id=partner.public_id))),
        public_id=partner.public_id,
        version=version,
        form=form,
        kinds=kind_choices(),
        elements=[(name, f"dc:{name}") for name in ELEMENTS],
        languages=[("vi", _("Tiếng Việt")), ("en", _("Tiếng Anh"))],
        previews=_previews(trial, mapping, hosts_of(partner.authority, partner.address)),
        problem=problem,
    )


@router.get("/desk/partners/{public_id}/mapping", name="mapping")
def mapping(request: Request, session: ReadSession, actor: OperatorActor, public_id: str) -> Response:
    """The mapping as it stands."""
    partner = find_partner(session, actor=actor, public_id=public_id)
    rules = DublinCoreMapping.model_validate(partner.mapping)
    page = _mapping_page(session, actor, partner, form_of(rules), partner.mapping, version=partner.version)
    return render(request, page)


@router.post("/desk/partners/{public_id}/mapping")
def submit_mapping(
    request: Request, session: WriteSession, actor: OperatorActor, public_id: str, posted: PostedForm
) -> Response:
    """Show what a changed mapping makes, or keep it."""
    partner = find_partner(session, actor=actor, public_id=public_id)
    typed = posted.value("version")
    version = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0
    if posted.row_edit_asked:
        form = posted.row_edited
        return render(request, _mapping_page(session, actor, partner, form, partner.mapping, version=version))
    # An empty choice means "none" here, which an empty field otherwise does not.
    checked = posted.check(DublinCoreMapping)
    if checked.data is None:
        page = _mapping_page(session, actor, partner, checked.form, partner.mapping, version=version)
        return render(request, page, status_code=422)
    said = checked.data.model_copy(
        update={name: posted.value(name) for name in ("kind", "keywords", "organisation") if not posted.value(name)}
    )
    if posted.value("act") != "save":
        shown = said.model_dump(mode="json")
        return render(request, _mapping_page(session, actor, partner, posted, shown, version=version))
    try:
        set_mapping(session, actor=actor, public_id=public_id, version=version, mapping=said, now=clock.now())
    except StaleVersion as fault:
        page = _mapping_page(session, actor, partner, posted, partner.mapping, version=version, problem=_(fault.title))
        return render(request, page, status_code=412)
    return redirect(request, url("partner", public_id=public_id), _("Đã lưu bảng ánh xạ."))
