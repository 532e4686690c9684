"""What people's judgements of an offer's suggestions come to: a bounded lean, and nothing while there are too few."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from sqlalchemy import Integer, Text, cast, func, select
from sqlalchemy.orm import Session

from app.matching_weights import Weights
from app.models.listings import Listing
from app.models.matching import MatchJudgement

# A lean rests on so many judgements from so many sides at least: nobody's single word can be read from it.
LEAST_JUDGEMENTS: Final = 3
_LEAST_SIDES: Final = 2
_DAMPING: Final = 4
# Everybody of one organisation is one side; operators are another.
_SIDE: Final = func.coalesce(cast(MatchJudgement.organisation_id, Text), "operator")

# Given public ids of offers, how far people lean for (to 1) or against (to -1) each of those they judged enough.
Leans = Callable[[Collection[str]], Mapping[str, float]]


def no_leans(_offers: Collection[str], /) -> Mapping[str, float]:
    """Nothing was judged, or not enough."""
    return {}


def leans(session: Session, *, weights: Weights) -> Leans:
    """A reader of leans: one query each time it is asked; nothing while there are too few judgements."""

    def read(offers: Collection[str], /) -> Mapping[str, float]:
        if not offers or not weights.judged:
            return {}
        everything = select(
            func.count(MatchJudgement.id).label("given"), func.avg(cast(MatchJudgement.fits, Integer)).label("usual")
        ).subquery()
        rows = session.execute(
            select(
                Listing.public_id,
                func.count().filter(MatchJudgement.fits),
                func.count(MatchJudgement.id),
                everything.c.usual,
            )
            .join(Listing, Listing.id == MatchJudgement.offer_id)
            .join(everything, everything.c.given >= weights.judgements_needed)
            .where(Listing.public_id.in_(offers))
            .group_by(Listing.public_id, everything.c.usual)
            .having(func.count(MatchJudgement.id) >= LEAST_JUDGEMENTS, func.count(_SIDE.distinct()) >= _LEAST_SIDES)
        )
        return {public_id: lean(fits, count, usual=float(usual)) for public_id, fits, count, usual in rows}

    return read


def lean(fits: int, count: int, *, usual: float) -> float:
    """How far judgements of one offer differ from those of all: -1 to 1, drawn to 0 while they are few."""
    return max(-1.0, min(1.0, (fits - usual * count) / (count + _DAMPING)))
