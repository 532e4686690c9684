"""Every part of the pages on one page, with samples, for whoever changes the look. Development only."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from fastapi import APIRouter, Request, Response

from app.dependencies import AppSettings
from app.errors import NotFound
from app.i18n import _
from app.web import gallery_samples as samples
from app.web.assets import static
from app.web.forms import Form
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.views.basics import Badge, Picture
from app.web.views.cards import HolderRow, ListingCard, MatchRow, NeedCard, OrganisationCard
from app.web.views.finding import Chip, Facet, Pagination, paginate
from app.web.views.records import Definition, Figure, FileItem, Message, Step, Tab, Table

router = APIRouter()

# Samples speak of one moment, so that pictures of this page can be compared.
NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class PartsPage(Page):
    """All parts with samples."""

    template: ClassVar[str] = "gallery.html"

    four_cards: tuple[ListingCard, ...]
    seven_cards: tuple[ListingCard, ...]
    need_cards: tuple[NeedCard, ...]
    organisations: tuple[OrganisationCard, ...]
    matches: tuple[MatchRow, ...]
    holders: tuple[HolderRow, ...]
    facets: tuple[Facet, ...]
    chips: tuple[Chip, ...]
    examples: tuple[Link, ...]
    pages: Pagination
    form: Form
    wrong_form: Form
    steps: tuple[Step, ...]
    definitions: tuple[Definition, ...]
    table: Table
    figures: tuple[Figure, ...]
    files: tuple[FileItem, ...]
    messages: tuple[Message, ...]
    tabs: tuple[Tab, ...]
    badges: tuple[Badge, ...]
    prose: str


@router.get("/_parts", name="parts")
def parts(request: Request, settings: AppSettings) -> Response:
    """The gallery; hidden in production."""
    if settings.environment != "development":
        raise NotFound
    picture = Picture(static("images/parts-sample.svg"), "Buồng sấy bơm nhiệt cạnh dàn pin mặt trời", 640, 400)
    cards = samples.listing_cards(picture, NOW)
    needs = samples.need_cards()
    return render(
        request,
        PartsPage(
            title=_("Các thành phần giao diện"),
            indexed=False,
            breadcrumbs=(Link(_("Trang chủ"), "#"), Link(_("Các thành phần giao diện"), "#")),
            four_cards=cards[:4],
            seven_cards=cards[4:],
            need_cards=needs,
            organisations=samples.organisation_cards(),
            matches=samples.matches(),
            holders=samples.holders(),
            facets=samples.facets(),
            chips=samples.CHIPS,
            examples=samples.EXAMPLES,
            pages=paginate(page=4, per_page=20, total=482, href=lambda number: f"#page-{number}"),
            form=samples.FORM,
            wrong_form=samples.wrong_form(),
            steps=samples.steps(),
            definitions=samples.DEFINITIONS,
            table=samples.TABLE,
            figures=samples.FIGURES,
            files=samples.FILES,
            messages=samples.messages(),
            tabs=samples.TABS,
            badges=samples.BADGES,
            prose=samples.PROSE,
        ),
    )
