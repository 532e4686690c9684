"""One folder, many processes: writing in turn, searching meanwhile, rebuilding, being killed."""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.search.embedded import EmbeddedEngine
from app.search.embedded_schema import SCHEMA_VERSION
from app.search.port import Changes, SearchDocument, SearchQuery, SearchUnavailable
from tests.search.samples import document, ids

REPOSITORY = Path(__file__).resolve().parents[2]

# Writes batch after batch of ten documents, numbered by the journal position they end at, telling of each.
WRITER = """
import sys
from pathlib import Path
from app.search.embedded import EmbeddedEngine
from app.search.port import Changes, SearchDocument

engine = EmbeddedEngine(Path(sys.argv[1]))
name, first, last = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
for batch in range(first, last):
    made = [
        SearchDocument(id=f"{name}{batch:05}{number}", kind="technology", state="published", title=f"lô {name} {batch}")
        for number in range(10)
    ]
    print("begin", batch, flush=True)
    engine.apply(Changes(upserts=made, position=batch))
    print("done", batch, flush=True)
"""

# Rebuilds over and over from three hundred documents.
REBUILDER = """
import sys
from pathlib import Path
from app.search.embedded import EmbeddedEngine
from app.search.port import SearchDocument

engine = EmbeddedEngine(Path(sys.argv[1]))
while True:
    made = [
        SearchDocument(id=f"r{number:05}", kind="technology", state="published", title=f"bản {number}")
        for number in range(300)
    ]
    print("begin", flush=True)
    engine.rebuild([made[:150], made[150:]], position=1, catch_up=lambda position: None)
    print("done", flush=True)
"""


@pytest.fixture
def engine(embedded: EmbeddedEngine) -> EmbeddedEngine:
    """These tests look at the embedded engine's folder."""
    return embedded


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )


def lines(process: subprocess.Popen[str], most: int) -> list[str]:
    """The next lines the process tells; fewer when it ends."""
    assert process.stdout is not None
    return [line for _, line in zip(range(most), process.stdout, strict=False)]


# Reading


def test_a_fresh_installation_has_an_empty_index(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path / "search")
    engine.prepare()
    assert engine.search(SearchQuery(text="máy")).total == 0
    assert engine.position() == 0
    assert engine.health().ready


def test_without_an_index_nothing_is_answered(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path / "search")
    with pytest.raises(SearchUnavailable):
        engine.search(SearchQuery(text="máy"))
    with pytest.raises(SearchUnavailable):
        engine.suggest("máy")
    assert engine.position() is None
    health = engine.health()
    assert not health.ready
    assert health.problem


def test_an_index_of_another_schema_is_neither_read_nor_hidden_by_an_empty_one(tmp_path: Path) -> None:
    folder = tmp_path / "search"
    folder.mkdir()
    (folder / f"current-{SCHEMA_VERSION + 1}").write_text(f"v{SCHEMA_VERSION + 1}-x")
    engine = EmbeddedEngine(folder)
    engine.prepare()
    with pytest.raises(SearchUnavailable):
        engine.search(SearchQuery(text="máy"))
    engine.rebuild([[document("a", "Máy bơm")]], position=3, catch_up=lambda _: None)
    assert ids(engine) == {"a"}
    assert (folder / f"current-{SCHEMA_VERSION + 1}").exists()


def test_a_damaged_index_is_told_of_and_built_anew(engine: EmbeddedEngine) -> None:
    engine.apply(Changes(upserts=[document("a", "Máy bơm")], position=3))
    directory = engine.store.current()
    assert directory is not None
    (directory / "meta.json").write_text("{")
    with pytest.raises(SearchUnavailable):
        EmbeddedEngine(engine.store.folder).search(SearchQuery())
    engine.rebuild([[document("a", "Máy bơm")]], position=3, catch_up=lambda _: None)
    assert ids(engine) == {"a"}


def test_what_one_process_commits_the_next_search_of_another_finds(engine: EmbeddedEngine) -> None:
    other = EmbeddedEngine(engine.store.folder)
    assert other.search(SearchQuery()).total == 0
    engine.apply(Changes(upserts=[document("a", "Máy bơm")], position=4))
    answer = other.search(SearchQuery())
    assert (answer.total, answer.position) == (1, 4)


def test_while_nothing_changes_one_snapshot_serves_all_searches(filled: EmbeddedEngine) -> None:
    assert filled.store.snapshot() is filled.store.snapshot()


# Writing


def test_processes_write_in_turn_and_nothing_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "search"
    reader = EmbeddedEngine(folder)
    reader.prepare()
    with contextlib.ExitStack() as stack:
        writers = [stack.enter_context(start(WRITER, folder, name, 1, 9)) for name in "abc"]
        while any(writer.poll() is None for writer in writers):
            # Searching goes on, and never sees half a batch.
            assert reader.search(SearchQuery()).total % 10 == 0
        assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(ids(reader)) == 240


def test_a_lock_that_cannot_be_had_is_told_of(engine: EmbeddedEngine) -> None:
    with (
        engine.store.writing(),
        pytest.raises(SearchUnavailable),
        EmbeddedEngine(engine.store.folder).store.writing(wait_s=0.05),
    ):
        pass
    with engine.store.rebuilding(), pytest.raises(SearchUnavailable):
        EmbeddedEngine(engine.store.folder).rebuild([], position=0, catch_up=lambda _: None)


def test_a_batch_that_fails_leaves_everything_as_it_was(filled: EmbeddedEngine) -> None:
    before = ids(filled)
    broken: list[SearchDocument] = [document("new", "Mới"), None]  # type: ignore[list-item]
    with pytest.raises(AttributeError):
        filled.apply(Changes(upserts=broken, position=99))
    assert ids(filled) == before
    assert filled.position() == 7
    filled.apply(Changes(upserts=[document("new", "Mới")], position=8))
    assert ids(filled) == before | {"new"}


# Rebuilding


def test_a_rebuild_that_fails_changes_nothing_and_leaves_nothing(filled: EmbeddedEngine) -> None:
    before = ids(filled)

    def batches() -> Iterator[Sequence[SearchDocument]]:
        yield [document("one", "Máy một")]
        raise RuntimeError("the database went away")

    for _ in range(2):
        with pytest.raises(RuntimeError):
            filled.rebuild(batches(), position=20, catch_up=lambda _: None)
        assert ids(filled) == before
        assert len(list(filled.store.folder.glob("v*-*"))) == 1


def test_searching_goes_on_while_indexes_are_replaced(engine: EmbeddedEngine) -> None:
    engine.apply(Changes(upserts=[document("a", "Máy bơm")], position=1))
    done = threading.Event()

    def search_on() -> set[int]:
        mine = EmbeddedEngine(engine.store.folder)
        totals: set[int] = set()
        while not done.is_set():
            totals.add(mine.search(SearchQuery(text="máy bơm")).total)
        return totals

    with ThreadPoolExecutor(3) as pool:
        searches = [pool.submit(search_on) for _ in range(3)]
        for number in range(6):
            engine.rebuild([[document("a", "Máy bơm")]], position=number, catch_up=lambda _: None)
        done.set()
    assert [search.result() for search in searches] == [{1}, {1}, {1}]


# Being killed


@pytest.mark.slow
def test_killed_at_any_moment_a_writer_loses_nothing_it_said_was_done(tmp_path: Path) -> None:
    folder = tmp_path / "search"
    engine = EmbeddedEngine(folder)
    engine.prepare()
    batch = 0
    for told in range(1, 10):
        with start(WRITER, folder, "k", batch + 1, 1_000) as writer:
            # An odd count ends on "begin": the kill falls into a batch; an even one between two.
            heard = lines(writer, told)
            writer.kill()
            heard += lines(writer, 1_000)
        # The kill may have cut the last line behind its word.
        told_of = [line.split() for line in heard if len(line.split()) == 2]
        done = max([batch, *(int(number) for word, number in told_of if word == "done")])
        begun = max([batch, *(int(number) for word, number in told_of if word == "begin")])
        reader = EmbeddedEngine(folder)
        position = reader.position()
        assert position is not None
        assert done <= position <= begun
        held = ids(reader)
        # Whole batches only: all that were told of, and perhaps the one whose telling was cut off.
        whole = {f"k{number:05}{place}" for number in range(1, done + 1) for place in range(10)}
        last = {f"k{begun:05}{place}" for place in range(10)}
        assert held in (whole, whole | last)
        batch = position


@pytest.mark.slow
def test_killed_at_any_moment_a_rebuild_leaves_the_index_in_use(tmp_path: Path) -> None:
    folder = tmp_path / "search"
    EmbeddedEngine(folder).rebuild(
        [[document(f"r{number:05}", f"bản {number}") for number in range(300)]], position=1, catch_up=lambda _: None
    )
    for told in (1, 1, 2, 3, 1, 5):
        with start(REBUILDER, folder) as rebuilder:
            lines(rebuilder, told)
            rebuilder.kill()
        assert len(ids(EmbeddedEngine(folder))) == 300
    engine = EmbeddedEngine(folder)
    engine.rebuild([[document("a", "Máy bơm")]], position=2, catch_up=lambda _: None)
    assert ids(engine) == {"a"}
    assert len(list(folder.glob("v*-*"))) == 1
