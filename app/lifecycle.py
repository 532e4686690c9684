"""Moving a record through the states its aggregate allows.

Each aggregate states its moves as a table at the top of its states.py; this is the one function that makes a move.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from app import journal
from app.errors import MoveNotAllowed
from app.i18n import N_
from app.identity import Actor


@dataclass(frozen=True, slots=True)
class Move:
    """From which states a move may start, and where it ends."""

    sources: frozenset[str]
    target: str

    @classmethod
    def of(cls, sources: str, target: str) -> "Move":
        """`sources` are state names with spaces between."""
        return cls(frozenset(sources.split()), target)


class Stateful(Protocol):
    """A row with an id, a state and a version."""

    id: Any
    state: Any
    version: Any
    updated_at: Any


def transition(
    session: Session,
    record: Stateful,
    *,
    moves: Mapping[str, Move],
    move: str,
    history: type[Any],
    history_key: str,
    entity: str,
    actor: Actor,
    now: datetime,
    note: str = "",
    reasons: Mapping[str, str] | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Lock the row, check the move, write the history row, append to the journal.

    `history` is the aggregate's history table; unique (entity id, sequence) there is the last guard against two
    moves at once.

    Raises:
        MoveNotAllowed: the record, read again under its lock, is not in a state the move starts from.
    """
    model = type(record)
    locked: Any = session.scalars(
        select(model)
        .where(inspect(model).primary_key[0] == record.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    allowed = moves[move]
    if locked.state not in allowed.sources:
        raise MoveNotAllowed(
            N_("Thao tác này không còn phù hợp với trạng thái hiện tại"), move=move, state=locked.state
        )
    key = getattr(history, history_key)
    last: int = session.scalar(select(func.coalesce(func.max(history.sequence), 0)).where(key == locked.id)) or 0
    before, locked.state = locked.state, allowed.target
    locked.version += 1
    locked.updated_at = now
    session.add(
        history(
            **{history_key: locked.id},
            sequence=last + 1,
            from_state=before,
            to_state=allowed.target,
            move=move,
            at=now,
            actor_id=actor.person_id,
            note=note,
            reasons=dict(reasons or {}),
        )
    )
    entity_id: UUID = locked.id
    journal.append(
        session, entity=entity, entity_id=entity_id, action=move, actor_id=actor.person_id, at=now, data=data
    )
