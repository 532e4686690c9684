"""Error pages say what happened and lead on, in both languages."""

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient

from app import errors
from app.errors import TechmartError
from tests.web.small_app import small_app

FAULTS: dict[str, TechmartError] = {
    "bad-request": errors.BadRequest(),
    "sign-in": errors.SignInRequired(),
    "forbidden": errors.Forbidden(),
    "missing": errors.NotFound(),
    "conflict": errors.Conflict(),
    "gone": errors.Gone(),
    "stale": errors.StaleVersion(),
    "large": errors.TooLarge(),
    "invalid": errors.Invalid({"price.from": "Hãy điền mục này."}),
    "limited": errors.RateLimited(30),
    "fault": TechmartError(),
    "busy": errors.Unavailable(),
}


@pytest.fixture(scope="module")
def client() -> TestClient:
    router = APIRouter()

    @router.get("/fail/{name}")
    def fail(name: str) -> None:
        raise FAULTS[name]

    @router.get("/search", name="search")
    def search() -> None:
        raise errors.NotFound

    @router.get("/", name="home")
    def home() -> None:
        raise errors.NotFound

    return TestClient(small_app(router), base_url="https://techmart.test")


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_has_its_page(client: TestClient, name: str, locale: str) -> None:
    fault = FAULTS[name]
    page = client.get(f"/{locale}/fail/{name}")
    assert page.status_code == fault.status
    assert f'<html lang="{locale}"' in page.text
    assert page.headers["cache-control"] == "private, no-store"
    assert '<meta name="robots" content="noindex">' in page.text
    assert f'href="/{locale}/"' in page.text, "a way on"
    if locale == "vi":
        assert f"<h1>{fault.title}</h1>" in page.text
        assert f"Lỗi {fault.status}" in page.text
    else:
        assert f"Error {fault.status}" in page.text
        assert fault.title not in page.text


def test_waiting_times_are_told_to_people_and_programs(client: TestClient) -> None:
    page = client.get("/vi/fail/limited")
    assert page.headers["retry-after"] == "30"
    assert "Có thể thử lại sau 30 giây." in page.text
    assert "You can try again in 30 seconds." in client.get("/en/fail/limited").text


def test_what_was_wrong_with_a_form_is_listed(client: TestClient) -> None:
    assert "<li>Please fill this in.</li>" in client.get("/en/fail/invalid").text


def test_a_mistyped_address_leads_to_the_search(client: TestClient) -> None:
    assert 'href="/vi/search">Tìm trên sàn</a>' in client.get("/vi/fail/missing").text


def test_the_number_of_an_internal_fault_is_shown() -> None:
    from starlette.requests import Request

    from app.web.errors import error_response

    app = small_app()
    scope = {
        "type": "http", "method": "GET", "path": "/vi/x", "query_string": b"", "headers": [], "app": app,
        "scheme": "https", "server": ("techmart.test", 443), "state": {},
    }  # fmt: skip
    page = error_response(Request(scope), TechmartError(), reference="ab12cd34")
    assert b"<b>ab12cd34</b>" in page.body
