"""Nothing confidential, and not whose an anonymous need is, reaches who asked to be told of everything."""

from collections.abc import Callable

from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from app.features.accounts.passwords import hash_password
from app.features.alerts.commands import follow_listing, follow_organisation, open_feed
from app.features.alerts.schemas import Following
from app.features.listings.commands import withdraw
from app.integrations.mail import StoredMail
from app.models import Listing, Organisation, Person
from tests import factories
from tests.factories import NOW
from tests.features.alerts.given import of, saved
from tests.flows.conftest import PASSWORD, Clock, Exchange, sign_in
from tests.flows.plain_browser import PlainBrowser
from tests.flows.test_confidential import CONFIDENTIAL, HIDDEN_NAME, Planted, planted
from tests.flows.test_told import told

__all__ = ["planted"]

EVERYTHING = "kind=technology&kind=equipment&kind=patent&kind=service&kind=need"


def test_who_follows_everything_learns_no_secret(
    browser: Callable[[], PlainBrowser],
    exchange: Exchange,
    database: Database,
    clock: Clock,
    client: TestClient,
    planted: Planted,
) -> None:
    with database.unit_of_work() as session:
        person = session.get_one(Person, planted.stranger.id)
        person.password_hash = hash_password(PASSWORD)
        before = Following(rhythm="at_once")
        search = saved(session, person, EVERYTHING, name="Mọi thứ")
        # What was planted appeared at the same moment, so all of it is new to this search.
        feed = open_feed(session, actor=of(person), subscription_id=search.id).feed_key
        follow_listing(session, actor=of(person), public_id=planted.need_id, data=before, now=NOW)
        for one in session.scalars(select(Organisation).where(Organisation.verified_at.is_not(None))).all():
            follow_organisation(session, actor=of(person), public_id=one.public_id, data=before, now=NOW)
    exchange.work()
    letters: list[StoredMail] = told(exchange, to=person.email)
    clock.later(minutes=6)
    letters += told(exchange, to=person.email)
    with database.unit_of_work() as session:
        owner = session.get_one(Person, planted.owner.id)
        need = session.scalars(select(Listing).where(Listing.public_id == planted.need_id)).one()
        owning = factories.actor(owner, session.get_one(Organisation, need.organisation_id))
        withdraw(session, actor=owning, public_id=planted.need_id, reason="solved", now=clock.now)
    told(exchange, to=person.email)
    clock.later(minutes=6)
    letters += told(exchange, to=person.email)
    mine = browser()
    sign_in(mine, person.email)
    said = [f"{one.subject}\n{one.text}\n{one.html}" for one in letters]
    said += [mine.see(path).text for path in ("/vi/account/alerts", "/vi/desk", "/en/account/alerts")]
    said.append(client.get(f"/vi/alerts/feeds/{feed}.atom").text)
    everything = "\n".join(said)
    assert len(letters) == 2
    assert need.title in letters[0].text
    assert f"Không còn trên sàn: {need.title}" in letters[1].text
    for word in (*CONFIDENTIAL, *planted.identifying, HIDDEN_NAME.lower()):
        assert word.lower() not in everything.lower(), word
