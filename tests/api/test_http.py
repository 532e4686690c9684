"""What HTTP asks: methods, bodies, languages, reading by other sites, the form of faults."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.database import Database
from app.main import build
from app.settings import Settings
from tests.api.scene import Scene, bearer

LISTINGS = "/api/v1/listings"


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        (LISTINGS, "GET, HEAD, OPTIONS, POST"),
        (f"{LISTINGS}/b00000000000", "GET, HEAD, OPTIONS, PATCH"),
        (f"{LISTINGS}/b00000000000/submit", "OPTIONS, POST"),
        ("/api/v1/me/listings", "GET, HEAD, OPTIONS"),
        ("/api/v1/openapi.json", "GET, HEAD, OPTIONS"),
    ],
)
def test_other_methods_are_refused_with_those_there_are(client: TestClient, path: str, allow: str) -> None:
    refused = client.delete(path)
    assert (refused.status_code, refused.headers["allow"]) == (405, allow)
    assert refused.json()["type"] == "urn:techmart:problem:method-not-allowed"
    options = client.options(path)
    assert (options.status_code, options.headers["allow"], options.content) == (204, allow, b"")


def test_head_is_get_without_the_body(client: TestClient, scene: Scene) -> None:
    for path in (LISTINGS, f"{LISTINGS}/{scene.dryer.public_id}", f"{LISTINGS}/b00000000000"):
        get, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        for name in ("content-length", "content-type", "vary"):
            assert head.headers[name] == get.headers[name]
    assert client.head(f"{LISTINGS}/{scene.dryer.public_id}/submit").status_code == 405


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/", "/api/v1/boats", "/api/v2/listings"])
def test_an_address_nobody_has_is_a_problem_document(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "urn:techmart:problem:not-found",
        "title": "Không tìm thấy",
        "status": 404,
        "instance": path,
    }


def test_pages_of_other_sites_may_read_what_is_public(client: TestClient, scene: Scene) -> None:
    elsewhere = {"Origin": "https://example.org"}
    for path in (LISTINGS, f"{LISTINGS}/b00000000000", f"{LISTINGS}?limit=0", "/api/v1/boats"):
        response = client.get(path, headers=elsewhere)
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers
    assert "ETag" in client.get(LISTINGS, headers=elsewhere).headers["access-control-expose-headers"]
    asked = elsewhere | {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "if-none-match"}
    preflight = client.options(LISTINGS, headers=asked)
    assert preflight.headers["access-control-allow-methods"] == "GET, HEAD"
    assert preflight.headers["access-control-allow-headers"] == "Accept-Language, If-None-Match"
    closed = client.options(f"{LISTINGS}/b00000000000/submit", headers=elsewhere)
    assert "access-control-allow-origin" not in closed.headers
    refused = client.post(LISTINGS, json={"kind": "service"}, headers=bearer(scene.token) | elsewhere)
    assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (403, False)


@pytest.mark.parametrize(
    ("accept", "language", "title"),
    [
        ("", "vi", "Không tìm thấy"),
        ("en", "en", "Not found"),
        ("en-US,en;q=0.9,vi;q=0.8", "en", "Not found"),
        ("vi,en;q=0.9", "vi", "Không tìm thấy"),
        ("fr, de;q=0.9", "vi", "Không tìm thấy"),
        ("fr, en;q=0.1", "en", "Not found"),
    ],
)
def test_faults_are_told_in_the_language_asked_for(client: TestClient, accept: str, language: str, title: str) -> None:
    response = client.get(f"{LISTINGS}/b00000000000", headers={"Accept-Language": accept})
    assert response.json()["title"] == title
    assert response.headers["content-language"] == language
    assert "Accept-Language" in response.headers["vary"]


def test_a_body_is_json_of_bounded_size(client: TestClient, scene: Scene) -> None:
    mine = bearer(scene.token)
    plain = client.post(LISTINGS, content=b'{"kind": "service"}', headers=mine | {"Content-Type": "text/plain"})
    assert (plain.status_code, plain.json()["type"]) == (415, "urn:techmart:problem:unsupported-media-type")
    assert plain.json()["detail"] == "Hãy gửi nội dung kiểu application/json"
    assert client.post(LISTINGS, headers=mine).status_code == 415
    typed = mine | {"Content-Type": "application/json; charset=utf-8"}
    assert client.post(LISTINGS, content=b'{"kind": "service"}', headers=typed).status_code == 201
    for broken in (b"", b"{", b'{"kind": "service"} x', b'{"title": "\\ud800", "kind": "service"}', b"\xff"):
        response = client.post(LISTINGS, content=broken, headers=typed)
        assert (response.status_code, response.json()["type"]) == (400, "urn:techmart:problem:bad-request"), broken
    large = client.post(LISTINGS, content=b" " * (1024 * 1024 + 1), headers=typed)
    assert (large.status_code, large.json()["type"]) == (413, "urn:techmart:problem:too-large")


@pytest.fixture
def strict(database: Database, settings: Settings) -> Iterator[TestClient]:
    """An application that counts requests."""
    application: FastAPI = build(settings.model_copy(update={"rate_limits": "on"}), database=database)
    with TestClient(application, follow_redirects=False) as client:
        yield client


def test_too_many_changes_are_told_when_to_go_on(strict: TestClient) -> None:
    # “confirm” is among what is counted as signing in on pages; here it is a change like any other.
    address = f"{LISTINGS}/b00000000000/confirm"
    statuses = [strict.post(address).status_code for _ in range(121)]
    assert statuses[:100] == [401] * 100
    refused = strict.post(address, headers={"Accept-Language": "en"})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.json()["type"] == "urn:techmart:problem:rate-limited"
