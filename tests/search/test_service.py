"""The engine a process gets."""

from types import SimpleNamespace

import pytest

from app.search.port import SearchQuery, SearchUnavailable
from app.search.service import engine_of, make_engine
from app.settings import Settings, SettingsFault, read_settings
from tests.search.local_server import running


def test_one_engine_per_folder_answers_at_once_on_a_fresh_installation(settings: Settings) -> None:
    engine = make_engine(settings)
    assert engine is make_engine(settings)
    assert engine.search(SearchQuery(text="máy")).total == 0
    engine.close()
    assert engine.search(SearchQuery(text="máy")).total == 0


def test_a_meilisearch_server_that_is_away_is_no_reason_not_to_start(settings: Settings) -> None:
    with running(lambda _asked: (500, {})) as gone:
        url = gone.url
    away = settings.model_copy(update={"search_engine": "meilisearch", "meilisearch_url": url})
    engine = make_engine(away)
    assert engine is make_engine(away)
    with pytest.raises(SearchUnavailable):
        engine.search(SearchQuery(text="máy"))
    with pytest.raises(SearchUnavailable):
        engine.suggest("máy")
    health = engine.health()
    assert (health.engine, health.ready, health.documents) == ("meilisearch", False, 0)
    assert health.problem
    engine.close()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"search_engine": "meilisearch"}, "needs TECHMART_MEILISEARCH_URL"),
        ({"search_engine": "meilisearch", "meilisearch_url": "search:7700"}, "TECHMART_MEILISEARCH_URL: .*http://"),
        ({"search_engine": "meilisearch", "meilisearch_url": "http://a:b@c"}, "not into the address"),
        (
            {"search_engine": "meilisearch", "meilisearch_url": "http://c", "environment": "production"},
            "set TECHMART_MEILISEARCH_KEY",
        ),
        ({"meilisearch_prefix": "a-b"}, "TECHMART_MEILISEARCH_PREFIX"),
        ({"embedder": "rest"}, "works with TECHMART_SEARCH_ENGINE=meilisearch only"),
        (
            {"search_engine": "meilisearch", "meilisearch_url": "http://c", "embedder": "rest"},
            "needs TECHMART_EMBEDDER_URL and TECHMART_EMBEDDER_DIMENSIONS",
        ),
    ],
)
def test_settings_that_cannot_work_are_told_of_at_start(
    given: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"TECHMART_{name.upper()}", value)
    with pytest.raises(SettingsFault, match=told):
        read_settings()


def test_the_application_carries_its_engine(settings: Settings) -> None:
    engine = make_engine(settings)
    assert engine_of(SimpleNamespace(state=SimpleNamespace(search=engine))) is engine
