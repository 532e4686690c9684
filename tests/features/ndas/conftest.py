"""The cast of every test of agreements."""

import pytest

from app.database import Database
from app.settings import Settings
from tests.features.ndas.scene import Scene, set_scene


@pytest.fixture
def scene(database: Database, settings: Settings) -> Scene:
    return set_scene(database, settings)
