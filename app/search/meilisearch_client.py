"""Talking to a Meilisearch server through its official client, which by itself neither retries, nor sets a time-out,
nor keeps a connection, nor may be shared between threads.

Every thread has a client of its own on a connection that stays open. Reading is tried twice where a second try can help
(the connection was refused or cut, the server said it was busy), never after a time-out: somebody waits. After three
faults in a row the server is left alone for some seconds, so that searches end at once instead of holding a place of
every process each.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar, cast

import meilisearch
import requests
from meilisearch._httprequests import HttpRequests
from meilisearch.errors import (
    MeilisearchApiError,
    MeilisearchCommunicationError,
    MeilisearchError,
    MeilisearchTimeoutError,
)
from meilisearch.index import Index
from requests.adapters import BaseAdapter, HTTPAdapter

from app.search.port import SearchUnavailable

log = logging.getLogger(__name__)
T = TypeVar("T")

_BUSY: Final = frozenset({408, 429, 502, 503, 504})
_CONNECT_S: Final = 1.0
_WRITE_S: Final = 60.0
_READ_TRIES: Final = 2
_WRITE_TRIES: Final = 4
_PAUSE_S: Final = 0.1
_FAULTS_TO_REST: Final = 3
_REST_S: Final = 5.0
_FIRST_LOOK_S: Final = 0.005
_LONGEST_LOOK_S: Final = 0.5
_TASK_S: Final = 600.0
_DONE: Final = frozenset({"succeeded", "failed", "canceled"})

Query = Mapping[str, Any]


class TaskFailed(Exception):
    """The server took a task and could not do it; nothing of the task is in the index."""


class _Requests(HttpRequests):
    """The client's own transport, on a session whose connections stay open."""

    def __init__(self, config: Any, session: requests.Session) -> None:
        super().__init__(config)
        self._session = session

    def send_request(self, http_method: Callable[..., Any], *args: Any, **given: Any) -> Any:
        return super().send_request(getattr(self._session, http_method.__name__), *args, **given)


class _Client(meilisearch.Client):
    """The official client, all of whose parts use one session."""

    def __init__(self, url: str, key: str, session: requests.Session) -> None:
        super().__init__(url, key)
        self.http = _Requests(self.config, session)
        self.task_handler.http = self.http

    def index(self, uid: str) -> Index:
        made = super().index(uid)
        made.http = self.http
        made.task_handler.http = self.http
        return made


class Server:
    """One Meilisearch server, for any number of threads.

    Args:
        url: where it listens, without a trailing slash.
        key: gives the key to use; asked once, at the first request.
        timeout_s: how long one request of a search may take, and all of them together within `at_most`.
        adapter: the HTTP transport; the recorder of the tests puts itself here.
    """

    def __init__(
        self,
        *,
        url: str,
        key: Callable[[], str],
        timeout_s: float,
        adapter: Callable[[], BaseAdapter] = HTTPAdapter,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url
        self.timeout_s = timeout_s
        self._key = key
        self._adapter = adapter
        self._sleep = sleep
        self._monotonic = monotonic
        self._local = threading.local()
        self._faults = 0
        self._rests_until = 0.0

    @contextlib.contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """All that this thread reads in here may take so long together."""
        self._local.deadline = self._monotonic() + seconds
        try:
            yield
        finally:
            self._local.deadline = None

    def read(self, call: Callable[[_Client], T]) -> T:
        """Ask something that changes nothing.

        Raises:
            SearchUnavailable: no answer in time, or one that says the server cannot.
        """
        if self._monotonic() < self._rests_until:
            raise SearchUnavailable from MeilisearchCommunicationError("the server did not answer a moment ago")
        try:
            left = self._left()
            answered = self._tried(call, (min(_CONNECT_S, left), left), _READ_TRIES)
        except (MeilisearchError, requests.RequestException) as fault:
            self._note(fault)
            raise SearchUnavailable from fault
        self._faults = 0
        return answered

    def write(self, call: Callable[[_Client], T]) -> T:
        """Hand over something that may be handed over twice. Raises SearchUnavailable."""
        try:
            return self._tried(call, (_CONNECT_S, _WRITE_S), _WRITE_TRIES)
        except (MeilisearchError, requests.RequestException) as fault:
            raise SearchUnavailable from fault

    def search(self, queries: Sequence[Query]) -> list[dict[str, Any]]:
        """The answers to several queries, one request for all. Raises SearchUnavailable."""
        if not queries:
            return []
        return self.read(lambda client: client.multi_search(queries))["results"]

    def done(self, start: Callable[[_Client], Any]) -> dict[str, Any]:
        """Enqueue a task and wait until the server has done it; what the task says of itself.

        Raises:
            SearchUnavailable: it failed (caused by TaskFailed), or is not done yet after ten minutes.
        """
        return self.wait(self.write(start).task_uid)

    def wait(self, task: int) -> dict[str, Any]:
        """As `done`, for a task enqueued before."""
        given_up = self._monotonic() + _TASK_S
        pause = _FIRST_LOOK_S
        while True:
            told: dict[str, Any] = self.write(lambda client: client.http.get(f"{client.config.paths.task}/{task}"))
            if told["status"] in _DONE:
                break
            if self._monotonic() > given_up:
                raise SearchUnavailable from TaskFailed(f"task {task} is not done after {_TASK_S:.0f} s")
            self._sleep(pause)
            pause = min(pause * 1.6, _LONGEST_LOOK_S)
        if told["status"] != "succeeded":
            fault = told.get("error") or {}
            log.error("meilisearch task %s %s: %s", told.get("type"), told["status"], fault.get("code"))
            raise SearchUnavailable from TaskFailed(f"{fault.get('code')}: {fault.get('message')}")
        return told

    def close(self) -> None:
        """Close the connections of this thread."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is not None:
            session.close()
        self._local.__dict__.clear()

    def _left(self) -> float:
        """Seconds the next request may take. Raises MeilisearchTimeoutError when none are left."""
        deadline: float | None = getattr(self._local, "deadline", None)
        if deadline is None:
            return self.timeout_s
        left = deadline - self._monotonic()
        if left <= 0:
            raise MeilisearchTimeoutError("the answers took too long together")
        return min(left, self.timeout_s)

    def _tried(self, call: Callable[[_Client], T], timeout: tuple[float, float], tries: int) -> T:
        client = self._client(timeout)
        for turn in range(tries):
            try:
                return call(client)
            except MeilisearchError as fault:
                if turn + 1 == tries or not _is_retryable(fault):
                    raise
                self._sleep(_PAUSE_S * 2**turn)
        raise AssertionError

    def _client(self, timeout: tuple[float, float]) -> _Client:
        if getattr(self._local, "client", None) is None:
            # The key first: it may have to be asked for.
            key = self._key()
            session = self._local.session = requests.Session()
            # Neither a proxy nor a .netrc of the environment is meant for a search engine next door.
            session.trust_env = False
            # A compressed answer comes in chunks, and the last of them waits 40 ms for the delayed acknowledgement of
            # the one before: 44 ms against 2 ms for a page of hits, measured on one machine.
            session.headers["Accept-Encoding"] = "identity"
            session.mount("http://", self._adapter())
            session.mount("https://", self._adapter())
            self._local.client = _Client(self.url, key, session)
        client: _Client = self._local.client
        # requests takes a pair of seconds, to connect and to read; the client hands it through.
        client.config.timeout = cast("int", timeout)
        return client

    def _note(self, fault: Exception) -> None:
        """Count what speaks of a server that is away or stuck; a refusal is an answer."""
        if isinstance(fault, MeilisearchApiError) and fault.status_code not in _BUSY:
            self._faults = 0
            return
        self._faults += 1
        if self._faults >= _FAULTS_TO_REST:
            self._rests_until = self._monotonic() + _REST_S
            self._faults = _FAULTS_TO_REST - 1
            log.warning("meilisearch does not answer, next try in %.0f s: %s", _REST_S, type(fault).__name__)


def _is_retryable(fault: MeilisearchError) -> bool:
    if isinstance(fault, MeilisearchTimeoutError):
        return False
    if isinstance(fault, MeilisearchApiError):
        return fault.status_code in _BUSY
    return isinstance(fault, MeilisearchCommunicationError)


def is_missing(fault: SearchUnavailable) -> bool:
    """Whether the server said that there is no such index, document or key."""
    cause = fault.__cause__
    # In a search of several queries a missing index is answered 400.
    return isinstance(cause, MeilisearchApiError) and (cause.status_code == 404 or cause.code == "index_not_found")


def is_refused(fault: SearchUnavailable) -> bool:
    """Whether the server said that the key may not do this."""
    cause = fault.__cause__
    return isinstance(cause, MeilisearchApiError) and cause.status_code in {401, 403}
