"""Changing one's account: password, name, language; and what an administrator does from the terminal."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app import jobs
from app.errors import Conflict, Invalid, NotFound
from app.features.accounts.attempts import (
    RESET_ADDRESS,
    RESET_EMAIL,
    Refused,
    address_subject,
    count_attempt,
)
from app.features.accounts.links import spend_links, use_link
from app.features.accounts.passwords import hash_password, is_guessable
from app.features.accounts.policies import require_in_person, require_operator
from app.features.accounts.proof import prove_password
from app.features.accounts.schemas import GUESSABLE, EmailOnly, PasswordChange, PasswordReset, Profile, normal_email
from app.features.accounts.sign_in import end_all_sign_ins
from app.features.messages import send_message
from app.i18n import N_
from app.identity import Actor, uuid7
from app.models import AccessToken, AccountToken, AuditEntry, Person, SignIn


def request_reset(
    session: Session, *, data: EmailOnly, address: str | None, limit_addresses: bool, now: datetime
) -> Refused | None:
    """Ask for the link to a new password. Whether there is an account is looked up later, by the job.

    Returns:
        None, or that there were too many attempts.
    """
    wait = count_attempt(session, RESET_EMAIL, subject=data.email, now=now)
    if limit_addresses:
        wait = max(wait, count_attempt(session, RESET_ADDRESS, subject=address_subject(address), now=now))
    if wait:
        return Refused("too_many", wait)
    jobs.enqueue(session, kind="accounts.reset_asked", payload={"email": data.email}, now=now)
    return None


def send_reset(session: Session, *, email: str, now: datetime) -> None:
    """Send the link if the address has an account; to a stranger nothing is sent."""
    person = session.scalars(select(Person).where(Person.email == email)).one_or_none()
    if person is not None:
        send_message(
            session,
            to=person,
            template="account_reset",
            context={"person_id": person.id, "asked_at": now},
            key=f"account_reset:{uuid7()}",
            now=now,
        )


def reset_password(session: Session, *, token: str, data: PasswordReset, now: datetime) -> Person:
    """Set a new password by link. Ends every sign-in and revokes every access token: the account may have been lost.

    The link also proves the address, so an account not confirmed yet is confirmed.

    Raises:
        LinkNotGood: used before, expired or unknown.
        Invalid: the password is too easy to guess (the link stays good).
    """
    person_id = use_link(session, token=token, purpose="reset", now=now)
    person = session.scalars(select(Person).where(Person.id == person_id).with_for_update()).one()
    _refuse_guessable(person, data.password)
    person.password_hash = hash_password(data.password)
    if person.confirmed_at is None:
        person.confirmed_at = now
    spend_links(session, person_id=person_id, purpose="confirm", now=now)
    end_all_sign_ins(session, person_id=person_id, now=now)
    session.execute(
        update(AccessToken)
        .where(AccessToken.person_id == person_id, AccessToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    _tell_of_new_password(session, person=person, now=now)
    return person


def change_password(
    session: Session, *, actor: Actor, data: PasswordChange, keep_sign_in: UUID | None, now: datetime
) -> Refused | None:
    """Set a new password, knowing the present one. Every other sign-in ends.

    Returns:
        None, or that the present password is wrong, or was too often.

    Raises:
        Invalid: the new password is too easy to guess.
    """
    person = prove_password(session, actor=actor, password=data.current, now=now)
    if isinstance(person, Refused):
        return person
    _refuse_guessable(person, data.password)
    person.password_hash = hash_password(data.password)
    end_all_sign_ins(session, person_id=person.id, now=now, but=keep_sign_in)
    spend_links(session, person_id=person.id, purpose="reset", now=now)
    _tell_of_new_password(session, person=person, now=now)
    return None


def update_profile(session: Session, *, actor: Actor, data: Profile) -> None:
    """Change one's name and the language of letters."""
    person_id = require_in_person(actor)
    session.execute(update(Person).where(Person.id == person_id).values(name=data.name, locale=data.locale))


def create_person(
    session: Session,
    *,
    actor: Actor,
    email: str,
    name: str,
    password: str,
    locale: str = "vi",
    is_operator: bool = False,
    now: datetime,
) -> Person:
    """Make a confirmed account at once, as an administrator or the demonstration does.

    Raises:
        Conflict: the address has an account.
        ValueError: not an e-mail address.
    """
    require_operator(actor)
    address = normal_email(email)
    if session.scalar(select(func.count()).select_from(Person).where(Person.email == address)):
        raise Conflict(N_("Địa chỉ e-mail này đã có tài khoản"))
    person = Person(
        email=address,
        name=name,
        password_hash=hash_password(password),
        locale=locale,
        is_operator=is_operator,
        confirmed_at=now,
        created_at=now,
    )
    session.add(person)
    session.flush()
    _audit(session, actor=actor, action="person.created", person=person, now=now, data={"is_operator": is_operator})
    return person


def set_operator(session: Session, *, actor: Actor, email: str, is_operator: bool, now: datetime) -> Person:
    """Make somebody an operator, or no longer one; noted in the audit log.

    Raises:
        NotFound: no account has this address.
    """
    require_operator(actor)
    person = session.scalars(select(Person).where(Person.email == normal_email(email)).with_for_update()).one_or_none()
    if person is None:
        raise NotFound(N_("Không có tài khoản nào dùng địa chỉ này"))
    person.is_operator = is_operator
    _audit(session, actor=actor, action="person.operator", person=person, now=now, data={"is_operator": is_operator})
    return person


def set_broker(session: Session, *, actor: Actor, email: str, is_broker: bool, now: datetime) -> Person:
    """Make somebody a broker, who follows cases, or no longer one; noted in the audit log.

    Raises:
        NotFound: no account has this address.
    """
    require_operator(actor)
    person = session.scalars(select(Person).where(Person.email == normal_email(email)).with_for_update()).one_or_none()
    if person is None:
        raise NotFound(N_("Không có tài khoản nào dùng địa chỉ này"))
    person.is_broker = is_broker
    _audit(session, actor=actor, action="person.broker", person=person, now=now, data={"is_broker": is_broker})
    return person


def sweep_accounts(session: Session, *, now: datetime) -> None:
    """Forget sign-ins and links that ended 30 days ago, with the addresses they hold."""
    before = now - timedelta(days=30)
    session.execute(delete(SignIn).where((SignIn.expires_at < before) | (SignIn.ended_at < before)))
    session.execute(delete(AccountToken).where(AccountToken.expires_at < before))


def _refuse_guessable(person: Person, password: str) -> None:
    if is_guessable(password, person.email, person.name):
        raise Invalid({"password": GUESSABLE})


def _tell_of_new_password(session: Session, *, person: Person, now: datetime) -> None:
    send_message(
        session,
        to=person,
        template="account_password_changed",
        context={"changed_at": now},
        key=f"account_password_changed:{uuid7()}",
        now=now,
    )


def _audit(
    session: Session, *, actor: Actor, action: str, person: Person, now: datetime, data: dict[str, object]
) -> None:
    session.add(
        AuditEntry(
            at=now,
            actor_id=actor.person_id,
            action=action,
            entity="person",
            entity_id=person.id,
            address=actor.address,
            data=data,
        )
    )
