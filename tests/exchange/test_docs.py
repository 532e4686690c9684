"""The examples of the page for partners, in both languages, and the addresses of the documentation are tried."""

import json
import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.database import Database
from app.settings import REPOSITORY, Settings
from app.web.storefront.texts import read_text
from tests import factories
from tests.api.test_docs import send, shows
from tests.browser.driving import served
from tests.exchange.conftest import KeyOf

Give = Callable[[], None]
_BLOCK = re.compile(r"^```(sh|json|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def shared(database: Database, give: Give) -> None:
    with database.unit_of_work() as session:
        factories.listing(session, of=factories.organisation(session), kind="equipment")
    give()


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_the_examples_of_the_page_work(
    application: FastAPI, client: TestClient, settings: Settings, shared: None, key_of: KeyOf, locale: str
) -> None:
    known = {"KEY": key_of()["Authorization"].removeprefix("Bearer ")}
    text = read_text("exchange", version="current", locale=locale, settings=settings)
    answer = None
    seen = []
    for kind, block in _BLOCK.findall(text):
        seen.append(kind)
        if kind == "sh":
            answer = send(client, block.strip(), known)
            assert answer.status_code in {200, 201}, answer.text
        elif kind == "json":
            assert answer is not None
            assert shows(json.loads(block), answer.json())
        else:
            with served(application) as base:
                exec(compile(block.replace(settings.base_url, base), "example", "exec"), {})
    assert seen == ["sh", "sh", "json", "python", "sh"]


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_the_addresses_that_the_page_leads_to_are_there(
    client: TestClient, settings: Settings, shared: None, locale: str
) -> None:
    page = client.get(f"/{locale}/exchange")
    assert page.status_code == 200
    found = set(re.findall(r'href="(?:http://testserver)?(/(?:oai|exchange|\.well-known)[^"]*)"', page.text))
    assert len(found) == 9
    # There is no snapshot until the worker took one.
    for path in found - {"/exchange/v1/snapshots/latest"}:
        assert client.get(path.replace("&amp;", "&")).status_code == 200, path


def test_the_addresses_in_the_documentation_are_told_by_discovery(client: TestClient) -> None:
    text = "".join((REPOSITORY / "docs" / f"{name}.md").read_text("utf-8") for name in ("exchange", "partners"))
    endpoints = client.get("/.well-known/techmart-exchange").json()["endpoints"].values()
    for address in endpoints:
        path = address.removeprefix("http://testserver").partition("?")[0]
        assert path in text or path.startswith(("/api/", "/vi/")), path
