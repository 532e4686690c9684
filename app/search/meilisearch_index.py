"""The index on a Meilisearch server: its name, its place in the journal, batches, and building it anew.

    techmart-v2-1                 the index in use by schema version 2-1
    techmart-v2-1-<build>         one that is being built; it changes places with the one in use when it is whole

The server works off tasks in the order they came, each wholly or not at all. A batch is one task: documents, what takes
the place of deleted ones, and the marker that holds the journal position. So the position commits with the batch.

Every index carries the name of its build, and markers are by build: a batch that was on its way while the index changed
places leaves a marker nobody reads, the position stays that of the new index, and the worker reads again from there.
"""

import base64
import itertools
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from meilisearch.models.task import TaskInfo

from app import clock
from app.search.embedding import Embedder, embedded_text
from app.search.meilisearch_client import Server, TaskFailed, is_missing
from app.search.meilisearch_query import all_hold, key_of, one_of
from app.search.meilisearch_schema import EMBEDDER, SCHEMA_VERSION, index_settings, to_index
from app.search.port import Changes, SearchDocument, SearchUnavailable
from app.search.subjects import NO_SUBJECTS, Subjects, learn_from, read_subjects

log = logging.getLogger(__name__)

_BUILD_KEY: Final = "x-build"
_MARKER: Final = "x-marker-"
_SUBJECTS: Final = "x-subjects-"
STATE_FILTER: Final = 'record IN ["build", "marker"]'
_MOST_STATES: Final = 50
_MOST_INDEXES: Final = 1_000
# A rebuild whose index has not changed for so long was killed.
_ABANDONED_S: Final = 900
_TASKS_AHEAD: Final = 4


class Preparing:
    """Documents as the index holds them, with vectors where there is an embedder and it answers."""

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._embedder = embedder

    def __call__(self, documents: Sequence[SearchDocument], subjects: Subjects = NO_SUBJECTS) -> list[dict[str, Any]]:
        made = [to_index(document, subjects) for document in documents]
        if self._embedder is not None and made:
            vectors = self._embedder.vectors([embedded_text(document) for document in documents])
            for one, vector in zip(made, vectors or itertools.repeat(None), strict=False):
                one["_vectors"] = {EMBEDDER: vector}
        return made

    def without(self, record: dict[str, Any]) -> dict[str, Any]:
        """A record that is no document; the server wants to be told that it has no vector."""
        return record | {"_vectors": {EMBEDDER: None}} if self._embedder is not None else record


class Rebuilding(Exception):
    """Another process is building this index."""


class ServerIndex:
    """The index of this release's schema version on one server.

    Args:
        prepared: makes what the index holds of documents.
        dimensions: length of the vectors they carry; None without.
    """

    def __init__(
        self,
        server: Server,
        *,
        prefix: str,
        prepared: Preparing,
        dimensions: int | None = None,
        version: str = SCHEMA_VERSION,
        new_token: Callable[[], str] = lambda: secrets.token_hex(6),
    ) -> None:
        self.server = server
        self.prefix = prefix
        self.name = f"{prefix}-v{version}"
        self._prepared = prepared
        self._dimensions = dimensions
        self._new_token = new_token
        self._learnt: tuple[str, Subjects] = ("", NO_SUBJECTS)

    # State

    def state_query(self) -> dict[str, Any]:
        """The query whose hits `position_of` reads, to be put beside others."""
        return {"indexUid": self.name, "filter": STATE_FILTER, "limit": _MOST_STATES}

    def position(self) -> int | None:
        """The journal position the index is complete to; None when there is no such index.

        Raises:
            SearchUnavailable: the server does not answer.
        """
        try:
            (answered,) = self.server.search([self.state_query()])
        except SearchUnavailable as fault:
            if is_missing(fault):
                return None
            raise
        return self.read_position(answered["hits"])

    def read_position(self, states: Sequence[Mapping[str, Any]]) -> int | None:
        """The journal position from the hits of `state_query`; None when the index tells none."""
        build = next((one["build"] for one in states if one["record"] == "build"), None)
        found = [int(one["position"]) for one in states if one["record"] == "marker" and one["build"] == build]
        return found[0] if found else None

    def subjects(self, server: Server) -> Subjects:
        """The subjects that the documents of the index in use are placed among. Raises SearchUnavailable."""
        (answered,) = server.search([self.state_query()])
        return self._subjects_of(_build_of(answered["hits"]), server)

    def _subjects_of(self, build: str, server: Server) -> Subjects:
        """Those a build was made with, read once by each process; they never change."""
        known, subjects = self._learnt
        if known != build:
            key = f"{_SUBJECTS}{build}"
            (answered,) = server.search([{"indexUid": self.name, "filter": one_of("key", [key]), "limit": 1}])
            subjects = read_kept(answered["hits"])
            self._learnt = (build, subjects)
        return subjects

    def exists(self) -> bool:
        """Whether the index in use is there. Raises SearchUnavailable."""
        return self._exists(self.name)

    def _exists(self, name: str) -> bool:
        try:
            self.server.read(lambda client: client.get_raw_index(name))
        except SearchUnavailable as fault:
            if is_missing(fault):
                return False
            raise
        return True

    def _others(self) -> list[dict[str, Any]]:
        """All indexes of the prefix but the one in use."""
        # The client's own method for this says another type than it gives.
        path = f"indexes?limit={_MOST_INDEXES}"
        listed: list[dict[str, Any]] = self.server.read(lambda client: client.http.get(path))["results"]
        mine = f"{self.prefix}-v"
        return [one for one in listed if one["uid"].startswith(mine) and one["uid"] != self.name]

    # Writing

    def prepare(self) -> None:
        """Make an empty index at position 0 on a fresh server. Where one of another version stands, nothing."""
        if not self.exists() and not self._others():
            self.rebuild((), position=0, catch_up=lambda _: None)

    def apply(self, changes: Changes) -> None:
        """As in the port."""
        try:
            (answered,) = self.server.search([self.state_query()])
        except SearchUnavailable as fault:
            if not is_missing(fault):
                raise
            self.rebuild((), position=0, catch_up=lambda _: None)
            (answered,) = self.server.search([self.state_query()])
        self._write(self.name, changes, build=_build_of(answered["hits"]))

    def _write(self, name: str, changes: Changes, *, build: str) -> None:
        upserts = {document.id: document for document in changes.upserts}
        gone = [identifier for identifier in dict.fromkeys(changes.deletes) if identifier not in upserts]
        batch = self._prepared(
            list(upserts.values()), self._subjects_of(build, self.server) if upserts else NO_SUBJECTS
        )
        batch += [self._prepared.without({"key": key_of(identifier), "record": "gone"}) for identifier in gone]
        if changes.position is not None:
            batch.append(self._prepared.without(_marker(build, changes.position)))
        if not batch:
            return
        self.server.done(lambda client: client.index(name).add_documents(batch, "key"))
        if gone:
            # Already out of every answer; this only gives the room back. Keys that came back meanwhile are none of it.
            stones = all_hold(('record = "gone"', one_of("key", map(key_of, gone))))
            self.server.write(lambda client: client.index(name).delete_documents(filter=stones))

    def rebuild(
        self,
        documents: Iterable[Sequence[SearchDocument]],
        *,
        position: int,
        catch_up: Callable[[int], Changes | None],
    ) -> int:
        """As in the port."""
        self._clear_abandoned()
        build = self._new_token()
        name = f"{self.name}-{build}"
        # The client's own method for this leaves the session, with its time-outs, aside.
        creation = {"uid": name, "primaryKey": "key"}
        self.server.done(lambda client: TaskInfo(**client.http.post(client.config.paths.index, creation)))
        try:
            settings = index_settings(dimensions=self._dimensions)
            self.server.done(lambda client: client.index(name).update_settings(settings))
            batches = iter(documents)
            first, subjects = learn_from(batches)
            self._fill(name, itertools.chain(first, batches), subjects)
            states = [
                self._prepared.without(one)
                for one in (
                    {"key": _BUILD_KEY, "record": "build", "build": build},
                    _marker(build, position),
                    {"key": f"{_SUBJECTS}{build}", "record": "subjects", **kept_of(subjects)},
                )
            ]
            self.server.done(lambda client: client.index(name).add_documents(states, "key"))
            self._learnt = (build, subjects)
            position = self._catch_up(name, position, catch_up, build)
            self._take_place(name, build)
        except BaseException:
            self._drop(name)
            raise
        # What came between the last look and the change of places. Should this process end here, the worker finds the
        # index behind its cursor and reads the same entries again.
        return self._catch_up(self.name, position, catch_up, build)

    def _fill(self, name: str, documents: Iterable[Sequence[SearchDocument]], subjects: Subjects) -> None:
        ahead: list[int] = []
        for batch in documents:
            made = self._prepared(batch, subjects)
            if not made:
                continue
            sent = self.server.write(lambda client, made=made: client.index(name).add_documents(made, "key"))  # type: ignore[misc]
            ahead.append(sent.task_uid)
            if len(ahead) > _TASKS_AHEAD:
                self.server.wait(ahead.pop(0))
        for task in ahead:
            self.server.wait(task)

    def _catch_up(self, name: str, position: int, catch_up: Callable[[int], Changes | None], build: str) -> int:
        while (changes := catch_up(position)) is not None:
            self._write(name, changes, build=build)
            if changes.position is None or changes.position <= position:
                break
            position = changes.position
        return position

    def _take_place(self, name: str, build: str) -> None:
        if self.exists():
            self._swap({"indexes": [self.name, name]}, build)
            # Under this name now stands what was in use before.
            self._drop(name)
        else:
            self._swap({"indexes": [name, self.name], "rename": True}, build)

    def _swap(self, places: dict[str, Any], build: str) -> None:
        before = self.server.write(lambda client: client.swap_indexes([places])).task_uid
        try:
            self.server.wait(before)
        except SearchUnavailable as fault:
            if not is_missing(fault):
                raise
            # A key for some indexes may change their places and not see the task, which belongs to none. Tasks are done
            # in order: when a later one is, this one is too.
            self.server.done(lambda client: client.index(self.name).delete_documents(filter='record = "gone"'))
            (answered,) = self.server.search([self.state_query()])
            if _build_of(answered["hits"]) != build:
                raise SearchUnavailable from TaskFailed("the indexes did not change places")

    def _clear_abandoned(self) -> None:
        """Raises SearchUnavailable when somebody is building; removes what killed rebuilds left."""
        for one in self._others():
            if not one["uid"].startswith(f"{self.name}-"):
                continue
            age = (clock.now() - datetime.fromisoformat(one["updatedAt"])).total_seconds()
            if age < _ABANDONED_S:
                raise SearchUnavailable from Rebuilding(one["uid"])
            self._drop(one["uid"])

    def _drop(self, name: str) -> None:
        """Remove an index if it is there and the server answers; what stays is cleared by the next rebuild."""
        try:
            self.server.done(lambda client: client.delete_index(name))
        except SearchUnavailable as fault:
            log.warning("meilisearch index %s could not be removed: %s", name, fault.__cause__)


def _marker(build: str, position: int) -> dict[str, Any]:
    return {"key": f"{_MARKER}{build}", "record": "marker", "build": build, "position": position}


def _build_of(states: Iterable[Mapping[str, Any]]) -> str:
    for one in states:
        if one["record"] == "build":
            return str(one["build"])
    raise SearchUnavailable from LookupError("the index does not say which build it is")


def kept_of(subjects: Subjects) -> dict[str, Any]:
    """Subjects as a record of an index holds them."""
    written = {"written": base64.b64encode(subjects.written()).decode()} if subjects.terms else {}
    return {"learnt_from": subjects.learnt_from, **written}


def read_kept(hits: Sequence[Mapping[str, Any]]) -> Subjects:
    """The subjects of the record that was found; none where none was."""
    if not hits:
        return NO_SUBJECTS
    if "written" not in hits[0]:
        return replace(NO_SUBJECTS, learnt_from=hits[0]["learnt_from"])
    return read_subjects(base64.b64decode(hits[0]["written"]))
