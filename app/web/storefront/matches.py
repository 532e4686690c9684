"""Matches of a listing as rows with reasons in words, and the organisations behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.features.listings.queries import cards, cards_of
from app.features.listings.views import Card
from app.features.matching.queries import matches_of
from app.i18n import current_locale
from app.i18n.formats import local_date
from app.identity import ANONYMOUS
from app.matching_weights import Weights
from app.search.documents import documents_of
from app.search.holders import holders
from app.search.match_store import is_kept, measures_by_public_id
from app.search.matches import find_matches
from app.search.matching import Reason
from app.search.port import SearchEngine, SearchUnavailable
from app.search.reasons import from_store, reason_text
from app.search.records import records_of
from app.web.listing_cards import listing_href, offer_facts, organisation_name
from app.web.shell import Link
from app.web.urls import url
from app.web.views.cards import HolderRow, MatchRow

MOST_SHOWN: Final = 8
_MOST_HOLDERS: Final = 5
_MOST_NAMED: Final = 3
# What is told of an organisation; the rest is of one offer and stands there.
_OF_HOLDERS: Final = frozenset(
    {"shared_text", "same_field", "same_region", "verified", "replies_soon", "seldom_replies"}
)


@dataclass(frozen=True)
class Matched:
    """What fits a listing: rows, the best first, and for a need the organisations that could answer it."""

    rows: Sequence[MatchRow]
    holders: Sequence[HolderRow]


def matched(
    engine: SearchEngine, session: Session, row: Card, *, now: datetime, weights: Weights, limit: int = MOST_SHOWN
) -> Matched | None:
    """The best matches of a public listing: those kept, or found now where its list was never made.

    Everything is looked up through visibility again. None while there is nothing kept and search is down.
    """
    is_need = row.kind == "need"
    # Organisations are told by all offers that fit, not only by those shown.
    most = weights.keep if is_need else limit
    found: list[tuple[Card, int, Sequence[Reason]]]
    if is_kept(session, listing_id=row.id, is_need=is_need):
        kept = matches_of(
            session, actor=ANONYMOUS, listing_id=row.id, is_need=is_need, today=local_date(now), limit=most
        )
        by_id = {card.id: card for card in cards_of(session, actor=ANONYMOUS, ids=[one.other for one in kept])}
        found = [(by_id[one.other], one.score, from_store(one.reasons)) for one in kept if one.other in by_id]
    else:
        documents = documents_of(session, listing_ids=[row.id])
        try:
            live = find_matches(
                engine,
                documents[0],
                today=local_date(now),
                language=current_locale(),
                limit=most,
                least_score=weights.least_score,
                weights=weights,
                records=records_of(session, weights=weights, now=now),
                measures=lambda needs: measures_by_public_id(session, needs),
            )
        except IndexError:
            return Matched((), ())
        except SearchUnavailable:
            return None
        seen = {card.public_id: card for card in cards(session, [one.document.id for one in live])}
        found = [(seen[one.document.id], one.score, one.reasons) for one in live if one.document.id in seen]
    rows = [match_row(card, score=score, reasons=reasons) for card, score, reasons in found[:limit]]
    return Matched(rows, _holder_rows(found) if is_need else ())


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


def _holder_rows(found: Sequence[tuple[Card, int, Sequence[Reason]]]) -> list[HolderRow]:
    """The organisations behind the offers found, best first, each with what its best offer has for and against it."""
    offered = [(card.organisation.public_id if card.organisation else None, score) for card, score, _ in found]
    rows = []
    for one in holders(offered)[:_MOST_HOLDERS]:
        best, _score, reasons = found[one.places[0]]
        organisation = best.organisation
        if organisation is None:
            continue
        told = [reason for reason in reasons if reason.code in _OF_HOLDERS]
        named = [found[place][0] for place in one.places[:_MOST_NAMED]]
        rows.append(
            HolderRow(
                name=organisation.title(current_locale()),
                href=url("organisation", slug=organisation.slug, public_id=organisation.public_id),
                score=one.score,
                count=len(one.places),
                listings=[Link(card.text("title", current_locale())[0], listing_href(card)) for card in named],
                reasons_for=[reason_text(reason) for reason in told if reason.favourable],
                reasons_against=[reason_text(reason) for reason in told if not reason.favourable],
            )
        )
    return rows
