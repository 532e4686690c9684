"""Reading pairs of terms, for operators."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.features.accounts.policies import require_operator
from app.identity import Actor
from app.models.synonyms import SynonymPair
from app.text import fold, one_line

PER_PAGE = 50
Show = Literal["in-use", "retired"]


@dataclass(frozen=True, slots=True)
class PairPage:
    """A stretch of the list in the order of the Vietnamese terms; `next` is the id to go on from, "" at the end."""

    items: Sequence[SynonymPair]
    next: str
    total: int


def find_pairs(
    session: Session,
    *,
    actor: Actor,
    text: str = "",
    field: str = "",
    show: Show = "in-use",
    after: str = "",
    limit: int = PER_PAGE,
) -> PairPage:
    """The pairs that hold a text in either term, however it is written.

    Raises:
        Forbidden: the actor is no operator.
    """
    require_operator(actor)
    asked = select(SynonymPair).where(
        SynonymPair.retired_at.is_(None) if show == "in-use" else SynonymPair.retired_at.is_not(None)
    )
    if wanted := fold(one_line(text)):
        asked = asked.where(SynonymPair.folded.contains(wanted, autoescape=True))
    if field:
        asked = asked.where(SynonymPair.field == field)
    total = session.scalar(select(func.count()).select_from(asked.subquery())) or 0
    order = (SynonymPair.folded, SynonymPair.id)
    if place := _uuid(after):
        here = select(*order).where(SynonymPair.id == place).scalar_subquery()
        asked = asked.where(tuple_(*order) > here)
    rows = session.scalars(asked.order_by(*order).limit(limit + 1)).all()
    return PairPage(rows[:limit], str(rows[limit - 1].id) if len(rows) > limit else "", total)


def find_pair(session: Session, *, actor: Actor, pair_id: str) -> SynonymPair:
    """One pair, in use or retired.

    Raises:
        Forbidden: the actor is no operator.
        NotFound: there is none of that id.
    """
    require_operator(actor)
    key = _uuid(pair_id)
    found = session.get(SynonymPair, key) if key is not None else None
    if found is None:
        raise NotFound
    return found


def all_pairs(session: Session, *, actor: Actor) -> Sequence[SynonymPair]:
    """Every pair, retired ones too, in the order of the fields and terms.

    Raises:
        Forbidden: the actor is no operator.
    """
    require_operator(actor)
    return session.scalars(select(SynonymPair).order_by(SynonymPair.field, SynonymPair.folded, SynonymPair.id)).all()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
