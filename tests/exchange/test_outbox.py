"""What partners are given follows the journal: shared, changed, unchanged, gone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app import journal
from app.database import Database
from app.exchange.keys import signing_key
from app.exchange.outbox import exchange_consumer, horizon, house_of, share_again
from app.models.exchange import ExchangeProgress, ExchangeRecord
from app.models.listings import Listing
from app.settings import Settings
from tests import factories
from tests.factories import NOW

Give = Callable[[], None]


def change(database: Database, listing: Listing, **values: object) -> None:
    with database.unit_of_work() as session:
        found = session.get_one(Listing, listing.id)
        for name, value in values.items():
            setattr(found, name, value)
        journal.append(session, entity="listing", entity_id=listing.id, action="updated", at=NOW)


def records(database: Database) -> list[ExchangeRecord]:
    with database.read_only() as session:
        return list(session.scalars(select(ExchangeRecord).order_by(ExchangeRecord.position)))


@pytest.fixture
def shared(database: Database, give: Give) -> Listing:
    with database.unit_of_work() as session:
        made = factories.listing(session, of=factories.organisation(session, name="Viện Sấy"))
    give()
    return made


def test_a_public_listing_is_given_signed_with_its_sets(database: Database, shared: Listing) -> None:
    (one,) = records(database)
    assert (one.authority, one.local_id, one.version, one.deleted) == ("techmart.test", shared.public_id, 1, False)
    assert one.sets == ["kind", "kind:technology", "region", "region:79", "origin", "origin:own"]
    assert one.envelope["content"]["organisation"]["name"] == "Viện Sấy"
    assert one.envelope["origin"]["content_sha256"] == one.content_sha256
    assert one.envelope["jws"].count(".") == 2


def test_what_says_the_same_gets_no_new_datestamp_and_no_new_place(
    database: Database, shared: Listing, give: Give
) -> None:
    (before,) = records(database)
    change(database, shared, confirm_due_at=NOW + timedelta(days=200))
    give()
    (after,) = records(database)
    assert (after.position, after.version, after.datestamp) == (before.position, before.version, before.datestamp)
    change(database, shared, title="Máy sấy khác")
    give()
    (after,) = records(database)
    assert (after.position, after.version) == (before.position + 1, 2)
    assert after.envelope["content"]["title"] == "Máy sấy khác"


@pytest.mark.parametrize(
    ("state", "reason"),
    [("withdrawn", "withdrawn"), ("archived", "expired"), ("suspended", "takedown"), ("transferred", "sold")],
)
def test_what_leaves_is_told_with_the_reason_and_says_nothing_more(
    database: Database, shared: Listing, give: Give, state: str, reason: str
) -> None:
    change(database, shared, state=state)
    give()
    (one,) = records(database)
    assert (one.deleted, one.reason, one.version) == (True, reason, 2)
    assert "content" not in one.envelope
    assert one.envelope["origin"]["reason"] == reason
    assert "Viện Sấy" not in str(one.envelope)
    change(database, shared, state="published")
    give()
    (one,) = records(database)
    assert (one.deleted, one.reason, one.version) == (False, None, 3)


def test_drafts_and_what_is_not_shared_are_never_given(database: Database, give: Give) -> None:
    with database.unit_of_work() as session:
        owner = factories.organisation(session)
        factories.listing(session, of=owner, state="draft")
        factories.listing(session, of=owner, share="none")
        factories.listing(session, of=owner, kind="need", visibility="invitation")
        factories.listing(session, of=owner, authority="other.example")
    give()
    assert records(database) == []


def test_a_mere_link_says_title_kind_and_address(database: Database, give: Give) -> None:
    with database.unit_of_work() as session:
        factories.listing(session, of=factories.organisation(session), share="link_only", title="Máy ép")
    give()
    (one,) = records(database)
    assert one.envelope["content"] == {"title": "Máy ép", "visibility": "public"}
    assert one.envelope["rights"]["republish"] == "link-only"


def test_what_goes_to_partners_only_is_no_longer_everybodys_but_was(
    database: Database, shared: Listing, give: Give
) -> None:
    change(database, shared, share="partners")
    with database.unit_of_work() as session:
        factories.listing(session, of=factories.organisation(session), share="partners")
    give()
    first, second = records(database)
    assert (first.open_once, first.share, first.deleted) == (True, "partners", False)
    assert (second.open_once, second.share) == (False, "partners")


def test_an_anonymous_need_does_not_say_whose_it_is(database: Database, give: Give) -> None:
    with database.unit_of_work() as session:
        owner = factories.organisation(session, name="Công ty Bí Mật")
        factories.listing(
            session,
            of=owner,
            kind="need",
            visibility="anonymous",
            external_id="BM-1",
            owners=[{"name": "Công ty Bí Mật"}],
            source="bimat.example",
        )
    give()
    (one,) = records(database)
    assert "organisation" not in one.envelope["content"]
    for secret in ("Bí Mật", "BM-1", "bimat", owner.public_id):
        assert secret not in str(one.envelope)


def test_no_person_is_named(database: Database, give: Give) -> None:
    with database.unit_of_work() as session:
        owner = factories.organisation(session)
        factories.listing(
            session,
            of=owner,
            kind="patent",
            owners=[{"name": "Trần Thị Riêng"}],
            details={"inventors": ["Lê Văn Kín"], "grant_number": "1-0026606", "applicants": ["Viện Sấy"]},
        )
        factories.listing(
            session, of=owner, kind="service", details={"expert_name": "Ngô Kín Đáo", "expert_consent": True}
        )
    give()
    patent, service = records(database)
    assert "Kín" not in str(patent.envelope) + str(service.envelope)
    assert "Riêng" not in str(patent.envelope)
    assert patent.envelope["identifiers"] == [{"scheme": "vn-patent-grant", "value": "1-0026606"}]


def test_a_new_name_of_an_organisation_reaches_its_records(database: Database, shared: Listing, give: Give) -> None:
    with database.unit_of_work() as session:
        owner = session.get_one(Listing, shared.id).organisation_id
        from app.models.organisations import Organisation

        session.get_one(Organisation, owner).name = "Viện Sấy Mới"
        journal.append(session, entity="organisation", entity_id=owner, action="updated", at=NOW)
    give()
    (one,) = records(database)
    assert one.envelope["content"]["organisation"]["name"] == "Viện Sấy Mới"
    assert one.version == 2


def test_an_organisation_with_many_listings_holds_up_nobody(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.exchange.outbox.BATCH", 3)
    take_next = exchange_consumer(settings)
    with database.unit_of_work() as session:
        large = factories.organisation(session, name="Viện Lớn")
        for number in range(10):
            factories.listing(session, of=large, title=f"Máy số {number}")
        other = factories.listing(session, of=factories.organisation(session), title="Máy của nơi khác")
    while take_next(database):
        pass
    given = {one.id: one.position for one in records(database)}
    with database.unit_of_work() as session:
        session.get_one(type(large), large.id).name = "Viện Rất Lớn"
        journal.append(session, entity="organisation", entity_id=large.id, action="updated", at=NOW)

    def names() -> list[str]:
        return [one.envelope["content"]["organisation"]["name"] for one in records(database)]

    # A piece at a time, and what changes meanwhile does not wait for the last.
    assert take_next(database) == 1 + 3
    assert names().count("Viện Rất Lớn") == 3
    change(database, other, title="Máy khác")
    take_next(database)
    assert "Máy khác" in [one.envelope["content"]["title"] for one in records(database)]
    assert names().count("Viện Rất Lớn") == 6
    while take_next(database):
        pass
    assert names().count("Viện Rất Lớn") == 10
    # Each was given once more, not twice.
    assert sorted(one.position for one in records(database)) == list(range(len(given) + 1, 2 * len(given) + 1))


def test_a_clock_set_back_does_not_put_changes_into_the_past(
    database: Database, shared: Listing, settings: Settings
) -> None:
    (before,) = records(database)
    change(database, shared, title="Sửa khi đồng hồ lùi")
    with database.unit_of_work() as session:
        share_again(
            session,
            listing_ids=[shared.id],
            house=house_of(settings),
            key=signing_key(settings),
            now=before.datestamp - timedelta(hours=2),
        )
    (after,) = records(database)
    assert after.datestamp == before.datestamp
    assert after.position > before.position


def test_while_a_batch_is_written_the_horizon_stays_before_it(database: Database) -> None:
    began = datetime(2026, 11, 29, 8, 0, 0, 500_000, UTC)
    later = began + timedelta(seconds=30)
    with database.unit_of_work() as session:
        session.add(ExchangeProgress(id=1, position=0, writing_since=began))
    with database.read_only() as session:
        assert horizon(session, now=later) == datetime(2026, 11, 29, 7, 59, 59, tzinfo=UTC)
    with database.unit_of_work() as session:
        session.get_one(ExchangeProgress, 1).writing_since = None
    with database.read_only() as session:
        assert horizon(session, now=later) == later.replace(microsecond=0)
