"""An application with the kernel of the pages and nothing else: no database, routes given by the test."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from starlette.requests import Request
from starlette.responses import Response

from app.errors import TechmartError
from app.i18n import LOCALES
from app.settings import Settings
from app.web.assets import PREFIX, HashedFiles
from app.web.context import RequestContext
from app.web.csrf import CrossSiteGuard
from app.web.errors import error_response
from app.web.headers import SecurityHeaders


def known_fault(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, TechmartError)
    return error_response(request, fault)


def small_app(*routers: APIRouter, settings: Settings | None = None) -> FastAPI:
    """The middleware, the static files and `routers` once per language, as app.main puts them together."""
    app = FastAPI()
    app.state.settings = settings or Settings(public_url="https://techmart.test")
    app.mount(PREFIX, HashedFiles(), name="static_files")
    for locale in LOCALES:
        for router in routers:
            app.include_router(router, prefix=f"/{locale}")
    app.add_exception_handler(TechmartError, known_fault)
    app.add_middleware(CrossSiteGuard, refuse=error_response, own_origins=("https://techmart.test",))
    app.add_middleware(RequestContext)
    app.add_middleware(SecurityHeaders)
    return app


def asking(endpoint: Callable[..., Any], path: str = "/here", **named: str) -> TestClient:
    """A client of an application whose GET `path` is `endpoint`; `named` adds routes by name → path."""
    router = APIRouter()
    router.add_api_route(path, endpoint, name="here", methods=["GET"], response_model=None)
    for name, other in named.items():
        router.add_api_route(other, endpoint, name=name, methods=["GET"], response_model=None)
    return TestClient(small_app(router), base_url="https://techmart.test", follow_redirects=False)
