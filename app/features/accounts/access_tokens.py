"""Personal access tokens: made and revoked by their person in a browser, used by programs on /api/v1."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from app.errors import Conflict, NotFound
from app.features.accounts.policies import require_in_person
from app.features.accounts.schemas import NewAccessToken
from app.features.accounts.tokens import digest, new_access_token
from app.i18n import N_
from app.identity import Actor
from app.models import AccessToken, Person

MOST_TOKENS = 25
# A use is noted at most this often, so that a busy program does not rewrite one row with every call.
_NOTED_EVERY = timedelta(minutes=10)
_SHOWN = 12


def create_access_token(
    session: Session, *, actor: Actor, data: NewAccessToken, now: datetime
) -> tuple[AccessToken, str]:
    """Make a token; returns its row and the token itself, which is never to be seen again.

    Raises:
        Conflict: the person has as many good tokens as allowed.
    """
    person_id = require_in_person(actor)
    # One at a time per person, so that the count holds.
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update())
    good = session.scalar(
        select(func.count())
        .select_from(AccessToken)
        .where(
            AccessToken.person_id == person_id,
            AccessToken.revoked_at.is_(None),
            or_(AccessToken.expires_at.is_(None), AccessToken.expires_at > now),
        )
    )
    if (good or 0) >= MOST_TOKENS:
        raise Conflict(
            N_("Bạn đã có %(most)s mã đang dùng được. Hãy thu hồi bớt trước khi tạo thêm."), most=MOST_TOKENS
        )
    token = new_access_token()
    made = AccessToken(
        person_id=person_id,
        name=data.name,
        prefix=token[:_SHOWN],
        token_sha256=digest(token),
        scopes=sorted(set(data.scopes)),
        created_at=now,
        expires_at=now + timedelta(days=data.days),
    )
    session.add(made)
    session.flush()
    return made, token


def revoke_access_token(session: Session, *, actor: Actor, token_id: UUID, now: datetime) -> None:
    """Make one of the actor's tokens worthless, at once and for good. Revoking twice changes nothing.

    Raises:
        NotFound: the actor has no such token.
    """
    person_id = require_in_person(actor)
    found = session.scalars(
        select(AccessToken).where(AccessToken.id == token_id, AccessToken.person_id == person_id).with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFound
    if found.revoked_at is None:
        found.revoked_at = now


def note_access_token_use(session: Session, *, token: str, now: datetime) -> None:
    """Note that the token was used, at most every ten minutes; needs a session that may write."""
    session.execute(
        update(AccessToken)
        .where(
            AccessToken.token_sha256 == digest(token),
            or_(AccessToken.last_used_at.is_(None), AccessToken.last_used_at < now - _NOTED_EVERY),
        )
        .values(last_used_at=now)
    )
