"""The OpenAPI document (3.1), made from the routes and from the reference tables as they are at the moment.

FastAPI gives paths, parameters and answers. Added here is what it does not know: bodies that endpoints read themselves,
problem documents, who may call, the codes of the tables, examples.
"""

import json
import threading
from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from app import __version__
from app.api import examples
from app.api.codes import classification_schema, region_schema
from app.api.conditional import raw_answer
from app.api.inputs import REFERENCE_MARK, Draft, ListingPatch, Withdrawal
from app.api.problems import MEDIA_TYPE
from app.api.responses import REASONS, Problem, problems
from app.dependencies import ReadSession
from app.reference.current import refresh, version_mark

router = APIRouter()

_REF: Final = "#/components/schemas/{model}"
_BEARER: Final = "personalAccessToken"
_ANYBODY: Final[list[dict[str, list[str]]]] = [{}, {_BEARER: []}]
_HOLDERS: Final[list[dict[str, list[str]]]] = [{_BEARER: []}]

_ABOUT: Final = """\
What is on the exchange, for programs: search, records, matches, reference tables for anyone; with a personal access
token also the listings of one's own organisations, to create, change, submit, confirm and withdraw.

* Labels, reasons and faults are in the language `Accept-Language` asks for: Vietnamese, or English.
* Faults are problem documents (RFC 9457); `type` names the cause, `errors` the fields.
* Lists go on by `next_cursor`, which is opaque; it is null on the last page.
* Parameters nobody knows are ignored; an empty value means the parameter was not given.
* Sums are whole minor units of their currency: 1 is one đồng, or one cent of a dollar.
* Instants are UTC (RFC 3339), days ISO 8601, texts NFC; Markdown in `description`.
"""
_TAGS: Final = [
    {"name": "Listings", "description": "What is offered and needed, as everybody sees it"},
    {"name": "Own listings", "description": "With a personal access token: the listings of one's organisations"},
    {"name": "Organisations", "description": "Who offers and needs"},
    {"name": "Reference", "description": "Regions and classifications, each in its current version"},
]
_SECURITY: Final = {
    _BEARER: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "tmpat_…",
        "description": "Made on the account page, with the scopes listings:read and listings:write. Acts for all the "
        "organisations of its person.",
    }
}
# Operations that need a token, with the scope they ask for; all others take one and need none.
_SCOPES: Final = {
    "listOwnListings": "listings:read",
    "getListingHistory": "listings:read",
    "createListing": "listings:write",
    "changeListing": "listings:write",
    "submitListing": "listings:write",
    "recallListing": "listings:write",
    "confirmListing": "listings:write",
    "withdrawListing": "listings:write",
}
_BODIES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "createListing": ("ListingDraft", ("application/json",)),
    "changeListing": ("ListingPatch", ("application/merge-patch+json", "application/json")),
    "withdrawListing": ("Withdrawal", ("application/json",)),
}
_MODELS: Final[dict[str, TypeAdapter[Any]]] = {
    "ListingDraft": TypeAdapter(Draft),
    "ListingPatch": TypeAdapter(ListingPatch),
    "Withdrawal": TypeAdapter(Withdrawal),
    "Problem": TypeAdapter(Problem),
}
_LANGUAGE: Final = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "Language of labels, reasons and faults",
    "schema": {"type": "string", "examples": ["en", "vi"]},
}
_IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "ETag of the copy you have; 304 while it is still right",
    "schema": {"type": "string"},
}


class Document:
    """The document of one application, built again when a reference table was loaded."""

    def __init__(self, api: APIRouter) -> None:
        self._api = api
        self._guard = threading.Lock()
        self._built: tuple[str, bytes] | None = None

    def text(self) -> bytes:
        """The document as JSON."""
        mark = version_mark()
        with self._guard:
            if self._built is None or self._built[0] != mark:
                self._built = (mark, json.dumps(build(self._api), ensure_ascii=False).encode())
            return self._built[1]


@router.get("/openapi.json", include_in_schema=False)
def openapi_document(request: Request, session: ReadSession) -> Response:
    """This document."""
    refresh(session)
    document: Document = request.app.state.api_document
    return raw_answer(request, document.text())


def build(api: APIRouter) -> dict[str, Any]:
    """The document for the routes of `api`."""
    document = get_openapi(
        title="Techmart API",
        version=__version__,
        openapi_version="3.1.0",
        summary="Search and keep listings of a technology exchange",
        description=_ABOUT,
        routes=api.routes,
        tags=_TAGS,
        servers=[{"url": "/", "description": "This exchange"}],
    )
    schemas: dict[str, Any] = document["components"]["schemas"]
    for name, adapter in _MODELS.items():
        _add_model(schemas, name, adapter)
    schemas["ClassificationInput"] = classification_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    document["components"]["securitySchemes"] = _SECURITY
    document["components"]["parameters"] = {"AcceptLanguage": _LANGUAGE, "IfNoneMatch": _IF_NONE_MATCH}
    document["components"]["responses"] = {
        f"Problem{status}": _with_example(int(status), response) for status, response in problems(*REASONS).items()
    }
    for path in document["paths"].values():
        for method, operation in path.items():
            _complete(operation, method)
    _walk(document, _fitted)
    return document


def _add_model(schemas: dict[str, Any], name: str, adapter: TypeAdapter[Any]) -> None:
    made = adapter.json_schema(ref_template=_REF)
    _walk(made, _without_null_default)
    parts = {**made.pop("$defs", {}), name: made}
    for part, schema in parts.items():
        if schemas.setdefault(part, schema) != schema:
            raise ValueError(f"two models of the API are called {part}")


def _complete(operation: dict[str, Any], method: str) -> None:
    name = operation["operationId"]
    scope = _SCOPES.get(name)
    operation["security"] = _HOLDERS if scope else _ANYBODY
    if scope:
        operation["description"] += f"\n\nNeeds the scope `{scope}`."
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        _plain_parameter(parameter, required=name == "changeListing" and parameter["name"] == "If-Match")
    parameters.append({"$ref": "#/components/parameters/AcceptLanguage"})
    if method == "get":
        parameters.append({"$ref": "#/components/parameters/IfNoneMatch"})
    if name in _BODIES:
        model, types = _BODIES[name]
        content = {"schema": {"$ref": _REF.format(model=model)}, "examples": examples.BODIES[name]}
        operation["requestBody"] = {"required": True, "content": dict.fromkeys(types, content)}
    responses = operation["responses"]
    if "application/json" in responses.get("422", {}).get("content", {}):
        # FastAPI's own form of a validation fault, which this API does not use.
        del responses["422"]
    for status, example in examples.ANSWERS.get(name, {}).items():
        responses[status]["content"]["application/json"]["example"] = example
    for status, response in list(responses.items()):
        if MEDIA_TYPE in response.get("content", {}):
            responses[status] = {"$ref": f"#/components/responses/Problem{status}"}


def _with_example(status: int, response: dict[str, Any]) -> dict[str, Any]:
    response["content"][MEDIA_TYPE]["example"] = examples.problem(status)
    return response


def _plain_parameter(parameter: dict[str, Any], *, required: bool) -> None:
    """A parameter is there or not; it is never null. An empty one in a query counts as not there."""
    schema = parameter["schema"]
    choices = [one for one in schema.pop("anyOf", []) if one != {"type": "null"}]
    if choices:
        (only,) = choices
        schema |= only
    schema.pop("title", None)
    schema.pop("description", None)
    parameter["required"] = parameter["required"] or required
    if parameter["in"] == "query" and not _takes_any_text(schema):
        parameter["allowEmptyValue"] = True


def _takes_any_text(schema: dict[str, Any]) -> bool:
    """Whether an empty text fits the schema as it is."""
    text = schema.get("items", schema)
    return text.get("type") == "string" and not {"enum", "pattern", "minLength"} & text.keys()


def _walk(node: Any, visit: Callable[[dict[str, Any]], None]) -> None:
    if isinstance(node, dict):
        visit(node)
        for inner in node.values():
            _walk(inner, visit)
    elif isinstance(node, list):
        for inner in node:
            _walk(inner, visit)


def _without_null_default(node: dict[str, Any]) -> None:
    if node.get("default", ...) is None:
        del node["default"]


def _fitted(node: dict[str, Any]) -> None:
    """Put the codes of the region table where the models only mark their place."""
    if node.pop(REFERENCE_MARK, None) == "region":
        node["anyOf"] = [region_schema(), {"type": "null"}]
