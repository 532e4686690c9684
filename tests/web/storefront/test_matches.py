"""What fits a listing on its public page: kept matches, organisations behind them, and similar listings."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.database import Database
from app.models import Listing, Organisation
from app.search.match_keeper import keep_up
from app.search.service import engine_of
from tests import factories
from tests.indexing import index_everything
from tests.query_budget import count_queries
from tests.search.keeping import DRYER, NEED, WELD

BUDGET = 9


def publish(database: Database, of: Organisation, texts: dict[str, str], **given: str) -> Listing:
    with database.unit_of_work() as session:
        return factories.listing(session, of=of, **texts | {"benefit": ""} | given)


@pytest.fixture
def kept(application: FastAPI, database: Database) -> dict[str, Listing]:
    """A need, two dryers of one institute and a welding robot, matched as the worker would."""
    with database.unit_of_work() as session:
        institute = factories.organisation(session, name="Viện Sấy Bến Cát")
        firm = factories.organisation(session, name="Hợp tác xã Trái Ngọt")
    made = {
        "need": publish(database, firm, NEED, kind="need"),
        "dryer": publish(database, institute, DRYER),
        "other": publish(database, institute, DRYER, title="Sấy chuối và xoài bằng năng lượng mặt trời"),
        "robot": publish(database, institute, WELD),
    }
    for number in range(12):
        publish(database, firm, WELD, title=f"Robot hàn khung số {number}")
    index_everything(application, database)
    keep_up(database, engine_of(application))
    return made


def address(listing: Listing) -> str:
    return f"/vi/listings/{listing.slug}-{listing.public_id}"


def test_a_need_shows_what_is_kept_and_the_organisations_behind_it(
    client: TestClient, database: Database, kept: dict[str, Listing], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_given: object) -> None:
        raise AssertionError("what is kept needs no engine")

    monkeypatch.setattr(type(engine_of(client.app)), "candidates", away)
    with count_queries(database) as sent:
        page = client.get(address(kept["need"])).text
    assert len(sent) <= BUDGET, sent
    assert "Máy sấy bơm nhiệt cho chuối và xoài" in page
    assert "Robot hàn" not in page
    assert "Đơn vị có thể giải" in page
    assert "2 mục phù hợp" in page
    assert "Viện Sấy Bến Cát" in page


def test_an_offer_shows_the_needs_it_is_kept_for(client: TestClient, kept: dict[str, Listing]) -> None:
    page = client.get(address(kept["dryer"])).text
    assert "Cần sấy chuối và xoài giữ màu" in page
    assert "Đơn vị có thể giải" not in page
    assert "Cần sấy chuối" not in client.get(address(kept["robot"])).text


def test_similar_listings_stand_on_the_page_by_themselves_and_on_one_of_their_own(
    client: TestClient, database: Database, kept: dict[str, Listing]
) -> None:
    dryer = kept["dryer"]
    page = client.get(address(dryer)).text
    fragment = f"/vi/fragments/listings/{dryer.public_id}/similar"
    assert fragment in page
    assert f"/vi/listings/{dryer.public_id}/similar" in page
    for path in (fragment, f"/vi/listings/{dryer.public_id}/similar"):
        with count_queries(database) as sent:
            found = client.get(path)
        assert found.status_code == 200
        assert len(sent) <= BUDGET, sent
        assert "năng lượng mặt trời" in found.text
        assert "Cần sấy" not in found.text
    assert client.get("/vi/listings/bbbbbbbbbbbb/similar").status_code == 404
