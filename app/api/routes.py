"""Which routers make up the API. One line each."""

from fastapi import APIRouter, FastAPI

ROUTERS: tuple[APIRouter, ...] = ()


def include(app: FastAPI) -> None:
    """Add the API to the application."""
    for router in ROUTERS:
        app.include_router(router)
