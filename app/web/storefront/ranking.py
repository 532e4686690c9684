"""How results and matches are ranked, with the weights in force: intermediary platforms must publish them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.dependencies import AppSettings
from app.i18n import _
from app.search.explain import match_weights, search_weights
from app.web.pagecache import PublicPage
from app.web.templating import Page, render

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class RankingPage(Page):
    """Both tables of weights: (what counts, weight); `promotion`: whether the operator takes fees for it."""

    template: ClassVar[str] = "storefront/ranking.html"

    search: Sequence[tuple[str, str]]
    match: Sequence[tuple[str, str]]
    promotion: bool


@router.get("/ranking", name="ranking", dependencies=[PublicPage])
def ranking(request: Request, settings: AppSettings) -> Response:
    return render(
        request,
        RankingPage(
            title=_("Cách xếp hạng kết quả"),
            description=_("Điều gì quyết định thứ tự kết quả tìm kiếm và điểm phù hợp."),
            search=search_weights(),
            match=match_weights(settings.matching),
            promotion=settings.billing,
        ),
    )
