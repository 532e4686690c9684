"""An organisation in words and cards, in the language of the moment."""

from collections.abc import Mapping
from uuid import UUID

from markupsafe import Markup

from app.features.organisations.queries import ListingCounts
from app.i18n import _, current_locale, ngettext
from app.i18n.formats import format_date, format_number
from app.i18n.terms import term
from app.models import Organisation
from app.reference.current import current_table, label
from app.search.matching import ReplyRecord
from app.web.markdown import plain
from app.web.shell import Link
from app.web.urls import url
from app.web.views.basics import Badge, Fact
from app.web.views.cards import OrganisationCard
from app.web.views.records import Definition

_SUMMARY = 160
LEAST_ANSWERS = 3
_HOURS_TOLD_AS_HOURS = 48


def name_of(one: Organisation) -> str:
    """The name in the language of the moment; the Vietnamese one where no other was given."""
    return (one.name_en or one.name) if current_locale() == "en" else one.name


def description_of(one: Organisation) -> tuple[str, str]:
    """The description for the reader, and the language it is in."""
    if current_locale() == "en" and one.description_en:
        return one.description_en, "en"
    return one.description or "", "vi"


def place_of(one: Organisation) -> str:
    """The province or city, or ""."""
    return label("region", one.region, current_locale()) if one.region else ""


def slug_of(one: Organisation) -> str:
    """The readable part of the address; a name of none of our letters leaves it empty, which an address cannot be."""
    return one.slug or "to-chuc"


def href_of(one: Organisation) -> str:
    """The address of the public page."""
    return url("organisation", slug=slug_of(one), public_id=one.public_id)


def verified_badge(one: Organisation) -> Badge | None:
    """The operator's mark with its date, or None."""
    if one.verified_at is None:
        return None
    return Badge(_("Đã xác minh ngày %(date)s", date=format_date(one.verified_at)), "good", "verified")


def _said_in(language: str, text: str) -> str:
    """The text, marked where it is in another language than the page."""
    return text if language == current_locale() else Markup('<span lang="{}">{}</span>').format(language, text)


def organisation_card(one: Organisation, counts: Mapping[UUID, ListingCounts]) -> OrganisationCard:
    """The organisation in a list."""
    count = counts.get(one.id, ListingCounts())
    facts = []
    if count.offers:
        facts.append(Fact(ngettext("%(num)s tin chào", "%(num)s tin chào", count.offers)))
    if count.needs:
        facts.append(Fact(ngettext("%(num)s nhu cầu", "%(num)s nhu cầu", count.needs)))
    badge = verified_badge(one)
    text, language = description_of(one)
    summary = plain(text)
    if len(summary) > _SUMMARY:
        summary = summary[: _SUMMARY - 1].rsplit(" ", 1)[0] + "…"
    return OrganisationCard(
        href=href_of(one),
        name=name_of(one),
        type=one.type,
        place=place_of(one),
        summary=_said_in(language, summary),
        facts=facts,
        badges=(badge,) if badge else (),
    )


def definitions(one: Organisation, *, for_its_people: bool = False) -> list[Definition]:
    """The profile as terms and values. `for_its_people` adds what is not public: the representative."""
    website = one.website or ""
    link = Markup('<a href="{}" rel="nofollow noopener">{}</a>').format(website, website.partition("://")[2])
    found = [
        Definition.of(_("Loại hình"), term("organisation_type", one.type)),
        Definition.of(_("Mã số thuế"), *([one.tax_code] if one.tax_code else [])),
        Definition.of(_("Tỉnh hoặc thành phố"), *([place_of(one)] if one.region else [])),
        Definition.of(_("Địa chỉ"), *([one.address] if one.address else [])),
        Definition.of(_("Trang web"), *([link] if website else [])),
        Definition.of(_("Ngành hoạt động"), *(label("sector", code, current_locale()) for code in one.sectors)),
    ]
    if for_its_people:
        found.append(Definition.of(_("Người đại diện theo pháp luật"), *filter(None, [one.representative])))
    return found


def reply_time(record: ReplyRecord | None) -> Definition:
    """How quickly it answers quote requests; without a value until a few answers make it more than chance."""
    if record is None or record.median_hours is None or record.answered < LEAST_ANSWERS:
        return Definition.of(_("Thời gian trả lời hỏi giá"))
    count = format_number(record.answered)
    if record.median_hours <= _HOURS_TOLD_AS_HOURS:
        text = _(
            "trong khoảng %(num)s giờ (trung vị của %(count)s lần trả lời trong một năm)",
            num=format_number(max(1, round(record.median_hours))),
            count=count,
        )
    else:
        text = _(
            "trong khoảng %(num)s ngày (trung vị của %(count)s lần trả lời trong một năm)",
            num=format_number(round(record.median_hours / 24)),
            count=count,
        )
    return Definition.of(_("Thời gian trả lời hỏi giá"), text)


def region_choices() -> list[tuple[str, str]]:
    """Provinces and cities of today, for a choice in a form."""
    return [(one.code, one.label(current_locale())) for one in current_table("region").children()]


def sector_choices() -> list[tuple[str, str]]:
    """Sectors, for a choice in a form."""
    return [(one.code, one.label(current_locale())) for one in current_table("sector").children()]


def trail(*links: Link) -> tuple[Link, ...]:
    """Breadcrumbs of the desk pages of organisations."""
    return (Link(_("Tổ chức của tôi"), url("my_organisations")), *links)
