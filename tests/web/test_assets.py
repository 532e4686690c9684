"""Static files: hashed names, kept for long, compressed for who takes it."""

import re

import pytest
from fastapi.testclient import TestClient

from app.web.assets import BUILT, manifest, static
from tests.web.small_app import small_app


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(small_app())


def test_names_carry_a_hash_of_the_content() -> None:
    assert re.fullmatch(r"/static/app\.[0-9a-f]{10}\.css", static("app.css"))
    with pytest.raises(KeyError):
        static("nowhere.css")


@pytest.mark.parametrize(("accepted", "encoding"), [("br, gzip", "br"), ("gzip", "gzip"), ("", None)])
def test_texts_are_compressed_for_who_takes_it(client: TestClient, accepted: str, encoding: str | None) -> None:
    answer = client.get(static("app.css"), headers={"accept-encoding": accepted})
    assert answer.status_code == 200
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "Accept-Encoding"


def test_fonts_go_as_they_are(client: TestClient) -> None:
    answer = client.get(static("fonts/be-vietnam-pro-vietnamese-400.woff2"), headers={"accept-encoding": "br"})
    assert "content-encoding" not in answer.headers
    assert answer.content[:4] == b"wOF2"


@pytest.mark.parametrize("path", ["/static/nowhere.css", "/static/../../package.json", "/static/%2e%2e/package.json"])
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_style_sheets_name_built_fonts_only() -> None:
    css = (BUILT / manifest()["app.css"]).read_text("utf-8")
    fonts = re.findall(r'url\("([^"]+)"\)', css)
    assert set(fonts) == {name for key, name in manifest().items() if key.startswith("fonts/")}
    assert css.startswith("@layer tokens,base,parts,pages,print;")
    assert "/*" not in css
    assert "http" not in css.replace("http://www.w3.org", "").replace('^="http"', "")
