"""The cast of every enquiry test."""

import pytest

from app.database import Database
from tests.features.enquiries.scene import Scene, set_scene


@pytest.fixture
def scene(database: Database) -> Scene:
    return set_scene(database)
