"""Listings as cards, in the language of the moment. One place, so that a listing looks the same wherever it appears."""

from datetime import datetime

from markupsafe import Markup

from app.features.listings.views import Card, FileLine
from app.i18n import _, current_locale, ngettext
from app.i18n.formats import format_date, format_days_left, format_money, format_money_range
from app.i18n.terms import term
from app.reference.current import label
from app.web.shell import Link
from app.web.urls import url
from app.web.views.basics import Badge, Fact, Picture, trust_badges
from app.web.views.cards import ListingCard, NeedCard

_CARD_WIDTH = 640
# Where a listing's page lists what else is about its subject.
ALSO = "also"


def listing_href(row: Card) -> str:
    """The address of a listing's page."""
    return url("listing", slug=row.slug or "tin", public_id=row.public_id)


def picture_view(picture: FileLine | None) -> Picture | None:
    """A picture in the sizes there are, or None. `width` and `height` are those of the size shown first."""
    if picture is None or not picture.widths:
        return None
    shown = next((width for width in picture.widths if width >= _CARD_WIDTH), picture.widths[-1])
    ratio = (picture.height or 9) / (picture.width or 16)
    return Picture(
        src=picture.path(shown),
        srcset=picture.srcset(),
        alt=picture.caption,
        width=shown,
        height=round(shown * ratio),
    )


def price_text(row: Card) -> str:
    """The price (or budget) in short words, "" when nothing is told."""
    currency = row.price_currency or "VND"
    if row.price_from is None and row.price_to is None:
        return term("price_kind", "on_request") if row.price_kind == "on_request" else ""
    if row.price_kind == "floor" and row.price_from is not None:
        text = _("từ %(amount)s", amount=format_money(row.price_from, currency))
    elif row.price_from is not None and (row.price_to is None or row.price_to == row.price_from):
        text = format_money(row.price_from, currency)
    else:
        text = format_money_range(row.price_from, row.price_to, currency)
    return f"{text}/{row.price_unit}" if row.price_unit else text


def region_name(code: str | None) -> str:
    """The name of a region of any year, "" for none."""
    return label("region", code, current_locale()) if code else ""


def offer_facts(row: Card) -> tuple[Fact, ...]:
    """What a line of facts says of an offer, by kind."""
    facts: list[Fact] = []
    details = row.details
    if row.kind == "technology" and row.trl:
        facts.append(Fact(f"TRL {row.trl}", _("Mức sẵn sàng"), strong=True))
    if row.kind == "equipment":
        if details.get("condition"):
            facts.append(Fact(term("condition", details["condition"]), _("Tình trạng"), strong=True))
        if details.get("year"):
            facts.append(Fact(str(details["year"]), _("Năm sản xuất")))
    if row.kind == "patent":
        number = details.get("grant_number") or details.get("publication_number") or details.get("application_number")
        if number:
            facts.append(Fact(str(number), _("Số văn bằng hoặc số đơn"), strong=True))
        if details.get("legal_status"):
            facts.append(Fact(term("legal_status", details["legal_status"]), _("Tình trạng pháp lý")))
    if row.kind == "service" and details.get("service_type"):
        facts.append(Fact(term("service_type", details["service_type"]), _("Loại dịch vụ"), strong=True))
    if row.kind in {"technology", "patent"} and row.transfer_forms:
        facts.append(Fact(term("transfer_form", row.transfer_forms[0]), _("Hình thức chuyển giao")))
    price = price_text(row)
    if price:
        facts.append(Fact(price, _("Giá")))
    place = region_name(row.region)
    if place:
        facts.append(Fact(place, _("Địa phương")))
    return tuple(facts)


def badges(row: Card, *, now: datetime) -> tuple[Badge, ...]:
    """The line of trust: verified, confirmed or overdue, source."""
    return trust_badges(
        verified=row.organisation is not None and row.organisation.verified_at is not None,
        confirmed_at=row.confirmed_at,
        overdue=row.state in {"due", "stale"},
        exchange=row.source or "",
        now=now,
    )


def also_link(row: Card) -> Link | None:
    """In how many other places its subject is offered, to the list of them on its page; None for nowhere else."""
    if not row.mates:
        return None
    count = len(row.mates)
    label = ngettext("Cũng có ở %(num)s nơi khác", "Cũng có ở %(num)s nơi khác", count)
    return Link(label, f"{listing_href(row)}#{ALSO}")


def organisation_name(row: Card) -> str:
    """Whose it is, in the language of the moment; "" where that is not told."""
    return row.organisation.title(current_locale()) if row.organisation is not None else ""


def offer_card(row: Card, *, now: datetime, title: Markup | None = None, excerpt: Markup | None = None) -> ListingCard:
    """An offer as a card; `title` and `excerpt` are the highlighted texts of a search."""
    plain_title, language = row.text("title", current_locale())
    benefit, _language = row.text("benefit", current_locale())
    return ListingCard(
        kind=row.kind,
        href=listing_href(row),
        title=title or plain_title,
        benefit=benefit or row.text("summary", current_locale())[0],
        language=language,
        organisation=organisation_name(row),
        facts=offer_facts(row),
        badges=badges(row, now=now),
        picture=picture_view(row.picture),
        excerpt=excerpt or "",
        also=also_link(row),
    )


def need_card(
    row: Card,
    *,
    now: datetime,
    title: Markup | None = None,
    excerpt: Markup | None = None,
    matches: int | None = None,
) -> NeedCard:
    """A need as a card."""
    plain_title, language = row.text("title", current_locale())
    facts: list[Fact] = []
    if row.organisation is None:
        facts.append(Fact(_("Ẩn danh"), _("Đơn vị đăng"), strong=True))
    budget = price_text(row) if row.price_from is not None or row.price_to is not None else ""
    if budget:
        facts.append(Fact(_("Ngân sách %(amount)s", amount=budget)))
    if row.trl:
        facts.append(Fact(f"TRL ≥ {row.trl}", _("Mức sẵn sàng tối thiểu")))
    place = region_name(row.region)
    if place:
        facts.append(Fact(place, _("Địa phương")))
    return NeedCard(
        href=listing_href(row),
        title=title or plain_title,
        baseline=str(row.details.get("baseline") or ""),
        target=str(row.details.get("target") or ""),
        details_language=row.language,
        language=language,
        organisation=organisation_name(row),
        facts=tuple(facts),
        badges=badges(row, now=now),
        days_left=format_days_left(row.deadline, now) if row.deadline else "",
        matches=matches,
        excerpt=excerpt or "",
        also=also_link(row),
    )


def any_card(
    row: Card, *, now: datetime, title: Markup | None = None, excerpt: Markup | None = None
) -> ListingCard | NeedCard:
    """The card of an offer or a need, whichever it is."""
    make = need_card if row.kind == "need" else offer_card
    return make(row, now=now, title=title, excerpt=excerpt)


def published_text(row: Card) -> str:
    """When it was published, dd/mm/yyyy, or ""."""
    return format_date(row.published_at) if row.published_at else ""
