"""What is new for somebody: noticed for what they follow, and newly fitting their organisations' listings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.features.alerts.queries import newest
from app.features.listings.queries import cards_of
from app.features.matching.queries import newest_matches
from app.i18n import N_, _, current_locale
from app.i18n.formats import local_date
from app.identity import ANONYMOUS, Actor
from app.search.reasons import from_store
from app.web.listing_cards import listing_href, organisation_name
from app.web.storefront.matches import match_row
from app.web.views.basics import Fact
from app.web.views.cards import MatchRow

_WHY = {
    "search": N_("Tìm kiếm “%(name)s”"),
    "field": N_("Lĩnh vực “%(name)s”"),
    "listing": N_("Tin bạn theo dõi"),
    "organisation": N_("Tổ chức bạn theo dõi"),
    "matches": N_("Hợp với tin của đơn vị bạn"),
}
_OCCASIONS = {"changed": N_("Vừa được sửa"), "back": N_("Trở lại trên sàn")}


@dataclass(frozen=True)
class NewsLine:
    """One listing that is new for the reader. `why` names what they follow."""

    kind: str
    title: str
    href: str
    language: str
    organisation: str
    why: str
    at: datetime


def news_lines(session: Session, *, actor: Actor, limit: int) -> list[NewsLine]:
    """What was noticed last for the actor, in five queries; what they may not see any more is left out."""
    lines = []
    for one in newest(session, actor=actor, limit=limit):
        title, language = one.card.text("title", current_locale())
        why = _(_WHY[one.subscription.kind], name=one.subscription.name)
        if one.occasion in _OCCASIONS:
            why = f"{_(_OCCASIONS[one.occasion])} · {why}"
        lines.append(
            NewsLine(
                kind=one.card.kind,
                title=title,
                href=listing_href(one.card),
                language=language,
                organisation=organisation_name(one.card),
                why=why,
                at=one.noticed_at,
            )
        )
    return lines


def own_matches(session: Session, *, actor: Actor, now: datetime, limit: int) -> Sequence[MatchRow]:
    """What newly fits the listings of the actor's organisations, newest first, in four queries."""
    if not actor.organisations:
        return ()
    kept = newest_matches(
        session, actor=ANONYMOUS, organisation_ids=list(actor.organisations), today=local_date(now), limit=limit
    )
    ids = [side for one in kept for side in (one.mine, one.other)]
    known = {card.id: card for card in cards_of(session, actor=ANONYMOUS, ids=list(dict.fromkeys(ids)))}
    rows = []
    for one in kept:
        if one.mine in known and one.other in known:
            mine, _language = known[one.mine].text("title", current_locale())
            row = match_row(known[one.other], score=one.score, reasons=from_store(one.reasons))
            rows.append(replace(row, facts=(Fact(_("Cho tin “%(title)s”", title=mine)),)))
    return rows
