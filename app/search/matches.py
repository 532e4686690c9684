"""Matches of a listing, both ways: for a need the offers that answer it, for an offer the needs that wait for it."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from app.models.listings import OFFER_KINDS
from app.search.matching import WEIGHTS, Match, Weights, match
from app.search.phrases import shared_phrases
from app.search.port import Candidate, CandidateQuery, Filter, In, Not, Range, SearchDocument, SearchEngine

# So many of the nearest texts are judged by structure too.
_JUDGED: Final = 200
_ENOUGH_TO_TELL: Final = 20
_TYPICAL_SHARE: Final = 0.1
# Pages and alerts show nothing below this score: such a pair is not worth anybody's time.
LEAST_SCORE: Final = 40
_MOST_PHRASES: Final = 3
_TITLE_COUNTS: Final = 2.0
_KEYWORDS_COUNT: Final = 1.6


def find_matches(
    engine: SearchEngine,
    document: SearchDocument,
    *,
    today: date,
    language: str = "vi",
    limit: int = 10,
    least_score: int = 0,
    weights: Weights = WEIGHTS,
) -> list[Match]:
    """The best matches, best first. Needs whose deadline has passed are not proposed.

    Args:
        document: the listing looked from; it need not be public, nor in the index.
        language: of the reader, for the phrases that reasons quote.
        least_score: leave out what scores less; for people, LEAST_SCORE.

    Raises:
        SearchUnavailable: there is no index to ask.
    """
    found = engine.candidates(
        CandidateQuery(
            title=f"{document.title} {document.title_en}".strip(),
            body="\n".join((*_native(document)[1:], *_english(document)[1:])),
            filters=_other_side(document, today),
            limit=_JUDGED,
        )
    )
    usual = _usual_share(found.found, document.language)
    judged = [
        (match(document, one.document, text_ratio=one.share / usual, shared=(), today=today, weights=weights), one)
        for one in found.found
        if one.document.id != document.id
    ]
    judged.sort(key=lambda pair: (-pair[0].score, -pair[1].score, pair[1].document.id))
    best = [pair for pair in judged if pair[0].score >= least_score][:limit]
    texts = _told_in(document, language)
    told: list[Match] = []
    for _judged, one in best:
        # Only what is shown is told in phrases: finding them reads both texts.
        shared = shared_phrases(texts, _all_texts(one.document), weights=found.weights, limit=_MOST_PHRASES)
        ratio = one.share / usual
        told.append(match(document, one.document, text_ratio=ratio, shared=shared, today=today, weights=weights))
    return told


def _usual_share(found: Sequence[Candidate], language: str) -> float:
    """What the best tenth of texts that merely speak the same language reach: the measure of more than chance.

    Where an exchange is too small to tell, a figure from larger ones.
    """
    shares = [one.share for one in found if one.document.language == language]
    if len(shares) < _ENOUGH_TO_TELL:
        return _TYPICAL_SHARE
    return max(shares[min(len(shares) // 10, 20)], _TYPICAL_SHARE / 4)


def _other_side(document: SearchDocument, today: date) -> tuple[Filter, ...]:
    if document.kind == "need":
        return (In("kind", OFFER_KINDS),)
    # A need without a deadline waits on.
    return (In("kind", ("need",)), Not(Range("deadline", high=_day_before(today))))


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def _native(document: SearchDocument) -> tuple[str, ...]:
    """The texts in the listing's own language, the title first and the keywords next."""
    keywords = ", ".join(document.keywords)
    return (document.title, keywords, document.benefit, document.summary, document.body)


def _english(document: SearchDocument) -> tuple[str, ...]:
    return (document.title_en, document.benefit_en, document.summary_en, document.body_en)


def _all_texts(document: SearchDocument) -> tuple[str, ...]:
    return (*_native(document), *_english(document))


def _told_in(document: SearchDocument, language: str) -> list[tuple[str, float]]:
    """The texts that reasons quote for a reader: in their language where there are any, else all."""
    native = list(zip(_native(document), (_TITLE_COUNTS, _KEYWORDS_COUNT, 1.0, 1.0, 1.0), strict=True))
    english = list(zip(_english(document), (_TITLE_COUNTS, 1.0, 1.0, 1.0), strict=True))
    if language == "en" and any(_english(document)):
        return english
    return native if language == document.language else native + english
