"""The search engine of this process."""

import functools
from pathlib import Path
from typing import Any, cast

from app.search.embedded import EmbeddedEngine
from app.search.port import SearchEngine
from app.settings import Settings, SettingsFault


def make_engine(settings: Settings) -> SearchEngine:
    """The engine the settings name, one per folder in a process however often it is asked for.

    Raises:
        SettingsFault: the engine named is not part of this release.
        OSError: the search folder cannot be written.
    """
    if settings.search_engine != "embedded":
        raise SettingsFault("TECHMART_SEARCH_ENGINE: only “embedded” is part of this release")
    return _embedded(settings.search_folder.resolve())


def engine_of(application: Any) -> SearchEngine:
    """The engine that the web application was built with (application.state.search)."""
    return cast("SearchEngine", application.state.search)


@functools.lru_cache(maxsize=8)
def _embedded(folder: Path) -> EmbeddedEngine:
    engine = EmbeddedEngine(folder)
    engine.prepare()
    return engine
