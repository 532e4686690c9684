"""Opening an account and confirming its e-mail address.

What is answered never tells whether an account exists: the same page, the same hashing, and a letter in every case.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.features.accounts.attempts import (
    REGISTER_ADDRESS,
    REGISTER_EMAIL,
    Refused,
    address_subject,
    count_attempt,
)
from app.features.accounts.links import spend_links, use_link
from app.features.accounts.passwords import hash_password
from app.features.accounts.schemas import Registration
from app.features.messages import send_message
from app.identity import uuid7
from app.models import Consent, Person


def register(
    session: Session,
    *,
    data: Registration,
    versions: Mapping[str, str],
    locale: str,
    address: str | None,
    limit_addresses: bool,
    now: datetime,
) -> Refused | None:
    """Open an account that its e-mail address must confirm, or write to the one who already has it.

    An account never confirmed is taken over by the newest registration, links sent for an earlier one become
    worthless: whoever reads the mailbox decides whose password holds.

    Args:
        versions: text ("regulation", "privacy") → the version the person agreed to.
        limit_addresses: whether registrations are counted per network address too.

    Returns:
        None, or that there were too many attempts; then nothing was done.
    """
    wait = count_attempt(session, REGISTER_EMAIL, subject=data.email, now=now)
    if limit_addresses:
        wait = max(wait, count_attempt(session, REGISTER_ADDRESS, subject=address_subject(address), now=now))
    if wait:
        return Refused("too_many", wait)
    password_hash = hash_password(data.password)
    session.execute(
        insert(Person)
        .values(
            id=uuid7(),
            email=data.email,
            name=data.name,
            password_hash=password_hash,
            locale=locale,
            is_operator=False,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )
    person = session.scalars(
        select(Person).where(Person.email == data.email).with_for_update().execution_options(populate_existing=True)
    ).one()
    if person.confirmed_at is not None or person.disabled_at is not None:
        send_message(session, to=person, template="account_exists", key=f"account_exists:{uuid7()}", now=now)
        return None
    person.name = data.name
    person.password_hash = password_hash
    person.locale = locale
    spend_links(session, person_id=person.id, purpose="confirm", now=now)
    record_consents(session, person_id=person.id, versions=versions, locale=locale, address=address, now=now)
    send_confirmation(session, person=person, now=now)
    return None


def record_consents(
    session: Session,
    *,
    person_id: UUID,
    versions: Mapping[str, str],
    locale: str,
    address: str | None,
    now: datetime,
) -> None:
    """Store that the person agrees to these versions of the texts, in place of what they agreed to before."""
    session.execute(
        update(Consent)
        .where(Consent.person_id == person_id, Consent.text.in_(versions), Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    for text, version in versions.items():
        session.add(
            Consent(person_id=person_id, text=text, version=version, locale=locale, address=address, given_at=now)
        )


def send_confirmation(session: Session, *, person: Person, now: datetime) -> None:
    """Send the link that confirms the address; its token is made when the letter goes out."""
    send_message(
        session,
        to=person,
        template="account_confirm",
        context={"person_id": person.id, "registered_at": now},
        key=f"account_confirm:{uuid7()}",
        now=now,
    )


def confirm_email(session: Session, *, token: str, now: datetime) -> Person:
    """Take the link as proof that the person reads this mailbox.

    Raises:
        LinkNotGood: used before, expired or unknown.
    """
    person_id = use_link(session, token=token, purpose="confirm", now=now)
    person = session.scalars(select(Person).where(Person.id == person_id).with_for_update()).one()
    if person.confirmed_at is None:
        person.confirmed_at = now
    return person
