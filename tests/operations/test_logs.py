import io
import json
import logging
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.requests import Request

from app.operations import logs
from app.settings import Settings


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """The root logger, put back as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def lines_of(settings: Settings) -> io.StringIO:
    stream = io.StringIO()
    logs.configure(settings, stream=stream)
    return stream


def site() -> FastAPI:
    app = FastAPI()

    @app.get("/vi/listings/{slug}-{public_id}")
    def listing(slug: str, public_id: str) -> str:
        return public_id

    @app.get("/vi/confirm/{token}")
    def confirm(token: str) -> str:
        logging.getLogger("app.test").info("confirmed for lan.nguyen@example.vn")
        return token

    @app.get("/fails")
    def fails(request: Request) -> str:
        raise LookupError("no entry for lan.nguyen@example.vn")

    app.add_middleware(logs.RequestLog)
    return app


def test_a_request_is_one_line_with_the_id_its_answer_carries(root_logger: logging.Logger) -> None:
    stream = lines_of(Settings(log_format="text"))
    answer = TestClient(site()).get("/vi/listings/may-say-b7k2m9x4q1wz?q=lan")
    (line,) = [line for line in stream.getvalue().splitlines() if "GET" in line]
    assert " info    GET /vi/listings/may-say-b7k2m9x4q1wz 200 " in line
    assert line.endswith(f"[{answer.headers['X-Request-ID']}]")
    assert "q=lan" not in stream.getvalue()


def test_tokens_in_paths_and_addresses_of_people_are_not_written(root_logger: logging.Logger) -> None:
    stream = lines_of(Settings(log_format="text"))
    TestClient(site()).get("/vi/confirm/eyJhbGciOi")
    assert "GET /vi/confirm/{token} 200" in stream.getvalue()
    assert "eyJhbGciOi" not in stream.getvalue()
    assert "confirmed for <e-mail>" in stream.getvalue()
    assert "lan.nguyen" not in stream.getvalue()


def test_of_an_unknown_path_only_the_first_part_is_written(root_logger: logging.Logger) -> None:
    stream = lines_of(Settings(log_format="text"))
    TestClient(site()).get("/wp-admin/lan.nguyen/secret")
    assert "GET /wp-admin/… 404" in stream.getvalue()
    assert "secret" not in stream.getvalue()


def test_json_lines_hold_the_same_with_figures_apart(root_logger: logging.Logger) -> None:
    stream = lines_of(Settings(log_format="json"))
    answer = TestClient(site(), raise_server_exceptions=False).get("/fails")
    entries = [json.loads(line) for line in stream.getvalue().splitlines()]
    (entry,) = [entry for entry in entries if entry["logger"] == "techmart.request"]
    assert answer.status_code == 500
    assert (entry["level"], entry["method"], entry["path"], entry["status"]) == ("error", "GET", "/fails", 500)
    assert entry["at"].endswith("Z")
    assert len(entry["request_id"]) == 12
    assert "lan.nguyen" not in stream.getvalue()


def test_a_traceback_is_kept_and_cleaned(root_logger: logging.Logger) -> None:
    stream = lines_of(Settings(log_format="json"))
    try:
        raise LookupError("no entry for lan.nguyen@example.vn")
    except LookupError:
        logging.getLogger("app.test").exception("failed")
    fault = json.loads(stream.getvalue())["fault"]
    assert fault.startswith("Traceback")
    assert fault.endswith("LookupError: no entry for <e-mail>")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("postgresql://app:hunter2@db.example:5432/x", "postgresql://app:<secret>@db.example:5432/x"),
        ("Authorization: Bearer abc.def-ghi123", "Authorization: Bearer <secret>"),
        ("password='hunter2' user=x", "password='<secret>' user=x"),
        ("DETAIL:  Key (phone)=(0901 234 567) already exists.", "DETAIL:  Key (phone)=(<value>) already exists."),
        ("DETAIL:  Failing row contains (1, Lan, 0901).", "DETAIL:  Failing row contains (<values>)."),
        ("the token bucket is full", "the token bucket is full"),
        ("listing b7k2m9x4q1wz published", "listing b7k2m9x4q1wz published"),
    ],
)
def test_what_slips_into_a_message_is_taken_out(text: str, clean: str) -> None:
    assert logs.without_secrets(text) == clean


def test_figures_are_kept_by_route_not_by_address() -> None:
    scope = {"path": "/vi/listings/x-b7k2m9x4q1wz", "route": object(), "path_params": {"public_id": "b7k2m9x4q1wz"}}
    assert logs.route_label(scope) == "/vi/listings/x-{public_id}"
    assert logs.route_label({"path": "/anything/at/all"}) == "none"
    assert logs.route_label({"path": "/static/app.1234.css"}) == "/static/{path}"


@pytest.mark.parametrize(("no_colour", "force"), [("1", ""), ("1", "1"), ("", "")])
def test_no_colour_goes_into_a_file(no_colour: str, force: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", no_colour)
    monkeypatch.setenv("FORCE_COLOR", force)
    assert not logs.wants_colour(io.StringIO())
