"""Proving once more, with the password, that it is oneself: before changing it, before signing for an organisation."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.features.accounts.attempts import PASSWORD_CHECK, Refused, count_attempt, forgive
from app.features.accounts.passwords import verify_password
from app.features.accounts.policies import require_in_person
from app.identity import Actor
from app.models import Person


def prove_password(session: Session, *, actor: Actor, password: str, now: datetime) -> Person | Refused:
    """The actor's own row, locked, when the password is theirs; else that it is wrong, or was tried too often.

    Raises:
        SignInRequired, Forbidden: nobody, or a program.
    """
    person_id = require_in_person(actor)
    wait = count_attempt(session, PASSWORD_CHECK, subject=str(person_id), now=now)
    if wait:
        return Refused("too_many", wait)
    person = session.scalars(select(Person).where(Person.id == person_id).with_for_update()).one()
    if not verify_password(person.password_hash, password):
        return Refused("wrong")
    forgive(session, PASSWORD_CHECK, subject=str(person_id), now=now, all_of_them=True)
    return person
