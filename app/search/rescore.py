"""The project's own scores of texts, for engines that find well and rank otherwise: BM25 on words in every form.

The same terms with the same weights as the embedded engine gives them, over the few hundred documents one brought.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.search.stems import stem_of
from app.search.understanding import Kind

_K1: Final = 1.2
_B: Final = 0.75
KINDS: Final[tuple[Kind, ...]] = ("folded", "exact", "pairs", "signs", "stems")

# How often a document holds each wanted form, by kind.
Held = Mapping[Kind, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class ScoredText:
    """A document as it is scored: parts of its text, each a sequence of (folded, exact) words.

    Attributes:
        titles: parts whose words count `title_weight` times.
        length: all words, those of titles as often as they count.
    """

    titles: Sequence[Sequence[tuple[str, str]]]
    texts: Sequence[Sequence[tuple[str, str]]]
    signs: frozenset[str]
    length: int


class Bag:
    """Terms to look for, each with the most a document can gain by it per kind."""

    def __init__(self, *, average_length: float, title_weight: int) -> None:
        self._average = max(average_length, 1.0)
        self._title_weight = title_weight
        self.weights: dict[Kind, dict[str, float]] = {kind: {} for kind in KINDS}
        self._watched: dict[Kind, set[str]] = {kind: set() for kind in KINDS}

    def add(self, kind: Kind, form: str, weight: float) -> None:
        """A term that adds `weight` × BM25's saturation to the score."""
        if weight > 0:
            self.weights[kind][form] = self.weights[kind].get(form, 0.0) + weight
            self._watched[kind].add(form)

    def watch(self, kind: Kind, form: str) -> None:
        """A term that is counted and adds nothing by itself."""
        self._watched[kind].add(form)

    def held(self, text: ScoredText) -> dict[Kind, dict[str, int]]:
        """How often the text holds each of the terms."""
        folded: dict[str, int] = {}
        exact: dict[str, int] = {}
        paired: dict[str, int] = {}
        stems: dict[str, int] = {}
        want_folded, want_exact, want_pairs = self._watched["folded"], self._watched["exact"], self._watched["pairs"]
        want_stems = self._watched["stems"]
        for parts, times in ((text.titles, self._title_weight), (text.texts, 1)):
            for part in parts:
                before = ""
                for one, shaped in part:
                    if one in want_folded:
                        folded[one] = folded.get(one, 0) + times
                    if shaped in want_exact:
                        exact[shaped] = exact.get(shaped, 0) + times
                    if want_pairs and before and (pair := f"{before}_{one}") in want_pairs:
                        paired[pair] = paired.get(pair, 0) + times
                    if want_stems and (stem := stem_of(one)) in want_stems:
                        stems[stem] = stems.get(stem, 0) + times
                    before = one
        signs = dict.fromkeys(text.signs & self._watched["signs"], 1)
        return {"folded": folded, "exact": exact, "pairs": paired, "signs": signs, "stems": stems}

    def score(self, held: Held, length: int) -> float:
        """BM25 of what is held."""
        longer = _K1 * (1 - _B + _B * length / self._average)
        gained = 0.0
        for kind, counted in held.items():
            weights = self.weights[kind]
            for form, times in counted.items():
                weight = weights.get(form)
                if weight:
                    gained += weight * times * (_K1 + 1) / (times + longer)
        return gained

    def saturation(self, times: int, length: int) -> float:
        """What a term's weight is multiplied by in a document of that length."""
        return times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * length / self._average))
