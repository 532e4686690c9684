"""How many statements each call sends: stated here, and the same however long the answer is."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.database import Database
from app.reference import current
from tests import factories
from tests.api.scene import Scene, bearer, classify, index
from tests.query_budget import count_queries

BUDGETS: dict[str, tuple[int, Callable[[Scene], str]]] = {
    "search": (2, lambda scene: "/api/v1/listings?q=m%C3%A1y&limit=100"),
    "next page": (2, lambda scene: "/api/v1/listings?cursor=ffffffff-0&limit=100"),
    "external id": (3, lambda scene: "/api/v1/listings?external_id=SAY-01"),
    "record": (3, lambda scene: f"/api/v1/listings/{scene.dryer.public_id}"),
    "gone": (2, lambda scene: f"/api/v1/listings/{scene.withdrawn.public_id}"),
    "matches": (6, lambda scene: f"/api/v1/listings/{scene.paint.public_id}/matches?limit=50"),
    "similar": (4, lambda scene: f"/api/v1/listings/{scene.dryer.public_id}/similar?limit=50"),
    "organisations": (6, lambda scene: f"/api/v1/listings/{scene.paint.public_id}/organisations"),
    "suggest": (0, lambda scene: "/api/v1/suggest?q=m"),
    "tables": (0, lambda scene: "/api/v1/reference"),
    "table": (0, lambda scene: "/api/v1/reference/ipc"),
    "organisation": (2, lambda scene: f"/api/v1/organisations/{scene.institute.public_id}"),
    "document": (0, lambda scene: "/api/v1/openapi.json"),
}
# With a token, one more to know whose it is.
WITH_TOKEN: dict[str, tuple[int, Callable[[Scene], str]]] = {
    "own": (2, lambda scene: "/api/v1/me/listings?limit=100"),
    "own record": (4, lambda scene: f"/api/v1/listings/{scene.draft.public_id}"),
    "history": (3, lambda scene: f"/api/v1/listings/{scene.draft.public_id}/history"),
}


@pytest.fixture
def settled(database: Database, scene: Scene) -> Scene:
    """What a process asks for once in fifteen seconds, it has asked for."""
    with database.read_only() as session:
        current.refresh(session)
    return scene


def more(application: FastAPI, database: Database, scene: Scene) -> None:
    """Twenty more of everything that lists may hold."""
    with database.unit_of_work() as session:
        for number in range(20):
            of = scene.institute if number % 2 else factories.organisation(session)
            made = factories.listing(session, of=of, title=f"Máy sấy gỗ bơm nhiệt {number}")
            classify(session, made, ("research-field", "2025", "203"), ("ipc", "2023.01", "F26"))
            factories.listing(session, of=scene.institute, state="draft")
    index(application, database)


@pytest.mark.parametrize("name", BUDGETS)
def test_reading_keeps_its_budget_however_much_there_is(
    application: FastAPI, client: TestClient, database: Database, settled: Scene, name: str
) -> None:
    budget, path = BUDGETS[name]
    with count_queries(database) as few:
        client.get(path(settled))
    more(application, database, settled)
    with count_queries(database) as many:
        client.get(path(settled))
    assert (len(few), len(many)) == (budget, budget), many


@pytest.mark.parametrize("name", WITH_TOKEN)
def test_ones_own_keeps_its_budget_too(
    application: FastAPI, client: TestClient, database: Database, settled: Scene, name: str
) -> None:
    budget, path = WITH_TOKEN[name]
    client.get("/api/v1/reference", headers=bearer(settled.token))
    with count_queries(database) as few:
        client.get(path(settled), headers=bearer(settled.token))
    more(application, database, settled)
    with count_queries(database) as many:
        client.get(path(settled), headers=bearer(settled.token))
    assert (len(few), len(many)) == (budget, budget), many
