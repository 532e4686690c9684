"""What brokers do with cases. Every command locks the case's row first."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, Invalid, NotFound
from app.features.brokering.policies import require_broker, visible_to
from app.features.brokering.schemas import CallInput, CloseInput, NoteInput
from app.features.brokering.states import outcomes_of, transition
from app.features.enquiries import notices
from app.features.enquiries.records import note_change
from app.features.messages import send_message
from app.i18n import N_
from app.identity import SYSTEM, Actor
from app.models import BrokerCase, BrokerCaseHistory, BrokerCaseNote, Person, QuoteRequest


def locked_case(session: Session, *, actor: Actor, public_id: str) -> BrokerCase:
    """The case, its row locked until the transaction ends.

    Raises:
        NotFound: there is none, or the actor works on none.
    """
    case = session.scalars(
        visible_to(actor)
        .where(BrokerCase.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if case is None:
        raise NotFound
    return case


def open_call(session: Session, *, actor: Actor, data: CallInput, form_key: str, now: datetime) -> BrokerCase:
    """Begin a case from a call; whoever writes it down has taken it. The same form sent twice begins one.

    Raises:
        Forbidden.
    """
    require_broker(actor)
    assert actor.person_id is not None  # noqa: S101 - brokers and operators are people
    before = session.scalars(
        select(BrokerCase)
        .join(BrokerCaseNote, BrokerCaseNote.case_id == BrokerCase.id)
        .where(BrokerCaseNote.form_key == form_key, BrokerCaseNote.author_id == actor.person_id)
    ).first()
    if before is not None:
        return before
    case = begin(session, kind="call", title=data.title, actor=actor, now=now)
    session.add(BrokerCaseNote(case_id=case.id, author_id=actor.person_id, body=data.body, form_key=form_key, at=now))
    transition(session, case, move="take", actor=actor, now=now)
    case.taken_by_id = actor.person_id
    session.flush()
    return case


def escalate(session: Session, *, request_id: UUID, working_days: int, now: datetime) -> BrokerCase | None:
    """Begin a case for a request that waited too long; None when it was answered meanwhile or has a case already.

    Brokers, operators and both parties are told by e-mail.
    """
    request = session.scalars(
        select(QuoteRequest)
        .where(QuoteRequest.id == request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    known = session.scalars(select(BrokerCase.id).where(BrokerCase.request_id == request_id)).first()
    if request.awaits != "holder" or request.first_answer_at is not None or known is not None:
        return None
    case = begin(
        session,
        kind="no_answer",
        title=f"{request.number} · {request.listing_title}",
        actor=SYSTEM,
        now=now,
        request_id=request_id,
        working_days=working_days,
        organisation_id=request.buyer_organisation_id,
    )
    note_change(session, request, action="escalated", actor=SYSTEM, now=now)
    notices.tell_both(session, request, event="escalated", now=now, days=working_days)
    brokers = session.scalars(
        select(Person).where(
            Person.is_operator | Person.is_broker, Person.confirmed_at.is_not(None), Person.disabled_at.is_(None)
        )
    )
    for person in brokers:
        send_message(
            session,
            to=person,
            template="case_no_answer",
            context={
                "number": request.number,
                "holder_name": request.holder_name,
                "buyer_name": request.buyer_name,
                "days": working_days,
                "public_id": case.public_id,
            },
            key=f"case:{case.id}:{person.id}",
            now=now,
        )
    return case


def begin(
    session: Session,
    *,
    kind: str,
    title: str,
    actor: Actor,
    now: datetime,
    request_id: UUID | None = None,
    working_days: int | None = None,
    organisation_id: UUID | None = None,
    deal_id: UUID | None = None,
) -> BrokerCase:
    """A case at its beginning, told to the journal. Who may begin one is decided before."""
    case = BrokerCase(
        deal_id=deal_id,
        kind=kind,
        title=title,
        request_id=request_id,
        working_days=working_days,
        organisation_id=organisation_id,
        opened_by_id=actor.person_id,
        opened_at=now,
        updated_at=now,
    )
    session.add(case)
    session.flush()
    session.add(
        BrokerCaseHistory(
            case_id=case.id,
            sequence=1,
            from_state=None,
            to_state="open",
            move="open",
            at=now,
            actor_id=actor.person_id,
        )
    )
    journal.append(session, entity="broker_case", entity_id=case.id, action="open", actor_id=actor.person_id, at=now)
    return case


def take(session: Session, *, actor: Actor, public_id: str, now: datetime) -> BrokerCase:
    """Take a case that nobody follows; taking one's own again changes nothing.

    Raises:
        NotFound; MoveNotAllowed: somebody else took it, or it is closed.
    """
    case = locked_case(session, actor=actor, public_id=public_id)
    if case.state == "taken" and case.taken_by_id == actor.person_id:
        return case
    transition(session, case, move="take", actor=actor, now=now)
    case.taken_by_id = actor.person_id
    session.flush()
    return case


def release(session: Session, *, actor: Actor, public_id: str, now: datetime) -> BrokerCase:
    """Give a case back, so that somebody else may take it.

    Raises:
        NotFound, MoveNotAllowed.
    """
    case = locked_case(session, actor=actor, public_id=public_id)
    transition(session, case, move="release", actor=actor, now=now)
    case.taken_by_id = None
    session.flush()
    return case


def add_note(
    session: Session, *, actor: Actor, public_id: str, data: NoteInput, form_key: str, now: datetime
) -> BrokerCaseNote:
    """Write down what happened and what is next. The same form sent twice is one note.

    Raises:
        NotFound; Invalid at `next_on` without a next step.
    """
    case = locked_case(session, actor=actor, public_id=public_id)
    before = session.scalars(
        select(BrokerCaseNote).where(BrokerCaseNote.case_id == case.id, BrokerCaseNote.form_key == form_key)
    ).one_or_none()
    if before is not None:
        return before
    if data.next_on is not None and not data.next_step:
        raise Invalid({"next_step": N_("Hãy viết việc cần làm vào ngày đó.")})
    assert actor.person_id is not None  # noqa: S101 - locked_case lets only people pass
    note = BrokerCaseNote(
        case_id=case.id,
        author_id=actor.person_id,
        body=data.body,
        # Only a dispute has sides to share with.
        shared=data.shared and case.kind == "dispute",
        form_key=form_key,
        at=now,
    )
    session.add(note)
    case.next_step, case.next_on = data.next_step, data.next_on
    changed(session, case, action="noted", actor=actor, now=now)
    return note


def close(session: Session, *, actor: Actor, public_id: str, data: CloseInput, now: datetime) -> BrokerCase:
    """End a case, saying how.

    Raises:
        NotFound, MoveNotAllowed; Invalid at `note`: “other” needs words.
    """
    case = locked_case(session, actor=actor, public_id=public_id)
    if data.outcome == "other" and not data.note:
        raise Invalid({"note": N_("Hãy viết rõ kết quả.")})
    if data.outcome not in outcomes_of(case.kind):
        raise Invalid({"outcome": N_("Kết quả này không hợp với loại vụ việc.")})
    end(session, case, actor=actor, outcome=data.outcome, note=data.note, now=now)
    return case


def end(session: Session, case: BrokerCase, *, actor: Actor, outcome: str, note: str, now: datetime) -> None:
    """Close a locked case. Who may do so is decided before.

    Raises:
        MoveNotAllowed.
    """
    transition(session, case, move="close", actor=actor, now=now, note=note)
    case.outcome, case.closed_at = outcome, now
    case.next_step, case.next_on = "", None
    session.flush()


def reopen(session: Session, *, actor: Actor, public_id: str, now: datetime) -> BrokerCase:
    """Go on with a closed case.

    Raises:
        NotFound, MoveNotAllowed; Conflict: a case of a dispute, which begins anew with the next one.
    """
    case = locked_case(session, actor=actor, public_id=public_id)
    if case.kind == "dispute":
        raise Conflict(N_("Tranh chấp mới thì các bên báo ở thương vụ; vụ việc cũ không mở lại"))
    transition(session, case, move="reopen", actor=actor, now=now)
    case.outcome, case.closed_at, case.taken_by_id = None, None, None
    session.flush()
    return case


def changed(session: Session, case: BrokerCase, *, action: str, actor: Actor, now: datetime) -> None:
    """Count a change that is no move between states, and tell the journal."""
    case.version += 1
    case.updated_at = now
    journal.append(session, entity="broker_case", entity_id=case.id, action=action, actor_id=actor.person_id, at=now)
