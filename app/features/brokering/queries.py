"""The board of cases and one case. Every function makes a fixed number of queries, however many cases there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.features.brokering.policies import require_broker, visible_to
from app.features.listings.paging import Keyset
from app.identity import Actor
from app.models import (
    BrokerCase,
    BrokerCaseHistory,
    BrokerCaseNote,
    Deal,
    Listing,
    Organisation,
    Person,
    QuoteRequest,
)

Show = Literal["open", "mine", "taken", "closed"]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case on the board."""

    public_id: str
    kind: str
    state: str
    title: str
    opened_at: datetime
    working_days: int | None
    taken_by: str
    next_step: str
    next_on: date | None
    outcome: str | None
    answered: bool


@dataclass(frozen=True, slots=True)
class Board:
    """One page of the board, the oldest first. `next_cursor` is empty on the last."""

    rows: Sequence[CaseRow]
    next_cursor: str


def board(session: Session, *, actor: Actor, show: Show, cursor: str = "", limit: int = 20) -> Board:
    """Cases by how they stand, the oldest first: what waited longest is on top. One query.

    A cursor that is none of ours begins anew.

    Raises:
        Forbidden: the actor works on no cases.
    """
    require_broker(actor)
    state = "taken" if show == "mine" else show
    wanted = visible_to(actor).where(BrokerCase.state == state)
    if show == "mine":
        wanted = wanted.where(BrokerCase.taken_by_id == actor.person_id)
    after = Keyset.read(cursor) if cursor else None
    if after is not None:
        wanted = wanted.where(after.after(BrokerCase.opened_at, BrokerCase.id))
    found = session.execute(
        wanted.add_columns(Person.name, QuoteRequest.first_answer_at)
        .outerjoin(Person, Person.id == BrokerCase.taken_by_id)
        .outerjoin(QuoteRequest, QuoteRequest.id == BrokerCase.request_id)
        .order_by(BrokerCase.opened_at, BrokerCase.id)
        .limit(limit + 1)
    ).all()
    rows = [
        CaseRow(
            public_id=case.public_id,
            kind=case.kind,
            state=case.state,
            title=case.title,
            opened_at=case.opened_at,
            working_days=case.working_days,
            taken_by=name or "",
            next_step=case.next_step,
            next_on=case.next_on,
            outcome=case.outcome,
            answered=answered_at is not None,
        )
        for case, name, answered_at in found[:limit]
    ]
    last = found[limit - 1][0] if len(found) > limit else None
    return Board(rows, Keyset(last.opened_at, last.id).token if last else "")


def case_counts(session: Session, *, actor: Actor) -> Mapping[Show, int]:
    """How many cases are open, taken and one's own. One query; closed ones are not counted.

    Raises:
        Forbidden.
    """
    require_broker(actor)
    opened, taken, mine = session.execute(
        select(
            func.count().filter(BrokerCase.state == "open"),
            func.count().filter(BrokerCase.state == "taken"),
            func.count().filter(BrokerCase.state == "taken", BrokerCase.taken_by_id == actor.person_id),
        ).where(BrokerCase.state != "closed")
    ).one()
    return {"open": opened, "taken": taken, "mine": mine}


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """One case with its notes and history; `request` is the one it began with, `taken_by` who follows it.

    `organisation` is the firm it is about, `need_state` how its need, written down for it, stands by now; `deal` is
    the one in dispute.
    """

    case: BrokerCase
    taken_by: str
    notes: Sequence[tuple[BrokerCaseNote, str]]
    history: Sequence[tuple[BrokerCaseHistory, str]]
    request: QuoteRequest | None
    organisation: str = ""
    need_state: str = ""
    deal: Deal | None = None


def case_record(session: Session, *, actor: Actor, public_id: str) -> CaseRecord:
    """The case. At most seven queries.

    Raises:
        NotFound: there is none, or the actor works on none.
    """
    case = session.scalars(visible_to(actor).where(BrokerCase.public_id == public_id)).one_or_none()
    if case is None:
        raise NotFound
    notes = session.execute(
        select(BrokerCaseNote, Person.name)
        .join(Person, Person.id == BrokerCaseNote.author_id)
        .where(BrokerCaseNote.case_id == case.id)
        .order_by(BrokerCaseNote.at, BrokerCaseNote.id)
    ).all()
    history = session.execute(
        select(BrokerCaseHistory, Person.name)
        .outerjoin(Person, Person.id == BrokerCaseHistory.actor_id)
        .where(BrokerCaseHistory.case_id == case.id)
        .order_by(BrokerCaseHistory.sequence)
    ).all()
    firm, need_state = session.execute(
        select(
            select(Organisation.name).where(Organisation.id == case.organisation_id).scalar_subquery(),
            select(Listing.state).where(Listing.id == case.need_id).scalar_subquery(),
        )
    ).one()
    return CaseRecord(
        organisation=firm or "",
        need_state=need_state or "",
        case=case,
        taken_by=_name(session, case.taken_by_id),
        notes=[(note, name) for note, name in notes],
        history=[(move, name or "") for move, name in history],
        deal=session.get(Deal, case.deal_id) if case.deal_id is not None else None,
        request=session.get(QuoteRequest, case.request_id) if case.request_id is not None else None,
    )


def _name(session: Session, person_id: UUID | None) -> str:
    if person_id is None:
        return ""
    return session.scalar(select(Person.name).where(Person.id == person_id)) or ""
