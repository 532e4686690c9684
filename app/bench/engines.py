"""Search engines to measure: in folders, or on a server under names, of their own. Nobody's index is touched."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.search.port import SearchEngine
from app.search.service import make_engine
from app.settings import Settings, get_settings

# On a Meilisearch server, what every index of a measurement is called by.
_PREFIX: Final = "techmart_bench"


def bench_settings(engine: str, folder: Path) -> Settings:
    """The settings of the process with an engine of that name and its data in `folder`."""
    changed = {"search_engine": engine, "data": folder, "meilisearch_prefix": _PREFIX}
    return get_settings().model_copy(update=changed)


@contextmanager
def open_engine(engine: str, folder: Path) -> Iterator[SearchEngine]:
    """An engine over `folder`, closed at the end.

    Raises:
        SettingsFault: this release has no such engine, or the settings name no server for it.
    """
    opened = make_engine(bench_settings(engine, folder))
    try:
        yield opened
    finally:
        opened.close()
