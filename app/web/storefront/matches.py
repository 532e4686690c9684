"""Matches of a listing as rows with reasons in words."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.features.listings.queries import cards, cards_of
from app.features.listings.views import Card
from app.features.matching.queries import matches_of
from app.i18n import current_locale
from app.i18n.formats import local_date
from app.identity import ANONYMOUS
from app.matching_weights import Weights
from app.search.documents import documents_of
from app.search.match_store import is_kept, measures_by_public_id
from app.search.matches import find_matches
from app.search.matching import Reason
from app.search.port import SearchEngine, SearchUnavailable
from app.search.reasons import from_store, reason_text
from app.search.replies import reply_records
from app.web.listing_cards import listing_href, offer_facts, organisation_name
from app.web.views.cards import MatchRow

MOST_SHOWN = 8


def match_rows(
    engine: SearchEngine, session: Session, row: Card, *, now: datetime, weights: Weights, limit: int = MOST_SHOWN
) -> list[MatchRow] | None:
    """The best matches of a public listing: those kept, or found now where its list was never made.

    Everything is looked up through visibility again. None while there is nothing kept and search is down.
    """
    if is_kept(session, listing_id=row.id, is_need=row.kind == "need"):
        kept = matches_of(
            session,
            actor=ANONYMOUS,
            listing_id=row.id,
            is_need=row.kind == "need",
            today=local_date(now),
            limit=limit,
        )
        by_id = {card.id: card for card in cards_of(session, actor=ANONYMOUS, ids=[one.other for one in kept])}
        return [
            match_row(by_id[one.other], score=one.score, reasons=from_store(one.reasons))
            for one in kept
            if one.other in by_id
        ]
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
            least_score=weights.least_score,
            weights=weights,
            replies=reply_records(session, now=now),
            measures=lambda needs: measures_by_public_id(session, needs),
        )
    except SearchUnavailable:
        return None
    seen = {card.public_id: card for card in cards(session, [one.document.id for one in found])}
    return [
        match_row(seen[one.document.id], score=one.score, reasons=one.reasons)
        for one in found
        if one.document.id in seen
    ]


def match_row(card: Card, *, score: int, reasons: Sequence[Reason]) -> MatchRow:
    """One side of a match as pages show it."""
    title, language = card.text("title", current_locale())
    return MatchRow(
        kind=card.kind,
        href=listing_href(card),
        title=title,
        score=score,
        language=language,
        organisation=organisation_name(card),
        reasons_for=[reason_text(reason) for reason in reasons if reason.favourable],
        reasons_against=[reason_text(reason) for reason in reasons if not reason.favourable],
        facts=offer_facts(card) if card.kind != "need" else (),
    )
