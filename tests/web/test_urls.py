"""Addresses by name, in the reader's language."""

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import NoMatchFound

from app.web.context import current_request, locale_of
from app.web.urls import absolute, alternates, has_route, query_string, url
from tests.web.small_app import asking


def test_addresses_are_in_the_language_of_the_page() -> None:
    def here() -> JSONResponse:
        return JSONResponse(
            {
                "path": url("listing", slug="may-say", public_id="b123"),
                "query": url("here", q="máy sấy", kind=["technology", "patent"], page=None, region=""),
                "both": url("listing", slug="a b?", public_id="x", tab=2),
                "absolute": absolute(url("here")),
                "known": [has_route("listing"), has_route("deals")],
            }
        )

    client = asking(here, listing="/listings/{slug}-{public_id}")
    assert client.get("/vi/here").json() == {
        "path": "/vi/listings/may-say-b123",
        "query": "/vi/here?q=m%C3%A1y+s%E1%BA%A5y&kind=technology&kind=patent",
        "both": "/vi/listings/a%20b%3F-x?tab=2",
        "absolute": "https://techmart.test/vi/here",
        "known": [True, False],
    }
    assert client.get("/en/here").json()["path"] == "/en/listings/may-say-b123"


def test_an_unknown_name_or_a_missing_parameter_is_refused() -> None:
    def here() -> JSONResponse:
        with pytest.raises(NoMatchFound):
            url("nowhere")
        with pytest.raises(NoMatchFound):
            url("listing", slug="may-say")
        return JSONResponse({})

    assert asking(here, listing="/listings/{slug}-{public_id}").get("/vi/here").status_code == 200


def test_the_other_language_is_the_same_page_with_its_query() -> None:
    def here() -> JSONResponse:
        return JSONResponse(alternates())

    client = asking(here, listing="/listings/{slug}")
    assert client.get("/vi/here?q=a&q=b").json() == {"vi": "/vi/here?q=a&q=b", "en": "/en/here?q=a&q=b"}
    assert client.get("/en/listings/m%C3%A1y").json() == {
        "vi": "/vi/listings/m%C3%A1y",
        "en": "/en/listings/m%C3%A1y",
    }


def test_without_a_request_there_are_no_addresses() -> None:
    with pytest.raises(LookupError, match="no request"):
        current_request()


@pytest.mark.parametrize(
    ("path", "locale"),
    [("/vi/", "vi"), ("/vi", "vi"), ("/en/search", "en"), ("/", None), ("/vietnam", None), ("/fr/", None), ("", None)],
)
def test_the_first_part_of_the_address_names_the_language(path: str, locale: str | None) -> None:
    assert locale_of(path) == locale


def test_queries_leave_out_what_is_empty() -> None:
    assert query_string({"a": 1, "b": "", "c": None, "d": False, "e": True, "f": ("x", "")}) == "?a=1&e=1&f=x"
    assert query_string({"a": None}) == ""


def test_the_api_speaks_the_language_it_is_asked_for() -> None:
    from app.web.context import language_for

    def asked(path: str, header: str) -> str:
        scope = {"type": "http", "path": path, "headers": [(b"accept-language", header.encode())], "query_string": b""}
        return language_for(Request({**scope, "scheme": "http", "server": ("testserver", 80)}))

    assert asked("/api/v1/listings", "en-GB,en;q=0.9") == "en"
    assert asked("/api/v1/listings", "fr") == "vi"
    assert asked("/api/v1/listings", "en;q=0.3, vi;q=0.8") == "vi"
    assert asked("/vi/search", "en") == "vi"
    assert asked("/sitemap.xml", "en") == "vi"
