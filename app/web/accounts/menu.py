"""What of a page depends on who reads it: the corner with the account, fetched apart from the public page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.features.accounts.queries import Seat
from app.i18n import N_, _
from app.web.auth import Visitor, chosen_seat
from app.web.shell import Link
from app.web.templating import Fragment, render
from app.web.urls import has_route, url

router = APIRouter()

# Route names; a part that is not installed has no route and so no entry.
_OWN = (
    ("desk", N_("Bàn làm việc")),
    ("my_listings", N_("Tin đăng của tôi")),
    ("enquiries", N_("Yêu cầu báo giá")),
    ("payments", N_("Thanh toán")),
    ("my_organisations", N_("Tổ chức của tôi")),
    ("account", N_("Tài khoản")),
)
_BROKERING = (("cases", N_("Vụ việc môi giới")),)
_OPERATING = (
    ("review", N_("Duyệt tin đăng")),
    ("verifications", N_("Xác minh tổ chức")),
    ("synonyms", N_("Thuật ngữ Việt–Anh")),
    ("payment_office", N_("Cổng thanh toán")),
)


@dataclass(frozen=True, kw_only=True)
class AccountFragment(Fragment):
    """Who is signed in and where they go; for nobody the way in. `seats` beyond one can be switched between."""

    template: ClassVar[str] = "accounts/menu.html"

    name: str
    links: Sequence[Link]
    seats: Sequence[Seat]
    acting: Seat | None
    sign_in: str


def _links(entries: Sequence[tuple[str, str]]) -> list[Link]:
    return [Link(_(label), url(name)) for name, label in entries if has_route(name)]


@router.get("/fragments/account", name="account_fragment")
def account_fragment(request: Request, visitor: Visitor) -> Response:
    if visitor is None:
        return render(request, AccountFragment(name="", links=(), seats=(), acting=None, sign_in=url("sign_in")))
    return render(
        request,
        AccountFragment(
            name=visitor.name,
            links=_links(_OWN)
            + (_links(_BROKERING) if visitor.is_broker or visitor.is_operator else [])
            + (_links(_OPERATING) if visitor.is_operator else []),
            seats=visitor.seats,
            acting=chosen_seat(request, visitor),
            sign_in="",
        ),
    )
