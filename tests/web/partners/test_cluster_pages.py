"""“Also at” on listings, and the operator's pages where clusters are made, parted and restored."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from app.exchange.taking.looking import look_for_the_same
from app.features.partners.clustering import clusters_consumer
from app.features.partners.commands import register_partner
from app.identity import SYSTEM, uuid7
from app.jobs import JobContext
from app.models.clusters import ClusterLook, ClusterMember, ClusterSuggestion
from app.models.listings import Listing
from app.models.partners import Partner
from app.settings import Settings
from tests import factories
from tests.exchange.taking.given import Elsewhere, source
from tests.exchange.taking.written import take
from tests.factories import NOW
from tests.features.partners.given import agreement
from tests.indexing import index_everything
from tests.query_budget import count_queries
from tests.web.partners.test_partner_pages import words
from tests.web.test_synonyms import signed_in

HERE = "/vi/desk/clusters"


@pytest.fixture
def operator(application: FastAPI, database: Database) -> TestClient:
    return signed_in(application, database, operator=True)


@pytest.fixture
def partner(database: Database) -> Partner:
    with database.unit_of_work() as session:
        return register_partner(session, actor=SYSTEM, data=agreement(), own_authority="techmart.test", now=NOW)


@pytest.fixture
def two(database: Database, partner: Partner) -> tuple[Listing, Listing]:
    """Ours and a partner's, by one patent number; not yet clustered."""
    with database.unit_of_work() as session:
        mine = factories.listing(
            session,
            of=factories.organisation(session),
            kind="patent",
            title="Máy sấy bơm nhiệt",
            details={"grant_number": "1-0026606"},
        )
    elsewhere = Elsewhere()
    raw = elsewhere.raw(kind="patent", title="Máy sấy bơm nhiệt của Viện", patent={"grant_number": "1-0026606"})
    take(database, partner, source(elsewhere), [raw])
    with database.read_only() as session:
        theirs = session.scalars(select(Listing).where(Listing.authority == "san.danang.test")).one()
    return mine, theirs


def much_alike(database: Database, partner: Partner) -> Listing:
    """One of the partner's in the words of ours, under another number."""
    elsewhere = Elsewhere()
    raw = elsewhere.raw(
        "m9",
        kind="patent",
        title="Máy sấy bơm nhiệt",
        benefit="Giảm 40 % điện so với sấy điện trở",
        description="Dàn lạnh tách ẩm, dàn nóng thu hồi nhiệt.",
        trl=8,
        region="79",
        patent={"grant_number": "1-0000009"},
    )
    take(database, partner, source(elsewhere), [raw])
    with database.read_only() as session:
        return session.scalars(select(Listing).where(Listing.local_id == "m9")).one()


def page_of(client: TestClient, listing: Listing) -> str:
    answer = client.get(f"/vi/listings/{listing.slug}-{listing.public_id}")
    assert answer.status_code == 200
    return answer.text


def read_on(database: Database) -> None:
    while clusters_consumer(database):
        pass


def test_each_page_tells_of_the_other(client: TestClient, database: Database, two: tuple[Listing, Listing]) -> None:
    mine, theirs = two
    assert "Cũng có ở" not in page_of(client, mine)
    read_on(database)
    shown = page_of(client, mine)
    assert "Cũng có ở Máy sấy bơm nhiệt của Viện Viện Cơ điện · san.danang.test" in words(shown)
    assert f"/vi/listings/{theirs.slug}-{theirs.public_id}" in shown
    assert "Cũng có ở Máy sấy bơm nhiệt" in words(page_of(client, theirs))
    assert "· sàn này" in words(page_of(client, theirs))
    english = client.get(f"/en/listings/{mine.slug}-{mine.public_id}").text
    assert "Also at" in words(english)


def test_an_operator_separates_and_takes_it_back(
    operator: TestClient, client: TestClient, database: Database, two: tuple[Listing, Listing]
) -> None:
    mine, theirs = two
    assert "Chưa có nhóm nào" in operator.get(HERE).text
    read_on(database)
    with count_queries(database) as sent:
        listed = words(operator.get(HERE).text)
    assert len(sent) <= 8, sent
    assert "Máy sấy bơm nhiệt của Viện Chung số hiệu" in listed
    here = f"{HERE}/{theirs.public_id}"
    assert "Số bằng sáng chế: 1-0026606" in words(operator.get(here).text)
    assert operator.post(here, data={"act": "separate"}).status_code == 303
    assert "Cũng có ở" not in page_of(client, mine)
    assert "Tách ngày" in words(operator.get(HERE).text)
    again = operator.post(here, data={"act": "separate"})
    assert again.status_code == 409
    assert "Tin này không ở trong nhóm nào" in again.text
    assert "Bỏ việc tách" in again.text
    assert operator.post(here, data={"act": "restore"}).status_code == 303
    assert "Cũng có ở" in page_of(client, mine)


def test_what_reads_alike_is_found_once_and_judged(
    operator: TestClient, application: FastAPI, database: Database, partner: Partner, two: tuple[Listing, Listing]
) -> None:
    mine, _theirs = two
    other = much_alike(database, partner)
    read_on(database)
    index_everything(application, database)
    here = f"{HERE}/{mine.public_id}"
    assert operator.post(f"{here}/look").status_code == 303
    with database.read_only() as session:
        # The one that shares its number is in its cluster already.
        pairs = session.scalars(select(ClusterSuggestion)).all()
    assert [{one.listing_id, one.other_id} for one in pairs] == [{mine.id, other.id}]
    waiting = operator.get(f"{HERE}?view=open").text
    assert "Tiêu đề chung 100 % số chữ" in words(waiting)
    assert operator.post(here, data={"act": "dismiss", "other": other.public_id}).status_code == 303
    assert "Không có gợi ý nào ở đây" in operator.get(f"{HERE}?view=open").text
    assert "Xét lại" in operator.get(f"{HERE}?view=dismissed").text
    assert operator.post(here, data={"act": "reopen", "other": other.public_id}).status_code == 303
    address = f"http://testserver/vi/listings/{other.slug}-{other.public_id}?x=1"
    assert operator.post(here, data={"act": "join", "other": address}).status_code == 303
    with database.read_only() as session:
        assert len(session.scalars(select(ClusterMember)).all()) == 3


def test_the_worker_looks_at_each_once(
    application: FastAPI, database: Database, settings: Settings, partner: Partner, two: tuple[Listing, Listing]
) -> None:
    other = much_alike(database, partner)
    # Of few words, so that everything fits it: called something else, it is not worth asking about.
    elsewhere = Elsewhere()
    take(database, partner, source(elsewhere), [elsewhere.raw("b", kind="patent", title="Máy b", summary="")])
    read_on(database)
    index_everything(application, database)
    context = JobContext(database, settings, uuid7(), 1, NOW)
    with count_queries(database) as sent:
        look_for_the_same(context, {})
    assert len(sent) <= 10, sent
    with database.read_only() as session:
        pairs = session.scalars(select(ClusterSuggestion)).all()
        looked = session.scalars(select(ClusterLook.listing_id)).all()
    assert [{one.listing_id, one.other_id} for one in pairs] == [{two[0].id, other.id}]
    assert pairs[0].score == 100
    assert len(looked) == 3
    with count_queries(database) as sent:
        look_for_the_same(context, {})
    assert len(sent) <= 3, sent


def test_what_cannot_be_is_told_at_the_field_and_kept(
    operator: TestClient, database: Database, two: tuple[Listing, Listing]
) -> None:
    mine, theirs = two
    here = f"{HERE}/{mine.public_id}"
    unknown = operator.post(here, data={"act": "join", "other": "khong-co"})
    assert unknown.status_code == 422
    assert "Không có tin nào đang đăng với mã hoặc địa chỉ này." in unknown.text
    assert 'value="khong-co"' in unknown.text
    assert "Đó chính là tin này" in operator.post(here, data={"act": "join", "other": mine.public_id}).text
    assert operator.post(here, data={"act": "dismiss", "other": theirs.public_id}).status_code == 409
    assert operator.post(here, data={"act": "gì"}).status_code == 400
    assert operator.get(f"{HERE}/khongcotinna").status_code == 404


def test_for_operators_alone(application: FastAPI, database: Database, two: tuple[Listing, Listing]) -> None:
    somebody = signed_in(application, database, operator=False)
    here = f"{HERE}/{two[0].public_id}"
    assert [somebody.get(HERE).status_code, somebody.get(here).status_code] == [403, 403]
    assert somebody.post(here, data={"act": "separate"}).status_code == 403
    assert somebody.post(f"{here}/look").status_code == 403
