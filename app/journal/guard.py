"""Fails a commit that changes a journalled table without a journal entry. On everywhere but in production."""

from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction

from app.database import Base
from app.journal.record import NOTED

TOUCHED = "journal_touched"


class NotJournalled(AssertionError):
    """What was not journalled did not happen: indexes, feeds and alerts would never hear of this change."""


def _key(instance: Base) -> tuple[str, UUID] | None:
    entity = type(instance).__journal__
    return (entity, getattr(instance, type(instance).__journal_key__)) if entity else None


def _note_flushed(session: Session, _context: UOWTransaction) -> None:
    touched = session.info.setdefault(TOUCHED, set())
    changed: list[Any] = [*session.new, *session.deleted]
    changed += [one for one in session.dirty if session.is_modified(one)]
    touched.update(key for one in changed if isinstance(one, Base) and (key := _key(one)))


def _note_bulk(state: ORMExecuteState) -> None:
    if (state.is_insert or state.is_update or state.is_delete) and state.bind_mapper is not None:
        entity = getattr(state.bind_mapper.class_, "__journal__", None)
        if entity:
            state.session.info.setdefault(TOUCHED, set()).add((entity, None))


def _check(session: Session) -> None:
    session.flush()
    noted = session.info.get(NOTED, set())
    entities = {entity for entity, _ in noted}
    missing = [
        key
        for key in session.info.get(TOUCHED, set())
        if (key not in noted if key[1] is not None else key[0] not in entities)
    ]
    if missing:
        raise NotJournalled(f"changed without a journal entry: {sorted(map(str, missing))}")


def _forget(session: Session) -> None:
    session.info.pop(TOUCHED, None)
    session.info.pop(NOTED, None)


def install() -> None:
    """Watch every session of this process. Calling it again does nothing."""
    if event.contains(Session, "before_commit", _check):
        return
    event.listen(Session, "after_flush", _note_flushed)
    event.listen(Session, "do_orm_execute", _note_bulk)
    event.listen(Session, "before_commit", _check)
    event.listen(Session, "after_commit", _forget)
    event.listen(Session, "after_rollback", _forget)
