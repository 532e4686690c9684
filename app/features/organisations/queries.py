"""Reading organisations: the public list and page, the desk of their people, what awaits verification."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.errors import NotFound
from app.features.accounts.policies import require_in_person, require_operator
from app.features.organisations.policies import is_public, require_edit, visible_to
from app.identity import ANONYMOUS, Actor, MembershipRole
from app.models import AuditEntry, Invitation, Membership, Organisation, Person
from app.models.listings import PUBLIC_STATES, Listing
from app.text import fold

PER_PAGE = 24
_MARKS = "[\u0300-\u036f]"


@dataclass(frozen=True, slots=True)
class OrganisationPage:
    """A stretch of the list in the order of names. `before` and `after` are the ids to go on from, "" at an end."""

    items: Sequence[Organisation]
    before: str
    after: str
    total: int


@dataclass(frozen=True, slots=True)
class ListingCounts:
    """How many public listings an organisation has."""

    offers: int = 0
    needs: int = 0


def folded(column: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[str]:
    """What `app.text.fold` does, in SQL that needs no extension and no particular locale of the server."""
    bare = func.regexp_replace(func.normalize(column, literal_column("NFD")), _MARKS, "", "g")
    return func.lower(func.translate(bare, "đĐ", "dd"))


def _named(query: str) -> ColumnElement[bool]:
    """Every word of the query stands in the Vietnamese or the English name; or it is the tax code."""
    words = fold(query).split()[:8]
    by_name = [
        and_(*(folded(column).contains(word, autoescape=True) for word in words))
        for column in (Organisation.name, Organisation.name_en)
    ]
    return or_(*by_name, Organisation.tax_code == "".join(query.split()))


def list_public(
    session: Session,
    *,
    query: str = "",
    type_: str = "",
    region: str = "",
    verified: bool = False,
    after: str = "",
    before: str = "",
    limit: int = PER_PAGE,
) -> OrganisationPage:
    """Organisations that have a public page, in Vietnamese order of names, in two queries.

    Args:
        query: words of the name, with or without diacritics, or a whole tax code.
        after, before: the public id of the organisation to go on from, forwards or backwards.
    """
    wanted: list[ColumnElement[bool]] = [is_public()]
    if query.strip():
        wanted.append(_named(query))
    if type_:
        wanted.append(Organisation.type == type_)
    if region:
        wanted.append(Organisation.region == region)
    if verified:
        wanted.append(Organisation.verified_at.is_not(None))
    total = session.scalar(select(func.count()).select_from(Organisation).where(*wanted)) or 0
    place = tuple_(Organisation.name_key, Organisation.id)
    asked = select(Organisation).where(*wanted)
    if before:
        asked = asked.where(place < _place_of(before)).order_by(Organisation.name_key.desc(), Organisation.id.desc())
    else:
        asked = asked.order_by(Organisation.name_key, Organisation.id)
        if after:
            asked = asked.where(place > _place_of(after))
    rows = list(session.scalars(asked.limit(limit + 1)).all())
    more = len(rows) > limit
    rows = rows[:limit]
    if before:
        rows.reverse()
    if not rows:
        return OrganisationPage((), "", "", total)
    return OrganisationPage(
        items=rows,
        before=rows[0].public_id if after or (before and more) else "",
        after=rows[-1].public_id if before or more else "",
        total=total,
    )


def _place_of(public_id: str) -> Any:
    return select(Organisation.name_key, Organisation.id).where(Organisation.public_id == public_id).scalar_subquery()


def listing_counts(session: Session, organisation_ids: Sequence[UUID]) -> Mapping[UUID, ListingCounts]:
    """Public offers and needs of each organisation; anonymous needs are not counted."""
    rows = session.execute(
        select(
            Listing.organisation_id,
            func.count().filter(Listing.kind != "need"),
            func.count().filter(Listing.kind == "need"),
        )
        .where(
            Listing.organisation_id.in_(organisation_ids),
            Listing.state.in_(PUBLIC_STATES),
            Listing.visibility == "public",
        )
        .group_by(Listing.organisation_id)
    )
    return {organisation_id: ListingCounts(offers, needs) for organisation_id, offers, needs in rows}


def find_public(session: Session, *, public_id: str) -> Organisation:
    """The organisation with this public page.

    Raises:
        NotFound: there is none, or it has no public page.
    """
    found = session.scalars(visible_to(ANONYMOUS).where(Organisation.public_id == public_id)).one_or_none()
    if found is None:
        raise NotFound
    return found


def find_own(session: Session, *, actor: Actor, public_id: str) -> Organisation:
    """An organisation the actor is a member of.

    Raises:
        NotFound: none that the actor may know of.
        Forbidden: the actor is no member.
    """
    found = session.scalars(visible_to(actor).where(Organisation.public_id == public_id)).one_or_none()
    if found is None:
        raise NotFound
    require_edit(actor, found.id)
    return found


def has_public_page(session: Session, *, organisation_id: UUID) -> bool:
    """Whether people find the organisation in the list."""
    return bool(session.scalar(select(is_public()).where(Organisation.id == organisation_id)))


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who acts for an organisation; for its own members only."""

    person_id: UUID
    name: str
    email: str
    role: MembershipRole
    since: datetime


def members(session: Session, *, actor: Actor, organisation_id: UUID) -> Sequence[Member]:
    """Who acts for the organisation, owners first, then by time.

    Raises:
        Forbidden: the actor is no member.
    """
    require_edit(actor, organisation_id)
    rows = session.execute(
        select(Person.id, Person.name, Person.email, Membership.role, Membership.created_at)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.organisation_id == organisation_id)
        .order_by(Membership.role.desc(), Membership.created_at, Person.id)
    )
    return [
        Member(person_id, name, email, "owner" if role == "owner" else "editor", since)
        for person_id, name, email, role, since in rows
    ]


def open_invitations(session: Session, *, actor: Actor, organisation_id: UUID, now: datetime) -> Sequence[Invitation]:
    """Invitations nobody has answered yet, newest first.

    Raises:
        Forbidden: the actor is no member.
    """
    require_edit(actor, organisation_id)
    return session.scalars(
        select(Invitation)
        .where(
            Invitation.organisation_id == organisation_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
        .order_by(Invitation.created_at.desc(), Invitation.id)
    ).all()


def invitations_to(session: Session, *, actor: Actor, now: datetime) -> Sequence[tuple[Invitation, Organisation]]:
    """Open invitations to the actor's own address."""
    rows = session.execute(
        select(Invitation, Organisation)
        .join(Organisation, Organisation.id == Invitation.organisation_id)
        .join(Person, Person.email == Invitation.email)
        .where(
            Person.id == require_in_person(actor),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
        .order_by(Invitation.created_at.desc(), Invitation.id)
        .limit(50)
    )
    return [(invitation, organisation) for invitation, organisation in rows]


def _awaiting() -> Select[Organisation]:
    return select(Organisation).where(
        Organisation.verified_at.is_(None),
        Organisation.imported.is_(False),
        # One that asks from another exchange keeps its name there: it is verified there, if anywhere.
        Organisation.local_id == Organisation.public_id,
    )


def awaiting_verification(
    session: Session, *, actor: Actor, after: str = "", limit: int = 50
) -> tuple[Sequence[Organisation], int]:
    """Organisations nobody has verified, those with a tax code first, then the oldest; and how many there are.

    Raises:
        Forbidden: the actor is no operator.
    """
    require_operator(actor)
    total = session.scalar(select(func.count()).select_from(_awaiting().subquery())) or 0
    order = (Organisation.tax_code.is_(None), Organisation.created_at, Organisation.id)
    asked = _awaiting().order_by(*order)
    if after:
        here = select(*order).where(Organisation.public_id == after).scalar_subquery()
        asked = asked.where(tuple_(*order) > here)
    return session.scalars(asked.limit(limit)).all(), total


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One official act on an organisation."""

    at: datetime
    action: str
    actor_name: str | None
    data: Mapping[str, Any]


def verification_history(session: Session, *, actor: Actor, organisation_id: UUID) -> Sequence[AuditLine]:
    """What officials did about an organisation, newest first.

    Raises:
        Forbidden: the actor is no operator.
    """
    require_operator(actor)
    rows = session.execute(
        select(AuditEntry.at, AuditEntry.action, Person.name, AuditEntry.data)
        .outerjoin(Person, Person.id == AuditEntry.actor_id)
        .where(AuditEntry.entity == "organisation", AuditEntry.entity_id == organisation_id)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(50)
    )
    return [AuditLine(*row) for row in rows]


def find_for_operator(session: Session, *, actor: Actor, public_id: str) -> Organisation:
    """Any organisation.

    Raises:
        Forbidden: the actor is no operator.
        NotFound: there is none with this id.
    """
    require_operator(actor)
    found = session.scalars(select(Organisation).where(Organisation.public_id == public_id)).one_or_none()
    if found is None:
        raise NotFound
    return found
