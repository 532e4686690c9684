"""The recordings of exchanges with a Meilisearch server."""

from pathlib import Path

import pytest
import requests

from tests.search import exchanges
from tests.search.exchanges import Player, Recorder, Recording, Tape, UnknownRequest
from tests.search.local_server import LocalServer, running


def ask(session: requests.Session, server: LocalServer, body: dict[str, int]) -> object:
    return session.post(f"{server.url}/multi-search", json=body, timeout=5).json()


def test_what_was_recorded_is_played_back_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "FOLDER", tmp_path)
    numbers = iter(range(10))
    tape = Tape()
    with running(lambda _asked: (200, {"number": next(numbers), "processingTimeMs": 3})) as server:
        with requests.Session() as session:
            session.mount("http://", Recorder(tape))
            told = [ask(session, server, {"q": 1}), ask(session, server, {"q": 2}), ask(session, server, {"q": 1})]
        assert told == [{"number": number, "processingTimeMs": 3} for number in range(3)]
        Recording("some").write({"a test": tape.exchanges}, server="1.50.0")
        first = Recording("some").path.read_bytes()
        Recording("some").write({"a test": tape.exchanges}, server="1.50.0")
        assert Recording("some").path.read_bytes() == first
        with requests.Session() as session:
            session.mount("http://", Player(Tape(Recording("some").read()["a test"])))
            assert ask(session, server, {"q": 1}) == {"number": 0}
            assert ask(session, server, {"q": 1}) == {"number": 2}
            assert ask(session, server, {"q": 2}) == {"number": 1}
            with pytest.raises(UnknownRequest, match='"q": 3'):
                ask(session, server, {"q": 3})
            with pytest.raises(UnknownRequest):
                ask(session, server, {"q": 1})
        assert len(server.asked) == 3


def test_looks_at_a_task_are_kept_as_one_and_its_number_made_plain() -> None:
    tape = Tape()
    tape.keep("POST", "/indexes", b"{}", 202, {"taskUid": 731, "enqueuedAt": "2026-11-29T15:00:00.1Z"})
    for status in ("enqueued", "processing", "succeeded"):
        tape.keep("GET", "/tasks/731", b"", 200, {"uid": 731, "status": status})
    played = Tape(tape.exchanges)
    assert played.answer("POST", "/indexes", b"{}") == (
        202,
        {"taskUid": 1, "enqueuedAt": "2026-01-01T00:00:00.000000Z"},
    )
    # However often it is looked at.
    assert [played.answer("GET", "/tasks/1", b"") for _ in range(2)] == [(200, {"uid": 1, "status": "succeeded"})] * 2
