"""Who is asking, and what somebody sees of their own account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.features.accounts.policies import require_in_person
from app.features.accounts.tokens import ACCESS_TOKEN_PREFIX, digest
from app.identity import Actor, MembershipRole
from app.models import AccessToken, Consent, Membership, Organisation, Person, SignIn


@dataclass(frozen=True, slots=True)
class Seat:
    """An organisation somebody acts for, with what menus and forms show of it."""

    organisation_id: UUID
    public_id: str
    slug: str
    name: str
    name_en: str | None
    role: MembershipRole
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person in a browser. `seats` are in the order of their names."""

    sign_in_id: UUID
    person_id: UUID
    name: str
    email: str
    locale: str
    is_operator: bool
    seats: tuple[Seat, ...]
    is_broker: bool = False

    def actor(self, *, address: str | None = None, locale: str = "vi") -> Actor:
        """The person as commands and policies know them."""
        return Actor(
            person_id=self.person_id,
            organisations={seat.organisation_id: seat.role for seat in self.seats},
            is_operator=self.is_operator,
            is_broker=self.is_broker,
            address=address,
            locale=locale,
        )


_SEAT = (
    Organisation.id,
    Organisation.public_id,
    Organisation.slug,
    Organisation.name,
    Organisation.name_en,
    Membership.role,
    Organisation.verified_at,
)


def _rows_with_seats(
    session: Session, *columns: InstrumentedAttribute[Any], source: type[SignIn | AccessToken], where: Any
) -> Sequence[Sequence[Any]]:
    """One row per organisation of the person (one with nulls for a person of none): `columns`, then the seat."""
    statement = (
        select(*columns, *_SEAT)
        .select_from(source)
        .join(Person, Person.id == source.person_id)
        .outerjoin(Membership, Membership.person_id == Person.id)
        .outerjoin(Organisation, Organisation.id == Membership.organisation_id)
        .where(where, Person.disabled_at.is_(None))
        .order_by(Organisation.name_key, Organisation.id)
    )
    return session.execute(statement).all()


def _seats(rows: Sequence[Sequence[Any]], *, after: int) -> tuple[Seat, ...]:
    return tuple(Seat(*row[after:]) for row in rows if row[after] is not None)


def signed_in(session: Session, *, token: str, now: datetime) -> SignedIn | None:
    """Whose browser this is and for whom they may act, in one query; None when the sign-in ended or never was."""
    rows = _rows_with_seats(
        session,
        SignIn.id,
        Person.id,
        Person.name,
        Person.email,
        Person.locale,
        Person.is_operator,
        Person.is_broker,
        source=SignIn,
        where=and_(SignIn.token_sha256 == digest(token), SignIn.ended_at.is_(None), SignIn.expires_at > now),
    )
    if not rows:
        return None
    sign_in_id, person_id, name, email, locale, is_operator, is_broker = rows[0][:7]
    seats = _seats(rows, after=7)
    return SignedIn(sign_in_id, person_id, name, email, locale, is_operator, seats=seats, is_broker=is_broker)


def actor_from_sign_in(session: Session, *, token: str, now: datetime) -> Actor | None:
    """The actor behind a browser's token; None when it opens nothing."""
    found = signed_in(session, token=token, now=now)
    return None if found is None else found.actor(locale=found.locale)


def actor_from_access_token(session: Session, *, token: str, now: datetime) -> Actor | None:
    """The actor behind a personal access token, in one query; None when it is revoked, expired or unknown.

    A token acts for its person's organisations within its scopes, and never with an operator's powers.
    """
    if not token.startswith(ACCESS_TOKEN_PREFIX):
        return None
    rows = _rows_with_seats(
        session,
        Person.id,
        Person.locale,
        AccessToken.scopes,
        source=AccessToken,
        where=and_(
            AccessToken.token_sha256 == digest(token),
            AccessToken.revoked_at.is_(None),
            or_(AccessToken.expires_at.is_(None), AccessToken.expires_at > now),
        ),
    )
    if not rows:
        return None
    person_id, locale, scopes = rows[0][:3]
    return Actor(
        person_id=person_id,
        organisations={seat.organisation_id: seat.role for seat in _seats(rows, after=3)},
        scopes=frozenset(scopes),
        locale=locale,
    )


def own_sign_ins(session: Session, *, actor: Actor, now: datetime) -> Sequence[SignIn]:
    """The actor's open sign-ins, newest first."""
    return session.scalars(
        select(SignIn)
        .where(SignIn.person_id == require_in_person(actor), SignIn.ended_at.is_(None), SignIn.expires_at > now)
        .order_by(SignIn.created_at.desc(), SignIn.id)
        .limit(100)
    ).all()


def own_access_tokens(session: Session, *, actor: Actor) -> Sequence[AccessToken]:
    """The actor's tokens, the good ones first, then by age; old ones stay to be looked up."""
    return session.scalars(
        select(AccessToken)
        .where(AccessToken.person_id == require_in_person(actor))
        .order_by(AccessToken.revoked_at.is_not(None), AccessToken.created_at.desc(), AccessToken.id)
        .limit(200)
    ).all()


def own_consents(session: Session, *, actor: Actor) -> Sequence[Consent]:
    """What the actor agreed to, newest first."""
    return session.scalars(
        select(Consent)
        .where(Consent.person_id == require_in_person(actor))
        .order_by(Consent.given_at.desc(), Consent.text)
        .limit(200)
    ).all()
