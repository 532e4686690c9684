"""How good the ranking is by people's judgements of suggestions, and what a bounded lean would change."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database import Database
from app.i18n.formats import local_date
from app.matching_weights import Weights
from app.models.cluster_heads import stands_for
from app.models.listings import Listing
from app.models.matching import MatchJudgement
from app.search.documents import documents_of
from app.search.leans import LEAST_JUDGEMENTS, lean
from app.search.matches import offers_for
from app.search.matching import odds_of_score, score_of_odds
from app.search.port import SearchEngine

_DEPTH: Final = 10


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How good the present ranking is by people's judgements; only pairs that were judged count.

    Attributes:
        people, needs, pairs: how many judged, of how many needs, how many pairs; a pair's word is its majority's.
        fits: pairs that fit. because: how often each reason not to fit was given.
        ndcg: mean over needs with both kinds of pairs, 10 places; None where there is none.
        precision_shown: of the pairs that reach the least score, the share that fit; shown: how many those are.
        ndcg_with_leans, moved: the same with the bounded lean, each learnt without the need it is tried on; and how
            many pairs it moves by a point or more.
        needed: so many judgements switch the lean on; given: how many there are.
    """

    people: int
    needs: int
    pairs: int
    fits: int
    because: Mapping[str, int]
    ndcg: float | None
    shown: int
    precision_shown: float | None
    ndcg_with_leans: float | None
    moved: int
    given: int
    needed: int


@dataclass(frozen=True, slots=True)
class _Judged:
    need_id: UUID
    offer_id: UUID
    public_id: str
    fits: int
    count: int


def evaluate(database: Database, engine: SearchEngine, *, weights: Weights, now: datetime) -> Evaluation:
    """Rank the needs that were judged as they are ranked now, and compare. Reads only; one question per need.

    Raises:
        SearchUnavailable: there is no index to ask.
    """
    with database.read_only() as session:
        pairs = _pairs(session)
        people = session.scalar(select(func.count(MatchJudgement.person_id.distinct()))) or 0
        given = session.scalar(select(func.count(MatchJudgement.id))) or 0
        because = dict(
            session.execute(
                select(MatchJudgement.because, func.count())
                .where(~MatchJudgement.fits)
                .group_by(MatchJudgement.because)
                .order_by(func.count().desc(), MatchJudgement.because)
            ).all()
        )
    by_need: dict[UUID, list[_Judged]] = defaultdict(list)
    for one in pairs:
        by_need[one.need_id].append(one)
    plain: list[float] = []
    leaning: list[float] = []
    shown = shown_fit = moved = 0
    for need_id, judged in sorted(by_need.items()):
        scores = _scores(database, engine, need_id, weights=weights, now=now)
        told = [(scores.get(one.public_id, 0), one.fits * 2 > one.count, one) for one in judged]
        shown += sum(score >= weights.least_score for score, _fits, _one in told)
        shown_fit += sum(fits for score, fits, _one in told if score >= weights.least_score)
        learnt = _learnt([one for one in pairs if one.need_id != need_id])
        leant = []
        for score, fits, one in told:
            shifted = score_of_odds(odds_of_score(score) + weights.judged * learnt.get(one.offer_id, 0.0))
            moved += shifted != score
            leant.append((shifted, fits))
        if len({fits for _score, fits, _one in told}) == 2:
            plain.append(_ndcg([(score, fits) for score, fits, _one in told]))
            leaning.append(_ndcg(leant))
    return Evaluation(
        people=people,
        needs=len(by_need),
        pairs=len(pairs),
        fits=sum(one.fits * 2 > one.count for one in pairs),
        because=because,
        ndcg=sum(plain) / len(plain) if plain else None,
        shown=shown,
        precision_shown=shown_fit / shown if shown else None,
        ndcg_with_leans=sum(leaning) / len(leaning) if leaning else None,
        moved=moved,
        given=given,
        needed=weights.judgements_needed,
    )


def _pairs(session: Session) -> list[_Judged]:
    rows = session.execute(
        select(
            MatchJudgement.need_id,
            MatchJudgement.offer_id,
            Listing.public_id,
            func.count().filter(MatchJudgement.fits),
            func.count(MatchJudgement.id),
        )
        # By what stands for the offer: that is what the index knows.
        .join(Listing, Listing.id == stands_for(MatchJudgement.offer_id))
        .group_by(MatchJudgement.need_id, MatchJudgement.offer_id, Listing.public_id)
        .order_by(MatchJudgement.need_id, MatchJudgement.offer_id)
    )
    return [_Judged(*row) for row in rows]


def _scores(
    database: Database, engine: SearchEngine, need_id: UUID, *, weights: Weights, now: datetime
) -> Mapping[str, int]:
    with database.read_only() as session:
        documents = documents_of(session, listing_ids=[need_id], only_public=False)
    found = offers_for(engine, documents[0], today=local_date(now), weights=weights)
    return {one.document.id: one.score for one in found.pairs}


def _learnt(pairs: Sequence[_Judged]) -> Mapping[UUID, float]:
    total = sum(one.count for one in pairs)
    if not total:
        return {}
    usual = sum(one.fits for one in pairs) / total
    fits, counts = Counter[UUID](), Counter[UUID]()
    for one in pairs:
        fits[one.offer_id] += one.fits
        counts[one.offer_id] += one.count
    return {
        offer: lean(fits[offer], count, usual=usual) for offer, count in counts.items() if count >= LEAST_JUDGEMENTS
    }


def _ndcg(scored: Sequence[tuple[int, bool]]) -> float:
    """Of pairs with equal scores those that do not fit are taken to stand first: no luck counts."""
    ranked = [fits for _score, fits in sorted(scored, key=lambda one: (-one[0], one[1]))][:_DEPTH]
    gained = sum(1 / math.log2(place + 2) for place, fits in enumerate(ranked) if fits)
    best = sum(fits for _score, fits in scored)
    return gained / sum(1 / math.log2(place + 2) for place in range(min(best, _DEPTH)))
