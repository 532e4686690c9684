"""What of a record changes here when its source says it otherwise: links, days, kinds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app import clock
from app.database import Database
from app.exchange.taking.incoming import Raw
from app.exchange.taking.writing import Counts
from app.features.moderation.commands import approve
from app.features.partners.dublin_core_links import hosts_of
from app.identity import SYSTEM
from app.models import ListingMatch
from app.models.partners import Partner
from app.search.embedded import EmbeddedEngine
from app.search.port import SearchQuery
from app.settings import Settings
from tests import factories
from tests.exchange.taking.given import Elsewhere, source
from tests.exchange.taking.written import journal_size, listing, take, taken
from tests.factories import NOW
from tests.search.keeping import follow


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedEngine]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made = EmbeddedEngine(tmp_path / "search")
    made.prepare()
    yield made
    made.close()


def eprint(**elements: str) -> Raw:
    said = {"title": "A dryer", "identifier": "https://san.danang.test/1", "date": "2021"} | elements
    return Raw("dublin_core", "oai:san.danang.test:m1", NOW, body={name: [[text, ""]] for name, text in said.items()})


@pytest.mark.parametrize(
    ("elements", "name", "value"),
    [
        ({"identifier": "https://san.danang.test/2"}, "landing", "https://san.danang.test/2"),
        ({"date": "2020-05"}, "published_at", "2020-04-30T17:00:00+00:00"),
        ({"language": "en"}, "language", "en"),
    ],
)
def test_another_link_day_or_language_of_a_record_without_versions_arrives(
    database: Database, partner: Partner, elsewhere: Elsewhere, elements: dict[str, str], name: str, value: str
) -> None:
    known = source(elsewhere)
    take(database, partner, known, [eprint()])
    assert take(database, partner, known, [eprint()]).unchanged == 1
    assert take(database, partner, known, [eprint(**elements)]) == Counts(seen=1, changed=1)
    shown = listing(database)
    day = shown.published_at.isoformat() if shown.published_at else ""
    assert {"landing": taken(database).landing, "published_at": day, "language": shown.language}[name] == value
    before = journal_size(database)
    assert take(database, partner, known, [eprint(**elements)]).unchanged == 1
    assert journal_size(database) == before


def test_the_partners_own_page_is_linked(database: Database, partner: Partner, elsewhere: Elsewhere) -> None:
    known = source(elsewhere, hosts=hosts_of(elsewhere.authority, "https://eprints.danang.test/cgi/oai2"))
    raw = eprint(identifier="https://elsewhere.test/1", relation="https://eprints.danang.test/12/")
    take(database, partner, known, [raw])
    assert taken(database).landing == "https://eprints.danang.test/12/"


def test_a_day_to_come_is_none_of_publishing(database: Database, partner: Partner, elsewhere: Elsewhere) -> None:
    for date in ("2031", "2032-01"):
        take(database, partner, source(elsewhere), [eprint(date=date)])
        assert listing(database).published_at == NOW


def test_the_day_that_an_origin_tells_counts_only_for_what_is_published(
    database: Database, partner: Partner, elsewhere: Elsewhere, settings: Settings
) -> None:
    def take_reviewed(version: int, day: str) -> None:
        raw = elsewhere.raw(version=version, published_at=f"{day}T00:00:00Z")
        take(database, partner, source(elsewhere), [raw], accepting="review")

    take_reviewed(1, "2025-01-02")
    take_reviewed(2, "2025-01-03")
    assert listing(database).published_at is None
    with database.unit_of_work() as session:
        public_id = listing(database).public_id
        approve(session, actor=SYSTEM, public_id=public_id, version=None, settings=settings, now=NOW)
    take_reviewed(3, "2025-01-04")
    found = listing(database).published_at
    assert found is not None
    assert found.date().isoformat() == "2025-01-04"


def test_another_kind_brings_its_details(database: Database, partner: Partner, elsewhere: Elsewhere) -> None:
    known = source(elsewhere, mapping={"words": [{"word": "artefact", "kind": "equipment"}]})
    take(database, partner, known, [eprint(type="Article")])
    before = listing(database)
    assert before.kind == "technology"
    assert take(database, partner, known, [eprint(type="Artefact")]).changed == 1
    after = listing(database)
    assert (after.id, after.kind, taken(database).kind) == (before.id, "equipment", "equipment")
    take(database, partner, source(elsewhere, mapping={"kind": "patent"}), [eprint(type="Article")])
    assert (listing(database).kind, listing(database).details) == ("patent", {"pct": False})


def test_an_offer_becomes_a_need_and_an_offer_again(
    database: Database, partner: Partner, elsewhere: Elsewhere, engine: EmbeddedEngine
) -> None:
    """What only needs have goes with it; search and matches follow."""
    texts: dict[str, Any] = {
        "title": "Cần sấy chuối và xoài giữ màu",
        "summary": "Sấy chuối và xoài ở nhiệt độ thấp.",
        "description": "Hợp tác xã sấy chuối và xoài bằng củi, sản phẩm sẫm màu; cần cách sấy ở nhiệt độ thấp.",
    }
    with database.unit_of_work() as session:
        ours = factories.listing(session, of=factories.organisation(session), **texts | {"title": "Máy sấy chuối"})
    known = source(elsewhere)

    def kinds() -> list[str]:
        follow(database, engine)
        hits = engine.search(SearchQuery(text="Cần sấy chuối và xoài giữ màu")).hits
        return [hit.kind for hit in hits if hit.id == listing(database).public_id]

    def matched() -> list[tuple[UUID, UUID]]:
        with database.read_only() as session:
            found = session.scalars(select(ListingMatch).where(ListingMatch.left_at.is_(None)))
            return [(one.need_id, one.offer_id) for one in found]

    take(database, partner, known, [elsewhere.raw(**texts)])
    assert (kinds(), matched()) == (["technology"], [])
    need = elsewhere.raw(version=2, kind="need", visibility="anonymous", deadline="2027-05-01", **texts)
    take(database, partner, known, [need])
    found = listing(database)
    assert (found.kind, found.visibility, str(found.deadline)) == ("need", "anonymous", "2027-05-01")
    assert (kinds(), matched()) == (["need"], [(found.id, ours.id)])
    take(database, partner, known, [elsewhere.raw(version=3, **texts)])
    found = listing(database)
    assert (found.kind, found.visibility, found.deadline) == ("technology", "public", None)
    assert (kinds(), matched()) == (["technology"], [])
