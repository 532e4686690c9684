"""What every command on an agreement begins and ends with: the locked row, its journal entry, its disclosures."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import journal
from app.errors import NotFound
from app.features.ndas.policies import visible_to
from app.identity import Actor
from app.models.ndas import Nda, NdaDisclosure, NdaHistory, NdaReader, NdaSignature


def locked_nda(session: Session, *, actor: Actor, number: str) -> Nda:
    """The agreement of that number, its row locked until the transaction ends.

    Everything that changes an agreement takes this lock first, and every reading holds it shared (gate.py): a
    revocation and a reading never interleave.

    Raises:
        NotFound: there is none, or the actor may not know of it.
    """
    nda = session.scalars(
        visible_to(actor).where(Nda.number == number).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if nda is None:
        raise NotFound
    return nda


def done_before(session: Session, nda: Nda, *, move: str, actor: Actor) -> bool:
    """Whether the newest move is this very one by this very person: a form sent twice, which asks for nothing more."""
    newest = session.scalars(
        select(NdaHistory).where(NdaHistory.nda_id == nda.id).order_by(NdaHistory.sequence.desc()).limit(1)
    ).one()
    return newest.move == move and newest.actor_id == actor.person_id and newest.to_state == nda.state


def signatures_of(session: Session, nda_id: UUID) -> Sequence[NdaSignature]:
    """The signatures so far, in the order they were given."""
    return session.scalars(
        select(NdaSignature).where(NdaSignature.nda_id == nda_id).order_by(NdaSignature.signed_at, NdaSignature.side)
    ).all()


def readers_of(session: Session, nda_id: UUID) -> Sequence[NdaReader]:
    """The people whom the text names, removed ones too, by name."""
    return session.scalars(
        select(NdaReader).where(NdaReader.nda_id == nda_id).order_by(NdaReader.name, NdaReader.person_id)
    ).all()


def open_disclosures(session: Session, nda_id: UUID) -> Sequence[NdaDisclosure]:
    """What the discloser has opened and not closed again, in that order."""
    return session.scalars(
        select(NdaDisclosure)
        .where(NdaDisclosure.nda_id == nda_id, NdaDisclosure.closed_at.is_(None))
        .order_by(NdaDisclosure.opened_at, NdaDisclosure.id)
    ).all()


def name_told(session: Session, nda: Nda) -> bool:
    """Whether the owner of an anonymous need has told this recipient its name."""
    return any(one.kind == "name" for one in open_disclosures(session, nda.id))


def note_change(session: Session, nda: Nda, *, action: str, actor: Actor, now: datetime) -> None:
    """Count a change that is no move between states, and tell the journal."""
    nda.version += 1
    nda.updated_at = now
    journal.append(session, entity="nda", entity_id=nda.id, action=action, actor_id=actor.person_id, at=now)
