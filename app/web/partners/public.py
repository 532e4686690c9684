"""Which exchanges this one exchanges with, for anybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.dependencies import ReadSession
from app.features.partners.origins import PublicPartner, public_partners
from app.i18n import _
from app.web.pagecache import PublicPage
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url

router = APIRouter(dependencies=[PublicPage])


@dataclass(frozen=True, kw_only=True)
class PublicPartnersPage(Page):
    """The partners that are live, with how many listings of theirs are shown."""

    template: ClassVar[str] = "partners/public.html"

    partners: Sequence[PublicPartner]


@router.get("/partners", name="partners")
def partners(request: Request, session: ReadSession) -> Response:
    """The list."""
    page = PublicPartnersPage(
        title=_("Sàn liên kết"),
        breadcrumbs=(Link(_("Trang chủ"), url("home")), Link(_("Sàn liên kết"), url("partners"))),
        partners=public_partners(session),
    )
    return render(request, page)
