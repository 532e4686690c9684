"""The OpenAPI document of the exchange (3.1): paths and parameters from the routes, answers from shapes.py."""

import functools
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from app import __version__
from app.exchange import bootstrap, catalogue, feed, shapes, subscriptions, syndication
from app.exchange.answers import json_answer
from app.exchange.envelope import Envelope

router = APIRouter()

_REF: Final = "#/components/schemas/{model}"
_JSON: Final = "application/json"
_ABOUT: Final = """\
What one exchange gives another. Nothing of it needs an account; a partner that shows its key (`Authorization: Bearer
tmpx_…`, or a token got for client credentials at `/exchange/v1/token`) gets what its agreement adds, and manages its
webhooks.

OAI-PMH 2.0 is at `/oai` and describes itself (`?verb=Identify`). Faults are problem documents (RFC 9457). Every answer
to a GET has an ETag; `RateLimit-Policy` and `RateLimit` say how many requests are allowed and left.
"""
# Route → status of success, its media type, its shape, and the faults that may come.
_ANSWERS: Final[Mapping[str, tuple[int, str, Any, tuple[int, ...]]]] = {
    "exchange_changes": (200, _JSON, shapes.Changes, (400,)),
    "exchange_record": (200, _JSON, Envelope, (404,)),
    "exchange_discovery": (200, _JSON, shapes.Discovery, ()),
    "exchange_keys": (200, "application/jwk-set+json", shapes.KeySet, ()),
    "exchange_schema": (200, "application/xml", None, ()),
    "exchange_snapshot": (200, _JSON, shapes.Snapshot, (404,)),
    "exchange_snapshot_part": (200, "application/gzip", None, (400, 404)),
    "exchange_atom": (200, "application/atom+xml", None, (400,)),
    "exchange_json_feed": (200, "application/feed+json", None, (400,)),
    "exchange_catalogue_turtle": (200, "text/turtle", None, ()),
    "exchange_catalogue_json": (200, "application/ld+json", None, ()),
    "exchange_subscriptions": (200, _JSON, shapes.Subscriptions, ()),
    "exchange_subscribe": (201, _JSON, shapes.SubscriptionMade, (400, 409, 422)),
    "exchange_subscription": (200, _JSON, shapes.SubscriptionTold, (404,)),
    "exchange_unsubscribe": (204, "", None, (404,)),
    "exchange_rotate_secret": (200, _JSON, shapes.SubscriptionMade, (404,)),
    "exchange_enable_subscription": (200, _JSON, shapes.SubscriptionTold, (404,)),
    "exchange_test_subscription": (202, _JSON, shapes.Ping, (404, 409)),
    "exchange_deliveries": (200, _JSON, shapes.Deliveries, (400, 404)),
    "exchange_replay": (202, _JSON, shapes.Ping, (404, 409)),
}
_FAULTS: Final = {
    400: "A parameter, or the JSON itself, cannot be read",
    401: "No key where one is needed, or one that opens nothing",
    404: "There is nothing here that this caller may know of",
    409: "It cannot be done at this moment",
    422: "A field does not hold",
    429: "Too many requests; `Retry-After` says when to come back",
    503: "Too many ask at once; `Retry-After` says when to come back",
}


@router.get("/exchange/v1/openapi.json", name="exchange_openapi", include_in_schema=False)
def openapi_document(request: Request) -> Response:
    return json_answer(request, document())


@functools.cache
def document() -> dict[str, Any]:
    """The document; the same for every exchange."""
    routers = (feed.router, bootstrap.router, syndication.router, catalogue.router, subscriptions.router)
    made = get_openapi(
        title="Techmart exchange",
        version=__version__,
        openapi_version="3.1.0",
        summary="Records, changes, snapshots and pings between exchanges",
        description=_ABOUT,
        routes=[route for one in routers for route in one.routes],
        servers=[{"url": "/", "description": "This exchange"}],
    )
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for model in {Envelope, shapes.Problem, *(shape for _status, _media, shape, _faults in _ANSWERS.values() if shape)}:
        told = TypeAdapter(model).json_schema(ref_template=_REF, by_alias=True)
        schemas |= told.pop("$defs", {})
        schemas[model.__name__] = told
    made["components"]["schemas"] = dict(sorted(schemas.items()))
    made["components"]["securitySchemes"] = {
        "partnerKey": {"type": "http", "scheme": "bearer", "bearerFormat": "tmpx_… or tmpt_…"}
    }
    for one in routers:
        for route in one.routes:
            for operation in _operations(made, route):
                _complete(operation, route.name)  # type: ignore[attr-defined]
    return made


def _operations(made: dict[str, Any], route: Any) -> list[dict[str, Any]]:
    path = made["paths"].get(route.path, {})
    return [path[method.lower()] for method in route.methods if method.lower() in path]


def _complete(operation: dict[str, Any], name: str) -> None:
    status, media_type, shape, faults = _ANSWERS[name]
    operation["operationId"] = name.removeprefix("exchange_")
    own = name in {route.name for route in subscriptions.router.routes}  # type: ignore[attr-defined]
    operation["security"] = [{"partnerKey": []}] if own else [{}, {"partnerKey": []}]
    said: dict[str, Any] = {"description": "Done"}
    if media_type:
        said["content"] = {media_type: {"schema": {"$ref": _REF.format(model=shape.__name__)} if shape else {}}}
    answers: dict[str, Any] = {str(status): said}
    if name == "exchange_record":
        answers["410"] = {"description": "The record is gone: its tombstone", "content": said["content"]}
    if name == "exchange_snapshot_part":
        answers["206"] = said
    for fault in sorted({401, 429, 503, *faults}):
        problem = {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}
        answers[str(fault)] = {"description": _FAULTS[fault], "content": problem}
    operation["responses"] = answers
