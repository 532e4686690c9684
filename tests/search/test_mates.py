"""What is about one subject is found once: who stands for it, by what it is found, and what changes that."""

from typing import Any

import pytest
from sqlalchemy import select

from app import journal
from app.database import Database
from app.models import Listing, Organisation
from app.models.cluster_heads import behind_others, is_head, stands_for
from app.search.documents import documents_of, indexed_documents
from app.search.embedded import EmbeddedEngine
from app.search.highlight import Wanted
from app.search.hits import fitting_member
from app.search.indexed import from_kept, kept_of
from app.search.indexer import index_next, rebuild_index
from app.search.matches import find_similar, needs_for
from app.search.meilisearch_schema import to_index
from app.search.port import Candidate, CandidateQuery, Eq, Filter, In, Range, SearchAnswer, SearchDocument, SearchQuery
from tests import factories
from tests.factories import NOW
from tests.mates import apart, partner, taken, together
from tests.query_budget import count_queries

TODAY = NOW.date()
FACETS = ("kind", "region", "source", "organisation", "language", "price_band", "verified", "trl")


class Scene:
    """A patent of our own institute, the same at another exchange and as a technology of a firm, and something else."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.unit_of_work() as session:
            self.institute = factories.organisation(session, name="Viện Hoá", region="01")
            self.firm = factories.organisation(session, name="Công ty Sấy", type="firm", verified_at=NOW)
            elsewhere = factories.organisation(session, name="Đại học Đà Nẵng")
            self.partner = partner(session)
            # Another exchange had it long before.
            self.theirs = factories.listing(
                session,
                of=elsewhere,
                kind="patent",
                title="Adsorbent from bagasse",
                summary="Removes arsenic from well water.",
                description="",
                language="en",
                region="48",
                trl=5,
            )
            taken(session, self.theirs, of=self.partner)
            self.mine = factories.listing(
                session,
                of=self.institute,
                kind="patent",
                title="Vật liệu hấp phụ",
                summary="Khử asen.",
                region="01",
                trl=None,
                price_kind="firm",
                price_from=2_000_000_000,
                price_currency="VND",
            )
            self.also = factories.listing(
                session,
                of=self.firm,
                title="Cột lọc bã mía",
                summary="Lọc nước giếng khoan.",
                region="79",
                trl=8,
                price_kind="firm",
                price_from=90_000_000,
                price_currency="VND",
            )
            self.other = factories.listing(session, of=self.institute, title="Máy nén khí", region="01", trl=8)

    def join(self) -> None:
        with self.database.unit_of_work() as session:
            together(session, self.mine, self.theirs, self.also)

    def change(self, listing: Listing, **values: Any) -> None:
        with self.database.unit_of_work() as session:
            row = session.get_one(Listing, listing.id)
            for name, value in values.items():
                setattr(row, name, value)
            journal.append(session, entity="listing", entity_id=listing.id, action="updated")

    def heads(self, **given: Any) -> set[str]:
        with self.database.read_only() as session:
            asked = select(Listing.public_id).where(Listing.state != "withdrawn", is_head(**given))
            return set(session.scalars(asked))

    def standing(self, listing: Listing) -> object:
        with self.database.read_only() as session:
            return session.scalar(select(stands_for(listing.id)))


@pytest.fixture
def scene(database: Database) -> Scene:
    made = Scene(database)
    made.join()
    return made


def follow(scene: Scene, engine: EmbeddedEngine) -> None:
    while index_next(scene.database, engine):
        pass


def ask(engine: EmbeddedEngine, text: str = "", *filters: Filter, **given: Any) -> SearchAnswer:
    return engine.search(SearchQuery(text=text, filters=filters, facets=FACETS, highlight=False, limit=50, **given))


def found(engine: EmbeddedEngine, text: str = "", *filters: Filter, **given: Any) -> list[str]:
    answer = ask(engine, text, *filters, **given)
    assert answer.total == len(answer.hits)
    return [str(hit.title) for hit in answer.hits]


# Who stands for a cluster


def test_our_own_stands_first_then_what_is_confirmed_then_the_verified_then_the_eldest(scene: Scene) -> None:
    everything = {scene.other.public_id}
    # Of our two the firm's is verified.
    assert scene.heads() == everything | {scene.also.public_id}
    scene.change(scene.also, state="stale")
    assert scene.heads() == everything | {scene.mine.public_id}
    # Being due comes and goes, and so does the instant of a confirmation: neither moves anything.
    scene.change(scene.mine, state="due", confirmed_at=None)
    assert scene.heads() == everything | {scene.mine.public_id}
    scene.change(scene.mine, state="stale")
    assert scene.heads() == everything | {scene.also.public_id}
    with scene.database.unit_of_work() as session:
        session.get_one(Organisation, scene.firm.id).verified_at = None
        journal.append(session, entity="organisation", entity_id=scene.firm.id, action="updated")
    assert scene.heads() == everything | {scene.mine.public_id}
    assert scene.standing(scene.theirs) == scene.standing(scene.mine) == scene.mine.id
    assert scene.standing(scene.other) == scene.other.id
    scene.change(scene.also, state="withdrawn")
    scene.change(scene.mine, kind="need", visibility="invitation")
    # Ours that not everybody sees stands for itself; the foreign one is eldest, and alone.
    assert scene.heads() == everything | {scene.mine.public_id, scene.theirs.public_id}


def test_of_some_kinds_another_may_stand(scene: Scene) -> None:
    assert scene.heads(kinds=("patent",)) >= {scene.mine.public_id, scene.also.public_id}
    assert scene.theirs.public_id not in scene.heads(kinds=("patent",))
    with scene.database.read_only() as session:
        assert session.scalars(behind_others()).all() == [scene.theirs.id]


def test_who_hides_its_name_takes_no_part(scene: Scene, embedded: EmbeddedEngine) -> None:
    scene.change(scene.also, kind="need", visibility="anonymous")
    follow(scene, embedded)
    assert sorted(found(embedded)) == ["Cột lọc bã mía", "Máy nén khí", "Vật liệu hấp phụ"]
    assert found(embedded, "", Eq("organisation", scene.firm.public_id)) == []


# Documents


def test_a_head_carries_what_all_say_and_the_others_have_no_document(scene: Scene) -> None:
    ids = [scene.mine.id, scene.theirs.id, scene.also.id, scene.other.id]
    with scene.database.read_only() as session, count_queries(scene.database) as sent:
        documents = {one.id: one for one in indexed_documents(session, listing_ids=ids)}
        alone = {one.id: one for one in documents_of(session, listing_ids=ids)}
    assert len(sent) <= 8, sent
    assert set(documents) == {scene.also.public_id, scene.other.public_id}
    head = documents[scene.also.public_id]
    assert [one.id for one in head.members] == [scene.mine.public_id, scene.theirs.public_id]
    assert from_kept(kept_of(head)) == head
    assert {one.id: one.head for one in alone.values()} == {
        scene.mine.public_id: scene.also.public_id,
        scene.theirs.public_id: scene.also.public_id,
        scene.also.public_id: "",
        scene.other.public_id: "",
    }
    # As the other engine is given it: values of all, what orders it its own.
    made = to_index(head)
    assert made["region"] == ["79", "01", "48"]
    assert made["kind"] == ["technology", "patent"]
    assert made["source"] == [scene.partner.name]
    assert (made["trl"], made["price_low"]) == ([8, 5], [90_000_000, 2_000_000_000])
    assert made["price_order"] == 90_000_000
    assert made["published_at"] == int(NOW.timestamp())
    assert made["key"] == scene.also.public_id
    assert "adsorbent from bagasse" in made["title_folded"]


# Finding


def test_a_subject_is_counted_once_under_all_its_values(scene: Scene, embedded: EmbeddedEngine) -> None:
    follow(scene, embedded)
    answer = ask(embedded)
    assert answer.total == 2
    counts = {name: {one.value: one.count for one in values} for name, values in answer.facets.items()}
    assert counts["kind"] == {"technology": 2, "patent": 1}
    assert counts["region"] == {"01": 2, "79": 1, "48": 1}
    assert counts["source"] == {scene.partner.name: 1}
    assert counts["language"] == {"vi": 2, "en": 1}
    assert counts["verified"] == {"true": 1, "false": 2}
    assert counts["trl"] == {"8": 2, "5": 1}
    # What a group promises is what choosing it gives.
    for name, values in counts.items():
        for value, count in values.items():
            condition = Eq(name, int(value) if name == "trl" else value)
            assert ask(embedded, "", condition).total == count, (name, value)


def test_a_filter_that_another_passes_finds_and_shows_that_one(scene: Scene, embedded: EmbeddedEngine) -> None:
    follow(scene, embedded)
    assert sorted(found(embedded)) == ["Cột lọc bã mía", "Máy nén khí"]
    assert found(embedded, "", Eq("source", scene.partner.name)) == ["Adsorbent from bagasse"]
    assert found(embedded, "", Eq("organisation", scene.firm.public_id)) == ["Cột lọc bã mía"]
    assert sorted(found(embedded, "", Eq("organisation", scene.institute.public_id))) == [
        "Máy nén khí",
        "Vật liệu hấp phụ",
    ]
    assert found(embedded, "", In("kind", ("patent",))) == ["Vật liệu hấp phụ"]
    assert found(embedded, "", Eq("region", "48")) == ["Adsorbent from bagasse"]
    assert found(embedded, "", Eq("language", "en")) == ["Adsorbent from bagasse"]
    assert found(embedded, "", Eq("trl", 5)) == ["Adsorbent from bagasse"]
    dear = (Eq("currency", "VND"), Range("price", 1_000_000_000, None))
    assert found(embedded, "", *dear) == ["Vật liệu hấp phụ"]
    # None alone passes both: still found, as what passes as many and stands first.
    assert found(embedded, "", Eq("region", "48"), Eq("organisation", scene.firm.public_id)) == ["Cột lọc bã mía"]


def test_the_words_of_any_find_it_and_show_who_says_them(scene: Scene, embedded: EmbeddedEngine) -> None:
    follow(scene, embedded)
    assert found(embedded, "bagasse") == ["Adsorbent from bagasse"]
    assert found(embedded, "vật liệu hấp phụ") == ["Vật liệu hấp phụ"]
    assert found(embedded, "bã mía") == ["Cột lọc bã mía"]
    (hit,) = embedded.search(SearchQuery(text="bagasse")).hits
    assert (hit.id, hit.subject, hit.title) == (
        scene.theirs.public_id,
        scene.also.public_id,
        "Adsorbent from <mark>bagasse</mark>",
    )
    assert [one.text for one in embedded.suggest("adsor")] == ["adsorbent from bagasse"]


def test_of_equals_who_stands_for_it_is_shown() -> None:
    head, other = (SearchDocument(id=one, kind="patent", state="published", title="Van") for one in "ab")
    assert fitting_member(head, SearchQuery(), Wanted()) is head
    both = SearchDocument(id="a", kind="patent", state="published", title="Van", members=(other,))
    assert fitting_member(both, SearchQuery(text="van"), Wanted(words=frozenset({"van"}))).id == "a"
    assert fitting_member(both, SearchQuery(filters=(Eq("id", "b"),)), Wanted()).id == "b"


# Changes


def test_whichever_changes_the_index_follows(scene: Scene, embedded: EmbeddedEngine) -> None:
    follow(scene, embedded)
    scene.change(scene.theirs, title="Bagasse adsorbent")
    follow(scene, embedded)
    assert found(embedded, "", Eq("source", scene.partner.name)) == ["Bagasse adsorbent"]
    # The head is withdrawn, the next suspended: another stands each time, and the head again when it is back.
    scene.change(scene.also, state="withdrawn")
    follow(scene, embedded)
    assert sorted(found(embedded)) == ["Máy nén khí", "Vật liệu hấp phụ"]
    assert found(embedded, "cột lọc", as_typed=True) == []
    scene.change(scene.mine, state="suspended")
    follow(scene, embedded)
    assert sorted(found(embedded)) == ["Bagasse adsorbent", "Máy nén khí"]
    scene.change(scene.also, state="published")
    follow(scene, embedded)
    assert sorted(found(embedded)) == ["Cột lọc bã mía", "Máy nén khí"]
    # Verifying another organisation changes who stands, though no listing changed.
    scene.change(scene.mine, state="published")
    with scene.database.unit_of_work() as session:
        session.get_one(Organisation, scene.firm.id).verified_at = None
        session.get_one(Organisation, scene.institute.id).verified_at = NOW
        journal.append(session, entity="organisation", entity_id=scene.institute.id, action="verified")
        journal.append(session, entity="organisation", entity_id=scene.firm.id, action="updated")
    follow(scene, embedded)
    assert sorted(found(embedded)) == ["Máy nén khí", "Vật liệu hấp phụ"]


def test_separating_brings_both_and_taking_it_back_one(scene: Scene, embedded: EmbeddedEngine) -> None:
    follow(scene, embedded)
    for listing in (scene.also, scene.theirs):
        with scene.database.unit_of_work() as session:
            apart(session, listing)
        follow(scene, embedded)
    assert sorted(found(embedded)) == ["Adsorbent from bagasse", "Cột lọc bã mía", "Máy nén khí", "Vật liệu hấp phụ"]
    assert found(embedded, "", Eq("region", "48")) == ["Adsorbent from bagasse"]
    for listing in (scene.theirs, scene.also):
        with scene.database.unit_of_work() as session:
            apart(session, listing, again=True)
        follow(scene, embedded)
    assert sorted(found(embedded)) == ["Cột lọc bã mía", "Máy nén khí"]


def test_a_rebuild_gives_what_following_gave(scene: Scene, embedded: EmbeddedEngine) -> None:
    with scene.database.unit_of_work() as session:
        apart(session, scene.theirs)
    scene.change(scene.also, state="stale")
    follow(scene, embedded)

    def everything() -> tuple[object, ...]:
        answer = ask(embedded)
        documents: list[Candidate] = list(
            embedded.candidates(CandidateQuery(title="vật liệu bã mía máy nén khí adsorbent")).found
        )
        listed = sorted((one.document for one in documents), key=lambda one: one.id)
        return ([hit.id for hit in answer.hits], answer.facets, listed)

    before = everything()
    rebuild_index(scene.database, embedded)
    assert everything() == before


# Near and fitting


def test_what_is_about_the_same_is_never_called_similar(scene: Scene, embedded: EmbeddedEngine) -> None:
    with scene.database.unit_of_work() as session:
        near = factories.listing(session, of=scene.firm, title="Vật liệu hấp phụ từ bã mía", summary="Khử asen.")
    follow(scene, embedded)
    for listing in (scene.mine, scene.theirs, scene.also):
        with scene.database.read_only() as session:
            (document,) = documents_of(session, listing_ids=[listing.id])
        similar = [one.document.id for one in find_similar(embedded, document, today=TODAY)]
        assert near.public_id in similar
        assert not {scene.mine.public_id, scene.theirs.public_id, scene.also.public_id} & set(similar)


def test_another_member_meets_the_needs_as_who_stands_for_it(scene: Scene, embedded: EmbeddedEngine) -> None:
    with scene.database.unit_of_work() as session:
        firm = factories.organisation(session)
        need = factories.listing(session, of=firm, kind="need", title="Cần khử asen bằng vật liệu hấp phụ bã mía")
    follow(scene, embedded)
    with scene.database.read_only() as session:
        member, head = (documents_of(session, listing_ids=[one.id])[0] for one in (scene.mine, scene.also))
    (by_member,), (by_head,) = (needs_for(embedded, one, today=TODAY).pairs for one in (member, head))
    assert by_member.document.id == by_head.document.id == need.public_id
    assert by_member.text_ratio == by_head.text_ratio
