"""People who follow things, and listings that appear, for the tests of being told."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import journal
from app.database import Database
from app.features.alerts.commands import save_search
from app.features.alerts.noticing import notice
from app.features.alerts.schemas import SavedSearch
from app.identity import Actor
from app.journal import sequence
from app.models import Listing, Organisation, Person, Subscription
from app.models.journal import JournalEntry
from app.web.alerts.criteria import listing_reader
from tests import factories
from tests.factories import NOW

LATER = NOW + timedelta(hours=1)


def of(person: Person) -> Actor:
    return factories.actor(person)


def saved(session: Session, person: Person, criteria: str, *, rhythm: str = "at_once", **given: Any) -> Subscription:
    data = SavedSearch(name=given.pop("name", criteria), criteria=criteria, rhythm=rhythm)  # type: ignore[arg-type]
    return save_search(session, actor=of(person), data=data, now=NOW, **given)


def appears(session: Session, organisation: Organisation, *, at: datetime = LATER, **given: Any) -> Listing:
    """A listing that is published at that moment."""
    made = factories.listing(session, of=organisation, **({"published_at": at} | given))
    journal.append(session, entity="listing", entity_id=made.id, action="publish", at=at)
    return made


def changes(session: Session, listing: Listing, action: str, *, at: datetime = LATER, **values: Any) -> None:
    """The listing changes as the command of that name would change it."""
    for name, value in values.items():
        setattr(listing, name, value)
    listing.version += 1
    journal.append(session, entity="listing", entity_id=listing.id, action=action, at=at)


def notice_all(database: Database, *, now: datetime = LATER) -> int:
    """Have everything in the journal noticed, from its beginning: what was noticed before gives nothing new."""
    with database.unit_of_work() as session:
        sequence(session)
    with database.unit_of_work() as session:
        entries = session.scalars(select(JournalEntry).order_by(JournalEntry.position)).all()
        return notice(session, entries, reader=listing_reader(overdue_days=90), now=now)
