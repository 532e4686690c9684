"""The board of cases and one case. Every function makes a fixed number of queries, however many cases there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeVarTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.features.brokering.policies import require_broker, visible_to
from app.features.listings.paging import Keyset
from app.features.organisations.queries import folded
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
from app.text import fold

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


# What a case is found by: its own words and numbers, and who it is about. Never what a request or a note says.
_FOUND_BY = func.concat_ws(
    " ",
    BrokerCase.public_id,
    BrokerCase.title,
    Organisation.name,
    Organisation.name_en,
    QuoteRequest.number,
    QuoteRequest.buyer_name,
    QuoteRequest.holder_name,
    Deal.number,
    Deal.buyer_name,
    Deal.holder_name,
)
_MOST_WORDS = 8
_Columns = TypeVarTuple("_Columns")


def _found(asked: Select[*_Columns], query: str) -> Select[*_Columns]:
    """Only cases where every word of the query stands, with or without diacritics; `asked` must not join requests."""
    words = fold(query).split()[:_MOST_WORDS]
    asked = asked.outerjoin(QuoteRequest, QuoteRequest.id == BrokerCase.request_id)
    if not words:
        return asked
    text: ColumnElement[str] = folded(_FOUND_BY)
    return (
        asked.outerjoin(Organisation, Organisation.id == BrokerCase.organisation_id)
        .outerjoin(Deal, Deal.id == BrokerCase.deal_id)
        .where(*(text.contains(word, autoescape=True) for word in words))
    )


def board(session: Session, *, actor: Actor, show: Show, query: str = "", cursor: str = "", limit: int = 20) -> Board:
    """Cases by how they stand, the oldest first: what waited longest is on top. One query.

    A cursor that is none of ours begins anew.

    Args:
        query: words of the title, an organisation's name, or a number of the case, its request or its deal.

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
    listed: Select[BrokerCase, str | None, datetime | None] = wanted.add_columns(
        Person.name, QuoteRequest.first_answer_at
    ).outerjoin(Person, Person.id == BrokerCase.taken_by_id)
    found = session.execute(_found(listed, query).order_by(BrokerCase.opened_at, BrokerCase.id).limit(limit + 1)).all()
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


def case_counts(session: Session, *, actor: Actor, query: str = "") -> Mapping[Show, int]:
    """How many cases are open, taken and one's own; closed ones are counted only among those a query finds. One query.

    Raises:
        Forbidden.
    """
    require_broker(actor)
    counted = (
        visible_to(actor)
        .with_only_columns(
            func.count().filter(BrokerCase.state == "open"),
            func.count().filter(BrokerCase.state == "taken"),
            func.count().filter(BrokerCase.state == "taken", BrokerCase.taken_by_id == actor.person_id),
            func.count().filter(BrokerCase.state == "closed"),
        )
        .where(true() if query else BrokerCase.state != "closed")
    )
    opened, taken, mine, closed = session.execute(_found(counted, query) if query else counted).one()
    found: dict[Show, int] = {"open": opened, "taken": taken, "mine": mine}
    return {**found, "closed": closed} if query else found


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
