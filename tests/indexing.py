"""Bringing the application's index up to date, as the worker would."""

from fastapi import FastAPI

from app.database import Database
from app.search.indexer import align, index_next
from app.search.service import engine_of


def index_everything(application: FastAPI, database: Database) -> None:
    """Index every journal entry there is, so that what a test made can be found."""
    engine = engine_of(application)
    align(database, engine)
    while index_next(database, engine):
        pass
