"""Adding, changing, retiring pairs of terms. Each is audited and journalled; searching follows within seconds."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Invalid, NotFound, StaleVersion
from app.features.accounts.policies import require_operator
from app.features.moderation import audit
from app.features.synonyms.schemas import PairInput
from app.i18n import N_
from app.identity import Actor
from app.models.synonyms import SynonymPair, folded_pair, pair_key
from app.reference.current import refresh_after_commit
from app.reference.synonyms import next_revision


def add_pair(session: Session, *, actor: Actor, data: PairInput, now: datetime) -> SynonymPair:
    """Take a pair into use; one that was retired comes back.

    Raises:
        Forbidden: the actor is no operator.
        Invalid: it is in use already, or both terms are one word.
    """
    require_operator(actor)
    revision = next_revision(session)
    key = _checked_key(data)
    found = session.scalar(select(SynonymPair).where(SynonymPair.key == key))
    if found is not None and found.retired_at is None:
        raise Invalid({"en": N_("Cặp thuật ngữ này đã có.")})
    if found is None:
        found = SynonymPair(
            vi=data.vi,
            en=data.en,
            field=data.field,
            key=key,
            folded=folded_pair(data.vi, data.en),
            origin="operator",
            revision=revision,
            created_at=now,
            updated_at=now,
        )
        session.add(found)
        return _noted(session, found, actor=actor, action="added", revision=revision, now=now)
    found.retired_at = None
    found.field = data.field
    return _noted(session, found, actor=actor, action="restored", revision=revision, now=now)


def change_pair(
    session: Session, *, actor: Actor, pair_id: UUID, revision: int, data: PairInput, now: datetime
) -> SynonymPair:
    """Exchange the terms or the field of a pair.

    Args:
        revision: the pair's own, as the operator saw it.

    Raises:
        Forbidden: the actor is no operator.
        NotFound: there is no such pair.
        StaleVersion: somebody changed it meanwhile.
        Invalid: there is another pair of these terms, in use or retired.
    """
    found, following = _locked(session, actor=actor, pair_id=pair_id, revision=revision)
    if (found.vi, found.en, found.field) == (data.vi, data.en, data.field):
        return found
    key = _checked_key(data)
    if session.scalar(select(SynonymPair.id).where(SynonymPair.key == key, SynonymPair.id != pair_id)):
        raise Invalid({"en": N_("Cặp thuật ngữ này đã có.")})
    found.vi, found.en, found.field = data.vi, data.en, data.field
    found.key, found.folded = key, folded_pair(data.vi, data.en)
    return _noted(session, found, actor=actor, action="changed", revision=following, now=now)


def retire_pair(session: Session, *, actor: Actor, pair_id: UUID, revision: int, now: datetime) -> SynonymPair:
    """Take a pair out of use; it stays in the list and may come back.

    Raises:
        Forbidden, NotFound, StaleVersion: as for `change_pair`.
    """
    found, following = _locked(session, actor=actor, pair_id=pair_id, revision=revision)
    if found.retired_at is not None:
        return found
    found.retired_at = now
    return _noted(session, found, actor=actor, action="retired", revision=following, now=now)


def restore_pair(session: Session, *, actor: Actor, pair_id: UUID, revision: int, now: datetime) -> SynonymPair:
    """Take a retired pair back into use.

    Raises:
        Forbidden, NotFound, StaleVersion: as for `change_pair`.
    """
    found, following = _locked(session, actor=actor, pair_id=pair_id, revision=revision)
    if found.retired_at is None:
        return found
    found.retired_at = None
    return _noted(session, found, actor=actor, action="restored", revision=following, now=now)


def _locked(session: Session, *, actor: Actor, pair_id: UUID, revision: int) -> tuple[SynonymPair, int]:
    """The pair as it is after every other change, and the revision of this one."""
    require_operator(actor)
    following = next_revision(session)
    found = session.get(SynonymPair, pair_id, populate_existing=True)
    if found is None:
        raise NotFound
    if found.revision != revision:
        raise StaleVersion
    return found, following


def _checked_key(data: PairInput) -> str:
    if data.vi.lower() == data.en.lower():
        raise Invalid({"en": N_("Hai thuật ngữ giống hệt nhau thì không cần ghép cặp.")})
    return pair_key(data.vi, data.en)


def _noted(
    session: Session, pair: SynonymPair, *, actor: Actor, action: str, revision: int, now: datetime
) -> SynonymPair:
    pair.revision = revision
    pair.updated_at = now
    session.flush()
    audit.record(
        session,
        actor=actor,
        action=f"synonym.{action}",
        entity="synonym_pair",
        entity_id=pair.id,
        now=now,
        data={"vi": pair.vi, "en": pair.en, "field": pair.field},
    )
    journal.append(session, entity="synonym_pair", entity_id=pair.id, action=action, actor_id=actor.person_id, at=now)
    refresh_after_commit(session)
    return pair
