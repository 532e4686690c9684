"""The operator's pages for terms in two languages."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from app.features.accounts.tokens import digest
from app.identity import uuid7
from app.models import Person, SignIn, SynonymPair
from app.reference import current
from tests import factories
from tests.factories import NOW
from tests.indexing import index_everything
from tests.query_budget import count_queries

HERE = "/vi/desk/synonyms"
DRYER = {"vi": "máy sấy", "en": "dryer", "field": "food"}


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    current.forget()
    yield
    current.forget()


def signed_in(application: FastAPI, database: Database, *, operator: bool) -> TestClient:
    client = TestClient(application, follow_redirects=False, headers={"Origin": "http://testserver"})
    token = uuid7().hex
    with database.unit_of_work() as session:
        person: Person = factories.person(session, is_operator=operator)
        session.add(
            SignIn(
                person_id=person.id,
                token_sha256=digest(token),
                created_at=NOW,
                expires_at=NOW.replace(year=NOW.year + 1),
            )
        )
    client.cookies.set("techmart_session", token)
    return client


@pytest.fixture
def operator(application: FastAPI, database: Database) -> TestClient:
    return signed_in(application, database, operator=True)


def the_pair(database: Database) -> SynonymPair:
    with database.read_only() as session:
        return session.scalars(select(SynonymPair)).one()


def test_a_pair_goes_in_is_found_changed_retired_and_taken_back(operator: TestClient, database: Database) -> None:
    assert "Không có cặp nào như vậy" in operator.get(HERE).text
    added = operator.post(HERE, data=DRYER)
    assert (added.status_code, added.headers["location"]) == (303, HERE)
    page = operator.get(f"{HERE}?find=may+say&field=food").text
    assert "1 cặp" in page
    assert '<b lang="vi">máy sấy</b> – <span lang="en">dryer</span>' in page
    pair = the_pair(database)
    one = f"{HERE}/{pair.id}"
    assert 'value="máy sấy"' in operator.get(one).text
    assert operator.post(one, data=DRYER | {"en": "drier", "revision": pair.revision}).status_code == 303
    stale = operator.post(one, data=DRYER | {"en": "drying machine", "revision": pair.revision})
    assert stale.status_code == 412
    pair = the_pair(database)
    assert pair.en == "drier"
    assert operator.post(f"{one}/retire", data={"revision": pair.revision}).status_code == 303
    assert "Cặp này đã ngừng dùng" in operator.get(one).text
    assert "máy sấy" not in operator.get(HERE).text.split("<h2", 2)[2]
    assert "máy sấy" in operator.get(f"{HERE}?show=retired").text
    assert operator.post(f"{one}/restore", data={"revision": the_pair(database).revision}).status_code == 303
    assert the_pair(database).retired_at is None
    assert "Đã dùng lại" in operator.get(one).text


def test_what_is_wrong_is_said_beside_the_field_and_kept(operator: TestClient, database: Database) -> None:
    operator.post(HERE, data=DRYER)
    twice = operator.post(HERE, data=DRYER)
    assert twice.status_code == 422
    assert "Cặp thuật ngữ này đã có." in twice.text
    assert 'value="dryer"' in twice.text
    empty = operator.post(HERE, data={"vi": "", "en": "pump"})
    assert empty.status_code == 422
    assert 'value="pump"' in empty.text
    assert the_pair(database).en == "dryer"
    assert operator.get(f"{HERE}/not-an-id").status_code == 404


def test_only_operators_come_here(application: FastAPI, database: Database) -> None:
    member = signed_in(application, database, operator=False)
    assert member.get(HERE).status_code == 403
    assert member.post(HERE, data=DRYER).status_code == 403
    with database.read_only() as session:
        assert session.scalars(select(SynonymPair)).all() == []


def test_the_list_answers_within_its_budget(operator: TestClient, database: Database) -> None:
    operator.post(HERE, data=DRYER)
    operator.get(HERE)
    with count_queries(database) as sent:
        assert operator.get(HERE).status_code == 200
    assert len(sent) <= 4, sent


def test_a_search_knows_a_new_pair_at_once(operator: TestClient, application: FastAPI, database: Database) -> None:
    with database.unit_of_work() as session:
        factories.listing(session, of=factories.organisation(session), title="Lò gạch liên tục kiểu đứng")
    index_everything(application, database)
    asked = "/vi/search?q=vertical+shaft+brick+kiln"
    assert "<mark>Lò gạch liên tục kiểu đứng</mark>" not in operator.get(asked).text
    pair = {"vi": "lò gạch liên tục kiểu đứng", "en": "vertical shaft brick kiln", "field": "construction"}
    assert operator.post(HERE, data=pair).status_code == 303
    assert "<mark>Lò gạch liên tục kiểu đứng</mark>" in operator.get(asked).text
