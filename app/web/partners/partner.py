"""One partner: how it goes, what waits for a decision, its keys, and the moves of the agreement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Conflict
from app.features.moderation.audit import entries_of
from app.features.partners.commands import begin_whole, move_partner
from app.features.partners.health import Health, beginning_of, health_of, lag_of
from app.features.partners.queries import credentials_of, find_partner, history_of
from app.features.partners.runs import begin_run
from app.features.partners.states import MOVE_NAMES, MOVES
from app.features.partners.sweeping import decide_brake
from app.i18n import N_, _
from app.i18n.formats import format_date, format_datetime, format_number
from app.identity import Actor
from app.models.partners import Partner, PartnerCredential
from app.models.taking import TakingProgress
from app.settings import Settings
from app.web.auth import OperatorActor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.partners.carrying import CarryingPanel, carrying_panel
from app.web.partners.paper import agreement_paper
from app.web.partners.parts import (
    ACT_NAMES,
    RUN_NAMES,
    counts_of,
    crumbs,
    run_badge,
    run_beside,
    state_badge,
    when,
)
from app.web.partners.terms import terms_of
from app.web.partners.webhooks import WebhookRow, webhooks_of
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Definition, Figure

router = APIRouter()

_ASKED = ("go_live", "open", "pause", "end")
_BUTTONS = {
    "go_live": N_("Bắt đầu trao đổi"),
    "open": N_("Bắt đầu trao đổi"),
    "pause": N_("Tạm dừng trao đổi"),
    "end": N_("Chấm dứt thoả thuận"),
}
_KIND_NAMES = {"api_key": N_("Khoá API"), "oauth_client": N_("OAuth2 (client credentials)")}
_LAG_WORTH_A_WORD_H = 48


@dataclass(frozen=True)
class RunRow:
    """One run of the list."""

    kind: str
    badge: Badge
    started: str
    counts: str
    beside: str
    fault: str
    href: str


@dataclass(frozen=True)
class CredentialRow:
    """One credential, as far as it may be shown again."""

    id: str
    kind: str
    name: str
    badge: Badge
    until: str
    revocable: bool


@dataclass(frozen=True)
class Brake:
    """A sweep that would end many records."""

    run_id: str
    text: str


@dataclass(frozen=True, kw_only=True)
class PartnerPage(Page):
    """Everything about one partner. `secret` is shown right after it was made and never again."""

    template: ClassVar[str] = "partners/partner.html"

    public_id: str
    authority: str
    badge: Badge
    note: str
    problem: str
    figures: Sequence[Figure]
    taking: Sequence[Definition]
    terms: Sequence[Definition]
    brake: Brake | None
    moves: Sequence[tuple[str, str]]
    can_try: bool
    can_take: bool
    takes_files: bool
    runs: Sequence[RunRow]
    trial_href: str
    waiting: int
    credentials: Sequence[CredentialRow]
    kinds: Sequence[tuple[str, str]]
    issue_form: Form
    keys_form: Form
    keys: Sequence[str]
    maps: bool
    webhooks: Sequence[WebhookRow]
    carrying: CarryingPanel | None
    past: Sequence[str]
    secret: str = ""
    secret_name: str = ""
    indexed: bool = False


def _moves(partner: Partner) -> list[tuple[str, str]]:
    open_to_all = partner.direction == "give"
    return [
        (move, _(_BUTTONS[move]))
        for move in _ASKED
        if partner.state in MOVES[move].sources and not (move == "open" and not open_to_all)
    ]


def _credential(row: PartnerCredential, now: datetime) -> CredentialRow:
    over = row.expires_at is not None and row.expires_at <= now
    if row.revoked_at is not None:
        badge = Badge(_("Đã thu hồi"), "plain", "close")
    elif over:
        badge = Badge(_("Đã hết hạn"), "warn", "clock")
    else:
        badge = Badge(_("Đang dùng được"), "good", "check")
    return CredentialRow(
        id=str(row.id),
        kind=_(_KIND_NAMES[row.kind]),
        name=row.name if row.kind == "oauth_client" else f"{row.name}…",
        badge=badge,
        until=format_date(row.expires_at) if row.expires_at is not None else "",
        revocable=row.revoked_at is None and not over,
    )


def _taking(partner: Partner, health: Health, now: datetime) -> list[Definition]:
    progress = health.progress
    if partner.direction == "give" or progress is None:
        return []
    said = [
        (_("Kho tự giới thiệu"), progress.repository),
        (_("Lần chạy gần nhất"), when(progress.last_run_at, now)),
        (_("Lần tốt gần nhất"), when(progress.last_ok_at, now)),
        (_("Lần tới"), when(progress.next_due_at, now) if partner.state == "live" else "–"),
        (_("Bắt đầu từ tệp khởi tạo"), _beginning(progress)),
        (_("Nhận tiếp từ"), format_datetime(progress.next_from) if progress.next_from else ""),
        (_("Số lần lỗi liên tiếp"), format_number(progress.failures) if progress.failures else ""),
        (_("Đối chiếu toàn bộ lần tới"), format_datetime(progress.next_sweep_at) if progress.next_sweep_at else ""),
    ]
    return [Definition.of(name, value) for name, value in said if value]


def _beginning(progress: TakingProgress) -> str:
    found = beginning_of(progress)
    if found is None:
        return ""
    if found.given_up:
        return _("không dùng được, đọc từng trang từ đầu: %(why)s", why=found.given_up)
    return _(
        "%(files_done)s/%(files)s tệp, %(records_done)s/%(records)s bản ghi",
        files_done=format_number(found.files_done),
        files=format_number(found.files),
        records_done=format_number(found.records_done),
        records=format_number(found.records),
    )


def _problem(partner: Partner, health: Health, now: datetime) -> str:
    progress = health.progress
    if progress is None or partner.direction == "give":
        return ""
    if progress.fault:
        return _("Lần chạy gần nhất bị lỗi: %(fault)s", fault=progress.fault)
    lag = lag_of(partner, progress, now=now)
    # Files come when somebody sends them.
    if partner.state == "live" and partner.protocol != "file" and lag is not None and lag > _LAG_WORTH_A_WORD_H:
        return _("Đã %(hours)s giờ chưa nhận được gì từ đối tác này.", hours=format_number(int(lag)))
    return ""


def page_of(
    session: Session,
    actor: Actor,
    partner: Partner,
    *,
    issue_form: Form | None = None,
    keys_form: Form | None = None,
    problem: str = "",
    secret: str = "",
    secret_name: str = "",
) -> PartnerPage:
    """The partner's page as it is now."""
    now = clock.now()
    health = health_of(session, actor=actor, partner=partner)
    runs = [
        RunRow(
            kind=_(RUN_NAMES[one.kind]),
            badge=run_badge(one.state),
            started=format_datetime(one.started_at),
            counts=counts_of(one),
            beside=run_beside(one),
            fault=one.fault,
            href=url("partner_run", public_id=partner.public_id, run_id=one.id) if one.kind == "trial" else "",
        )
        for one in health.runs
    ]
    brake = None
    if health.braked is not None:
        text = _(
            "Lần đối chiếu ngày %(day)s không thấy %(absent)s trong %(living)s bản ghi ở nguồn. Nhiều như vậy có thể "
            "là lỗi của nguồn, nên chưa bản ghi nào bị gỡ.",
            day=format_date(health.braked.started_at),
            absent=format_number(health.braked.absent),
            living=format_number(health.living),
        )
        brake = Brake(str(health.braked.id), text)
    past = [
        f"{_(MOVE_NAMES[move.move])} · {format_datetime(move.at)}" + (f" · {who}" if who else "")
        for move, who in history_of(session, actor=actor, partner_id=partner.id)
    ]
    acts = entries_of(session, actor=actor, entity="partner", entity_id=partner.id, limit=30)
    past += [
        f"{_(ACT_NAMES[act])} · {format_datetime(entry.at)} · {who or '–'}"
        for entry, who in acts
        if (act := entry.action.removeprefix("partner.")) in ACT_NAMES
    ]
    takes = partner.direction != "give"
    return PartnerPage(
        title=partner.name,
        breadcrumbs=crumbs(Link(partner.name, url("partner", public_id=partner.public_id))),
        public_id=partner.public_id,
        authority=partner.authority,
        badge=state_badge(partner.state),
        note=partner.note,
        problem=problem or _problem(partner, health, now),
        figures=[
            Figure(format_number(health.living), _("bản ghi đã nhận")),
            Figure(format_number(health.gone), _("đã mất ở nguồn")),
            Figure(
                format_number(health.waiting),
                _("đang cách ly"),
                url("quarantine", public_id=partner.public_id) if health.waiting else "",
            ),
        ]
        if takes
        else [],
        taking=_taking(partner, health, now),
        terms=[Definition.of(name, value) for name, value in terms_of(partner)],
        brake=brake,
        moves=_moves(partner),
        can_try=takes and partner.protocol != "file" and partner.state in {"draft", "tested", "paused"},
        can_take=takes and partner.protocol != "file" and partner.state == "live",
        takes_files=takes and partner.protocol == "file" and partner.state != "ended",
        runs=runs,
        trial_href=url("partner_run", public_id=partner.public_id, run_id=health.trial.id) if health.trial else "",
        waiting=health.waiting,
        credentials=[_credential(one, now) for one in credentials_of(session, actor=actor, partner_id=partner.id)],
        kinds=[(code, _(name)) for code, name in _KIND_NAMES.items()],
        issue_form=issue_form or Form(values={"kind": ["api_key"], "days": ["365"]}),
        keys_form=keys_form or Form(),
        keys=[str(one["kid"]) for one in partner.keys],
        maps=takes and partner.protocol == "oai_dc",
        webhooks=webhooks_of(session, partner),
        carrying=carrying_panel(session, actor, partner),
        past=past,
        secret=secret,
        secret_name=secret_name,
    )


@router.get("/desk/partners/{public_id}", name="partner")
def partner(request: Request, session: ReadSession, actor: OperatorActor, public_id: str) -> Response:
    """How it goes with a partner."""
    found = find_partner(session, actor=actor, public_id=public_id)
    return render(request, page_of(session, actor, found))


@router.post("/desk/partners/{public_id}/move", name="move_partner")
def submit_move(
    request: Request, session: WriteSession, actor: OperatorActor, public_id: str, posted: PostedForm
) -> Response:
    """One of the moves that the page offers."""
    found = find_partner(session, actor=actor, public_id=public_id)
    move = posted.value("move")
    if move not in _ASKED:
        return render(request, page_of(session, actor, found), status_code=422)
    try:
        with session.begin_nested():
            move_partner(session, actor=actor, public_id=found.public_id, move=move, now=clock.now())
    except Conflict as fault:
        session.refresh(found)
        return render(request, page_of(session, actor, found, problem=_(fault.detail)), status_code=409)
    return redirect(request, url("partner", public_id=public_id), _(MOVE_NAMES[move]))


@router.post("/desk/partners/{public_id}/run", name="run_partner")
def submit_run(
    request: Request, session: WriteSession, actor: OperatorActor, public_id: str, posted: PostedForm
) -> Response:
    """Ask for a trial, a harvest, one of all there is, or a comparison of all; the worker does it."""
    found = find_partner(session, actor=actor, public_id=public_id)
    kind = posted.value("kind")
    if kind not in {"trial", "harvest", "whole", "sweep"}:
        return render(request, page_of(session, actor, found), status_code=422)
    try:
        with session.begin_nested():
            if kind == "whole":
                run = begin_whole(session, actor=actor, partner=found, now=clock.now())
            else:
                run = begin_run(session, partner=found, kind=kind, actor=actor, now=clock.now())
    except Conflict as fault:
        return render(request, page_of(session, actor, found, problem=_(fault.detail)), status_code=409)
    if kind == "trial":
        return redirect(request, url("partner_run", public_id=public_id, run_id=run.id), _("Đang hỏi đối tác."))
    return redirect(request, url("partner", public_id=public_id), _("Đã bắt đầu. Tải lại trang để xem tiến độ."))


@router.post("/desk/partners/{public_id}/brake", name="decide_brake")
def submit_decision(
    request: Request, session: WriteSession, actor: OperatorActor, public_id: str, posted: PostedForm
) -> Response:
    """What becomes of the records that a sweep did not find."""
    found = find_partner(session, actor=actor, public_id=public_id)
    health = health_of(session, actor=actor, partner=found)
    if health.braked is None or posted.value("run") != str(health.braked.id):
        page = page_of(session, actor, found, problem=_("Lượt đối chiếu này không chờ quyết định nào"))
        return render(request, page, status_code=409)
    let_go = posted.value("decision") == "let_go"
    decide_brake(session, actor=actor, run_id=health.braked.id, let_go=let_go, now=clock.now())
    said = _("Đã gỡ những bản ghi không còn ở nguồn.") if let_go else _("Đã giữ lại tất cả.")
    return redirect(request, url("partner", public_id=public_id), said)


@router.get("/desk/partners/{public_id}/agreement.pdf", name="agreement_paper")
def paper(session: ReadSession, actor: OperatorActor, settings: AppSettings, public_id: str) -> Response:
    """The agreement to print and sign."""
    found = find_partner(session, actor=actor, public_id=public_id)
    return _pdf(found, settings)


def _pdf(found: Partner, settings: Settings) -> Response:
    data = agreement_paper(found, terms_of(found), settings=settings, at=clock.now())
    name = f"agreement-{found.authority}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(data, headers=headers, media_type="application/pdf")
