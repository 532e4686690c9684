"""Faults as application/problem+json (RFC 9457), in the language the client asks for."""

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse

from app.errors import Invalid, PreconditionRequired, RateLimited, SignInRequired, TechmartError, Unavailable
from app.i18n import N_, _, negotiate, use_locale
from app.i18n.validation import explain

_PREFIXES = ("/api/", "/exchange/", "/.well-known/", "/healthz", "/readyz", "/metrics")


class ProblemResponse(JSONResponse):
    """A problem document."""

    media_type = "application/problem+json"


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


def problem_response(request: Request, error: TechmartError) -> ProblemResponse:
    """The problem document of one fault."""
    headers = {"Vary": "Accept-Language"}
    with use_locale(negotiate(request.headers.get("accept-language", ""))):
        extra: dict[str, Any] = {}
        if isinstance(error, Invalid) and error.fields:
            extra["errors"] = [{"field": path, "message": _(message)} for path, message in error.fields.items()]
        if isinstance(error, RateLimited | Unavailable):
            headers["Retry-After"] = str(error.retry_after)
        if isinstance(error, SignInRequired):
            headers["WWW-Authenticate"] = 'Bearer realm="techmart"'
        if isinstance(error, PreconditionRequired) and not error.detail:
            extra["detail"] = _(N_("Hãy gửi If-Match với ETag của bản bạn đã đọc"))
        document = _document(request, error, extra)
    return ProblemResponse(document, status_code=error.status, headers=headers)


def validation_response(request: Request, fault: RequestValidationError) -> ProblemResponse:
    """The problem document of a request that does not fit the OpenAPI document."""
    with use_locale(negotiate(request.headers.get("accept-language", ""))):
        errors = [
            {"field": ".".join(str(part) for part in one["loc"]), "message": explain(one)} for one in fault.errors()
        ]
        document = _document(request, Invalid(), {"errors": errors})
    return ProblemResponse(document, status_code=422, headers={"Vary": "Accept-Language"})
