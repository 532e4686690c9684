"""The search engine of this process."""

import functools
import threading
from pathlib import Path
from typing import Any, Final, cast

from pydantic import SecretStr

from app.search.embedded import EmbeddedEngine
from app.search.embedding import Embedder
from app.search.meilisearch import MeilisearchEngine
from app.search.meilisearch_client import Server
from app.search.meilisearch_index import Preparing, ServerIndex
from app.search.meilisearch_keys import ScopedKey
from app.search.port import SearchEngine
from app.settings import Settings


def make_engine(settings: Settings) -> SearchEngine:
    """The engine the settings name, one per folder or server in a process however often it is asked for.

    A Meilisearch server that does not answer is no reason not to start: searches tell of it until it does.

    Raises:
        OSError: the search folder cannot be written.
    """
    if settings.search_engine == "embedded":
        return _embedded(settings.search_folder.resolve())
    return _meilisearch(settings)


def engine_of(application: Any) -> SearchEngine:
    """The engine that the web application was built with (application.state.search)."""
    return cast("SearchEngine", application.state.search)


@functools.lru_cache(maxsize=8)
def _embedded(folder: Path) -> EmbeddedEngine:
    engine = EmbeddedEngine(folder)
    engine.prepare()
    return engine


def _meilisearch(settings: Settings) -> MeilisearchEngine:
    """One engine for the same server, index and embedder, whatever the other settings are."""
    names = sorted(name for name in Settings.model_fields if name.startswith(("meilisearch", "embedder")))
    key = tuple(getattr(settings, name) for name in names)
    with _making:
        engine = _made.get(key)
        if engine is None:
            engine = _made[key] = meilisearch_engine(settings)
            engine.prepare()
    return engine


_making: Final = threading.Lock()
_made: Final[dict[tuple[object, ...], MeilisearchEngine]] = {}


def meilisearch_engine(settings: Settings) -> MeilisearchEngine:
    """The Meilisearch engine of these settings, nothing asked of the server yet."""
    url, timeout_s = settings.meilisearch_url, settings.meilisearch_timeout_ms / 1_000
    given = _revealed(settings.meilisearch_key)
    searching = _revealed(settings.meilisearch_search_key)
    prefix = settings.meilisearch_prefix
    master = Server(url=url, key=lambda: given, timeout_s=timeout_s)
    search_key = ScopedKey(master=master, given=given, prefix=prefix, role="search")
    index_key = ScopedKey(master=master, given=given, prefix=prefix, role="index")
    embedder = _embedder(settings)
    return MeilisearchEngine(
        server=Server(url=url, key=(lambda: searching) if searching else search_key, timeout_s=timeout_s),
        index=ServerIndex(
            Server(url=url, key=index_key, timeout_s=timeout_s),
            prefix=prefix,
            prepared=Preparing(embedder),
            dimensions=embedder.dimensions if embedder else None,
        ),
        embedder=embedder,
    )


def _embedder(settings: Settings) -> Embedder | None:
    if settings.embedder == "none":
        return None
    return Embedder(
        way=settings.embedder,
        url=settings.embedder_url,
        model=settings.embedder_model,
        key=_revealed(settings.embedder_key),
        dimensions=settings.embedder_dimensions,
        timeout_s=settings.embedder_timeout_ms / 1_000,
    )


def _revealed(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
