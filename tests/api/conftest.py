"""The exchange of scene.py, indexed, and a client for it."""

import pytest
from fastapi import FastAPI

from app.database import Database
from tests.api.scene import Scene, index, make_scene


@pytest.fixture
def scene(application: FastAPI, database: Database) -> Scene:
    """The records, committed and in the index."""
    made = make_scene(database)
    index(application, database)
    return made
