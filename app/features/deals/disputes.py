"""A dispute in a deal is a case of the brokers: opened with it, seen by both sides, and closed when it is settled.

The lock of the deal comes first, then that of the case. While the case is open, whoever works on cases may read the
deal; every such reading is recorded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.errors import Conflict, NotFound
from app.features.accounts.policies import require_in_person
from app.features.brokering import commands as brokering
from app.features.brokering.policies import visible_to
from app.features.brokering.schemas import CloseInput, NoteInput
from app.features.deals import notices
from app.features.deals.queries import DealRecord, record_of
from app.features.deals.records import count_letter, locked_deal
from app.features.deals.schemas import StatementInput
from app.features.deals.states import Side, transition
from app.features.messages import send_message
from app.features.moderation import audit
from app.i18n import N_
from app.identity import Actor
from app.models import BrokerCase, BrokerCaseNote, Deal, DealFile, Person

NO_CASE = N_("Thương vụ này không có vụ việc đang mở")
CASE_CLOSED = N_("Vụ việc đã khép lại nên không đọc được thương vụ nữa")


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody wrote for both sides to read. `side` is None for a broker or operator."""

    body: str
    at: datetime
    name: str
    side: str | None


@dataclass(frozen=True, slots=True)
class DisputeRecord:
    """The newest case of a deal as its sides see it: who follows it, and what was written for both."""

    case: BrokerCase
    taken_by: str
    statements: Sequence[Statement]


def open_dispute(session: Session, deal: Deal, *, actor: Actor, by: Side, reason: str, now: datetime) -> BrokerCase:
    """Begin the case as the deal falls into dispute; brokers and operators are told by e-mail."""
    person_id = require_in_person(actor)
    case = brokering.begin(
        session, kind="dispute", title=f"{deal.number} · {deal.listing_title}", actor=actor, now=now, deal_id=deal.id
    )
    note = BrokerCaseNote(
        case_id=case.id, author_id=person_id, body=reason, shared=True, side=by, form_key=f"dispute:{case.id}", at=now
    )
    session.add(note)
    people = session.scalars(
        select(Person).where(
            or_(Person.is_operator, Person.is_broker), Person.confirmed_at.is_not(None), Person.disabled_at.is_(None)
        )
    )
    mine, other = (deal.buyer_name, deal.holder_name) if by == "buyer" else (deal.holder_name, deal.buyer_name)
    for person in people:
        send_message(
            session,
            to=person,
            template="case_dispute",
            context={"number": deal.number, "by": mine, "other": other, "public_id": case.public_id},
            key=f"case:{case.id}:{person.id}",
            now=now,
        )
    return case


def close_with_deal(session: Session, deal: Deal, *, actor: Actor, outcome: str, note: str, now: datetime) -> None:
    """End the open case of a deal whose sides settled the dispute themselves, or ended the deal."""
    case = _open_case(session, deal)
    if case is not None:
        brokering.end(session, case, actor=actor, outcome=outcome, note=note, now=now)


def close_case(session: Session, *, actor: Actor, public_id: str, data: CloseInput, now: datetime) -> BrokerCase:
    """A broker ends a case. A dispute that was settled lets its deal go on.

    Raises:
        NotFound: also for who works on no cases; MoveNotAllowed; Invalid by field.
    """
    seen = visible_to(actor).where(BrokerCase.public_id == public_id).with_only_columns(BrokerCase.deal_id)
    deal = session.scalars(
        select(Deal)
        .where(Deal.id == seen.scalar_subquery())
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    case = brokering.close(session, actor=actor, public_id=public_id, data=data, now=now)
    if deal is not None and deal.state == "disputed" and data.outcome == "settled":
        transition(session, deal, move="resume", actor=actor, now=now, note=data.note)
        deal.held_from = None
        session.flush()
        notices.tell_both(session, deal, event="moved", now=now, state=deal.state, move="resume")
    return case


def add_case_note(
    session: Session, *, actor: Actor, public_id: str, data: NoteInput, form_key: str, now: datetime
) -> BrokerCaseNote:
    """A broker's note; of a shared one the sides of the deal are told.

    Raises:
        NotFound; Invalid by field.
    """
    note = brokering.add_note(session, actor=actor, public_id=public_id, data=data, form_key=form_key, now=now)
    if note.shared:
        deal = session.scalars(
            select(Deal).join(BrokerCase, BrokerCase.deal_id == Deal.id).where(BrokerCase.id == note.case_id)
        ).one()
        notices.tell_both(session, deal, event="statement", now=now, key=f"note:{note.id}")
    return note


def add_statement(
    session: Session, *, actor: Actor, number: str, side: Side, data: StatementInput, form_key: str, now: datetime
) -> BrokerCaseNote:
    """One side writes something for the other side and the broker. The same form sent twice is one.

    Raises:
        NotFound, Forbidden, RateLimited; Conflict: no case is open.
    """
    deal = locked_deal(session, actor=actor, number=number, side=side)
    case = _open_case(session, deal)
    if case is None:
        raise Conflict(NO_CASE)
    before = session.scalars(
        select(BrokerCaseNote).where(BrokerCaseNote.case_id == case.id, BrokerCaseNote.form_key == form_key)
    ).one_or_none()
    if before is not None:
        return before
    count_letter(session, deal, side=side, now=now)
    note = BrokerCaseNote(
        case_id=case.id,
        author_id=require_in_person(actor),
        body=data.body,
        shared=True,
        side=side,
        form_key=form_key,
        at=now,
    )
    session.add(note)
    brokering.changed(session, case, action="stated", actor=actor, now=now)
    notices.tell_both(session, deal, event="statement", now=now, by=side, key=f"{case.id}:{case.version}")
    return note


def dispute_of(session: Session, record: DealRecord) -> DisputeRecord | None:
    """The newest case of a deal that was read by `deal_record`, for its two sides. No query where there was none."""
    deal = record.deal
    if not any(step.move == "dispute" for step in record.history):
        return None
    found = session.execute(
        select(BrokerCase, Person.name)
        .outerjoin(Person, Person.id == BrokerCase.taken_by_id)
        .where(BrokerCase.deal_id == deal.id)
        .order_by(BrokerCase.opened_at.desc(), BrokerCase.id.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        # Disputes of before there were cases about them.
        return None
    case, taken_by = found
    rows = session.execute(
        select(BrokerCaseNote, Person.name)
        .join(Person, Person.id == BrokerCaseNote.author_id)
        .where(BrokerCaseNote.case_id == case.id, BrokerCaseNote.shared)
        .order_by(BrokerCaseNote.at, BrokerCaseNote.id)
    ).all()
    statements = [Statement(note.body, note.at, name, note.side) for note, name in rows]
    return DisputeRecord(case, taken_by or "", statements)


def deal_in_case(session: Session, *, actor: Actor, public_id: str, now: datetime) -> DealRecord:
    """The deal of an open case of dispute, for whoever works on cases. That it was read is recorded.

    Raises:
        NotFound: no such case of a deal, or the actor works on none; Conflict: the case is closed.
    """
    deal = _deal_of_open_case(session, actor=actor, public_id=public_id)
    audit.record(
        session,
        actor=actor,
        action="read",
        entity="deal",
        entity_id=deal.id,
        now=now,
        data={"case": public_id, "what": "deal"},
    )
    record = record_of(session, select(Deal).where(Deal.id == deal.id), actor=actor)
    assert record is not None  # noqa: S101 - it was found a moment ago
    return record


def file_in_case(session: Session, *, actor: Actor, public_id: str, file_id: str, now: datetime) -> DealFile:
    """One file of that deal, likewise.

    Raises:
        NotFound: no such case or file, or the actor works on none; Conflict: the case is closed.
    """
    deal = _deal_of_open_case(session, actor=actor, public_id=public_id)
    file = session.scalars(
        select(DealFile).where(DealFile.deal_id == deal.id, DealFile.public_id == file_id)
    ).one_or_none()
    if file is None:
        raise NotFound
    data = {"case": public_id, "what": "file", "file": file_id}
    audit.record(session, actor=actor, action="read", entity="deal", entity_id=deal.id, now=now, data=data)
    return file


def _deal_of_open_case(session: Session, *, actor: Actor, public_id: str) -> Deal:
    found = session.execute(
        visible_to(actor)
        .join(Deal, Deal.id == BrokerCase.deal_id)
        .where(BrokerCase.public_id == public_id)
        .with_only_columns(Deal, BrokerCase.state)
    ).one_or_none()
    if found is None:
        raise NotFound
    deal, state = found
    if state == "closed":
        raise Conflict(CASE_CLOSED)
    return deal


def _open_case(session: Session, deal: Deal) -> BrokerCase | None:
    return session.scalars(
        select(BrokerCase)
        .where(BrokerCase.deal_id == deal.id, BrokerCase.state != "closed")
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
