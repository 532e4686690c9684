"""Milestones of a deal. Every command locks the deal first, then the milestone.

Until the contract is signed either side writes the plan, and the other side is told. From then on a change is proposed
by one side and takes effect when the other agrees.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, Invalid, NotFound
from app.features.accounts.policies import require_in_person
from app.features.deals import notices
from app.features.deals.milestone_states import CHANGEABLE, OPEN_STATES, transition
from app.features.deals.records import NOT_YOURS, attach, count_letter, locked_deal, note_change, require_state
from app.features.deals.schemas import EvidenceInput, MilestoneInput
from app.features.deals.states import BEFORE_CONTRACT, RUNNING_STATES, Side
from app.features.enquiries.records import AttachedFile
from app.i18n import N_
from app.i18n.formats import local_date
from app.identity import Actor
from app.models import Deal, DealMilestone, DealMilestoneChange, DealMilestoneHistory

MOST_MILESTONES = 60
NOT_RUNNING = N_("Chỉ báo và nghiệm thu mốc khi hợp đồng đã ký")
NOT_CHANGEABLE = N_("Mốc đã báo xong hoặc đã chấp nhận thì không sửa được nữa")
ASKED_ALREADY = N_("Mốc này đang có một đề nghị sửa chưa được trả lời")
ANSWERED = N_("Đề nghị này đã được trả lời")
TOO_MANY = N_("Một thương vụ có nhiều nhất 60 mốc.")
NO_EVIDENCE = N_("Hãy viết đã làm gì, hoặc gửi tệp làm bằng chứng.")

Planned = DealMilestone | DealMilestoneChange


def plan_milestone(
    session: Session, *, actor: Actor, number: str, side: Side, data: MilestoneInput, now: datetime
) -> Planned:
    """Add a milestone; on a signed deal the proposal to add it.

    Raises:
        NotFound, Forbidden; Conflict: closed or held; Invalid at `due_on`, `title`.
    """
    deal = locked_deal(session, actor=actor, number=number, side=side)
    _check(deal, data, today=local_date(now))
    known = session.scalar(
        select(func.count()).where(DealMilestone.deal_id == deal.id, DealMilestone.state != "removed")
    )
    proposed = session.scalar(
        select(func.count()).where(
            DealMilestoneChange.deal_id == deal.id,
            DealMilestoneChange.action == "add",
            DealMilestoneChange.state == "open",
        )
    )
    if (known or 0) + (proposed or 0) >= MOST_MILESTONES:
        raise Invalid({"title": TOO_MANY})
    if deal.state not in BEFORE_CONTRACT:
        return _propose(session, deal, None, "add", data, actor=actor, side=side, now=now)
    count_letter(session, deal, side=side, now=now)
    milestone = _added(session, deal, data, actor=actor, side=side, now=now)
    _tell(session, deal, milestone, event="milestone_planned", side=side, now=now)
    return milestone


def change_milestone(
    session: Session, *, actor: Actor, number: str, public_id: str, side: Side, data: MilestoneInput, now: datetime
) -> Planned:
    """Change a milestone that is not reached yet; on a signed deal the proposal to change it.

    Raises:
        NotFound, Forbidden; Conflict: closed, held, reached, or a proposal waits already; Invalid at `due_on`.
    """
    deal, milestone = _both(session, actor=actor, number=number, public_id=public_id, side=side)
    if milestone.state not in CHANGEABLE:
        raise Conflict(NOT_CHANGEABLE)
    if (milestone.title, milestone.due_on, milestone.amount) == (data.title, data.due_on, data.amount):
        return milestone
    _check(deal, data, today=local_date(now))
    if deal.state not in BEFORE_CONTRACT:
        return _propose(session, deal, milestone, "change", data, actor=actor, side=side, now=now)
    count_letter(session, deal, side=side, now=now)
    _changed(session, milestone, data, actor=actor, side=side, now=now)
    _tell(session, deal, milestone, event="milestone_planned", side=side, now=now)
    return milestone


def remove_milestone(
    session: Session, *, actor: Actor, number: str, public_id: str, side: Side, reason: str, now: datetime
) -> Planned:
    """Take a milestone out of the plan; on a signed deal the proposal to do so.

    Raises:
        NotFound, Forbidden; Conflict: closed, held, reached, or a proposal waits already.
    """
    deal, milestone = _both(session, actor=actor, number=number, public_id=public_id, side=side)
    if milestone.state == "removed":
        return milestone
    if milestone.state not in CHANGEABLE:
        raise Conflict(NOT_CHANGEABLE)
    if deal.state not in BEFORE_CONTRACT:
        return _propose(session, deal, milestone, "remove", None, actor=actor, side=side, now=now, reason=reason)
    count_letter(session, deal, side=side, now=now)
    transition(session, milestone, move="remove", actor=actor, now=now, by=side, note=reason)
    note_change(session, deal, action="milestone_removed", actor=actor, now=now)
    _tell(session, deal, milestone, event="milestone_planned", side=side, now=now)
    return milestone


def answer_change(
    session: Session,
    *,
    actor: Actor,
    number: str,
    public_id: str,
    side: Side,
    answer: Literal["agree", "decline", "withdraw"],
    note: str,
    now: datetime,
) -> DealMilestoneChange:
    """The other side agrees to a proposed change or declines it; the side that proposed it may withdraw it.

    Raises:
        NotFound, Forbidden; Conflict: answered already, closed or held, or the milestone was reached meanwhile.
    """
    deal = locked_deal(session, actor=actor, number=number, side=side)
    change = session.scalars(
        select(DealMilestoneChange)
        .where(DealMilestoneChange.deal_id == deal.id, DealMilestoneChange.public_id == public_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if change is None:
        raise NotFound
    if (change.side == side) != (answer == "withdraw"):
        raise Conflict(NOT_YOURS)
    state = {"agree": "agreed", "decline": "declined", "withdraw": "withdrawn"}[answer]
    if change.state == state and change.decided_by_id == actor.person_id:
        return change
    if change.state != "open":
        raise Conflict(ANSWERED)
    count_letter(session, deal, side=side, now=now)
    if answer == "agree":
        require_state(deal, RUNNING_STATES, NOT_RUNNING)
        _take_over(session, deal, change, actor=actor, now=now)
    # At once behind it: an open proposal to add names no milestone, by a constraint of the table.
    change.state, change.note = state, note
    change.decided_by_id, change.decided_at = require_in_person(actor), now
    note_change(session, deal, action=f"milestone_change_{state}", actor=actor, now=now)
    notices.tell_both(session, deal, event="milestone_change", now=now, by=side, state=state)
    return change


def report_milestone(
    session: Session,
    *,
    actor: Actor,
    number: str,
    public_id: str,
    side: Side,
    data: EvidenceInput,
    files: Sequence[AttachedFile],
    now: datetime,
) -> DealMilestone:
    """One side says that a milestone is reached, with evidence in words, files or both.

    Raises:
        NotFound, Forbidden; Conflict: no contract yet, closed or held; MoveNotAllowed; Invalid at `evidence`.
    """
    deal, milestone = _both(session, actor=actor, number=number, public_id=public_id, side=side)
    require_state(deal, RUNNING_STATES, NOT_RUNNING)
    if not data.evidence and not files:
        raise Invalid({"evidence": NO_EVIDENCE})
    before = session.scalar(
        select(func.count()).where(
            DealMilestoneHistory.milestone_id == milestone.id, DealMilestoneHistory.move == "report"
        )
    )
    # Set before the move: what is reported has somebody who reported it. A move that is refused takes it back.
    milestone.evidence, milestone.reported_side, milestone.reported_at = data.evidence, side, now
    transition(session, milestone, move="report", actor=actor, now=now, by=side, note=data.evidence)
    attach(session, deal, files, actor=actor, side=side, now=now, milestone=milestone, report=(before or 0) + 1)
    note_change(session, deal, action="milestone_reported", actor=actor, now=now)
    _tell(session, deal, milestone, event="milestone_reported", side=side, now=now)
    return milestone


def answer_milestone(
    session: Session,
    *,
    actor: Actor,
    number: str,
    public_id: str,
    side: Side,
    accepted: bool,
    note: str,
    now: datetime,
) -> DealMilestone:
    """The side that did not report it accepts a milestone, or returns it with a reason.

    Raises:
        NotFound, Forbidden; Conflict: it is one's own report, closed or held; MoveNotAllowed; Invalid at `note`.
    """
    deal, milestone = _both(session, actor=actor, number=number, public_id=public_id, side=side)
    require_state(deal, RUNNING_STATES, NOT_RUNNING)
    if milestone.state == "accepted" and accepted:
        return milestone
    if milestone.state == "reported" and milestone.reported_side == side:
        raise Conflict(NOT_YOURS)
    if not accepted and not note:
        raise Invalid({"note": N_("Hãy nói rõ còn thiếu gì.")})
    move = "accept" if accepted else "return"
    transition(session, milestone, move=move, actor=actor, now=now, by=side, note=note)
    milestone.accepted_at = now if accepted else None
    action = "milestone_accepted" if accepted else "milestone_returned"
    note_change(session, deal, action=action, actor=actor, now=now)
    _tell(session, deal, milestone, event=action, side=side, now=now)
    return milestone


def open_milestones(session: Session, deal: Deal) -> int:
    """How many milestones are neither accepted nor removed."""
    return (
        session.scalar(
            select(func.count()).where(DealMilestone.deal_id == deal.id, DealMilestone.state.in_(OPEN_STATES))
        )
        or 0
    )


def _both(session: Session, *, actor: Actor, number: str, public_id: str, side: Side) -> tuple[Deal, DealMilestone]:
    """The deal and one of its milestones, both locked."""
    deal = locked_deal(session, actor=actor, number=number, side=side)
    milestone = session.scalars(
        select(DealMilestone)
        .where(DealMilestone.deal_id == deal.id, DealMilestone.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if milestone is None:
        raise NotFound
    return deal, milestone


def _check(deal: Deal, data: MilestoneInput, *, today: date) -> None:
    require_state(deal, BEFORE_CONTRACT | RUNNING_STATES, NOT_RUNNING)
    if data.due_on < local_date(deal.agreed_at):
        raise Invalid({"due_on": N_("Hạn của mốc phải không trước ngày thoả thuận.")})
    if data.due_on.year > today.year + 30:
        raise Invalid({"due_on": N_("Hạn của mốc phải trong vòng ba mươi năm.")})


def _added(
    session: Session, deal: Deal, data: MilestoneInput, *, actor: Actor, side: Side, now: datetime
) -> DealMilestone:
    milestone = DealMilestone(
        deal_id=deal.id, title=data.title, due_on=data.due_on, amount=data.amount, created_at=now, updated_at=now
    )
    session.add(milestone)
    session.flush()
    session.add(
        DealMilestoneHistory(
            milestone_id=milestone.id,
            sequence=1,
            from_state=None,
            to_state="planned",
            move="plan",
            at=now,
            actor_id=actor.person_id,
            reasons={"by": side, **_facts(milestone)},
        )
    )
    journal.append(
        session, entity="deal_milestone", entity_id=milestone.id, action="plan", actor_id=actor.person_id, at=now
    )
    note_change(session, deal, action="milestone_planned", actor=actor, now=now)
    return milestone


def _changed(
    session: Session, milestone: DealMilestone, data: MilestoneInput, *, actor: Actor, side: Side, now: datetime
) -> None:
    before = {f"{name}_before": value for name, value in _facts(milestone).items()}
    milestone.title, milestone.due_on, milestone.amount = data.title, data.due_on, data.amount
    move = "change" if milestone.state == "planned" else "change_returned"
    transition(session, milestone, move=move, actor=actor, now=now, by=side, reasons={**before, **_facts(milestone)})


def _facts(milestone: DealMilestone) -> dict[str, str]:
    amount = "" if milestone.amount is None else str(milestone.amount)
    return {"title": milestone.title, "due_on": milestone.due_on.isoformat(), "amount": amount}


def _propose(
    session: Session,
    deal: Deal,
    milestone: DealMilestone | None,
    action: str,
    data: MilestoneInput | None,
    *,
    actor: Actor,
    side: Side,
    now: datetime,
    reason: str = "",
) -> DealMilestoneChange:
    require_state(deal, RUNNING_STATES, NOT_RUNNING)
    if milestone is not None and session.scalar(
        select(DealMilestoneChange.id).where(
            DealMilestoneChange.milestone_id == milestone.id, DealMilestoneChange.state == "open"
        )
    ):
        raise Conflict(ASKED_ALREADY)
    count_letter(session, deal, side=side, now=now)
    change = DealMilestoneChange(
        deal_id=deal.id,
        milestone_id=milestone.id if milestone is not None else None,
        action=action,
        side=side,
        title=data.title if data is not None else None,
        due_on=data.due_on if data is not None else None,
        amount=data.amount if data is not None else None,
        reason=data.reason if data is not None else reason,
        proposed_by_id=require_in_person(actor),
        proposed_at=now,
    )
    session.add(change)
    session.flush()
    note_change(session, deal, action="milestone_change_proposed", actor=actor, now=now)
    notices.tell_both(session, deal, event="milestone_change", now=now, by=side, state="open")
    return change


def _take_over(session: Session, deal: Deal, change: DealMilestoneChange, *, actor: Actor, now: datetime) -> None:
    """Make the plan what was agreed. The side that proposed it stands in the milestone's history."""
    by: Side = "buyer" if change.side == "buyer" else "holder"
    if change.milestone_id is None:
        assert change.title is not None and change.due_on is not None  # noqa: S101, PT018 - a constraint of the table
        data = MilestoneInput(title=change.title, due_on=change.due_on, amount=change.amount)
        change.milestone_id = _added(session, deal, data, actor=actor, side=by, now=now).id
        return
    milestone = session.get_one(DealMilestone, change.milestone_id, with_for_update=True, populate_existing=True)
    if milestone.state not in CHANGEABLE:
        raise Conflict(NOT_CHANGEABLE)
    if change.action == "remove":
        transition(session, milestone, move="remove", actor=actor, now=now, by=by, note=change.reason)
        return
    assert change.title is not None and change.due_on is not None  # noqa: S101, PT018 - a constraint of the table
    data = MilestoneInput(title=change.title, due_on=change.due_on, amount=change.amount)
    _changed(session, milestone, data, actor=actor, side=by, now=now)


def _tell(session: Session, deal: Deal, milestone: DealMilestone, *, event: str, side: Side, now: datetime) -> None:
    notices.tell_both(
        session,
        deal,
        event=event,
        now=now,
        by=side,
        key=f"{milestone.id}:{milestone.version}",
        due_on=milestone.due_on,
    )
