"""Pieces of public pages that htmx asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.i18n import current_locale
from app.search.port import LONGEST_TEXT, SearchUnavailable
from app.search.service import engine_of
from app.web.templating import Fragment, render

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class SuggestionsFragment(Fragment):
    """Phrases of titles that continue what is being typed."""

    template: ClassVar[str] = "storefront/suggestions.html"

    texts: Sequence[str]


@router.get("/fragments/suggest", name="suggest_fragment")
def suggest(request: Request, q: str = "") -> Response:
    try:
        found = engine_of(request.app).suggest(q[:LONGEST_TEXT], language=current_locale()) if q.strip() else []
    except SearchUnavailable:
        # Typing goes on without help; the search itself will say what is wrong.
        found = []
    return render(request, SuggestionsFragment(texts=[one.text for one in found]))
