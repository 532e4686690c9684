"""The operator's page of payments: the inbox of webhooks, calls that hang, comparisons with Stripe's list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import NotFound
from app.features.payments.inbox import MARK, retry_event
from app.features.payments.office import Office, ask_for, office
from app.i18n import N_, _, ngettext
from app.i18n.formats import format_datetime, format_money, format_number
from app.models.payment_provider import PaymentCall, PaymentEvent, ReconciliationDifference
from app.web.auth import OperatorActor
from app.web.flash import redirect
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Figure, Tab

router = APIRouter()

_STATES: Final = {
    "waiting": (N_("Chờ xử lý"), "warn", "clock"),
    "refused": (N_("Bị từ chối"), "bad", "alert"),
    "handled": (N_("Đã xử lý"), "good", "check"),
    "ignored": (N_("Không liên quan"), "plain", ""),
}
_DIFFERENCES: Final = {
    "missing_here": N_("Stripe có, sàn không"),
    "missing_there": N_("Sàn có, Stripe không"),
    "differs": N_("Hai bên ghi khác nhau"),
}
_WORK: Final = {
    "sweep": N_("Đã xếp việc quét; kết quả hiện sau ít phút."),
    "reconcile": N_("Đã xếp việc đối chiếu; kết quả hiện sau ít phút."),
}


@dataclass(frozen=True)
class EventLine:
    """One event, in words."""

    kind: str
    id: str
    when: str
    badge: Badge
    error: str
    retry: str


@dataclass(frozen=True)
class CallLine:
    """One call that was not answered, or was refused."""

    kind: str
    when: str
    badge: Badge
    error: str


@dataclass(frozen=True)
class DifferenceLine:
    """One difference, in words."""

    what: str
    movement: str
    id: str
    number: str
    ours: str
    theirs: str


@dataclass(frozen=True)
class ComparisonView:
    """One comparison with what it found."""

    when: str
    span: str
    words: str
    badge: Badge
    lines: Sequence[DifferenceLine]


@dataclass(frozen=True, kw_only=True)
class OfficePage(Page):
    """Everything on one page."""

    template: ClassVar[str] = "payments/office.html"

    available: bool
    figures: Sequence[Figure]
    tabs: Sequence[Tab]
    events: Sequence[EventLine]
    first: str
    next: str
    calls: Sequence[CallLine]
    comparisons: Sequence[ComparisonView]
    sweep: str
    reconcile: str


def _badge(state: str) -> Badge:
    name, tone, icon = _STATES[state]
    return Badge(_(name), tone, icon)  # type: ignore[arg-type]


def _said(error: str) -> str:
    words, _between, told = error.partition(MARK)
    return " · ".join(part for part in (_(words) if words else "", told) if part)


def _event(one: PaymentEvent) -> EventLine:
    return EventLine(
        kind=one.kind,
        id=one.event_id,
        when=format_datetime(one.received_at),
        badge=_badge(one.state),
        error=_said(one.error or ""),
        retry=url("payment_event_retry", event_id=str(one.id)) if one.state in {"waiting", "refused"} else "",
    )


def _call(one: PaymentCall) -> CallLine:
    return CallLine(kind=one.kind, when=format_datetime(one.asked_at), badge=_badge(one.state), error=one.error or "")


def _difference(one: ReconciliationDifference) -> DifferenceLine:
    return DifferenceLine(
        what=_(_DIFFERENCES[one.kind]),
        movement=one.movement,
        id=one.external_id,
        number=one.payment_number or "–",
        ours="–" if one.our_amount is None else format_money(one.our_amount, one.our_currency or "VND"),
        theirs="–" if one.their_amount is None else format_money(one.their_amount, one.their_currency or "VND"),
    )


def _comparisons(found: Office) -> list[ComparisonView]:
    return [
        ComparisonView(
            when=format_datetime(one.at),
            span=_("từ %(since)s đến %(until)s", since=format_datetime(one.since), until=format_datetime(one.until)),
            words=_("%(count)s khoản được so", count=format_number(one.compared)),
            badge=Badge(ngettext("%(num)s chỗ khác", "%(num)s chỗ khác", one.differences), "bad", "alert")
            if one.differences
            else Badge(_("Khớp hết"), "good", "check"),
            lines=[_difference(line) for line in found.differences.get(one.id, ())],
        )
        for one in found.comparisons
    ]


@router.get("/desk/payment-office", name="payment_office")
def page(
    request: Request,
    *,
    session: ReadSession,
    actor: OperatorActor,
    settings: AppSettings,
    show: str = "open",
    after: str = "",
) -> Response:
    """What needs the operator, first."""
    chosen = "all" if show == "all" else "open"
    found = office(session, actor=actor, open_only=chosen == "open", cursor=after)
    counts = found.counts
    waiting = counts.get(("event", "waiting"), 0) + counts.get(("event", "refused"), 0)
    hanging = counts.get(("call", "waiting"), 0)
    last = found.comparisons[0] if found.comparisons else None
    shown = OfficePage(
        title=_("Cổng thanh toán"),
        indexed=False,
        breadcrumbs=(Link(_("Bàn làm việc"), url("desk")), Link(_("Cổng thanh toán"), url("payment_office"))),
        available=settings.stripe_key is not None,
        figures=[
            Figure(format_number(waiting), _("tin của Stripe cần xem")),
            Figure(format_number(hanging), _("lệnh chưa được Stripe trả lời")),
            Figure(format_number(counts.get(("call", "refused"), 0)), _("lệnh Stripe từ chối")),
            Figure(format_number(last.differences) if last else "–", _("chỗ khác ở lần đối chiếu cuối")),
        ],
        tabs=[
            Tab(_("Cần xem"), url("payment_office"), chosen == "open", waiting),
            Tab(_("Tất cả"), url("payment_office", show="all"), chosen == "all"),
        ],
        events=[_event(one) for one in found.events],
        first=url("payment_office", show=chosen) if after else "",
        next=url("payment_office", show=chosen, after=found.next_cursor) if found.next_cursor else "",
        calls=[_call(one) for one in found.calls],
        comparisons=_comparisons(found),
        sweep=url("payment_office_work", work="sweep"),
        reconcile=url("payment_office_work", work="reconcile"),
    )
    return render(request, shown)


@router.post("/desk/payment-office/events/{event_id}/retry", name="payment_event_retry")
def retry(request: Request, *, event_id: UUID, session: WriteSession, actor: OperatorActor) -> Response:
    """Have one event handled again."""
    retry_event(session, actor=actor, event_id=event_id, now=clock.now())
    return redirect(request, url("payment_office"), _("Đã xếp xử lý lại."))


@router.post("/desk/payment-office/{work}", name="payment_office_work")
def do_now(
    request: Request, *, work: str, session: WriteSession, actor: OperatorActor, settings: AppSettings
) -> Response:
    """Sweep or compare now."""
    if work not in _WORK or settings.stripe_key is None:
        raise NotFound
    ask_for(session, actor=actor, work=work, now=clock.now())
    return redirect(request, url("payment_office"), _(_WORK[work]))
