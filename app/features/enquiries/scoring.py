"""The buyer's weighted score: what matters to them, from 0 (leave out) to 5, over merits told from 0 to 100.

Cost and lead time are told against the best of the quotes (lowest ÷ this × 100), a criterion is worth 100 when met, 50
when partly, else 0. What a quote does not say is worth 0. Exact fractions; the sum is rounded half up once, at the end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

HEAVIEST: Final = 5
USUAL: Final = 3
_MET: Final[Mapping[str | None, int]] = {"full": 100, "partial": 50, "none": 0, None: 0}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a buyer compares by. `years` and `yearly_revenue` (minor units) go into the costs of owning.

    `judged` is the buyer's own word on criteria, by request number and criterion; it counts before the holder's.
    """

    years: int = 5
    yearly_revenue: int = 0
    cost: int = HEAVIEST
    lead_time: int = 2
    criteria: Mapping[str, int] = field(default_factory=dict)
    judged: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def weight_of(self, criterion: str) -> int:
        return self.criteria.get(criterion, USUAL)

    def stored(self) -> dict[str, Any]:
        """As QuoteRound.wishes keeps them."""
        return {
            "years": self.years,
            "yearly_revenue": self.yearly_revenue,
            "cost": self.cost,
            "lead_time": self.lead_time,
            "criteria": dict(self.criteria),
            "judged": {number: dict(judged) for number, judged in self.judged.items()},
        }


def wishes_of(stored: Mapping[str, Any]) -> Wishes:
    """What is kept with a round; the usual where nothing is."""
    return Wishes(**stored)


@dataclass(frozen=True, slots=True)
class Merits:
    """What is scored of one quote. None: not told, or not for everything asked for. `met` by criterion."""

    cost: int | None
    days: int | None
    met: Mapping[str, str | None]


def scores(quotes: Sequence[Merits], *, criteria: Sequence[str], wishes: Wishes) -> Sequence[int | None]:
    """A whole number from 0 to 100 for each quote, in their order; None for all when nothing has any weight."""
    weights = [wishes.cost, wishes.lead_time, *(wishes.weight_of(one) for one in criteria)]
    total = sum(weights)
    if not total:
        return [None] * len(quotes)
    costs = _against_best([one.cost for one in quotes])
    days = _against_best([one.days for one in quotes])
    found: list[int | None] = []
    for place, quote in enumerate(quotes):
        merits = [costs[place], days[place], *(Fraction(_MET[quote.met.get(one)]) for one in criteria)]
        weighted = sum((merit * weight for merit, weight in zip(merits, weights, strict=True)), Fraction(0)) / total
        found.append(int(weighted + Fraction(1, 2)))
    return found


def _against_best(values: Sequence[int | None]) -> list[Fraction]:
    told = [value for value in values if value is not None]
    best = min(told, default=0)
    return [
        Fraction(0) if value is None else Fraction(100) if value == best else Fraction(best * 100, value)
        for value in values
    ]
