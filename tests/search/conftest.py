"""Both engines, each test with an index of its own, and a small exchange to put in it."""

import hashlib
import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from requests.adapters import BaseAdapter

from app.search.embedded import EmbeddedEngine
from app.search.embedding import Embedder
from app.search.meilisearch import MeilisearchEngine
from app.search.meilisearch_client import Server
from app.search.meilisearch_index import Preparing, ServerIndex
from app.search.port import Changes, SearchEngine
from tests.search.exchanges import Exchange, Player, Recorder, Recording, Tape
from tests.search.samples import DOCUMENTS

URL = os.environ.get("TECHMART_MEILISEARCH_URL", "")
KEY = os.environ.get("TECHMART_MEILISEARCH_KEY", "")
CONTRACT = frozenset(
    {"test_candidates", "test_corrections", "test_engine", "test_engine_facets", "test_engine_language"}
    | {"test_indexer", "test_matching", "test_rebuilding"}
)


@dataclass
class Tapes:
    """What the tests of one module record, written when the module is done."""

    module: str
    record: bool
    kept: dict[str, list[Exchange]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def tapes(request: pytest.FixtureRequest) -> Iterator[Tapes]:
    module = request.module.__name__.rpartition(".")[2]
    made = Tapes(module, record=bool(URL) and request.config.getoption("--record"))
    recording = Recording(module)
    if not made.record:
        made.kept = recording.read()
    yield made
    if made.record and made.kept:
        version = requests.get(f"{URL}/version", headers={"Authorization": f"Bearer {KEY}"}, timeout=10).json()
        recording.write(made.kept, server=version["pkgVersion"])


MakeMeilisearch = Callable[..., MeilisearchEngine]


@pytest.fixture
def make_meilisearch(request: pytest.FixtureRequest, tapes: Tapes) -> Iterator[MakeMeilisearch]:
    """Makes Meilisearch engines on this test's index: on the server that TECHMART_MEILISEARCH_URL names, else on its
    recorded answers."""
    name = request.node.name
    prefix = "test_" + hashlib.blake2b(f"{tapes.module}/{name}".encode(), digest_size=6).hexdigest()
    tape = Tape() if URL else Tape(tapes.kept.get(name, []))
    if not URL and name not in tapes.kept:
        pytest.skip("needs TECHMART_MEILISEARCH_URL, or a recording (docs/search.md)")
    if URL:
        remove_indexes(prefix)
    numbers = itertools.count(1)
    made: list[MeilisearchEngine] = []

    def adapter() -> BaseAdapter:
        return Recorder(tape) if URL else Player(tape)

    def make(*, embedder: Embedder | None = None) -> MeilisearchEngine:
        server = Server(
            url=URL or "http://meilisearch.test",
            key=lambda: KEY,
            timeout_s=10.0,
            adapter=adapter,
            **({} if URL else {"sleep": lambda _seconds: None}),  # type: ignore[arg-type]
        )
        index = ServerIndex(
            server,
            prefix=prefix,
            prepared=Preparing(embedder),
            dimensions=embedder.dimensions if embedder else None,
            # Not the present one: a new schema version alone makes no recording useless.
            version="0",
            new_token=lambda: f"b{next(numbers)}",
        )
        made.append(MeilisearchEngine(server=server, index=index, embedder=embedder))
        return made[-1]

    yield make
    for one in made:
        one.close()
    if URL:
        remove_indexes(prefix)
    if tapes.record:
        tapes.kept[name] = tape.exchanges


def remove_indexes(prefix: str) -> None:
    """Remove a test's indexes from the server, unrecorded."""
    headers = {"Authorization": f"Bearer {KEY}"}
    listed = requests.get(f"{URL}/indexes?limit=1000", headers=headers, timeout=10).json()["results"]
    for one in listed:
        if one["uid"].startswith(prefix):
            requests.delete(f"{URL}/indexes/{one['uid']}", headers=headers, timeout=10)


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    """An empty embedded index."""
    made = EmbeddedEngine(tmp_path / "search")
    made.prepare()
    yield made
    made.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The contract is run on both engines; other tests of this folder on the one that needs no server."""
    if "engine" in metafunc.fixturenames and metafunc.module.__name__.rpartition(".")[2] in CONTRACT:
        metafunc.parametrize("engine", ["embedded", "meilisearch"], indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> SearchEngine:
    """An empty index of each engine in turn."""
    if getattr(request, "param", "embedded") == "embedded":
        found: SearchEngine = request.getfixturevalue("embedded")
        return found
    make: MakeMeilisearch = request.getfixturevalue("make_meilisearch")
    made = make()
    made.prepare()
    return made


@pytest.fixture
def filled(engine: SearchEngine) -> SearchEngine:
    """The samples, complete to journal position 7."""
    engine.apply(Changes(upserts=DOCUMENTS, position=7))
    return engine
