"""Reading listings: the same number of queries for any length, and nobody learns what they may not know."""

from datetime import timedelta
from typing import Any

import pytest

from app.errors import Forbidden, NotFound
from app.features.listings import queries
from app.features.listings.paging import Keyset
from app.features.listings.records import card_record, detail_record
from app.features.moderation.queries import queue_counts, review_queue
from app.identity import ANONYMOUS, Actor, uuid7
from tests import factories
from tests.factories import NOW
from tests.features.listings.conftest import Scene
from tests.features.listings.inputs import NEED, SERVICE, TECHNOLOGY
from tests.query_budget import count_queries


def many(scene: Scene, count: int, **given: Any) -> list[str]:
    with scene.database.unit_of_work() as session:
        return [
            factories.listing(
                session, of=scene.organisation, **({"updated_at": NOW + timedelta(minutes=number)} | given)
            ).public_id
            for number in range(count)
        ]


def test_lists_and_details_have_a_fixed_budget(scene: Scene) -> None:
    ids = many(scene, 30)
    with scene.database.read_only() as session, count_queries(scene.database) as sent:
        cards = queries.cards(session, [*reversed(ids), "unknown"])
    assert [one.public_id for one in cards] == list(reversed(ids))
    assert len(sent) == 1, sent
    with scene.database.read_only() as session, count_queries(scene.database) as sent:
        queries.detail(session, public_id=ids[0])
    assert len(sent) == 3, sent
    with scene.database.read_only() as session, count_queries(scene.database) as sent:
        queries.my_listings(session, actor=scene.mine)
    assert len(sent) == 1, sent
    with scene.database.read_only() as session, count_queries(scene.database) as sent:
        assert queries.cards(session, []) == []
    assert sent == []


def test_pages_show_each_listing_once_while_the_list_grows(scene: Scene) -> None:
    ids = many(scene, 7)
    many(scene, 1, updated_at=NOW + timedelta(minutes=3))
    seen: list[str] = []
    after = ""
    for _page in range(10):
        with scene.database.read_only() as session:
            page = queries.my_listings(session, actor=scene.mine, after=after, limit=3)
        seen += [one.public_id for one in page.items]
        many(scene, 1, updated_at=NOW + timedelta(days=1))
        after = page.next
        if not after:
            break
    assert len(seen) == len(set(seen)) == 8
    assert set(ids) <= set(seen)


@pytest.mark.parametrize("token", ["", "x", "AAAA", "%%%", "A" * 32, "é"])
def test_a_broken_page_token_starts_from_the_top(token: str, scene: Scene) -> None:
    many(scene, 1)
    with scene.database.read_only() as session:
        page = queries.my_listings(session, actor=scene.mine, after=token)
    assert len(page.items) <= 1
    key = Keyset(NOW, uuid7())
    assert Keyset.read(key.token) == key


def test_states_are_filtered_and_counted_over_ones_own_organisations_only(scene: Scene) -> None:
    many(scene, 2, state="draft")
    many(scene, 3, state="due")
    with scene.database.read_only() as session:
        assert queries.my_counts(session, actor=scene.mine) == {"draft": 2, "due": 3}
        assert queries.my_counts(session, actor=scene.stranger) == {}
        assert queries.my_counts(session, actor=ANONYMOUS) == {}
        page = queries.my_listings(session, actor=scene.mine, states=("due",))
    assert {one.state for one in page.items} == {"due"}


READERS = {"nobody": ANONYMOUS, "stranger": None, "owner": None, "operator": None}


@pytest.mark.parametrize("who", READERS)
def test_an_anonymous_need_names_its_organisation_to_itself_and_the_operator(who: str, scene: Scene) -> None:
    public_id = scene.published(NEED | {"external_id": "ML-7"})
    reader: Actor = {
        "nobody": ANONYMOUS,
        "stranger": scene.stranger,
        "owner": scene.mine,
        "operator": scene.operator,
    }[who]
    with scene.database.read_only() as session:
        detail = queries.detail(session, actor=reader, public_id=public_id)
        (card,) = queries.cards(session, [public_id], actor=reader)
    knows = who in {"owner", "operator"}
    assert (detail.organisation is not None, card.organisation is not None) == (knows, knows)
    assert (detail.external_id == "ML-7") is knows
    said = f"{detail_record(detail)}{card_record(card)}{detail}{card}"
    for told in ("Minh Long", str(scene.organisation.id), scene.organisation.public_id, str(scene.owner.id), "ML-7"):
        assert (told in said) is (knows and told not in {str(scene.organisation.id), str(scene.owner.id)})


def test_an_anonymous_need_is_not_among_its_organisations_listings(scene: Scene) -> None:
    offered = scene.published(TECHNOLOGY)
    scene.published(NEED)
    with scene.database.read_only() as session:
        page = queries.of_organisation(session, organisation_id=scene.organisation.id)
    assert [one.public_id for one in page.items] == [offered]


def test_an_expert_without_consent_is_in_no_answer(scene: Scene) -> None:
    public_id = scene.draft(SERVICE | {"details": SERVICE["details"] | {"expert_name": "Trần Thị Kín"}})
    with scene.database.read_only() as session:
        detail = queries.detail(session, actor=scene.mine, public_id=public_id)
    assert "Trần Thị Kín" not in str(detail_record(detail))


def test_a_draft_is_known_to_its_own_people_only(scene: Scene) -> None:
    public_id = scene.draft()
    with scene.database.read_only() as session:
        for reader in (ANONYMOUS, scene.stranger):
            with pytest.raises(NotFound):
                queries.detail(session, actor=reader, public_id=public_id)
            assert queries.cards(session, [public_id], actor=reader) == []
        row = queries.find(session, actor=scene.mine, public_id=public_id)
        with pytest.raises(Forbidden):
            queries.history(session, actor=scene.stranger, listing=row)


def test_the_review_queue_shows_what_waited_longest_first(scene: Scene) -> None:
    ids = [many(scene, 1, state="submitted", submitted_at=NOW - timedelta(hours=hours))[0] for hours in (1, 9, 5, 5, 3)]
    with scene.database.read_only() as session:
        first = review_queue(session, actor=scene.operator, queue="submitted", limit=2)
        second = review_queue(session, actor=scene.operator, queue="submitted", limit=2, after=first.next)
        third = review_queue(session, actor=scene.operator, queue="submitted", limit=2, after=second.next)
        assert queue_counts(session, actor=scene.operator) == {"submitted": 5, "recheck": 0, "suspended": 0}
        for reader in (ANONYMOUS, scene.mine):
            with pytest.raises(Forbidden):
                review_queue(session, actor=reader, queue="submitted")
    order = [one.public_id for page in (first, second, third) for one in page.items]
    assert order[0] == ids[1]
    assert set(order[1:3]) == {ids[2], ids[3]}
    assert order[3:] == [ids[4], ids[0]]
    assert third.next == ""


def test_texts_come_in_the_readers_language_where_there_is_one(scene: Scene) -> None:
    public_id = scene.draft(TECHNOLOGY | {"title_en": "Heat-pump dryer"})
    with scene.database.read_only() as session:
        detail = queries.detail(session, actor=scene.mine, public_id=public_id)
    assert detail.text("title", "en") == ("Heat-pump dryer", "en")
    assert detail.text("benefit", "en") == (detail.benefit, "vi")
    assert detail.text("title", "vi") == (detail.title, "vi")
