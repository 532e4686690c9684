"""Which routers make up the exchange. One line each."""

import functools

from fastapi import APIRouter, FastAPI

from app.exchange import bootstrap, catalogue, feed, openapi, subscriptions, syndication, token
from app.exchange.carrying import endpoints as carrying
from app.exchange.oai import provider
from app.exchange.partner_limits import PartnerLimits
from app.exchange.taking import inbox

ROUTERS: tuple[APIRouter, ...] = (
    feed.router,
    bootstrap.router,
    syndication.router,
    catalogue.router,
    subscriptions.router,
    openapi.router,
    provider.router,
    token.router,
    inbox.router,
    carrying.router,
)


def include(app: FastAPI) -> None:
    """Add what partner exchanges ask for to the application."""
    app.state.partner_limits = PartnerLimits()
    app.router.routes.extend(_addresses().routes)


@functools.cache
def _addresses() -> APIRouter:
    """All addresses, put together once for every application of the process, as pages are (app.web)."""
    addresses = APIRouter()
    for router in ROUTERS:
        addresses.include_router(router, include_in_schema=False)
    return addresses
