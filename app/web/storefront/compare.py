"""Up to four listings side by side. Which ones stands in the address, so a comparison can be kept, sent and printed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession
from app.features.listings.queries import details_named
from app.features.listings.views import Detail
from app.i18n import _, current_locale
from app.i18n.formats import format_days_left
from app.i18n.terms import term
from app.web.listing_cards import badges, listing_href, organisation_name, picture_view
from app.web.pagecache import PublicPage
from app.web.shell import Link
from app.web.storefront.listing_page import SECTIONS, classified, definitions, price_of
from app.web.storefront.search_params import MOST_COMPARED, read_compared
from app.web.templating import Page, render
from app.web.urls import has_route, url
from app.web.views.basics import Badge, Picture

router = APIRouter()

# Of long texts the beginning is compared; the whole is on the listing's page.
_LONGEST = 280


@dataclass(frozen=True)
class ComparedListing:
    """One column's head: what it is and the ways on from it. `ask` is "" for needs."""

    kind: str
    title: str
    language: str
    href: str
    organisation: str
    badges: Sequence[Badge]
    picture: Picture | None
    ask: str
    without: str


@dataclass(frozen=True)
class CompareRow:
    """One fact of all columns; "" where a listing says nothing of it.

    `alike`: all say the same. `differs`: some say one thing and some another; silence is neither.
    """

    label: str
    values: Sequence[str]
    alike: bool
    differs: bool


@dataclass(frozen=True)
class CompareGroup:
    """Facts that belong together."""

    title: str
    rows: Sequence[CompareRow]


@dataclass(frozen=True, kw_only=True)
class ComparePage(Page):
    """Listings side by side. `gone`: how many of those asked for have left; `over`: how many are past the most.

    `only_different`: rows in which all say the same are left out; `same` is how many.
    """

    template: ClassVar[str] = "storefront/compare.html"

    columns: Sequence[ComparedListing]
    groups: Sequence[CompareGroup]
    gone: int
    over: int
    most: int
    only_different: bool
    same: int
    switch: str
    more: str
    search: str
    ask_all: str


@router.get("/compare", name="compare", dependencies=[PublicPage])
def compare(
    request: Request,
    session: ReadSession,
    ids: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI reads it and never changes it
    only: str = "",
) -> Response:
    """The page of a comparison; `only=different` leaves out what all say alike."""
    asked = read_compared(ids)
    named, over = asked[:MOST_COMPARED], len(asked) - MOST_COMPARED
    rows = details_named(session, public_ids=named)
    present = [row.public_id for row in rows]
    only_different = only == "different"
    groups = _groups(rows, now=clock.now())
    same = sum(row.alike for group in groups for row in group.rows)
    if only_different:
        kept = [CompareGroup(group.title, [row for row in group.rows if not row.alike]) for group in groups]
        groups = [group for group in kept if group.rows]
    supply = [row.public_id for row in rows if row.kind != "need"]
    joined = ",".join(present)
    page = ComparePage(
        title=_("So sánh"),
        description=_("Các mục đã chọn đặt cạnh nhau, chỗ khác nhau được đánh dấu."),
        indexed=False,
        breadcrumbs=(Link(_("Trang chủ"), url("home")), Link(_("Tìm trên sàn"), url("search", compare=joined))),
        columns=[_column(row, present, now=clock.now()) for row in rows],
        groups=groups,
        gone=len(named) - len(rows),
        over=max(0, over),
        most=MOST_COMPARED,
        only_different=only_different,
        same=same if len(rows) > 1 else 0,
        switch=url("compare", ids=joined) if only_different else url("compare", ids=joined, only="different"),
        more=url("search", compare=joined) if len(rows) < MOST_COMPARED else "",
        search=url("search"),
        ask_all=url("ask_several", ids=",".join(supply)) if len(supply) > 1 and has_route("ask_several") else "",
    )
    return render(request, page)


def _column(row: Detail, present: Sequence[str], *, now: datetime) -> ComparedListing:
    title, language = row.text("title", current_locale())
    others = ",".join(one for one in present if one != row.public_id)
    return ComparedListing(
        kind=row.kind,
        title=title,
        language=language,
        href=listing_href(row),
        organisation=organisation_name(row),
        badges=badges(row, now=now),
        picture=picture_view(row.picture),
        ask=url("ask", slug=row.slug or "tin", public_id=row.public_id)
        if row.kind != "need" and has_route("ask")
        else "",
        without=url("compare", ids=others) if others else url("compare"),
    )


def _groups(rows: Sequence[Detail], *, now: datetime) -> list[CompareGroup]:
    """Everything somebody says, a row each, in the order the page of a listing has it."""
    parts: list[tuple[str, list[Mapping[str, str]]]] = [
        (_("Chính"), [_main(row, now=now) for row in rows]),
        (_("Chi tiết"), [{one.term: "; ".join(map(str, one.values)) for one in definitions(row)} for row in rows]),
        (_("Nội dung"), [_texts(row) for row in rows]),
        (_("Phân loại"), [{one.term: "; ".join(map(str, one.values)) for one in classified(row)} for row in rows]),
    ]
    groups = []
    for title, columns in parts:
        labels = _in_order(columns)
        made = [_row(label, [column.get(label, "") for column in columns]) for label in labels]
        if made:
            groups.append(CompareGroup(title, made))
    return groups


def _in_order(columns: Sequence[Mapping[str, str]]) -> list[str]:
    """Every label once; one that only a later column has stands behind the label it follows there."""
    labels: list[str] = []
    for column in columns:
        before = -1
        for label in column:
            if label in labels:
                before = labels.index(label)
            else:
                before += 1
                labels.insert(before, label)
    return labels


def _row(label: str, values: Sequence[str]) -> CompareRow:
    return CompareRow(label, values, alike=len(set(values)) == 1, differs=len(set(values) - {""}) > 1)


def _main(row: Detail, *, now: datetime) -> dict[str, str]:
    made = {
        _("Loại"): term("kind", row.kind),
        _("Lợi ích"): row.text("benefit", current_locale())[0],
        _("Ngân sách") if row.kind == "need" else _("Giá"): price_of(row) or term("price_kind", "on_request"),
        _("Loại tổ chức"): term("organisation_type", row.organisation.type) if row.organisation else "",
        _("Còn lại"): format_days_left(row.deadline, now) if row.deadline else "",
    }
    return {label: value for label, value in made.items() if value}


def _texts(row: Detail) -> dict[str, str]:
    given = ((heading, row.details.get(key)) for key, heading in SECTIONS[row.kind])
    return {_(heading): _cut(str(text)) for heading, text in given if text}


def _cut(text: str) -> str:
    plain = " ".join(text.replace("*", "").replace("#", "").split())
    return plain if len(plain) <= _LONGEST else plain[:_LONGEST].rsplit(" ", 1)[0].rstrip(" ,;:.–-") + "…"
