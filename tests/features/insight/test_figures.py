"""Public figures count what anybody can see, and nothing else."""

from datetime import timedelta

from app.database import Database
from app.features.insight import queries
from tests import factories
from tests.factories import NOW
from tests.mates import together
from tests.query_budget import count_queries

TODAY = NOW.date()


def test_figures_count_what_is_public(database: Database) -> None:
    with database.unit_of_work() as session:
        one = factories.organisation(session, verified_at=NOW)
        factories.organisation(session)
        factories.listing(session, of=one)
        factories.listing(session, of=one, kind="patent", state="stale")
        factories.listing(session, of=one, state="draft")
        factories.listing(session, of=one, state="withdrawn")
        factories.listing(session, of=one, kind="need", visibility="anonymous", deadline=TODAY)
        factories.listing(session, of=one, kind="need", deadline=TODAY - timedelta(days=1))
        factories.listing(session, of=one, kind="need", visibility="invitation")
    with database.read_only() as session, count_queries(database) as sent:
        found = queries.figures(session, today=TODAY)
    assert found.by_kind == {"technology": 1, "equipment": 0, "patent": 1, "service": 0, "need": 2}
    assert (found.offers, found.open_needs) == (2, 1)
    assert (found.organisations, found.verified_organisations, found.requests) == (2, 1, 0)
    assert len(sent) == 1


def test_newest_leaves_out_what_is_hidden_or_over(database: Database) -> None:
    with database.unit_of_work() as session:
        one = factories.organisation(session)
        old = factories.listing(session, of=one, published_at=NOW - timedelta(days=2))
        new = factories.listing(session, of=one, published_at=NOW - timedelta(days=1))
        factories.listing(session, of=one, state="submitted")
        over = factories.listing(session, of=one, kind="need", deadline=TODAY - timedelta(days=1))
    with database.read_only() as session:
        assert queries.newest_ids(session, kinds=("technology",), limit=5) == [new.public_id, old.public_id]
        assert queries.newest_ids(session, kinds=("need",), limit=5, today=TODAY) == []
        assert queries.newest_ids(session, kinds=("need",), limit=5) == [over.public_id]


def test_sitemap_chunks_hold_every_public_listing_once(database: Database) -> None:
    with database.unit_of_work() as session:
        one = factories.organisation(session)
        made = [factories.listing(session, of=one).public_id for _ in range(3)]
        factories.listing(session, of=one, state="suspended")
    with database.read_only() as session:
        chunks = queries.sitemap_chunks(session)
        entries = [entry.public_id for start in chunks for entry in queries.sitemap_entries(session, start=start)]
    assert chunks == [min(made)]
    assert entries == sorted(made)


def test_what_is_offered_in_several_places_is_one_of_its_kind(database: Database) -> None:
    with database.unit_of_work() as session:
        one, other = factories.organisation(session), factories.organisation(session)
        first = factories.listing(session, of=one, kind="patent")
        again = factories.listing(session, of=other, kind="patent", published_at=NOW + timedelta(days=1))
        put_to_use = factories.listing(session, of=other)
        alone = factories.listing(session, of=other, published_at=NOW - timedelta(days=1))
        together(session, first, again, put_to_use)
    with database.read_only() as session:
        found = queries.figures(session, today=TODAY)
        assert found.by_kind == {"technology": 2, "equipment": 0, "patent": 1, "service": 0, "need": 0}
        newest = queries.newest_ids(session, kinds=("patent", "technology"), limit=9)
        assert newest == [first.public_id, alone.public_id]
        assert set(queries.newest_ids(session, kinds=("technology",), limit=9)) == {
            put_to_use.public_id,
            alone.public_id,
        }
