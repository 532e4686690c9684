"""A deal from its acceptance to an outcome that counts. Every command locks the deal first."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, Forbidden, Invalid
from app.features.accounts.policies import require_in_person
from app.features.deals import notices
from app.features.deals.bands import band_of
from app.features.deals.disputes import close_with_deal, open_dispute
from app.features.deals.legal import start_clock, unfiled_registration
from app.features.deals.milestones import open_milestones
from app.features.deals.records import locked_deal, note_change
from app.features.deals.schemas import AcceptInput, ContractInput, DealReasonInput, OutcomeInput, YearInput
from app.features.deals.states import BEFORE_CONTRACT, RUNNING_STATES, Side, transition
from app.i18n import N_
from app.i18n.formats import local_date
from app.identity import Actor
from app.models import Acceptance, Listing, QuoteRequest
from app.models.deal_terms import DealTerms
from app.models.deals import DEAL_NUMBERS, Deal, DealHistory, DealOutcome

NOT_YOUR_DISPUTE = N_("Bên đã báo tranh chấp mới ghi được là đã giải quyết")
UNFILED = N_(
    "Hợp đồng phải đăng ký mà chưa ghi ngày gửi hồ sơ: hãy ghi ở trang “Pháp lý”, hoặc đánh dấu nếu vẫn muốn khép lại."
)
NOT_COMPLETED = N_("Việc này chỉ hỏi sau khi hai bên đã xác nhận kết quả")


def open_deal(session: Session, *, acceptance: Acceptance, actor: Actor, now: datetime) -> Deal:
    """The deal of an acceptance, made in its transaction; the one there is when it was opened before."""
    before = session.scalars(select(Deal).where(Deal.acceptance_id == acceptance.id)).one_or_none()
    if before is not None:
        return before
    request = session.get_one(QuoteRequest, acceptance.request_id)
    listing = session.get_one(Listing, request.listing_id)
    deal = Deal(
        number=f"TV-{local_date(now).year}-{session.scalar(select(DEAL_NUMBERS.next_value())):06d}",
        acceptance_id=acceptance.id,
        request_number=request.number,
        listing_id=request.listing_id,
        listing_title=request.listing_title,
        listing_kind=request.listing_kind,
        buyer_organisation_id=request.buyer_organisation_id,
        buyer_name=request.buyer_name,
        holder_organisation_id=request.holder_organisation_id,
        holder_name=request.holder_name,
        transfer_forms=list(listing.transfer_forms),
        payment_forms=list(listing.payment_forms),
        territory=listing.territory,
        currency=acceptance.currency,
        total=acceptance.total,
        agreed_at=now,
        updated_at=now,
    )
    session.add(deal)
    session.flush()
    session.add(
        DealHistory(
            deal_id=deal.id,
            sequence=1,
            from_state=None,
            to_state="agreed",
            move="open",
            at=now,
            actor_id=actor.person_id,
        )
    )
    journal.append(session, entity="deal", entity_id=deal.id, action="open", actor_id=actor.person_id, at=now)
    return deal


def record_contract(
    session: Session,
    *,
    actor: Actor,
    number: str,
    side: Side,
    data: ContractInput,
    now: datetime,
    legal_rules: Path | None = None,
) -> Deal:
    """Either side says on which day the contract was signed. Where it must be registered, the clock starts.

    Args:
        legal_rules: where an operator keeps rule sets of its own.

    Raises:
        NotFound, Forbidden, MoveNotAllowed; Invalid at `contract_date`; Conflict: the law forbids the transfer, or
        terms wait for an answer.
    """
    deal = locked_deal(session, actor=actor, number=number, side=side)
    earliest = local_date(deal.agreed_at - timedelta(days=366))
    if not earliest <= data.contract_date <= local_date(now):
        raise Invalid({"contract_date": N_("Ngày ký phải không sau hôm nay, và không quá một năm trước thoả thuận.")})
    if deal.state == "signed" and deal.contract_date == data.contract_date:
        return deal
    # Set before the move: a deal in execution has the day of its contract.
    deal.contract_date = data.contract_date if deal.state in BEFORE_CONTRACT else deal.contract_date
    if session.scalar(select(DealTerms.revision).where(DealTerms.deal_id == deal.id, DealTerms.state == "open")):
        raise Conflict(N_("Có điều khoản chờ trả lời: hãy đồng ý, từ chối hoặc rút lại trước khi ghi ngày ký"))
    transition(session, deal, move="sign", actor=actor, now=now, by=side)
    start_clock(session, deal, contract_date=data.contract_date, now=now, folder=legal_rules)
    notices.tell_both(session, deal, event="signed", now=now, by=side, day=data.contract_date)
    return deal


def move_deal(
    session: Session,
    *,
    actor: Actor,
    number: str,
    side: Side,
    move: str,
    data: DealReasonInput,
    now: datetime,
) -> Deal:
    """One side pauses, disputes, resumes or ends it, and says why. Who reported a dispute says when it is settled.

    A dispute opens a case of the brokers', which ends with it.

    Raises:
        NotFound, Forbidden, MoveNotAllowed; Conflict: the dispute was reported by the other side.
    """
    deal = locked_deal(session, actor=actor, number=number, side=side)
    if move in {"pause", "dispute"} and deal.held_from is None:
        # Set before the move: a held deal knows where it goes back to.
        deal.held_from = deal.state
    if move == "resume" and deal.state == "disputed" and held_by(session, deal) != side:
        raise Conflict(NOT_YOUR_DISPUTE)
    disputed = deal.state == "disputed"
    transition(session, deal, move=move, actor=actor, now=now, note=data.note, by=side)
    if move in {"resume", "terminate"}:
        deal.held_from = None
    session.flush()
    if move == "dispute":
        open_dispute(session, deal, actor=actor, by=side, reason=data.note, now=now)
    elif disputed:
        outcome = "settled" if move == "resume" else "ended"
        close_with_deal(session, deal, actor=actor, outcome=outcome, note=data.note, now=now)
    notices.tell_both(session, deal, event="moved", now=now, by=side, state=deal.state, move=move)
    return deal


def held_by(session: Session, deal: Deal) -> Side | None:
    """Which side paused or disputed it last; None when nobody did."""
    reasons = session.scalar(
        select(DealHistory.reasons)
        .where(DealHistory.deal_id == deal.id, DealHistory.move.in_(["pause", "dispute"]))
        .order_by(DealHistory.sequence.desc())
        .limit(1)
    )
    by = (reasons or {}).get("by")
    return by if by in {"buyer", "holder"} else None


def accept_deal(session: Session, *, actor: Actor, number: str, side: Side, data: AcceptInput, now: datetime) -> Deal:
    """The buyer accepts what was transferred; with milestones still open only when it says that it knows of them.

    Raises:
        NotFound, Forbidden, MoveNotAllowed; Invalid at `despite_open`: milestones are open.
    """
    deal = locked_deal(session, actor=actor, number=number, side=side)
    if side != "buyer":
        raise Forbidden(N_("Việc nghiệm thu dành cho bên mua"))
    if deal.state == "accepted":
        return deal
    if unknown := _unknown_open(session, deal, despite_open=data.despite_open):
        raise Invalid(unknown)
    _accept(session, deal, actor=actor, side=side, note=data.note, now=now)
    notices.tell_both(session, deal, event="accepted", now=now, by=side)
    return deal


def _accept(session: Session, deal: Deal, *, actor: Actor, side: Side, note: str, now: datetime) -> None:
    still_open = open_milestones(session, deal)
    reasons = {"open_milestones": str(still_open)} if still_open else None
    transition(session, deal, move="accept", actor=actor, now=now, note=note, by=side, reasons=reasons)
    deal.accepted_at = now


def _unknown_open(session: Session, deal: Deal, *, despite_open: bool) -> dict[str, str]:
    """What is to be said at the box when milestones are open and it was not ticked."""
    if despite_open or not open_milestones(session, deal):
        return {}
    return {"despite_open": N_("Còn mốc chưa được chấp nhận: hãy đánh dấu nếu vẫn muốn khép lại.")}


def report_outcome(
    session: Session, *, actor: Actor, number: str, side: Side, data: OutcomeInput, now: datetime
) -> Deal:
    """One side confirms that the transfer is done. When both have, the deal is completed and counts.

    A side may mend its report until the other has confirmed. The second confirmation also accepts what the buyer had
    not accepted in words of its own.

    Raises:
        NotFound, Forbidden; Conflict: no contract yet, held, or over; Invalid at `despite_open`: milestones are open,
        at `despite_unfiled`: the contract must be registered and is not noted as sent.
    """
    deal = locked_deal(session, actor=actor, number=number, side=side)
    reports = {one.side: one for one in outcomes_of(session, deal, "end")}
    if deal.state == "completed" and side in reports:
        return deal
    if deal.state not in RUNNING_STATES:
        raise Conflict(N_("Chỉ xác nhận kết quả khi hợp đồng đã ký và không có tranh chấp"))
    unknown = {} if deal.state == "accepted" else _unknown_open(session, deal, despite_open=data.despite_open)
    # It can still be noted when all is over, but who thinks all is over seldom looks again: say it now.
    due = unfiled_registration(session, deal)
    if due is not None and not data.despite_unfiled:
        unknown["despite_unfiled"] = UNFILED
    if unknown:
        raise Invalid(unknown)
    mine = reports.get(side) or DealOutcome(deal_id=deal.id, occasion="end", side=side)
    mine.value, mine.shown, mine.note = data.value, data.shown, data.note
    mine.band = _band(deal, data)
    if mine.band is not None:
        # Who gives a band keeps the amount to itself.
        mine.value = None
    mine.reported_by_id, mine.reported_at = require_in_person(actor), now
    session.add(mine)
    if len(reports.keys() | {side}) == 2:
        if deal.state != "accepted":
            _accept(session, deal, actor=actor, side=side, note="", now=now)
        deal.counted_at = now
        reasons = {"unfiled": due.isoformat()} if due is not None else None
        transition(session, deal, move="complete", actor=actor, now=now, by=side, reasons=reasons)
        notices.tell_both(session, deal, event="completed", now=now, by=side)
        return deal
    note_change(session, deal, action="outcome_reported", actor=actor, now=now)
    notices.tell_both(session, deal, event="outcome", now=now, by=side)
    return deal


def _band(deal: Deal, data: OutcomeInput) -> int | None:
    if data.shown != "band":
        return None
    if data.band is None and data.value is None:
        raise Invalid({"band": N_("Hãy chọn khoảng giá trị, hoặc ghi giá trị để sàn xếp vào khoảng.")})
    return data.band if data.band is not None else band_of(data.value or 0, deal.currency)


def report_year(session: Session, *, actor: Actor, number: str, side: Side, data: YearInput, now: datetime) -> Deal:
    """One side says whether what was transferred is still in use; it may be said anew.

    Raises:
        NotFound, Forbidden; Conflict: the deal is not completed.
    """
    deal = locked_deal(session, actor=actor, number=number, side=side)
    if deal.state != "completed":
        raise Conflict(NOT_COMPLETED)
    reports = {one.side: one for one in outcomes_of(session, deal, "year")}
    mine = reports.get(side) or DealOutcome(deal_id=deal.id, occasion="year", side=side, shown="private")
    mine.in_use, mine.note = data.in_use, data.note
    mine.results = [one.model_dump(mode="json") for one in data.results]
    mine.in_report = data.in_report
    mine.reported_by_id, mine.reported_at = require_in_person(actor), now
    session.add(mine)
    note_change(session, deal, action="year_reported", actor=actor, now=now)
    return deal


def outcomes_of(session: Session, deal: Deal, occasion: str) -> list[DealOutcome]:
    """What the sides reported on an occasion ("end" or "year")."""
    return list(
        session.scalars(select(DealOutcome).where(DealOutcome.deal_id == deal.id, DealOutcome.occasion == occasion))
    )
