"""What a buyer decides about a request that was carried: checked here, settled at the listing's home.

Until that answers, nothing has changed but that the decision is on its way: a newer revision may have been sent there,
and only one of the two can have come first.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.features.enquiries import notices
from app.features.enquiries.crossing import send_act, waiting_decision
from app.features.enquiries.quoting import acceptable, open_quote
from app.features.enquiries.records import is_carried_out, locked_request, require_state, require_words
from app.features.enquiries.schemas import AcceptInput, RejectInput, WithdrawInput
from app.features.enquiries.states import MOVES, transition
from app.i18n import N_
from app.identity import Actor
from app.models import CarriedDelivery, QuoteRequest

ON_ITS_WAY: Final = N_("Một quyết định khác của bạn đang được chuyển đến sàn gốc: hãy chờ trả lời")
NOT_CARRIED: Final = N_("Yêu cầu này không đi qua sàn khác")


def accept_there(
    session: Session,
    *,
    actor: Actor,
    number: str,
    revision: int,
    data: AcceptInput,
    now: datetime,
    seen_total: int | None = None,
) -> CarriedDelivery:
    """Have the acceptance of a quote carried to the listing's home.

    Raises:
        NotFound, Forbidden; Conflict, Invalid: as accepting a quote here; also while another decision is on its way.
    """
    request, before = _begin(session, actor=actor, number=number, act="accept")
    if before is not None:
        return before
    _quote, _lines, sums = acceptable(session, request, revision=revision, data=data, now=now, seen_total=seen_total)
    body = {"revision": revision, "total": sums.total, **data.model_dump(mode="json")}
    return _send(session, request, act="accept", body=body, actor=actor, now=now)


def reject_there(
    session: Session, *, actor: Actor, number: str, revision: int, data: RejectInput, now: datetime
) -> CarriedDelivery:
    """Have it carried there that the quote is not taken, and why.

    Raises:
        NotFound, Forbidden, Conflict, Invalid.
    """
    request, before = _begin(session, actor=actor, number=number, act="reject")
    if before is not None:
        return before
    require_state(request, frozenset({"quoted"}))
    open_quote(session, request, revision=revision)
    require_words(data.reason, data.note)
    body = {"revision": revision, **data.model_dump(mode="json")}
    return _send(session, request, act="reject", body=body, actor=actor, now=now)


def withdraw_there(
    session: Session, *, actor: Actor, number: str, data: WithdrawInput, now: datetime
) -> CarriedDelivery | None:
    """Take the request back. One that has not been delivered is taken back at once.

    Returns what is on its way; None where the other exchange never heard of it.

    Raises:
        NotFound, Forbidden, Conflict.
    """
    request, before = _begin(session, actor=actor, number=number, act="withdraw")
    if before is not None:
        return before
    require_state(request, MOVES["withdraw"].sources)
    ask = session.scalars(
        select(CarriedDelivery)
        .where(CarriedDelivery.request_id == request.id, CarriedDelivery.act == "ask")
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if ask.state in {"waiting", "failed"}:
        ask.state, ask.ended_at, ask.next_at = "dropped", now, None
        transition(session, request, move="withdraw", actor=actor, now=now, note=data.note)
        notices.tell_both(session, request, event="withdrawn", now=now)
        if not ask.attempts and ask.round == 1:
            return None
    return _send(session, request, act="withdraw", body=data.model_dump(mode="json"), actor=actor, now=now)


def _begin(session: Session, *, actor: Actor, number: str, act: str) -> tuple[QuoteRequest, CarriedDelivery | None]:
    """The locked request, and the same decision where it is on its way already."""
    request = locked_request(session, actor=actor, number=number, side="buyer", decides_here=False)
    if not is_carried_out(session, request.id):
        raise Conflict(NOT_CARRIED)
    before = waiting_decision(session, request.id)
    if before is not None and before.act != act:
        raise Conflict(ON_ITS_WAY)
    return request, before


def _send(
    session: Session, request: QuoteRequest, *, act: str, body: dict[str, object], actor: Actor, now: datetime
) -> CarriedDelivery:
    return send_act(session, request, act=act, body=dict(body), actor=actor, now=now)
