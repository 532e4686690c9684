"""Clusters: made by shared numbers or by a person, held apart, brought back; suggestions judged."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select

from app.database import Database
from app.errors import Conflict, Forbidden, NotFound
from app.features.listings.queries import detail
from app.features.listings.states import transition
from app.features.partners import clusters
from app.features.partners.cluster_queries import list_clusters, list_suggestions, subject_of
from app.features.partners.clustering import MOST_HOLDERS, clusters_consumer
from app.identity import Actor
from app.journal.consume import move_cursor
from app.models.audit import AuditEntry
from app.models.clusters import ClusterMember, ListingIdentifier
from app.models.journal import JournalEntry
from app.models.listings import Listing
from app.models.organisations import Organisation
from app.models.partners import Partner
from tests import factories
from tests.exchange.taking.given import Elsewhere, source
from tests.exchange.taking.written import take
from tests.factories import NOW
from tests.query_budget import count_queries

NUMBER = "1-0026606"


@pytest.fixture
def elsewhere(partner: Partner) -> Elsewhere:
    return Elsewhere(authority=partner.authority)


def read_on(database: Database) -> None:
    while clusters_consumer(database):
        pass


def own(database: Database, title: str = "Của mình", **given: Any) -> Listing:
    values = {"kind": "patent", "details": {"grant_number": NUMBER}} | given
    with database.unit_of_work() as session:
        return factories.listing(session, of=factories.organisation(session), title=title, **values)


def bring(database: Database, partner: Partner, elsewhere: Elsewhere, local_id: str = "m1", **given: Any) -> Listing:
    values: dict[str, Any] = {"kind": "patent", "patent": {"grant_number": NUMBER}} | given
    take(database, partner, source(elsewhere), [elsewhere.raw(local_id, **values)])
    with database.read_only() as session:
        asked = select(Listing).where(Listing.authority == elsewhere.authority, Listing.local_id == local_id)
        return session.scalars(asked).one()


def beside(database: Database, listing: Listing) -> Sequence[str]:
    with database.read_only() as session:
        try:
            return [one.public_id for one in detail(session, public_id=listing.public_id).mates]
        except NotFound:
            return []


def do(database: Database, what: Any, actor: Actor, listing: Listing, **more: Any) -> None:
    with database.unit_of_work() as session:
        what(session, actor=actor, public_id=listing.public_id, now=NOW, **more)


def test_what_shares_a_number_is_one_cluster(database: Database, partner: Partner, elsewhere: Elsewhere) -> None:
    mine, theirs = own(database), bring(database, partner, elsewhere)
    another = own(database, "Khác số", details={"grant_number": "1-0026607"})
    read_on(database)
    assert beside(database, mine) == [theirs.public_id]
    assert beside(database, theirs) == [mine.public_id]
    assert beside(database, another) == []
    # The origin puts its number right: they part, and nothing is left of it.
    bring(database, partner, elsewhere, version=2, patent={"grant_number": "1-0026607"})
    read_on(database)
    assert beside(database, mine) == []
    assert beside(database, theirs) == [another.public_id]
    bring(database, partner, elsewhere, version=3, deleted="withdrawn", patent=None)
    read_on(database)
    with database.read_only() as session:
        assert session.scalars(select(ClusterMember)).all() == []
        assert theirs.id not in session.scalars(select(ListingIdentifier.listing_id)).all()


def test_reading_the_journal_again_changes_nothing(database: Database, partner: Partner, elsewhere: Elsewhere) -> None:
    own(database)
    bring(database, partner, elsewhere)
    read_on(database)

    def entries() -> int:
        with database.read_only() as session:
            return len(session.scalars(select(JournalEntry.id)).all())

    before = entries()
    with database.unit_of_work() as session:
        move_cursor(session, consumer="clusters", position=0)
    read_on(database)
    assert entries() == before


def test_one_that_holds_two_numbers_brings_others_together_and_parts_them_again(
    database: Database, partner: Partner, elsewhere: Elsewhere
) -> None:
    first = own(database, details={"application_number": "1-2019-01234"})
    second = own(database, details={"grant_number": NUMBER})
    read_on(database)
    assert beside(database, first) == []
    both = {"application_number": "1-2019-01234", "grant_number": NUMBER}
    between = bring(database, partner, elsewhere, patent=both)
    third = bring(database, partner, elsewhere, "m2", patent={"application_number": "1-2019-01234"})
    read_on(database)
    assert set(beside(database, first)) == {second.public_id, between.public_id, third.public_id}
    assert beside(database, between)[-1] == third.public_id  # our own come first
    bring(database, partner, elsewhere, version=2, patent={"grant_number": NUMBER})
    read_on(database)
    assert beside(database, first) == [third.public_id]
    assert beside(database, second) == [between.public_id]


def test_what_is_held_apart_stays_so_until_it_is_brought_back(
    database: Database, partner: Partner, operator: Actor, elsewhere: Elsewhere
) -> None:
    mine, theirs = own(database), bring(database, partner, elsewhere)
    read_on(database)
    do(database, clusters.separate, operator, theirs)
    assert beside(database, mine) == beside(database, theirs) == []
    bring(database, partner, elsewhere, version=2, title="Tên khác")
    bring(database, partner, elsewhere, version=3, patent={"grant_number": "1-0000001"})
    bring(database, partner, elsewhere, version=4)
    read_on(database)
    assert beside(database, mine) == []
    with pytest.raises(Conflict):
        do(database, clusters.separate, operator, theirs)
    with database.read_only() as session:
        shown = list_clusters(session, actor=operator)
    assert [sorted(one.separated_at is not None for one in group) for group in shown.items] == [[False, True]]
    do(database, clusters.restore, operator, theirs)
    assert beside(database, mine) == [theirs.public_id]
    with database.read_only() as session:
        acts = session.scalars(select(AuditEntry.action).where(AuditEntry.entity_id == theirs.id)).all()
    assert sorted(acts) == ["cluster.restore", "cluster.separate"]


def test_a_person_joins_what_shares_no_number(
    database: Database, partner: Partner, operator: Actor, elsewhere: Elsewhere
) -> None:
    mine = own(database, kind="technology", details={})
    theirs = bring(database, partner, elsewhere, patent={"grant_number": NUMBER})
    third = own(database, "Cùng số")
    read_on(database)
    do(database, clusters.join, operator, mine, other=theirs.public_id)
    assert set(beside(database, mine)) == {theirs.public_id, third.public_id}
    # Its number changes, the person's word holds.
    bring(database, partner, elsewhere, version=2, patent={"grant_number": "1-0000009"})
    read_on(database)
    assert beside(database, mine) == [theirs.public_id]
    with pytest.raises(Conflict):
        do(database, clusters.join, operator, theirs, other=mine.public_id)
    do(database, clusters.separate, operator, mine)
    assert beside(database, theirs) == []
    do(database, clusters.restore, operator, mine)
    assert beside(database, theirs) == [mine.public_id]


def test_what_cannot_be_joined_is_refused(
    database: Database, partner: Partner, operator: Actor, elsewhere: Elsewhere
) -> None:
    mine, theirs = own(database), bring(database, partner, elsewhere)
    need = own(database, kind="need", details={})
    draft = own(database, state="draft")
    other = [own(database, details={"grant_number": "1-0000002"}) for _ in "ab"]
    read_on(database)
    for refused in (need, mine, other[0]):
        with pytest.raises(Conflict):
            do(database, clusters.join, operator, mine, other=refused.public_id)
    with pytest.raises(NotFound):
        do(database, clusters.join, operator, mine, other=draft.public_id)
    with database.unit_of_work() as session:
        somebody = factories.actor(factories.person(session))
    for what, more in ((clusters.join, {"other": theirs.public_id}), (clusters.separate, {}), (clusters.restore, {})):
        with pytest.raises(Forbidden):
            do(database, what, somebody, mine, **more)
    with database.read_only() as session, pytest.raises(Forbidden):
        list_clusters(session, actor=somebody)


def test_what_is_not_shown_is_not_told(
    database: Database, partner: Partner, operator: Actor, elsewhere: Elsewhere
) -> None:
    mine, theirs = own(database), bring(database, partner, elsewhere)
    do(database, clusters.join, operator, mine, other=theirs.public_id)
    with database.unit_of_work() as session:
        shown = session.get_one(Listing, mine.id)
        transition(session, shown, move="suspend", actor=operator, now=NOW, note="Trùng")
    assert beside(database, theirs) == []


def test_a_number_that_everything_carries_joins_nothing(database: Database) -> None:
    with database.unit_of_work() as session:
        house: Organisation = factories.organisation(session)
        details = {"grant_number": NUMBER}
        made = [factories.listing(session, of=house, kind="patent", details=details) for _ in range(MOST_HOLDERS)]
    read_on(database)
    with database.read_only() as session:
        assert len(session.scalars(select(ClusterMember.listing_id)).all()) == MOST_HOLDERS
    own(database)
    with count_queries(database) as sent:
        read_on(database)
    # Two rounds, the second of which finds its own entry; as many for fifty listings as for two.
    assert len(sent) <= 28, sent
    with database.read_only() as session:
        assert session.scalars(select(ClusterMember.listing_id)).all() == []
    assert beside(database, made[0]) == []


def test_suggestions_are_judged_and_the_judgement_taken_back(
    database: Database, partner: Partner, operator: Actor, elsewhere: Elsewhere
) -> None:
    mine = own(database, kind="technology", details={})
    theirs = bring(database, partner, elsewhere, patent={"grant_number": "1-0000003"})
    same_house = bring(database, partner, elsewhere, "m2", patent={"grant_number": "1-0000004"})
    read_on(database)
    found = [(mine.public_id, 71), (same_house.public_id, 90)]
    with database.unit_of_work() as session:
        assert clusters.suggest(session, actor=operator, alike={theirs.id: found}, now=NOW) == 1
        assert clusters.suggest(session, actor=operator, alike={theirs.id: found}, now=NOW) == 0

    def waiting(state: str = "open") -> list[tuple[set[str], int]]:
        with database.read_only() as session:
            page = list_suggestions(session, actor=operator, state=state)
        return [({one.one.public_id, one.other.public_id}, one.score) for one in page.items]

    pair = ({mine.public_id, theirs.public_id}, 71)
    assert waiting() == [pair]
    do(database, clusters.dismiss, operator, mine, other=theirs.public_id)
    assert (waiting(), waiting("dismissed")) == ([], [pair])
    do(database, clusters.reopen, operator, theirs, other=mine.public_id)
    assert waiting() == [pair]
    do(database, clusters.join, operator, mine, other=theirs.public_id)
    assert waiting() == []
    with database.read_only() as session:
        subject = subject_of(session, actor=operator, public_id=theirs.public_id)
    assert [one.public_id for one in subject.members] == [mine.public_id]
    assert subject.numbers == [("patent-grant", "1-0000003")]
    assert subject.pairs == []


def test_lists_go_on_where_they_stopped(database: Database, operator: Actor) -> None:
    for number in range(3):
        for _ in "ab":
            own(database, details={"grant_number": f"1-000001{number}"})
    read_on(database)
    with database.read_only() as session:
        first = list_clusters(session, actor=operator, limit=2)
        second = list_clusters(session, actor=operator, after=first.next, limit=2)
    assert [len(group) for group in (*first.items, *second.items)] == [2, 2, 2]
    assert (bool(first.next), second.next) == (True, "")
