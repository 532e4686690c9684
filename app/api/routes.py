"""Which routers make up the API. One line each."""

from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts

from app.api import changes, listing, listings, lookups, openapi
from app.api.transport import ApiTransport, addresses

ROUTERS: tuple[APIRouter, ...] = (
    listings.router,
    listing.router,
    changes.router,
    lookups.router,
)


def include(app: FastAPI) -> None:
    """Add the API to the application. Call it before other middleware is added, so that its own stands inside."""
    v1 = APIRouter(prefix="/api/v1")
    for router in ROUTERS:
        v1.include_router(router)
    app.state.api_tokens_noted = {}
    app.state.api_document = openapi.Document(v1)
    v1.include_router(openapi.router)
    app.include_router(v1)
    known = [(one.path or "", one.methods or ()) for one in iter_route_contexts(v1.routes)]
    app.add_middleware(ApiTransport, known=addresses(known))
