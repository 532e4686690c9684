"""A Meilisearch server that is away, slow, busy or broken, and the keys made from the master key."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from meilisearch.errors import MeilisearchCommunicationError, MeilisearchTimeoutError

from app.search.meilisearch_client import Server, TaskFailed, is_missing
from app.search.meilisearch_keys import ScopedKey
from app.search.port import SearchUnavailable
from tests.search.local_server import Asked, LocalServer, running

FOUND: dict[str, Any] = {"results": [{"hits": []}]}
QUERY = [{"indexUid": "x", "q": ""}]


@pytest.fixture
def local() -> Iterator[LocalServer]:
    with running(lambda _asked: (200, FOUND)) as server:
        yield server


class Time:
    """A clock that moves when it is told, and counts what was slept; `speed` makes long waits short."""

    def __init__(self, *, speed: float = 1.0) -> None:
        self.now = 100.0
        self.speed = speed
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds * self.speed

    def monotonic(self) -> float:
        return self.now


def server_at(url: str, time: Time | None = None, *, timeout_s: float = 5.0) -> Server:
    time = time or Time()
    return Server(url=url, key=lambda: "secret", timeout_s=timeout_s, sleep=time.sleep, monotonic=time.monotonic)


def fault(code: str, status: int) -> tuple[int, dict[str, str]]:
    return status, {"message": code, "code": code, "type": "system", "link": "x"}


def in_turn(*answers: Any) -> Callable[[Asked], Any]:
    left = list(answers)
    return lambda _asked: left.pop(0) if len(left) > 1 else left[0]


def test_a_search_is_one_request_with_the_key(local: LocalServer) -> None:
    assert server_at(local.url).search(QUERY) == [{"hits": []}]
    (asked,) = local.asked
    assert (asked.method, asked.path) == ("POST", "/multi-search")
    assert asked.body["queries"] == QUERY
    assert asked.headers["Authorization"] == "Bearer secret"


def test_nothing_asked_is_no_request(local: LocalServer) -> None:
    assert server_at(local.url).search([]) == []
    assert local.asked == []


def test_a_server_that_is_away_is_told_of_at_once() -> None:
    with running(lambda _asked: (200, FOUND)) as gone:
        url = gone.url
    time = Time()
    with pytest.raises(SearchUnavailable) as told:
        server_at(url, time).search(QUERY)
    assert isinstance(told.value.__cause__, MeilisearchCommunicationError)
    # Tried twice: it may just be starting again.
    assert time.slept == [0.1]


def test_a_slow_server_is_waited_for_once_and_not_longer_than_said(local: LocalServer) -> None:
    local.silent = True
    with pytest.raises(SearchUnavailable) as told:
        server_at(local.url, timeout_s=0.1).search(QUERY)
    assert isinstance(told.value.__cause__, MeilisearchTimeoutError)
    assert len(local.asked) == 1


def test_all_requests_of_one_search_together_take_no_longer_than_said(local: LocalServer) -> None:
    time = Time()
    server = server_at(local.url, time)
    with server.at_most(2.0):
        server.search(QUERY)
        time.now += 1.9
        server.search(QUERY)
        time.now += 0.2
        with pytest.raises(SearchUnavailable) as told:
            server.search(QUERY)
    assert isinstance(told.value.__cause__, MeilisearchTimeoutError)
    assert len(local.asked) == 2
    server.search(QUERY)


def test_a_busy_server_is_asked_again(local: LocalServer) -> None:
    local.answering = in_turn(fault("too_many_search_requests", 503), (200, FOUND))
    assert server_at(local.url).search(QUERY) == [{"hits": []}]
    assert len(local.asked) == 2


def test_a_connection_cut_is_made_again(local: LocalServer) -> None:
    local.answering = in_turn(None, (200, FOUND))
    assert server_at(local.url).search(QUERY) == [{"hits": []}]
    assert len(local.asked) == 2


def test_what_the_server_refuses_is_not_asked_again(local: LocalServer) -> None:
    local.answering = in_turn(fault("index_not_found", 404))
    with pytest.raises(SearchUnavailable) as told:
        server_at(local.url).search(QUERY)
    assert is_missing(told.value)
    assert len(local.asked) == 1


def test_an_answer_that_is_no_json_is_a_fault_of_the_server(local: LocalServer) -> None:
    local.answering = in_turn((500, "proxy error"))
    with pytest.raises(SearchUnavailable):
        server_at(local.url).search(QUERY)


def test_after_three_faults_the_server_is_left_alone_for_a_while(local: LocalServer) -> None:
    time = Time()
    server = server_at(local.url, time)
    local.answering = in_turn(fault("busy", 503))
    for _ in range(3):
        with pytest.raises(SearchUnavailable):
            server.search(QUERY)
    asked = len(local.asked)
    with pytest.raises(SearchUnavailable):
        server.search(QUERY)
    assert len(local.asked) == asked
    # One try after the rest tells, and a fault then means another rest.
    time.now += 5.1
    with pytest.raises(SearchUnavailable):
        server.search(QUERY)
    with pytest.raises(SearchUnavailable):
        server.search(QUERY)
    assert len(local.asked) == asked + 2
    local.answering = in_turn((200, FOUND))
    time.now += 5.1
    assert server.search(QUERY) == [{"hits": []}]
    assert server.search(QUERY) == [{"hits": []}]


def test_refusals_do_not_count_as_silence(local: LocalServer) -> None:
    server = server_at(local.url)
    local.answering = in_turn(fault("index_not_found", 404))
    for _ in range(5):
        with pytest.raises(SearchUnavailable):
            server.search(QUERY)
    assert len(local.asked) == 5


# Tasks

ENQUEUED = {
    "taskUid": 7,
    "indexUid": "x",
    "status": "enqueued",
    "type": "documentAdditionOrUpdate",
    "enqueuedAt": "2026-01-01T00:00:00.000000Z",
}


def task(status: str, **given: Any) -> tuple[int, dict[str, Any]]:
    return 200, {"uid": 7, "status": status, "type": "documentAdditionOrUpdate"} | given


def test_a_batch_is_waited_for(local: LocalServer) -> None:
    local.answering = in_turn((202, ENQUEUED), task("enqueued"), task("processing"), task("succeeded"))
    time = Time()
    done = server_at(local.url, time).done(lambda client: client.index("x").add_documents([{"key": "a"}], "key"))
    assert done["status"] == "succeeded"
    assert local.paths() == ["POST /indexes/x/documents?primaryKey=key", *["GET /tasks/7"] * 3]
    assert len(time.slept) == 2


def test_a_failed_task_is_a_failed_batch(local: LocalServer) -> None:
    local.answering = in_turn((202, ENQUEUED), task("failed", error={"code": "invalid_document_id", "message": "no"}))
    with pytest.raises(SearchUnavailable) as told:
        server_at(local.url).done(lambda client: client.index("x").add_documents([{"key": "ä"}], "key"))
    assert isinstance(told.value.__cause__, TaskFailed)
    assert str(told.value.__cause__) == "invalid_document_id: no"


def test_a_task_that_never_ends_is_given_up(local: LocalServer) -> None:
    local.answering = in_turn((202, ENQUEUED), task("processing"))
    time = Time(speed=100.0)
    with pytest.raises(SearchUnavailable):
        server_at(local.url, time).done(lambda client: client.index("x").add_documents([{"key": "a"}], "key"))
    assert 600 <= time.now - 100.0 < 660


def test_writing_is_tried_four_times_where_that_can_help(local: LocalServer) -> None:
    local.answering = in_turn(fault("busy", 503), fault("busy", 503), fault("busy", 503), (202, ENQUEUED))
    server_at(local.url).write(lambda client: client.index("x").add_documents([{"key": "a"}], "key"))
    assert len(local.asked) == 4


# Threads


def test_every_thread_has_a_client_and_a_connection_of_its_own(local: LocalServer) -> None:
    server = server_at(local.url)
    clients: list[object] = []
    # Meeting in the middle, so that no thread takes over the place of one that has ended.
    together = threading.Barrier(3)

    def ask() -> None:
        clients.append(server.read(lambda client: client))
        together.wait()
        server.search(QUERY)
        server.close()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(one) for one in clients}) == 3
    assert len(local.asked) == 3
    assert {one.headers["Content-Type"] for one in local.asked} == {"application/json"}


# Keys


def scoped(local: LocalServer, *, given: str = "master") -> ScopedKey:
    return ScopedKey(master=server_at(local.url), given=given, prefix="techmart", role="search")


def test_a_key_that_only_searches_is_made_from_the_master_key_once(local: LocalServer) -> None:
    local.answering = in_turn(fault("api_key_not_found", 404), (201, {"key": "made"}))
    key = scoped(local)
    assert (key(), key()) == ("made", "made")
    made = local.asked[1].body
    assert local.paths() == [f"GET /keys/{made['uid']}", "POST /keys"]
    assert made["indexes"] == ["techmart-*"]
    assert made["actions"] == ["search", "documents.get", "indexes.get", "stats.get"]
    assert made["expiresAt"] is None


def test_a_key_made_before_is_used_again(local: LocalServer) -> None:
    local.answering = in_turn((200, {"key": "kept"}))
    assert scoped(local)() == "kept"
    assert len(local.asked) == 1


def test_a_key_another_process_made_meanwhile_is_taken(local: LocalServer) -> None:
    local.answering = in_turn(
        fault("api_key_not_found", 404), fault("api_key_already_exists", 409), (200, {"key": "theirs"})
    )
    assert scoped(local)() == "theirs"


def test_a_refusal_to_make_a_key_is_told_as_it_is(local: LocalServer) -> None:
    missing = fault("api_key_not_found", 404)
    local.answering = in_turn(missing, fault("index_scoped_api_key_with_global_action", 400), missing)
    with pytest.raises(SearchUnavailable) as told:
        scoped(local)()
    assert "index_scoped_api_key_with_global_action" in str(told.value.__cause__)


def test_a_key_that_may_not_see_keys_is_used_as_it_is(local: LocalServer) -> None:
    local.answering = in_turn(fault("invalid_api_key", 403))
    assert scoped(local, given="limited")() == "limited"


def test_a_server_without_keys_needs_none(local: LocalServer) -> None:
    assert scoped(local, given="")() == ""
    assert local.asked == []
