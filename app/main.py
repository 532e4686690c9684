"""Builds the ASGI application; nothing else."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from app import __version__, api, exchange, web
from app.database import Database
from app.errors import BadRequest, Forbidden, MethodNotAllowed, NotFound, TechmartError, TooLarge
from app.i18n.catalogue import english
from app.operations import health
from app.operations.gate import AdmissionGate, places_for
from app.operations.limits import RequestLimits
from app.operations.logs import RequestLog, loggable_path
from app.search.service import make_engine
from app.settings import Settings, get_settings
from app.web.assets import PREFIX, HashedFiles
from app.web.context import RequestContext
from app.web.csrf import CrossSiteGuard
from app.web.errors import error_response
from app.web.headers import SecurityHeaders
from app.web.pagecache import AlreadyMade, NotModified, already_made, not_modified
from app.web.templating import environment

log = logging.getLogger(__name__)

_BY_STATUS: dict[int, type[TechmartError]] = {
    400: BadRequest,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    413: TooLarge,
}


def build(settings: Settings | None = None, *, database: Database | None = None) -> FastAPI:
    """The application, ready for a server.

    Args:
        settings: those of the process when left out.
        database: made from the settings when left out, and then disposed of at shut-down.

    Raises:
        SettingsFault: no database is named, by argument or setting (`techmart serve` starts the embedded one).
    """
    settings = settings or get_settings()
    own = database is None
    pool = database or _connect(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        app.state.search.close()
        if own:
            pool.dispose()

    app = FastAPI(
        title="Techmart", version=__version__, openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan
    )
    app.state.settings = settings
    app.state.database = pool
    app.state.search = make_engine(settings)
    # Read now what the first reader would otherwise wait for; a clash of translations stops the start, not a page.
    english()
    environment().get_template("base.html")
    app.mount(PREFIX, HashedFiles(), name="static_files")
    health.add_routes(app)
    api.include(app)
    exchange.include(app)
    web.include(app)
    for _route in iter_route_contexts(app.routes):
        # FastAPI works out a route when it is first passed on the way to a page: half a second for all.
        pass

    app.add_exception_handler(NotModified, not_modified)
    app.add_exception_handler(AlreadyMade, already_made)
    app.add_exception_handler(TechmartError, _known_fault)
    app.add_exception_handler(HTTPException, _framework_fault)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Exception, _unknown_fault)

    # The last one added is the first to see a request.
    app.add_middleware(
        AdmissionGate,
        places=places_for(settings),
        queue=settings.admission_queue,
        wait_s=settings.admission_wait_s,
        refuse=_answer,
    )
    app.add_middleware(CrossSiteGuard, refuse=_answer, own_origins=(settings.base_url,))
    if settings.rate_limits == "on":
        app.add_middleware(RequestLimits, refuse=_answer, processes=settings.processes)
    app.add_middleware(RequestContext)
    app.add_middleware(SecurityHeaders, https=settings.secure_cookies)
    app.add_middleware(RequestLog)
    return app


def _connect(settings: Settings) -> Database:
    from app.settings import SettingsFault

    if settings.database_url is None:
        raise SettingsFault("TECHMART_DATABASE_URL: not set; start with `techmart serve`, which brings a database")
    return Database(
        settings.database_url.get_secret_value(),
        pool_size=settings.database_pool,
        statement_timeout_ms=settings.statement_timeout_ms,
    )


def _answer(request: Request, error: TechmartError, *, reference: str = "") -> Response:
    """The one place that decides between a page and application/problem+json."""
    if api.speaks_json(request.url.path):
        return api.problem_response(request, error)
    return error_response(request, error, reference=reference)


def _known_fault(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, TechmartError)  # noqa: S101 - registered for this class
    sign_in = None if api.speaks_json(request.url.path) else web.sign_in_redirect(request, fault)
    return sign_in if sign_in is not None else _answer(request, fault)


def _framework_fault(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)  # noqa: S101
    if fault.status_code in {301, 302, 303, 307, 308}:
        return RedirectResponse((fault.headers or {})["Location"], fault.status_code)
    response = _answer(request, _BY_STATUS.get(fault.status_code, BadRequest)())
    if fault.headers and "Allow" in fault.headers:
        response.headers["Allow"] = fault.headers["Allow"]
    return response


def _malformed(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, RequestValidationError)  # noqa: S101
    if api.speaks_json(request.url.path):
        return api.validation_response(request, fault)
    # On a page only a mistyped address gets here: forms are read by app.web.forms.
    return error_response(request, NotFound())


def _unknown_fault(request: Request, fault: Exception) -> Response:
    reference: str = request.scope.get("request_id", "")
    log.error("fault %s at %s %s", reference, request.method, loggable_path(request.scope), exc_info=fault)
    try:
        return _answer(request, TechmartError(), reference=reference)
    except Exception:
        # The page that tells of faults may share the fault (a broken catalogue, a template): then plain words must do.
        log.exception("the page for fault %s failed too", reference)
        return PlainTextResponse(f"Hệ thống gặp lỗi. / Something went wrong. {reference}", status_code=500)
