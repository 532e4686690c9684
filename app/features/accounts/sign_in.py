"""Signing in and out. Only the hash of a browser's token is stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.features.accounts.attempts import (
    SIGN_IN_ADDRESS,
    SIGN_IN_EMAIL,
    Refused,
    address_subject,
    count_attempt,
    forgive,
)
from app.features.accounts.passwords import hash_password, needs_rehash, verify_password
from app.features.accounts.policies import require_in_person
from app.features.accounts.registration import send_confirmation
from app.features.accounts.schemas import Credentials, normal_email
from app.features.accounts.tokens import digest, new_token
from app.identity import Actor
from app.models import Person, SignIn

LIFETIME = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Signed in: the token for the browser, shown this once."""

    token: str
    locale: str
    expires_at: datetime


def sign_in(
    session: Session,
    *,
    data: Credentials,
    address: str | None,
    user_agent: str | None,
    replaces: str | None = None,
    now: datetime,
) -> Accepted | Refused:
    """Check e-mail and password; a wrong pair takes as long whether there is such an account or not.

    Args:
        replaces: the token the browser held until now; that sign-in ends.
    """
    try:
        email = normal_email(data.email)
    except ValueError:
        email = data.email.lower()
    by_address = address_subject(address)
    wait = max(
        count_attempt(session, SIGN_IN_EMAIL, subject=email, now=now),
        count_attempt(session, SIGN_IN_ADDRESS, subject=by_address, now=now),
    )
    if wait:
        return Refused("too_many", wait)
    person = session.scalars(select(Person).where(Person.email == email)).one_or_none()
    if not verify_password(person.password_hash if person else None, data.password) or person is None:
        return Refused("wrong")
    forgive(session, SIGN_IN_ADDRESS, subject=by_address, now=now)
    if person.disabled_at is not None:
        return Refused("disabled")
    if person.confirmed_at is None:
        # Counted on: the link is sent again at most as often as one may try to sign in.
        send_confirmation(session, person=person, now=now)
        return Refused("unconfirmed")
    forgive(session, SIGN_IN_EMAIL, subject=email, now=now, all_of_them=True)
    if needs_rehash(person.password_hash):
        person.password_hash = hash_password(data.password)
    if replaces:
        sign_out(session, token=replaces, now=now)
    token = new_token()
    expires_at = now + LIFETIME
    session.add(
        SignIn(
            person_id=person.id,
            token_sha256=digest(token),
            user_agent=(user_agent or "")[:300] or None,
            address=address,
            created_at=now,
            expires_at=expires_at,
        )
    )
    return Accepted(token=token, locale=person.locale, expires_at=expires_at)


def sign_out(session: Session, *, token: str, now: datetime) -> None:
    """End the sign-in that holds this token, if there is one."""
    session.execute(
        update(SignIn).where(SignIn.token_sha256 == digest(token), SignIn.ended_at.is_(None)).values(ended_at=now)
    )


def end_sign_in(session: Session, *, actor: Actor, sign_in_id: UUID, now: datetime) -> None:
    """End one of the actor's own sign-ins, as on a lost telephone.

    Raises:
        NotFound: the actor has no such sign-in.
    """
    person_id = require_in_person(actor)
    ended = session.execute(
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.person_id == person_id)
        .values(ended_at=now)
        .returning(SignIn.id)
    ).one_or_none()
    if ended is None:
        raise NotFound


def end_all_sign_ins(session: Session, *, person_id: UUID, now: datetime, but: UUID | None = None) -> None:
    """End every open sign-in of a person, or all but one."""
    statement = update(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None)).values(ended_at=now)
    session.execute(statement if but is None else statement.where(SignIn.id != but))
