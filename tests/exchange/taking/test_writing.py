"""Records of a partner in the database: listings with their origin's key, provenance, quarantine, tombstones."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.database import Database
from app.errors import Conflict
from app.exchange.taking.incoming import Raw
from app.exchange.taking.writing import Counts
from app.features.listings.policies import publicly_visible
from app.features.moderation.commands import approve, reinstate, return_for_changes, suspend
from app.features.partners.commands import register_partner
from app.identity import SYSTEM
from app.models.listings import Listing, ListingClassification, ListingHistory
from app.models.organisations import Organisation
from app.models.partners import Partner
from app.models.taking import Quarantined, TakenRecord
from app.settings import Settings
from tests import factories
from tests.exchange.taking.given import Elsewhere, source
from tests.exchange.taking.written import journal_size, listing, take, taken
from tests.factories import NOW
from tests.features.partners.given import agreement
from tests.query_budget import count_queries


def test_a_record_becomes_a_listing_with_its_origins_key(
    database: Database, partner: Partner, elsewhere: Elsewhere
) -> None:
    raw = elsewhere.raw(trl=7, classifications=[{"scheme": "research-field", "code": "205"}])
    assert take(database, partner, source(elsewhere), [raw]) == Counts(seen=1, created=1)
    made, kept = listing(database), taken(database)
    assert (made.title, made.state, made.trl, made.share) == ("Máy sấy m1", "published", 7, "none")
    assert made.confirm_due_at is None
    assert kept.listing_id == made.id
    assert "via" not in kept.envelope
    assert (kept.version, kept.digest) == (1, raw.body["origin"]["content_sha256"])
    with database.read_only() as session:
        owner = session.get_one(Organisation, made.organisation_id)
        assert (owner.authority, owner.local_id, owner.imported, owner.verified_at) == (
            "san.danang.test",
            "v1",
            True,
            None,
        )
        assert session.scalars(select(ListingHistory.move)).all() == ["import"]
        assert session.scalars(select(ListingClassification.code)).all() == ["205"]
        assert [one.id for one in session.scalars(publicly_visible())] == [made.id]


def test_the_same_again_writes_nothing(database: Database, partner: Partner, elsewhere: Elsewhere) -> None:
    raws = [elsewhere.raw(f"m{n}") for n in range(3)]
    take(database, partner, source(elsewhere), raws)
    before, kept = journal_size(database), taken(database)
    later = NOW + timedelta(days=1)
    assert take(database, partner, source(elsewhere, now=later), raws, now=later) == Counts(seen=3, unchanged=3)
    assert journal_size(database) == before
    assert taken(database).changed_at == kept.changed_at


def test_a_change_replaces_what_was_said(database: Database, partner: Partner, elsewhere: Elsewhere) -> None:
    take(database, partner, source(elsewhere), [elsewhere.raw(trl=7)])
    before = listing(database)
    changed = elsewhere.raw(version=2, title="Máy sấy mới", organisation={**_owner(), "name": "Viện Mới"})
    assert take(database, partner, source(elsewhere), [changed]) == Counts(seen=1, changed=1)
    after = listing(database)
    assert (after.id, after.public_id, after.title, after.trl) == (before.id, before.public_id, "Máy sấy mới", None)
    assert after.version == before.version + 1
    with database.read_only() as session:
        assert session.get_one(Organisation, after.organisation_id).name == "Viện Mới"


def test_of_one_page_the_newest_version_counts(database: Database, partner: Partner, elsewhere: Elsewhere) -> None:
    newer, older = elsewhere.raw(version=2, title="Mới"), elsewhere.raw(title="Cũ")
    assert take(database, partner, source(elsewhere), [newer, older]) == Counts(seen=2, created=1, unchanged=1)
    assert listing(database).title == "Mới"


def test_a_tombstone_empties_and_stays_and_a_later_version_revives(
    database: Database, partner: Partner, elsewhere: Elsewhere
) -> None:
    take(database, partner, source(elsewhere), [elsewhere.raw(classifications=[{"scheme": "ipc", "code": "F26B"}])])
    tombstone = elsewhere.raw(version=2, deleted="sold")
    assert take(database, partner, source(elsewhere), [tombstone]) == Counts(seen=1, gone=1)
    made, kept = listing(database), taken(database)
    assert (made.state, made.title, made.summary) == ("withdrawn", "", "")
    assert (kept.deleted, kept.reason, kept.version) == (True, "sold", 2)
    assert "content" not in kept.envelope
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(ListingClassification)) == 0
    assert take(database, partner, source(elsewhere), [elsewhere.raw()]).unchanged == 1
    assert listing(database).state == "withdrawn"
    take(database, partner, source(elsewhere), [elsewhere.raw(version=3)])
    assert (listing(database).state, listing(database).title, taken(database).deleted) == (
        "published",
        "Máy sấy m1",
        False,
    )


def test_a_tombstone_first_keeps_an_older_version_out(
    database: Database, partner: Partner, elsewhere: Elsewhere
) -> None:
    assert take(database, partner, source(elsewhere), [elsewhere.raw(version=2, deleted="expired")]).gone == 1
    assert take(database, partner, source(elsewhere), [elsewhere.raw()]).unchanged == 1
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Listing)) == 0
    assert take(database, partner, source(elsewhere), [elsewhere.raw(version=3)]).changed == 1
    assert listing(database).state == "published"


def test_bad_ones_are_laid_aside_and_the_rest_goes_in(
    database: Database, partner: Partner, elsewhere: Elsewhere
) -> None:
    forged = Elsewhere(authority=elsewhere.authority).raw("m2")
    raws = [elsewhere.raw("m1"), forged, elsewhere.raw("m3", title="x" * 400)]
    for times in (1, 2):
        counts = take(database, partner, source(elsewhere), raws)
        assert counts.quarantined == 2
        with database.read_only() as session:
            rows = session.scalars(select(Quarantined).order_by(Quarantined.source_id)).all()
            assert [(one.reason, one.times, one.state) for one in rows] == [
                ("signature", times, "waiting"),
                ("content", times, "waiting"),
            ]
            assert rows[0].title == "Máy sấy m2"
            assert Raw.of_json(rows[0].raw) == forged
    # What comes again in order settles it.
    take(database, partner, source(elsewhere), [elsewhere.raw("m2")])
    with database.read_only() as session:
        states = dict(session.execute(select(Quarantined.source_id, Quarantined.state)).all())
    assert states == {"oai:san.danang.test:m2": "solved", "oai:san.danang.test:m3": "waiting"}


def test_nothing_of_ours_is_touched(database: Database, partner: Partner, elsewhere: Elsewhere) -> None:
    with database.unit_of_work() as session:
        own = factories.listing(session, of=factories.organisation(session))
    own_key = Elsewhere(authority="techmart.test")
    forged = own_key.raw(own.local_id, version=99, title="Giả")
    counts = take(database, partner, source(elsewhere, own_key, relays=True), [forged])
    assert counts == Counts(seen=1, skipped=1)
    with database.read_only() as session:
        assert session.get_one(Listing, own.id).title == own.title
        assert session.scalar(select(func.count()).select_from(TakenRecord)) == 0


def test_a_record_had_by_others_becomes_its_origins_when_that_gives_it_itself(
    database: Database, partner: Partner, elsewhere: Elsewhere
) -> None:
    """Else whoever brought it first could end it, though its origin has it still."""
    relay = Elsewhere(authority="san.hue.test")
    with database.unit_of_work() as session:
        other = register_partner(
            session, actor=SYSTEM, data=agreement(authority=relay.authority), own_authority="techmart.test", now=NOW
        )
    by_relay = source(relay, elsewhere, relays=True)
    take(database, other, by_relay, [elsewhere.raw()])
    assert (taken(database).partner_id, len(taken(database).via)) == (other.id, 1)
    before = journal_size(database)
    assert take(database, partner, source(elsewhere), [elsewhere.raw()]).unchanged == 1
    assert (taken(database).partner_id, taken(database).via) == (partner.id, [])
    assert journal_size(database) == before
    word = Raw("envelope", "oai:san.danang.test:m1", NOW, deleted=True)
    assert take(database, other, by_relay, [word]).skipped == 1
    assert listing(database).state == "published"
    assert take(database, partner, source(elsewhere), [word]).gone == 1
    # Somebody who has not heard of it does not bring it back.
    assert take(database, other, by_relay, [elsewhere.raw()]).unchanged == 1
    assert listing(database).state == "withdrawn"


def test_with_review_the_operator_looks_first_and_at_every_change(
    database: Database, partner: Partner, elsewhere: Elsewhere
) -> None:
    take(database, partner, source(elsewhere), [elsewhere.raw()], accepting="review")
    assert (listing(database).state, listing(database).published_at) == ("submitted", None)
    with database.unit_of_work() as session:
        approve(
            session,
            actor=factories.actor(factories.person(session), operator=True),
            public_id=listing(database).public_id,
            version=None,
            settings=Settings(authority="techmart.test"),
            now=NOW,
        )
    take(database, partner, source(elsewhere), [elsewhere.raw(version=2, title="Khác")], accepting="review")
    assert (listing(database).state, listing(database).recheck_since) == ("published", NOW)


def test_an_anonymous_need_stays_anonymous(database: Database, partner: Partner, elsewhere: Elsewhere) -> None:
    raw = elsewhere.raw(kind="need", visibility="anonymous", organisation=None)
    raw.body["content"].pop("organisation", None)
    take(database, partner, source(elsewhere), [raw])
    made = listing(database)
    assert (made.visibility, made.kind) == ("anonymous", "need")


def test_what_leaves_the_agreement_goes_and_comes_back_with_it(
    database: Database, partner: Partner, elsewhere: Elsewhere
) -> None:
    known = source(elsewhere)
    take(database, partner, known, [elsewhere.raw()])
    changed = elsewhere.raw(version=2, title="Khác")
    assert take(database, partner, known, [changed], kinds=["patent"]).gone == 1
    assert listing(database).state == "withdrawn"
    assert take(database, partner, known, [changed]).changed == 1
    assert (listing(database).state, listing(database).title) == ("published", "Khác")


@pytest.mark.parametrize("number", [1, 60])
def test_a_page_is_written_in_a_fixed_number_of_statements(
    database: Database, partner: Partner, elsewhere: Elsewhere, number: int
) -> None:
    raws = [elsewhere.raw(f"m{n}") for n in range(number)]
    with count_queries(database) as counted:
        take(database, partner, source(elsewhere), raws)
    assert len(counted) <= 24


def _owner() -> dict[str, Any]:
    return {"id": "v1", "name": "Viện Cơ điện", "type": "research_institute", "verified": True}


def test_what_was_taken_down_does_not_come_back_by_being_deleted_and_sent_anew(
    database: Database, partner: Partner, elsewhere: Elsewhere, settings: Settings
) -> None:
    take(database, partner, source(elsewhere), [elsewhere.raw()])
    with database.unit_of_work() as session:
        suspend(session, actor=SYSTEM, public_id=listing(database).public_id, note="Vi phạm", now=NOW)
    take(database, partner, source(elsewhere), [elsewhere.raw(version=2, deleted="withdrawn")])
    assert (listing(database).state, listing(database).title) == ("suspended", "")
    with database.unit_of_work() as session, pytest.raises(Conflict):
        reinstate(session, actor=SYSTEM, public_id=listing(database).public_id, now=NOW)
    take(database, partner, source(elsewhere), [elsewhere.raw(version=3)])
    assert (listing(database).state, listing(database).title) == ("suspended", "Máy sấy m1")
    with database.unit_of_work() as session:
        reinstate(session, actor=SYSTEM, public_id=listing(database).public_id, now=NOW)
    assert listing(database).state == "published"


def test_with_review_what_comes_back_waits_again(
    database: Database, partner: Partner, elsewhere: Elsewhere, settings: Settings
) -> None:
    def take_reviewed(raw: Raw) -> None:
        take(database, partner, source(elsewhere), [raw], accepting="review")

    take_reviewed(elsewhere.raw())
    with database.unit_of_work() as session:
        approve(
            session,
            actor=SYSTEM,
            public_id=listing(database).public_id,
            version=None,
            settings=settings,
            now=NOW,
        )
    take_reviewed(elsewhere.raw(version=2, deleted="withdrawn"))
    assert listing(database).state == "withdrawn"
    take_reviewed(elsewhere.raw(version=3, title="Thứ khác"))
    assert (listing(database).state, listing(database).title) == ("submitted", "Thứ khác")
    with database.unit_of_work() as session:
        return_for_changes(
            session, actor=SYSTEM, public_id=listing(database).public_id, version=None, reasons={}, note="Sai", now=NOW
        )
    take_reviewed(elsewhere.raw(version=4, deleted="withdrawn"))
    assert listing(database).state == "returned"
    take_reviewed(elsewhere.raw(version=5))
    assert listing(database).state == "submitted"


def test_what_was_returned_is_looked_at_again_once_its_origin_mends_it(
    database: Database, partner: Partner, elsewhere: Elsewhere, settings: Settings
) -> None:
    take(database, partner, source(elsewhere), [elsewhere.raw()], accepting="review")
    with database.unit_of_work() as session:
        return_for_changes(
            session, actor=SYSTEM, public_id=listing(database).public_id, version=None, reasons={}, note="Sai", now=NOW
        )
    # The same again mends nothing, whatever version it says.
    take(database, partner, source(elsewhere), [elsewhere.raw(), elsewhere.raw(version=2)])
    assert listing(database).state == "returned"
    # Also where records appear at once.
    take(database, partner, source(elsewhere), [elsewhere.raw(version=3, title="Đã sửa")])
    found = listing(database)
    assert (found.state, found.title, found.submitted_at) == ("submitted", "Đã sửa", NOW)
    with database.read_only() as session:
        moves = session.scalars(
            select(ListingHistory.move).where(ListingHistory.listing_id == found.id).order_by(ListingHistory.sequence)
        )
        assert moves.all() == ["import", "return", "import"]
