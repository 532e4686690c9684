"""The public list: who is in it, in which order, and how it is searched and paged."""

import unicodedata
from typing import Any

import pytest

from app.database import Database
from app.errors import Forbidden, NotFound
from app.features.organisations.policies import visible_to
from app.features.organisations.queries import (
    ListingCounts,
    find_own,
    find_public,
    has_public_page,
    list_public,
    listing_counts,
)
from app.identity import ANONYMOUS, SYSTEM
from tests import factories
from tests.factories import NOW
from tests.query_budget import count_queries


def names(database: Database, **asked: object) -> list[str]:
    with database.read_only() as session:
        return [one.name for one in list_public(session, **asked).items]  # type: ignore[arg-type]


def test_an_organisation_has_a_page_once_something_of_it_was_looked_at(database: Database) -> None:
    with database.unit_of_work() as session:
        member = factories.person(session)
        fresh = factories.organisation(session, owner=member, name="Mới mở")
        factories.organisation(session, name="Đã xác minh", verified_at=NOW)
        factories.organisation(session, name="Nhập về", imported=True)
        listed = factories.organisation(session, name="Có tin")
        factories.listing(session, of=listed)
        drafting = factories.organisation(session, name="Đang soạn")
        factories.listing(session, of=drafting, state="draft")
        secret = factories.organisation(session, name="Cần giấu tên")
        factories.listing(session, of=secret, kind="need", visibility="anonymous")
    assert names(database) == ["Có tin", "Đã xác minh", "Nhập về"]
    with database.read_only() as session:
        assert {one.name for one in session.scalars(visible_to(factories.actor(member, fresh)))} == {
            "Mới mở",
            "Có tin",
            "Đã xác minh",
            "Nhập về",
        }
        assert len(session.scalars(visible_to(SYSTEM)).all()) == 6
        assert len(session.scalars(visible_to(ANONYMOUS)).all()) == 3
        assert has_public_page(session, organisation_id=listed.id)
        assert not has_public_page(session, organisation_id=secret.id)
        assert find_public(session, public_id=listed.public_id).name == "Có tin"
        for hidden in (fresh, secret):
            with pytest.raises(NotFound):
                find_public(session, public_id=hidden.public_id)
        assert find_own(session, actor=factories.actor(member, fresh), public_id=fresh.public_id).name == "Mới mở"
        with pytest.raises(Forbidden):
            find_own(session, actor=factories.actor(member, fresh), public_id=listed.public_id)


def test_names_stand_in_vietnamese_order_and_pages_go_both_ways(database: Database) -> None:
    ordered = ["An Bình", "Ánh Dương", "Ăn Khang", "Ân Phúc", "Dệt May", "Đá Xanh", "Đại Á", "Viện B"]
    with database.unit_of_work() as session:
        for name in reversed(ordered):
            factories.organisation(session, name=name, verified_at=NOW)
    assert names(database) == ordered
    with database.read_only() as session:
        first = list_public(session, limit=3)
        second = list_public(session, limit=3, after=first.after)
        third = list_public(session, limit=3, after=second.after)
        assert [one.name for one in (*first.items, *second.items, *third.items)] == ordered
        assert (first.before, third.after, first.total) == ("", "", 8)
        assert [one.name for one in list_public(session, limit=3, before=third.before).items] == ordered[3:6]
        back = list_public(session, limit=3, before=second.before)
        assert ([one.name for one in back.items], back.before) == (ordered[:3], "")
        assert list_public(session, limit=3, after="no-such-id").items == ()


def test_the_list_is_searched_with_and_without_diacritics(database: Database) -> None:
    with database.unit_of_work() as session:
        for name, given in (
            ("Viện Nghiên cứu Cơ khí", {"name_en": "Institute of Mechanical Research", "type": "research_institute"}),
            ("Công ty Đông Á 100%", {"type": "firm", "region": "01", "tax_code": "0300588569"}),
            (unicodedata.normalize("NFD", "Đại học Bách khoa"), {"type": "university"}),
        ):
            values: dict[str, Any] = {"name": name, "verified_at": NOW} | given
            factories.organisation(session, **values)
        factories.organisation(session, name="Viện Chưa xác minh", imported=True, type="research_institute")
    for query, found in (
        ("vien co khi", 1),
        ("VIỆN CƠ KHÍ", 1),
        ("khí viện", 1),
        ("mechanical institute", 1),
        ("dong a", 1),
        ("đông á", 1),
        ("bách khoa", 1),
        ("0300588569", 1),
        ("100%", 1),
        ("%", 1),
        ("viện", 2),
        ("không có đâu", 0),
    ):
        assert len(names(database, query=query)) == found, query
    assert names(database, type_="firm") == ["Công ty Đông Á 100%"]
    assert names(database, region="01") == ["Công ty Đông Á 100%"]
    assert names(database, query="viện", verified=True) == ["Viện Nghiên cứu Cơ khí"]


def test_public_listings_are_counted_for_a_whole_page_in_one_query(database: Database) -> None:
    with database.unit_of_work() as session:
        one = factories.organisation(session, verified_at=NOW)
        two = factories.organisation(session, verified_at=NOW)
        for given in (
            {"kind": "technology"},
            {"kind": "equipment", "trl": None},
            {"kind": "need"},
            {"kind": "need", "visibility": "anonymous"},
            {"kind": "need", "visibility": "invitation"},
            {"kind": "technology", "state": "draft"},
            {"kind": "technology", "state": "withdrawn"},
        ):
            factories.listing(session, of=one, **given)
    with database.read_only() as session, count_queries(database) as sent:
        assert listing_counts(session, [one.id, two.id]) == {one.id: ListingCounts(offers=2, needs=1)}
        assert len(sent) == 1
        list_public(session)
        assert len(sent) == 3
