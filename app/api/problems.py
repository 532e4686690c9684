"""Faults as application/problem+json (RFC 9457), in the language the client asks for."""

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse

from app.api.faults import InsufficientScope, InvalidToken
from app.errors import (
    BadRequest,
    Invalid,
    NotFound,
    PreconditionRequired,
    RateLimited,
    SignInRequired,
    TechmartError,
    Unavailable,
)
from app.i18n import N_, _, negotiate, use_locale
from app.i18n.validation import dotted, explain

_PREFIXES = ("/api/", "/exchange/", "/oai", "/.well-known/", "/healthz", "/readyz", "/metrics")
MEDIA_TYPE = "application/problem+json"
_READING = {"GET", "HEAD", "OPTIONS"}


class ProblemResponse(JSONResponse):
    """A problem document."""

    media_type = MEDIA_TYPE


def speaks_json(path: str) -> bool:
    """Whether programs, not people, read the answers at this address."""
    return path.startswith(_PREFIXES)


def _document(request: Request, error: TechmartError, extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "type": f"urn:techmart:problem:{error.code}",
        "title": _(error.title),
        "status": error.status,
        "instance": request.url.path,
    }
    if error.detail:
        document["detail"] = _(error.detail, **error.params)
    return document | dict(extra or {})


def _headers(request: Request, error: TechmartError | None = None) -> dict[str, str]:
    headers = {"Vary": "Accept-Language, Authorization", "Cache-Control": "no-store"}
    if request.method in _READING and request.url.path.startswith("/api/"):
        # Also what middleware refuses (too many requests, no place free) can be read by a page of another site.
        headers["Access-Control-Allow-Origin"] = "*"
    if isinstance(error, RateLimited | Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, SignInRequired):
        headers["WWW-Authenticate"] = 'Bearer realm="techmart"'
        if isinstance(error, InvalidToken):
            headers["WWW-Authenticate"] += ', error="invalid_token"'
    if isinstance(error, InsufficientScope):
        # RFC 6750, section 3.1
        headers["WWW-Authenticate"] = f'Bearer realm="techmart", error="insufficient_scope", scope="{error.scope}"'
    return headers


def problem_response(request: Request, error: TechmartError) -> ProblemResponse:
    """The problem document of one fault. A fault that knows fields tells them by dotted path in `errors`."""
    with use_locale(negotiate(request.headers.get("accept-language", ""))) as locale:
        extra: dict[str, Any] = {}
        fields: Mapping[str, str] = getattr(error, "fields", {})
        if fields:
            extra["errors"] = [{"field": path, "message": _(message)} for path, message in fields.items()]
        if isinstance(error, PreconditionRequired) and not error.detail:
            extra["detail"] = _(N_("Hãy gửi If-Match với ETag của bản bạn đã đọc"))
        document = _document(request, error, extra)
        headers = _headers(request, error) | {"Content-Language": locale}
    return ProblemResponse(document, status_code=error.status, headers=headers)


def validation_response(request: Request, fault: RequestValidationError) -> ProblemResponse:
    """The problem document of a request that does not fit the OpenAPI document.

    An address that names nothing is 404, a wrong parameter or header 400, a body with wrong fields 422.
    """
    places = {str(one["loc"][0]) for one in fault.errors() if one["loc"]}
    error: TechmartError = NotFound() if "path" in places else Invalid() if places == {"body"} else BadRequest()
    with use_locale(negotiate(request.headers.get("accept-language", ""))) as locale:
        extra: dict[str, Any] = {}
        if not isinstance(error, NotFound):
            found: dict[str, str] = {}
            for one in fault.errors():
                # A wrong value of a repeated parameter is told at the parameter.
                path = [part for part in one["loc"][1:] if places == {"body"} or isinstance(part, str)]
                found.setdefault(dotted(tuple(path)), explain(one))
            extra["errors"] = [{"field": path, "message": message} for path, message in found.items()]
        document = _document(request, error, extra)
        headers = _headers(request) | {"Content-Language": locale}
    return ProblemResponse(document, status_code=error.status, headers=headers)
