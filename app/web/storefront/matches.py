"""Matches of a listing as rows with reasons in words."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.features.listings.queries import cards
from app.features.listings.views import Card
from app.i18n import current_locale
from app.i18n.formats import local_date
from app.search.documents import documents_of
from app.search.matches import LEAST_SCORE, find_matches
from app.search.port import SearchEngine, SearchUnavailable
from app.search.reasons import reason_text
from app.web.listing_cards import listing_href, offer_facts, organisation_name
from app.web.views.cards import MatchRow

MOST_SHOWN = 8


def match_rows(
    engine: SearchEngine, session: Session, row: Card, *, now: datetime, limit: int = MOST_SHOWN
) -> list[MatchRow] | None:
    """The best matches of a public listing, looked up through visibility again; None while search is down."""
    documents = documents_of(session, listing_ids=[row.id])
    if not documents:
        return []
    try:
        found = find_matches(
            engine,
            documents[0],
            today=local_date(now),
            language=current_locale(),
            limit=limit,
            least_score=LEAST_SCORE,
        )
    except SearchUnavailable:
        return None
    seen = {card.public_id: card for card in cards(session, [one.document.id for one in found])}
    rows = []
    for one in found:
        card = seen.get(one.document.id)
        if card is None:
            continue
        title, language = card.text("title", current_locale())
        rows.append(
            MatchRow(
                kind=card.kind,
                href=listing_href(card),
                title=title,
                score=one.score,
                language=language,
                organisation=organisation_name(card),
                reasons_for=[reason_text(reason) for reason in one.reasons if reason.favourable],
                reasons_against=[reason_text(reason) for reason in one.reasons if not reason.favourable],
                facts=offer_facts(card) if card.kind != "need" else (),
            )
        )
    return rows
