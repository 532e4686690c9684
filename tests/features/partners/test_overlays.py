"""The operator's overlay: shown at once, kept through every change of the origin, taken away without a trace."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.database import Database
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.exchange.taking.incoming import Raw
from app.features.moderation.commands import approve, suspend
from app.features.partners.overlays import OverlayInput, find_overlaid, lay_over
from app.features.partners.runs import progress_of
from app.features.partners.watching import bring_back, mark_silent
from app.identity import Actor
from app.models.audit import AuditEntry
from app.models.listings import Listing, ListingClassification
from app.models.partners import Partner
from app.models.taking import TakenRecord
from app.settings import Settings
from tests import factories
from tests.exchange.taking.given import Elsewhere, source
from tests.exchange.taking.written import take
from tests.factories import NOW


@pytest.fixture
def elsewhere(partner: Partner) -> Elsewhere:
    return Elsewhere(authority=partner.authority)


def the_listing(database: Database) -> Listing:
    with database.read_only() as session:
        return session.scalars(select(Listing).where(Listing.authority == "san.danang.test")).one()


def codes(database: Database) -> list[str]:
    with database.read_only() as session:
        return list(session.scalars(select(ListingClassification.code)))


def lay(database: Database, operator: Actor, **given: Any) -> None:
    with database.unit_of_work() as session:
        data = OverlayInput(**given)
        lay_over(session, actor=operator, public_id=the_listing(database).public_id, data=data, now=NOW)


def test_translation_and_classification_stay_through_changes(
    database: Database, partner: Partner, operator: Actor, elsewhere: Elsewhere
) -> None:
    own = [{"scheme": "research-field", "code": "205"}]
    english = {"title": "Dryer", "summary": "Dries."}
    take(database, partner, source(elsewhere), [elsewhere.raw(english=english, classifications=own)])
    lay(database, operator, title="Heat pump dryer", codes=["research-field:202"])
    shown = the_listing(database)
    assert (shown.title, shown.title_en, shown.summary_en) == ("Máy sấy m1", "Heat pump dryer", "Dries.")
    assert codes(database) == ["202"]
    changed = elsewhere.raw(version=2, title="Máy sấy mới", english=english, classifications=own)
    take(database, partner, source(elsewhere), [changed])
    shown = the_listing(database)
    assert (shown.title, shown.title_en) == ("Máy sấy mới", "Heat pump dryer")
    assert codes(database) == ["202"]
    with database.read_only() as session:
        kept = session.scalars(select(TakenRecord)).one().envelope
    # The origin's own words are what is kept, and what would be given on.
    assert kept["content"]["english"] == english
    lay(database, operator)
    assert the_listing(database).title_en == "Dryer"
    assert codes(database) == ["205"]


def test_an_english_record_becomes_vietnamese_with_its_own_beside(
    database: Database, partner: Partner, operator: Actor, elsewhere: Elsewhere
) -> None:
    body = {"kind": "technology", "language": "en", "title": "Dryer", "summary": "Dries.", "external_id": "1"}
    take(database, partner, source(elsewhere), [Raw("line", "1", NOW, body=body)])
    lay(database, operator, title="Máy sấy")
    shown = the_listing(database)
    assert (shown.language, shown.title, shown.title_en) == ("vi", "Máy sấy", "Dryer")
    assert (shown.summary, shown.summary_en) == ("Dries.", "Dries.")
    lay(database, operator)
    shown = the_listing(database)
    assert (shown.language, shown.title, shown.title_en) == ("en", "Dryer", None)


def test_what_is_hidden_stays_so_until_it_is_shown_again(
    database: Database, partner: Partner, operator: Actor, elsewhere: Elsewhere
) -> None:
    take(database, partner, source(elsewhere), [elsewhere.raw()])
    with pytest.raises(Invalid) as refused:
        lay(database, operator, hidden=True)
    assert list(refused.value.fields) == ["note"]
    lay(database, operator, hidden=True, note="Trùng với tin của chính chủ")
    take(database, partner, source(elsewhere), [elsewhere.raw(version=2, title="Khác")])
    assert (the_listing(database).state, the_listing(database).title) == ("suspended", "Khác")
    lay(database, operator)
    assert the_listing(database).state == "published"
    with database.read_only() as session:
        acts = session.scalars(select(AuditEntry.action).where(AuditEntry.action == "partner.overlay")).all()
    assert len(acts) == 2


def test_what_does_not_hold_is_refused(
    database: Database, partner: Partner, operator: Actor, elsewhere: Elsewhere
) -> None:
    take(database, partner, source(elsewhere), [elsewhere.raw()])
    with pytest.raises(Invalid):
        lay(database, operator, codes=["research-field:khong"])
    with database.unit_of_work() as session:
        somebody = factories.actor(factories.person(session))
        own = factories.listing(session, of=factories.organisation(session))
    with pytest.raises(Forbidden):
        lay(database, somebody, title="Dryer")
    with database.read_only() as session, pytest.raises(NotFound):
        find_overlaid(session, actor=operator, public_id=own.public_id)
    take(database, partner, source(elsewhere), [elsewhere.raw(version=2, deleted="sold")])
    with pytest.raises(Conflict):
        lay(database, operator, title="Dryer")


def test_saving_an_overlay_does_not_show_what_moderation_took_down(
    database: Database, partner: Partner, operator: Actor, elsewhere: Elsewhere
) -> None:
    take(database, partner, source(elsewhere), [elsewhere.raw()])
    public_id = the_listing(database).public_id
    with database.unit_of_work() as session:
        suspend(session, actor=operator, public_id=public_id, note="Vi phạm", now=NOW - timedelta(hours=1))
    lay(database, operator, title="Dryer")
    assert the_listing(database).state == "suspended"
    lay(database, operator, hidden=True, note="Trùng")
    lay(database, operator)
    assert the_listing(database).state == "suspended"


def test_what_is_hidden_is_shown_by_nothing_else(
    database: Database, partner: Partner, operator: Actor, elsewhere: Elsewhere, settings: Settings
) -> None:
    take(database, partner, source(elsewhere), [elsewhere.raw()], accepting="review")
    public_id = the_listing(database).public_id
    lay(database, operator, hidden=True, note="Trùng")
    with database.unit_of_work() as session, pytest.raises(Conflict):
        approve(session, actor=operator, public_id=public_id, version=None, settings=settings, now=NOW)
    take(database, partner, source(elsewhere), [elsewhere.raw(version=2, deleted="sold")])
    take(database, partner, source(elsewhere), [elsewhere.raw(version=3)])
    assert the_listing(database).state == "withdrawn"
    lay(database, operator)
    assert the_listing(database).state == "published"


def test_what_is_hidden_does_not_come_back_with_its_source(
    database: Database, partner: Partner, operator: Actor, elsewhere: Elsewhere
) -> None:
    take(database, partner, source(elsewhere), [elsewhere.raw()])
    with database.unit_of_work() as session:
        progress_of(session, partner.id).last_ok_at = NOW - timedelta(days=40)
        mark_silent(session, now=NOW)
        mark_silent(session, now=NOW)
    assert the_listing(database).state == "archived"
    lay(database, operator, hidden=True, note="Trùng")
    with database.unit_of_work() as session:
        progress_of(session, partner.id).last_ok_at = NOW + timedelta(hours=1)
        assert bring_back(session, now=NOW + timedelta(hours=1)) == 0
    assert the_listing(database).state == "archived"
    lay(database, operator)
    with database.unit_of_work() as session:
        assert bring_back(session, now=NOW + timedelta(hours=2)) == 1
    assert the_listing(database).state == "published"
