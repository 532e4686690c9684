"""Reading kept matches: what is new for whom, and nothing that a reader may not know of."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import journal
from app.database import Database
from app.features.matching.commands import judge
from app.features.matching.queries import (
    SETTLED,
    MatchPage,
    counts_of,
    matches_of,
    my_judgements,
    new_matches,
    newest_matches,
)
from app.features.matching.schemas import JudgementInput
from app.identity import ANONYMOUS, Actor
from app.models import Listing, Organisation
from tests import factories
from tests.factories import NOW
from tests.features.matching.pairs import pair, seen
from tests.mates import together
from tests.query_budget import count_queries

TODAY = NOW.date()
BEFORE = NOW - timedelta(days=1)
LATER = NOW + timedelta(hours=1)


class Scene:
    """A firm with a need, two holders with an offer each, and people who act for them."""

    def __init__(self, session: Session) -> None:
        self.firm_person, self.holder_person = factories.person(session), factories.person(session)
        self.firm = factories.organisation(session, owner=self.firm_person)
        self.holder = factories.organisation(session, owner=self.holder_person)
        self.other = factories.organisation(session)
        self.need = factories.listing(session, of=self.firm, kind="need")
        self.offer = factories.listing(session, of=self.holder)
        self.rival = factories.listing(session, of=self.other)

    @property
    def buyer(self) -> Actor:
        return factories.actor(self.firm_person, self.firm)

    @property
    def seller(self) -> Actor:
        return factories.actor(self.holder_person, self.holder)


def news(database: Database, actor: Actor, *organisations: Organisation, **given: Any) -> MatchPage:
    asked: dict[str, Any] = {"since": BEFORE, "now": LATER, "today": TODAY} | given
    with database.read_only() as session:
        return new_matches(session, actor=actor, organisation_ids=[one.id for one in organisations], **asked)


def told(page: MatchPage) -> list[tuple[str, UUID, UUID]]:
    return [(one.side, one.mine, one.other) for one in page.items]


def test_each_side_hears_of_a_new_pair_from_its_own_listing(database: Database) -> None:
    with database.unit_of_work() as session:
        scene = Scene(session)
        pair(session, scene.need, scene.offer)
        pair(session, scene.need, scene.rival, first_seen_at=NOW + timedelta(minutes=1))
    need, offer, rival = scene.need.id, scene.offer.id, scene.rival.id
    assert told(news(database, scene.buyer, scene.firm)) == [("need", need, offer), ("need", need, rival)]
    with count_queries(database) as sent:
        page = news(database, scene.seller, scene.holder)
    assert told(page) == [("offer", offer, need)]
    assert (len(sent), page.next, page.until) == (1, "", LATER - SETTLED)
    assert told(news(database, ANONYMOUS, listing_ids=[rival])) == [("offer", rival, need)]
    assert told(news(database, scene.seller)) == []


def test_only_what_came_after_the_last_run_and_is_settled_is_new(database: Database) -> None:
    with database.unit_of_work() as session:
        scene = Scene(session)
        seen(session, scene.need, scene.offer, NOW)
        seen(session, scene.need, scene.rival, NOW + timedelta(minutes=5))
    first = news(database, scene.buyer, scene.firm, now=NOW + SETTLED)
    assert told(first) == [("need", scene.need.id, scene.offer.id)]
    second = news(database, scene.buyer, scene.firm, since=first.until)
    assert told(second) == [("need", scene.need.id, scene.rival.id)]
    assert told(news(database, scene.buyer, scene.firm, since=second.until)) == []
    early = news(database, scene.buyer, scene.firm, since=NOW, now=NOW + timedelta(seconds=1))
    assert (told(early), early.until) == ([], NOW)


def test_news_come_in_pages_that_neither_repeat_nor_skip(database: Database) -> None:
    with database.unit_of_work() as session:
        scene = Scene(session)
        offers = [factories.listing(session, of=scene.other) for _ in range(5)]
        for number, offer in enumerate(offers):
            seen(session, scene.need, offer, NOW + timedelta(seconds=number // 2))
    after, found = "", []
    for _ in range(3):
        page = news(database, scene.buyer, scene.firm, after=after, limit=2)
        found += [one.other for one in page.items]
        after = page.next
    assert (sorted(found), after) == (sorted(one.id for one in offers), "")


def test_what_left_or_may_not_be_known_is_not_told(database: Database) -> None:
    with database.unit_of_work() as session:
        scene = Scene(session)
        pair(session, scene.need, scene.offer, left_at=NOW)
        hidden = factories.listing(session, of=scene.firm, kind="need", visibility="invitation")
        over = factories.listing(session, of=scene.firm, kind="need", deadline=TODAY - timedelta(days=1))
        gone = factories.listing(session, of=scene.firm, kind="need", state="withdrawn")
        weak = factories.listing(session, of=scene.firm, kind="need")
        for need in (hidden, over, gone):
            pair(session, need, scene.offer, score=90)
        pair(session, weak, scene.offer, score=41)
    assert told(news(database, scene.seller, scene.holder, least_score=50)) == []
    assert told(news(database, scene.seller, scene.holder)) == [("offer", scene.offer.id, weak.id)]
    # By invitation: its own organisation sees what fits, the holder hears nothing.
    assert told(news(database, scene.buyer, scene.firm, least_score=50)) == [("need", hidden.id, scene.offer.id)]
    with database.read_only() as session:
        of_offer = matches_of(session, actor=ANONYMOUS, listing_id=scene.offer.id, is_need=False, today=TODAY)
        counts = counts_of(session, actor=ANONYMOUS, listing_ids=[scene.offer.id, weak.id, hidden.id], today=TODAY)
    assert [one.other for one in of_offer] == [weak.id]
    assert counts == {scene.offer.id: 1, weak.id: 1}


def test_a_list_is_read_best_first_from_either_side(database: Database) -> None:
    with database.unit_of_work() as session:
        scene = Scene(session)
        pair(session, scene.need, scene.offer, score=55)
        best = pair(session, scene.need, scene.rival, score=70)
        second: Listing = factories.listing(session, of=scene.firm, kind="need")
        pair(session, second, scene.offer, score=56)
    with database.read_only() as session, count_queries(database) as sent:
        found = matches_of(session, actor=ANONYMOUS, listing_id=scene.need.id, is_need=True, today=TODAY)
    assert [(one.other, one.score) for one in found] == [(scene.rival.id, 70), (scene.offer.id, 55)]
    assert (found[0].id, found[0].reasons[0]["code"], len(sent)) == (best.id, "verified", 1)
    with database.read_only() as session:
        of_offer = matches_of(session, actor=ANONYMOUS, listing_id=scene.offer.id, is_need=False, today=TODAY, limit=1)
        rest = matches_of(
            session, actor=ANONYMOUS, listing_id=scene.offer.id, is_need=False, today=TODAY, limit=1, offset=1
        )
    assert [one.other for one in of_offer + rest] == [second.id, scene.need.id]


def test_of_a_cluster_what_stands_for_it_is_matched_and_all_its_owners_see_it(database: Database) -> None:
    with database.unit_of_work() as session:
        scene = Scene(session)
        # The rival's is the eldest of the two that stand.
        scene.offer.state = "stale"
        journal.append(session, entity="listing", entity_id=scene.offer.id, action="updated")
        together(session, scene.offer, scene.rival)
        kept = pair(session, scene.need, scene.rival)
    need, offer, rival = scene.need.id, scene.offer.id, scene.rival.id
    assert told(news(database, scene.buyer, scene.firm)) == [("need", need, rival)]
    # Its own people hear of it too, by what stands for theirs.
    assert told(news(database, scene.seller, scene.holder)) == [("offer", rival, need)]
    assert told(news(database, scene.seller)) == []
    with database.read_only() as session:
        for listing_id in (offer, rival):
            (of_it,) = matches_of(session, actor=ANONYMOUS, listing_id=listing_id, is_need=False, today=TODAY)
            assert (of_it.id, of_it.other) == (kept.id, need)
        (mine,) = newest_matches(session, actor=ANONYMOUS, organisation_ids=[scene.holder.id], today=TODAY, limit=5)
        assert (mine.side, mine.mine, mine.other) == ("offer", offer, need)
        (theirs,) = newest_matches(session, actor=ANONYMOUS, organisation_ids=[scene.other.id], today=TODAY, limit=5)
        assert (theirs.side, theirs.mine, theirs.other) == ("offer", rival, need)
    with database.unit_of_work() as session:
        judged = judge(
            session,
            actor=scene.seller,
            public_id=scene.offer.public_id,
            other=scene.need.public_id,
            data=JudgementInput(fits=True),
            now=NOW,
        )
        assert (judged.need_id, judged.offer_id) == (need, rival)
        said = my_judgements(session, actor=scene.seller, listing_id=offer, others=[need])
        assert {other: one.fits for other, one in said.items()} == {need: True}
