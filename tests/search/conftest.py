"""An engine in a folder of the test's own, and a small exchange to put in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.search.embedded import EmbeddedEngine
from app.search.port import Changes
from tests.search.samples import DOCUMENTS


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    """An empty index."""
    made = EmbeddedEngine(tmp_path / "search")
    made.prepare()
    yield made
    made.close()


@pytest.fixture
def filled(engine: EmbeddedEngine) -> EmbeddedEngine:
    """The samples, complete to journal position 7."""
    engine.apply(Changes(upserts=DOCUMENTS, position=7))
    return engine
