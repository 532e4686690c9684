"""Changing requests that another site started are refused; programs and our own pages are not."""

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse

from tests.web.small_app import small_app

OURS, OTHER, SIBLING = "https://techmart.test", "https://bad.example", "https://shop.techmart.test"


@pytest.fixture
def client() -> TestClient:
    router = APIRouter()
    for method in ("GET", "POST", "DELETE"):
        router.add_api_route("/thing", lambda: PlainTextResponse("done"), methods=[method])
    return TestClient(small_app(router), base_url=OURS)


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin", "origin": OURS}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site", "origin": OTHER}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site", "origin": SIBLING}, False),
        ({"origin": OURS}, True),
        ({"origin": OTHER}, False),
        ({"origin": SIBLING}, False),
        ({"origin": "null"}, False),
        # Behind a proxy that changes the host, our own public address is still ours.
        ({"origin": OURS, "host": "10.0.0.7:8000"}, True),
        ({"origin": "http://10.0.0.7:8000", "host": "10.0.0.7:8000"}, True),
    ],
)
def test_the_browser_says_where_a_change_came_from(
    client: TestClient, headers: dict[str, str], *, allowed: bool
) -> None:
    for method in ("POST", "DELETE"):
        answer = client.request(method, "/vi/thing", headers=headers)
        assert answer.status_code == (200 if allowed else 403)
        assert ("done" in answer.text) is allowed


def test_reading_is_never_refused(client: TestClient) -> None:
    assert client.get("/vi/thing", headers={"sec-fetch-site": "cross-site", "origin": OTHER}).status_code == 200


def test_the_refusal_is_a_page_in_the_language_of_the_address(client: TestClient) -> None:
    refused = client.post("/en/thing", headers={"sec-fetch-site": "cross-site"})
    assert "The request came from another site and was refused" in refused.text
    assert '<html lang="en"' in refused.text
