"""Organisations that fit a need: what their offers, taken together, promise."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# The best offer counts whole; the second and third add a share of what is left to a full score, further ones little.
_SHARES: Final = (1.0, 0.3, 0.15)


@dataclass(frozen=True, slots=True)
class Holder:
    """An organisation with its places in the list of offers, the best first. `score` is 0 to 100."""

    organisation: str
    score: int
    places: tuple[int, ...]


def holders(offers: Sequence[tuple[str | None, int]]) -> list[Holder]:
    """The organisations behind a list of offers, best first.

    Args:
        offers: public id of the organisation (None where it is not told) and score of each, best first.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for place, (organisation, _score) in enumerate(offers):
        if organisation:
            places[organisation].append(place)
    found = []
    for organisation, mine in places.items():
        missing = 1.0
        for place, share in zip(mine, _SHARES, strict=False):
            missing *= 1 - share * offers[place][1] / 100
        found.append(Holder(organisation, round(100 * (1 - missing)), tuple(mine)))
    return sorted(found, key=lambda one: (-one.score, one.places))
