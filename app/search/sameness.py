"""Whether two documents may be about one and the same thing: what they are called, apart from how well they fit."""

from app.search.port import SearchDocument
from app.text import fold


def sameness(one: SearchDocument, other: SearchDocument) -> int:
    """How much of their titles two documents share, 0 to 100, in the language in which that is more; of a cluster, with
    whichever member that is.

    A judgement of fit is no measure here: it weighs fields, region and price, and of a record of few words nearly
    everything reads alike.
    """
    members = (other, *other.members)
    return max(max(_shared(one.title, two.title), _shared(_english(one), _english(two))) for two in members)


def _english(one: SearchDocument) -> str:
    return one.title if one.language == "en" else one.title_en


def _shared(one: str, other: str) -> int:
    these, those = set(fold(one).split()), set(fold(other).split())
    together = these | those
    return round(100 * len(these & those) / len(together)) if these and those else 0
