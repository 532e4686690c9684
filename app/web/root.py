"""Addresses that carry no language."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse

from app.i18n import DEFAULT_LOCALE

router = APIRouter()


@router.get("/", name="root")
def root(request: Request) -> RedirectResponse:
    """Vietnamese first: the bare address always leads to /vi/, so that caches need not vary by language."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/{DEFAULT_LOCALE}/{query}", status_code=307)
