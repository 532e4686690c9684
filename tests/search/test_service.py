"""The engine a process gets."""

from types import SimpleNamespace

import pytest

from app.search.port import SearchQuery
from app.search.service import engine_of, make_engine
from app.settings import Settings, SettingsFault


def test_one_engine_per_folder_answers_at_once_on_a_fresh_installation(settings: Settings) -> None:
    engine = make_engine(settings)
    assert engine is make_engine(settings)
    assert engine.search(SearchQuery(text="máy")).total == 0
    engine.close()
    assert engine.search(SearchQuery(text="máy")).total == 0


def test_an_engine_that_is_not_here_is_told_of(settings: Settings) -> None:
    with pytest.raises(SettingsFault, match="TECHMART_SEARCH_ENGINE"):
        make_engine(settings.model_copy(update={"search_engine": "meilisearch"}))


def test_the_application_carries_its_engine(settings: Settings) -> None:
    engine = make_engine(settings)
    assert engine_of(SimpleNamespace(state=SimpleNamespace(search=engine))) is engine
