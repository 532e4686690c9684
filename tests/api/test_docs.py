"""The examples of docs/api.md are run: each curl is sent, the JSON behind it is what comes back."""

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from fastapi.testclient import TestClient
from httpx2 import Response

from app.errors import TechmartError
from app.settings import REPOSITORY
from tests.api.scene import Scene

TEXT = (REPOSITORY / "docs" / "api.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ANYTHING = "…"


def examples() -> Iterator[tuple[list[str], Any]]:
    """The commands of a block, and the answer shown for the last of them."""
    blocks = _BLOCK.findall(TEXT)
    for (kind, commands), (answer_kind, answer) in zip(blocks[::2], blocks[1::2], strict=True):
        assert (kind, answer_kind) == ("sh", "json")
        yield [line for line in commands.replace("\\\n", " ").splitlines() if line], json.loads(answer)


def send(client: TestClient, command: str, known: dict[str, str]) -> Response:
    """What a curl command would be answered."""
    for name, value in known.items():
        command = command.replace(f"${name}", value.replace('"', '\\"'))
    assert "$" not in command, command
    program, *words = shlex.split(command)
    assert program == "curl"
    method, address, body, headers = "", "", None, {}
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _colon, value = words.pop(0).partition(":")
            headers[name] = value.strip()
        elif word == "-d":
            body = words.pop(0).encode()
        elif word == "-X":
            method = words.pop(0)
        else:
            address = word
    parts = urlsplit(address)
    return client.request(
        method or ("POST" if body else "GET"), f"{parts.path}?{parts.query}", content=body, headers=headers
    )


def shows(shown: Any, answered: Any) -> bool:
    """Whether the answer has everything the example shows; “…” alone stands for anything, in a list for any items."""
    if shown == _ANYTHING:
        return True
    if isinstance(shown, dict):
        return isinstance(answered, dict) and all(
            name in answered and shows(value, answered[name]) for name, value in shown.items()
        )
    if isinstance(shown, list):
        if not isinstance(answered, list):
            return False
        if _ANYTHING not in shown or set(map(str, shown)) == {_ANYTHING}:
            return len(shown) == len(answered) and all(map(shows, shown, answered))
        return all(any(shows(one, other) for other in answered) for one in shown if one != _ANYTHING)
    return bool(shown == answered)


def test_the_examples_are_answered_as_shown(client: TestClient, scene: Scene) -> None:
    known = {
        "TECHMART": "http://testserver",
        "LISTING": scene.dryer.public_id,
        "NEED": scene.paint.public_id,
        "TOKEN": scene.token,
    }
    run = 0
    for commands, shown in examples():
        response = None
        for command in commands:
            response = send(client, command, known)
            answered = response.json()
            if isinstance(answered.get("next_cursor"), str):
                known["NEXT_CURSOR"] = answered["next_cursor"]
            if response.status_code == 201:
                known |= {"DRAFT": answered["id"], "ETAG": response.headers["etag"]}
            run += 1
        assert response is not None
        assert shows(shown, response.json()), f"{commands[-1]}\n{json.dumps(response.json(), ensure_ascii=False)}"
    assert run == 8


def test_every_cause_the_api_tells_is_in_the_table(client: TestClient) -> None:
    from app.api import faults  # noqa: F401 - makes its classes known

    def classes(of: type[TechmartError]) -> Iterator[type[TechmartError]]:
        for one in of.__subclasses__():
            yield one
            yield from classes(one)

    told = {
        one.code for one in classes(TechmartError) if one.__module__.startswith(("app.errors", "app.api", "app.search"))
    }
    # Of these, a program meets the ones that say more, or none at all.
    elsewhere = {"sign-in-required", "bad-query"}
    assert {code for code in told - elsewhere if f"`{code}`" not in TEXT} == set()


def test_every_address_is_mentioned(client: TestClient) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    for path in paths:
        last = path.rpartition("/")[2]
        assert f"/{last}" in TEXT or "{" in last, path


def test_what_an_example_shows_must_be_there() -> None:
    assert shows({"a": [1, "…"]}, {"a": [3, 1], "b": 2})
    assert not shows({"a": [2, "…"]}, {"a": [3, 1]})
    assert not shows({"a": ["…", "…"]}, {"a": [1]})
    assert not shows({"a": 1}, {"b": 1})
