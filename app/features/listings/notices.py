"""Letters to the people of an organisation about its listings. Templates: frontend/templates/mail/listing_*.txt.

A letter names the listing and links to it; no text of the confidential part ever goes into one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.features.messages import send_message
from app.models.accounts import Person
from app.models.listings import Listing
from app.models.organisations import Membership


def notify_owners(session: Session, listing: Listing, *, template: str, now: datetime, **context: Any) -> None:
    """One letter to each person who acts for the listing's organisation, once per version of the listing."""
    people = people_of(session, [listing.organisation_id])
    for person in people.get(listing.organisation_id, []):
        send_message(
            session,
            to=person,
            template=template,
            context={"title": listing.title, "public_id": listing.public_id, "kind": listing.kind, **context},
            key=f"{template}:{listing.id}:{listing.version}:{person.id}",
            now=now,
        )


def people_of(session: Session, organisation_ids: Sequence[UUID]) -> Mapping[UUID, list[Person]]:
    """Who acts for these organisations and can be written to, in one query."""
    rows = session.execute(
        select(Membership.organisation_id, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.organisation_id.in_(organisation_ids),
            Person.confirmed_at.is_not(None),
            Person.disabled_at.is_(None),
        )
        .order_by(Membership.organisation_id, Person.id)
    )
    found: dict[UUID, list[Person]] = {}
    for organisation_id, person in rows:
        found.setdefault(organisation_id, []).append(person)
    return found
