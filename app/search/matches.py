"""Matches of a listing, both ways: for a need the offers that answer it, for an offer the needs that wait for it.

A pair has one score, whichever side it is looked at from: the text of the need is the question, and what usual offers
reach against it (its measure) tells how much more than chance an offer's text is.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from app.matching_weights import WEIGHTS, Weights
from app.models.listings import OFFER_KINDS
from app.search.matching import Match, ReplyRecord, match
from app.search.phrases import shared_phrases
from app.search.port import (
    Candidate,
    CandidateQuery,
    Candidates,
    Eq,
    Filter,
    In,
    Not,
    Range,
    SearchDocument,
    SearchEngine,
    SearchQuery,
)
from app.search.records import NOTHING_KNOWN, Records

# So many of the nearest texts are judged by structure too; of needs fewer, since each is a question of its own.
_JUDGED: Final = 200
_NEEDS_JUDGED: Final = 25
_ENOUGH_TO_TELL: Final = 20
_TYPICAL_SHARE: Final = 0.1
# Under this name a measure says what candidates of any other language are measured by.
_ANY: Final = ""
# The rest of longer texts is not read: an index keeps so many signs of each description.
_LONGEST_TEXT: Final = 6_000
_MOST_PHRASES: Final = 3
_TITLE_COUNTS: Final = 2.0
_KEYWORDS_COUNT: Final = 1.6


# Language → the share of the best possible score that usual candidates written in it reach; "" for all others.
Usual = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair with its score, before it is told in words. `document` is the side that was found.

    Attributes:
        text_ratio: how many times better the texts fit than those of usual candidates.
        text_score: the engine's; orders pairs of one question that score the same.
    """

    document: SearchDocument
    text_ratio: float
    text_score: float
    reply: ReplyRecord | None
    lean: float
    score: int


@dataclass(frozen=True, slots=True)
class JudgedList:
    """Everything worth judging, best first.

    Attributes:
        usual: the measure of the asked text, what usual candidates of each language reach. With it, one candidate is
            judged as the whole list was.
        rarity: of the words of the asked text, for telling phrases.
    """

    asked: SearchDocument
    pairs: tuple[Judged, ...]
    usual: Usual
    rarity: Mapping[str, float]

    def at_least(self, score: int, *, limit: int) -> list[Judged]:
        """The best that reach a score."""
        return [one for one in self.pairs if one.score >= score][:limit]


# Given ids of needs, the measures of those that were measured before.
Measures = Callable[[Collection[str]], Mapping[str, Usual]]


def nothing_measured(_needs: Collection[str], /) -> Mapping[str, Usual]:
    """No need was measured before."""
    return {}


def find_matches(
    engine: SearchEngine,
    document: SearchDocument,
    *,
    today: date,
    language: str = "vi",
    limit: int = 10,
    least_score: int = 0,
    weights: Weights = WEIGHTS,
    records: Records = NOTHING_KNOWN,
    measures: Measures = nothing_measured,
) -> list[Match]:
    """The best matches, best first. Needs past their deadline and listings of the same organisation are left out.

    Args:
        document: the listing looked from; it need not be public, nor in the index.
        language: of the reader, for the phrases that reasons quote.
        least_score: leave out what scores less; for people, `weights.least_score`.
        records: how holders answer, and how their suggestions were judged.
        measures: what is known of needs, for an offer; a need it does not know is measured now.

    Raises:
        SearchUnavailable: there is no index to ask.
    """
    if document.kind == "need":
        found = offers_for(engine, document, today=today, weights=weights, records=records)
    else:
        found = needs_for(engine, document, today=today, weights=weights, records=records, measures=measures)
    best = found.at_least(least_score, limit=limit)
    return [tell(found, one, today=today, language=language, weights=weights) for one in best]


def find_similar(
    engine: SearchEngine,
    document: SearchDocument,
    *,
    today: date,
    language: str = "vi",
    limit: int = 10,
    least_score: int = 0,
    weights: Weights = WEIGHTS,
) -> list[Match]:
    """Listings of the same side: offers like an offer, needs like a need, best first. Arguments as `find_matches`."""
    filters: list[Filter] = [Not(Eq("id", document.found_by))]
    filters += [In("kind", ("need",)), _still_open(today)] if document.kind == "need" else [In("kind", OFFER_KINDS)]
    answer = engine.candidates(_question(document, filters, limit=_JUDGED))
    found = _judge(document, answer, today=today, weights=weights)
    best = found.at_least(least_score, limit=limit)
    return [tell(found, one, today=today, language=language, weights=weights) for one in best]


def offers_for(
    engine: SearchEngine,
    need: SearchDocument,
    *,
    today: date,
    weights: Weights = WEIGHTS,
    records: Records = NOTHING_KNOWN,
    not_of: str | None = None,
) -> JudgedList:
    """All offers worth judging for a need, best first.

    Args:
        not_of: public id of the need's organisation, where the document does not say it (an anonymous need).
    """
    filters: list[Filter] = [In("kind", OFFER_KINDS), *_not_of(not_of or need.organisation_id)]
    answer = engine.candidates(_question(need, filters, limit=_JUDGED))
    return _judge(need, answer, today=today, weights=weights, records=records)


def needs_for(
    engine: SearchEngine,
    offer: SearchDocument,
    *,
    today: date,
    weights: Weights = WEIGHTS,
    records: Records = NOTHING_KNOWN,
    measures: Measures = nothing_measured,
    limit: int = _NEEDS_JUDGED,
) -> JudgedList:
    """All open needs worth judging for an offer, best first, each pair scored from the need's side.

    An offer that is not in the index cannot be asked for there: then its own text is the question.
    """
    filters = _open_needs(offer, today)
    if not engine.search(SearchQuery(filters=(Eq("id", offer.found_by),), limit=0)).total:
        answer = engine.candidates(_question(offer, filters, limit=_JUDGED))
        return _judge(offer, answer, today=today, weights=weights, records=records)
    near = engine.candidates(_question(offer, filters, limit=limit))
    known = measures([one.document.id for one in near.found])
    records = known_of(offer, records) if near.found else records
    pairs: list[Judged] = []
    for one in near.found:
        need = one.document
        usual = known.get(need.id)
        if usual is None:
            usual = offers_for(engine, need, today=today, weights=weights).usual
        judged = judge_pairs(engine, need, [offer.found_by], usual=usual, today=today, weights=weights, records=records)
        pairs += [replace(pair, document=need) for pair in judged.pairs]
    return JudgedList(offer, _in_order(pairs), {}, near.weights)


def near_needs(
    engine: SearchEngine, offer: SearchDocument, *, today: date, limit: int = _NEEDS_JUDGED
) -> list[SearchDocument]:
    """The open needs whose texts are nearest to an offer's, nearest first."""
    answer = engine.candidates(_question(offer, _open_needs(offer, today), limit=limit))
    return [one.document for one in answer.found]


def judge_pairs(
    engine: SearchEngine,
    need: SearchDocument,
    offer_ids: Sequence[str],
    *,
    usual: Usual,
    today: date,
    weights: Weights = WEIGHTS,
    records: Records = NOTHING_KNOWN,
) -> JudgedList:
    """These offers judged for a need, whose measure is known; any that are not in the index are left out."""
    answer = engine.candidates(_question(need, [In("id", tuple(offer_ids))], limit=len(offer_ids)))
    return _judge(need, answer, today=today, weights=weights, records=records, usual=usual)


def tell(found: JudgedList, one: Judged, *, today: date, language: str = "vi", weights: Weights = WEIGHTS) -> Match:
    """A judged pair with its reasons and the phrases both texts share. Finding those reads both: for what is shown."""
    texts = _told_in(found.asked, language)
    shared = shared_phrases(texts, _all_texts(one.document), weights=found.rarity, limit=_MOST_PHRASES)
    return match(
        found.asked,
        one.document,
        text_ratio=one.text_ratio,
        shared=shared,
        today=today,
        weights=weights,
        reply=one.reply,
        lean=one.lean,
    )


def _judge(
    asked: SearchDocument,
    answer: Candidates,
    *,
    today: date,
    weights: Weights,
    records: Records = NOTHING_KNOWN,
    usual: Usual | None = None,
) -> JudgedList:
    if usual is None:
        usual = _usual(answer.found, asked.language)
    holders = {one.document.organisation_id for one in answer.found if one.document.kind != "need"}
    known = records.replies([holder for holder in holders if holder])
    leans = records.leans([one.document.id for one in answer.found if one.document.kind != "need"])
    pairs = []
    for one in answer.found:
        holder = one.document.organisation_id if one.document.kind != "need" else asked.organisation_id
        reply = known.get(holder) if holder else None
        ratio = one.share / usual.get(one.document.language, usual[_ANY])
        lean = leans.get(one.document.id, 0.0)
        made = match(
            asked, one.document, text_ratio=ratio, shared=(), today=today, weights=weights, reply=reply, lean=lean
        )
        pairs.append(Judged(one.document, ratio, one.score, reply, lean, made.score))
    return JudgedList(asked, _in_order(pairs), usual, answer.weights)


def known_of(offer: SearchDocument, records: Records) -> Records:
    """What is known of one offer, asked once for any number of needs."""
    replies = records.replies([offer.organisation_id]) if offer.organisation_id else {}
    leans = records.leans([offer.id])
    return Records(lambda _holders: replies, lambda _offers: leans)


def _in_order(pairs: Sequence[Judged]) -> tuple[Judged, ...]:
    return tuple(sorted(pairs, key=lambda one: (-one.score, -one.text_ratio, -one.text_score, one.document.id)))


def _usual(found: Sequence[Candidate], language: str) -> Usual:
    """What the best tenth of texts that merely speak a language reach: the measure of more than chance in it.

    A language of few candidates is measured as the asked one; where an exchange is too small to tell of that, by a
    figure from larger ones.
    """
    by_language: dict[str, list[float]] = defaultdict(list)
    for one in found:
        by_language[one.document.language].append(one.share)
    usual = {
        spoken: max(shares[min(len(shares) // 10, 20)], _TYPICAL_SHARE / 4)
        for spoken, shares in by_language.items()
        if len(shares) >= _ENOUGH_TO_TELL
    }
    return {**usual, _ANY: usual.get(language, _TYPICAL_SHARE)}


def _not_of(organisation: str | None) -> list[Filter]:
    """Nobody is proposed to themselves."""
    return [Not(Eq("organisation", organisation))] if organisation else []


def _open_needs(offer: SearchDocument, today: date) -> list[Filter]:
    return [In("kind", ("need",)), _still_open(today), *_not_of(offer.organisation_id)]


def _still_open(today: date) -> Filter:
    """A need without a deadline waits on."""
    return Not(Range("deadline", high=date.fromordinal(today.toordinal() - 1)))


def _question(document: SearchDocument, filters: Sequence[Filter], *, limit: int) -> CandidateQuery:
    texts = (*_native(document)[1:], *_english(document)[1:])
    return CandidateQuery(
        title=f"{document.title} {document.title_en}".strip(),
        body="\n".join(text[:_LONGEST_TEXT] for text in texts),
        filters=tuple(filters),
        limit=limit,
    )


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
