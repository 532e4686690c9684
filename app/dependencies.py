"""What FastAPI endpoints are given. Sessions end before the response is sent: a failed commit never answers 200.

`scope="function"` is what makes it so; FastAPI's default for a yielding dependency ends after the response.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.database import Database
from app.settings import Settings


def get_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def get_app_settings(request: Request) -> Settings:
    # Async, since it waits for nothing: FastAPI sends a plain function, which might, to a thread and back.
    settings: Settings = request.app.state.settings
    return settings


@asynccontextmanager
async def _ended_beside_the_loop(opened: AbstractContextManager[Session]) -> AsyncIterator[Session]:
    """A session is opened without waiting (it takes a connection with its first query); to end it is to wait, unless
    its transaction was ended already."""
    session = opened.__enter__()
    try:
        yield session
    except BaseException as fault:
        await _end(opened, session, fault)
        raise
    await _end(opened, session, None)


async def _end(opened: AbstractContextManager[Session], session: Session, fault: BaseException | None) -> None:
    told = (type(fault), fault, fault.__traceback__) if fault is not None else (None, None, None)
    if session.in_transaction():
        await run_in_threadpool(opened.__exit__, *told)
    else:
        opened.__exit__(*told)


async def get_session(request: Request) -> AsyncIterator[Session]:
    async with _ended_beside_the_loop(get_database(request).unit_of_work()) as session:
        yield session


async def get_read_session(request: Request) -> AsyncIterator[Session]:
    async with _ended_beside_the_loop(get_database(request).read_only()) as session:
        yield session


WriteSession = Annotated[Session, Depends(get_session, scope="function")]
ReadSession = Annotated[Session, Depends(get_read_session, scope="function")]
AppSettings = Annotated[Settings, Depends(get_app_settings)]
