"""What FastAPI endpoints are given. Sessions end before the response is sent: a failed commit never answers 200.

`scope="function"` is what makes it so; FastAPI's default for a yielding dependency ends after the response.
"""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from app.database import Database
from app.settings import Settings


def get_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def get_app_settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def get_session(request: Request) -> Iterator[Session]:
    with get_database(request).unit_of_work() as session:
        yield session


def get_read_session(request: Request) -> Iterator[Session]:
    with get_database(request).read_only() as session:
        yield session


WriteSession = Annotated[Session, Depends(get_session, scope="function")]
ReadSession = Annotated[Session, Depends(get_read_session, scope="function")]
AppSettings = Annotated[Settings, Depends(get_app_settings)]
