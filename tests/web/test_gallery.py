"""The page of all parts, and what a first visit weighs."""

from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from app.settings import Settings
from app.web import gallery
from app.web.assets import BUILT, manifest
from tests.web.small_app import small_app

# Bytes as sent. A page of ordinary length is less than 8 kB of compressed HTML.
FIRST_VISIT = 100_000
ORDINARY_PAGE = 8_000
# What every page loads: the faces of weight 700 are asked for only where something is set in them.
LOADED = ("app.css", "htmx.js", "app.js", "theme.js", "images/icon.svg")
FACES = ("vietnamese-400", "latin-400", "vietnamese-600", "latin-600")


class Page(HTMLParser):
    """The ids, references and attributes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.references: set[str] = set()
        self.forbidden: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        for name in ("for", "aria-labelledby", "aria-describedby", "popovertarget", "list"):
            self.references.update(given.get(name, "").split())
        self.forbidden += [name for name in given if name == "style" or name.startswith("on")]


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(small_app(gallery.router))


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_all_parts_render(client: TestClient, locale: str) -> None:
    answer = client.get(f"/{locale}/_parts")
    assert answer.status_code == 200
    page = Page(answer.text)
    assert sorted(set(page.ids)) == sorted(page.ids), "ids are unique"
    assert page.references - set(page.ids) == set(), "labels and descriptions point at something"
    assert page.forbidden == [], "the content security policy refuses inline styles and handlers"


def test_in_production_there_is_no_such_page() -> None:
    client = TestClient(small_app(gallery.router, settings=Settings(environment="production")))
    assert client.get("/vi/_parts").status_code == 404


def test_what_every_page_loads_leaves_it_room() -> None:
    built = manifest()
    loaded = sum((BUILT / f"{built[name]}.br").stat().st_size for name in LOADED)
    loaded += sum((BUILT / built[f"fonts/be-vietnam-pro-{name}.woff2"]).stat().st_size for name in FACES)
    assert loaded + ORDINARY_PAGE < FIRST_VISIT
