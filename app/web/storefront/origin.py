"""Of a listing that another exchange owns: which one, and where to ask."""

from dataclasses import dataclass

from app.dependencies import ReadSession
from app.features.listings.views import Detail
from app.features.partners.origins import origin_of
from app.i18n.formats import format_date
from app.settings import Settings


@dataclass(frozen=True, kw_only=True)
class OriginPanel:
    """The exchange that owns the listing, and when it was last known to be so there."""

    name: str
    authority: str
    landing: str
    seen_on: str
    silent: bool


def origin_panel(session: ReadSession, row: Detail, settings: Settings) -> OriginPanel | None:
    """Where the listing comes from; None for one of our own."""
    if row.authority == settings.authority:
        return None
    found = origin_of(session, listing_id=row.id)
    if found is None:
        return None
    return OriginPanel(
        name=found.name,
        authority=found.authority,
        landing=found.landing,
        seen_on=format_date(found.seen_at),
        silent=found.silent,
    )
