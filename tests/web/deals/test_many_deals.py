"""Lists stay as cheap as they are with ten thousand deals and ten thousand cases: queries, and what the plan reads."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.database import Database
from app.models import Person
from tests import factories
from tests.features.deals.many import copy_deals
from tests.features.deals.scene import agreed
from tests.features.enquiries.scene import Scene
from tests.query_budget import count_queries
from tests.web.enquiries.conftest import Browser, _fixed_moment, browser, buyer, scene

__all__ = ["_fixed_moment", "browser", "buyer", "scene"]

MANY = 10_000


def rows_read(database: Database, statement: str) -> int:
    """How many rows the plan's deepest scans gave, as the server counted them."""
    with database.engine.connect() as connection:
        (plan,) = connection.execute(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")).scalars()
    read = 0

    def walk(node: dict[str, object]) -> None:
        nonlocal read
        parts = node.get("Plans", [])
        if not parts:
            read += int(node["Actual Rows"]) * int(node["Actual Loops"])  # type: ignore[call-overload]
        for one in parts:  # type: ignore[attr-defined]
            walk(one)

    walk(plan[0]["Plan"])
    return read


@pytest.fixture
def many_deals(database: Database, scene: Scene) -> None:
    agreed(database, scene)
    copy_deals(database, MANY - 1)
    with database.engine.begin() as connection:
        connection.execute(text("ANALYZE deal"))


@pytest.mark.usefixtures("many_deals")
def test_the_list_of_deals_asks_no_more_with_ten_thousand(database: Database, scene: Scene, buyer: Browser) -> None:
    with count_queries(database) as sent:
        page = buyer.page("/vi/desk/deals")
    assert len(sent) <= 4, sent
    assert page.count('class="enquiry-row"') == 20
    pages = [page]
    for _next in range(3):
        after = pages[-1].split('rel="next"')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
        with count_queries(database) as sent:
            pages.append(buyer.page(after))
        assert len(sent) <= 4, sent
    numbers = [one for page in pages for one in page.split("<span>TV-2026-")[1:]]
    assert len({one[:6] for one in numbers}) == 80
    statement = (
        f"SELECT * FROM deal WHERE buyer_organisation_id = '{scene.buyer_organisation.id}' "
        "ORDER BY updated_at DESC, id DESC LIMIT 21"
    )
    assert rows_read(database, statement) == 21, "the index gives the order"


@pytest.mark.usefixtures("many_deals")
def test_figures_and_calendar_of_ten_thousand_take_the_same_queries(
    database: Database, scene: Scene, buyer: Browser, browser: Callable[[Person | None], Browser]
) -> None:
    with database.read_only() as session:
        operator = browser(session.query(Person).filter_by(is_operator=True).one())
    for path, most in (("/vi/desk/deals", 6), ("/vi/desk/figures", 8)):
        with count_queries(database) as sent:
            operator.page(path)
        assert len(sent) <= most, sent


def test_the_board_asks_no_more_with_ten_thousand_cases(
    database: Database, scene: Scene, browser: Callable[[Person | None], Browser]
) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session, email="moigioi@so.test", name="Trần Môi Giới")
        person.is_broker = True
    broker = browser(person)
    with database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO broker_case (id, public_id, kind, state, title, next_step, opened_at, updated_at, "
                "version, taken_by_id) SELECT gen_random_uuid(), 'c' || lpad(n::text, 11, '0'), "
                "CASE n % 3 WHEN 0 THEN 'call' WHEN 1 THEN 'no_answer' ELSE 'dispute' END, "
                "CASE WHEN n % 2 = 0 THEN 'open' ELSE 'taken' END, 'Việc ' || n, '', now() - n * interval '1 minute', "
                "now(), 1, CASE WHEN n % 2 = 0 THEN NULL ELSE CAST(:person AS uuid) END "
                "FROM generate_series(1, :many) AS n"
            ),
            {"many": MANY, "person": str(person.id)},
        )
        connection.execute(text("ANALYZE broker_case"))
    for show in ("open", "mine", "taken", "closed"):
        with count_queries(database) as sent:
            page = broker.page(f"/vi/desk/cases?show={show}")
        assert len(sent) <= 4, sent
        assert page.count('class="enquiry-row"') == (0 if show == "closed" else 20)
    assert "5.000" in broker.page("/vi/desk/cases")
    statement = "SELECT * FROM broker_case WHERE state = 'open' ORDER BY opened_at, id LIMIT 21"
    assert rows_read(database, statement) == 21, "the index gives the order"
