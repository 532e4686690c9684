"""Of a listing that another exchange owns: which one, and where to ask; of any, where else its subject is offered."""

from collections.abc import Sequence
from dataclasses import dataclass

from app import clock
from app.dependencies import ReadSession
from app.features.listings.views import Detail
from app.features.partners.origins import origin_of
from app.i18n import current_locale
from app.i18n.formats import format_date
from app.settings import Settings
from app.web.urls import url


@dataclass(frozen=True, kw_only=True)
class OriginPanel:
    """The exchange that owns the listing, and when it was last known to be so there."""

    name: str
    authority: str
    landing: str
    seen_on: str
    silent: bool
    carries: bool


@dataclass(frozen=True, kw_only=True)
class AlsoAt:
    """Another listing about the same subject; `language` is its title's, `authority` "" for one of this exchange."""

    title: str
    language: str
    href: str
    organisation: str
    authority: str


def also_panel(row: Detail, settings: Settings) -> Sequence[AlsoAt]:
    """The other listings about the same subject, our own first."""
    locale = current_locale()
    return [
        AlsoAt(
            title=one.text("title", locale),
            language="en" if locale == "en" and one.title_en else one.language,
            href=url("listing", slug=one.slug or "tin", public_id=one.public_id),
            organisation=one.text("organisation", locale),
            authority=one.authority if one.authority != settings.authority else "",
        )
        for one in row.mates
    ]


def origin_panel(session: ReadSession, row: Detail, settings: Settings) -> OriginPanel | None:
    """Where the listing comes from; None for one of our own."""
    if row.authority == settings.authority:
        return None
    found = origin_of(session, listing_id=row.id, now=clock.now())
    if found is None:
        return None
    return OriginPanel(
        name=found.name,
        authority=found.authority,
        landing=found.landing,
        seen_on=format_date(found.seen_at),
        silent=found.silent,
        carries=found.carries,
    )
