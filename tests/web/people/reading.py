"""Reading pages the way a person does."""

import base64
import html
import json
import re

from fastapi.testclient import TestClient
from httpx2 import Response

_TAGS = re.compile(r"<(script|style|template)\b.*?</\1>|<[^>]*>", re.DOTALL)


def text_of(response: Response) -> str:
    """The words of the main part, in one line."""
    main = response.text.partition("<main")[2].partition("</main>")[0] or response.text
    return " ".join(html.unescape(_TAGS.sub(" ", "<main" + main)).split())


def value_of(response: Response, name: str) -> str | None:
    """What stands in the input of that name, in the main part of a page."""
    main = response.text.partition("<main")[2] or response.text
    tag = re.search(rf'<input[^>]*\bname="{re.escape(name)}"[^>]*>', main)
    found = re.search(r'\bvalue="([^"]*)"', tag.group()) if tag else None
    return html.unescape(found.group(1)) if found else None


def error_at(response: Response, path: str) -> str | None:
    """The message at a field, or None."""
    found = re.search(rf'id="f-{path.replace(".", "-")}-error">(.*?)</p>', response.text, re.DOTALL)
    return " ".join(html.unescape(_TAGS.sub(" ", found.group(1))).split()) if found else None


def flash_of(client: TestClient) -> str | None:
    """The line waiting to be shown on the next page."""
    raw = client.cookies.get("techmart_flash")
    return str(json.loads(base64.urlsafe_b64decode(raw.strip('"')))[1]) if raw else None
