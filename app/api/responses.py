"""Answers as the OpenAPI document states them: problem documents, and the headers that come with answers."""

from typing import Any, Final

from pydantic import Field

from app.api.problems import MEDIA_TYPE
from app.api.wire import Answer


class FieldProblem(Answer):
    """What is wrong with one field."""

    field: str = Field(description="Dotted path in the body, or the name of the parameter", examples=["price.from"])
    message: str = Field(description="What would be right, in the language of the answer")


class Problem(Answer):
    """What went wrong (RFC 9457). Texts are in the language Accept-Language asks for."""

    type: str = Field(description="Names the cause, for programs", examples=["urn:techmart:problem:not-found"])
    title: str = Field(description="The cause in words")
    status: int = Field(description="The status of the answer", ge=400, le=599)
    instance: str = Field(description="The path that was asked")
    detail: str | None = Field(default=None, description="What happened this time")
    errors: list[FieldProblem] | None = Field(default=None, description="Field by field, where fields are wrong")


REASONS: Final[dict[int, str]] = {
    400: "A parameter, a header or the JSON itself cannot be read",
    401: "No personal access token, or one that opens nothing",
    403: "The token lacks the scope, or its person does not act for the organisation",
    404: "There is nothing here that this caller may know of",
    409: "What the record is at this moment does not allow it",
    410: "The listing was public and has left the exchange",
    412: "The record has changed since the version in If-Match was read",
    413: "The body is larger than a mebibyte",
    415: "The body is not JSON",
    422: "Fields do not hold; `errors` names them",
    428: "If-Match is missing",
    429: "Too many requests in this minute",
    503: "The exchange or its search is not ready, or too many ask at once",
}
_RETRY_AFTER: Final = {
    "Retry-After": {
        "description": "Seconds to wait",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }
}
_AUTHENTICATE: Final = {
    "WWW-Authenticate": {"description": "RFC 6750", "required": True, "schema": {"type": "string"}},
}
ETAG: Final = {
    "ETag": {
        "description": "Names this version of the answer",
        "required": True,
        "schema": {"type": "string", "pattern": '^(W/)?"[0-9a-f-]+"$'},
    }
}
_CACHE: Final = {"Cache-Control": {"required": True, "schema": {"type": "string"}}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: these problems, and those that any call may meet."""
    found: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*statuses, 401, 429, 503}):
        headers = _AUTHENTICATE if status == 401 else _RETRY_AFTER if status in {429, 503} else None
        found[status] = {
            "description": REASONS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        if headers:
            found[status]["headers"] = headers
    return found


def reading(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a GET: as `problems`, with ETag and 304."""
    return {
        200: {"headers": ETAG | _CACHE},
        304: {"description": "The copy named in If-None-Match is still right", "headers": ETAG},
        **problems(*statuses),
    }


def changing(*statuses: int, success: int = 200) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a change that answers the record with its new ETag."""
    headers: dict[str, Any] = dict(ETAG)
    if success == 201:
        headers["Location"] = {
            "description": "Address of the new listing",
            "required": True,
            "schema": {"type": "string", "format": "uri-reference"},
        }
    return {success: {"headers": headers}, **problems(403, *statuses)}
