"""Technical terms in Vietnamese and English: what a word of the one is called in the other.

A thesaurus is made of pairs (Vietnamese, English). It finds the terms in the words of a text, Vietnamese ones by their
exact forms (or folded, where no marks were typed and the term has two syllables or more, so that "men" is not mến), and
English ones in singular or plural; each comes with its translations.

Searching uses it by way of app.search.understanding. For matching, give `expand` the forms of a need's title and body:

    for phrase in expand(forms(text), thesaurus=current_thesaurus()):
        # A document holds the phrase when it holds all of phrase.pairs (or the one word, if there are no pairs).

Weigh such phrases below the words of the text themselves.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from app.reference.current import current_pairs
from app.reference.synonyms import Pairs
from app.search.text import forms, is_marked, pairs

_MOST_TRANSLATIONS: Final = 6
_LONGEST_TERM: Final = 8


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand side by side, in both forms."""

    folded: tuple[str, ...]
    exact: tuple[str, ...]

    @property
    def pairs(self) -> tuple[str, ...]:
        """The pairs of neighbours a document that holds the phrase has; none for one word."""
        return tuple(pairs(self.folded))


@dataclass(frozen=True, slots=True)
class Found:
    """A term among the words of a text (from start to before end, counted in words), and its names elsewhere."""

    start: int
    end: int
    others: tuple[Phrase, ...]


class Thesaurus:
    """The pairs of terms, laid out to be found in a text in one pass."""

    def __init__(self, pairs_of_terms: Iterable[tuple[str, str]] = ()) -> None:
        self._exact: dict[tuple[str, ...], dict[Phrase, None]] = defaultdict(dict)
        self._folded: dict[tuple[str, ...], dict[Phrase, None]] = defaultdict(dict)
        self._english: dict[tuple[str, ...], dict[Phrase, None]] = defaultdict(dict)
        # How many words the longest term has that begins with a folded word: few words of a text begin any.
        self._longest: dict[str, int] = {}
        self.size = 0
        for vietnamese, english in pairs_of_terms:
            self._add(phrase_of(vietnamese), phrase_of(english))

    def _add(self, vietnamese: Phrase, english: Phrase) -> None:
        if not vietnamese.folded or not english.folded or vietnamese.folded == english.folded:
            return
        self.size += 1
        for folded in (vietnamese.folded, english.folded):
            self._longest[folded[0]] = max(self._longest.get(folded[0], 0), len(folded))
        self._exact[vietnamese.exact][english] = None
        if len(vietnamese.folded) > 1:
            self._folded[vietnamese.folded][english] = None
        self._english[english.folded][vietnamese] = None

    def find(self, found: Sequence[tuple[str, str]], *, marked: bool) -> list[Found]:
        """The terms among words given as (folded, exact) forms.

        The longest at each place, left to right, and within it those of two words and more ("máy sấy" in "máy sấy bơm
        nhiệt"): a document may say it in parts.

        Args:
            marked: the text was typed with Vietnamese marks, so that they tell words apart.
        """
        terms: list[Found] = []
        covered = 0
        for start, (first, _exact) in enumerate(found):
            for length in range(min(self._longest.get(first, 0), len(found) - start), 0, -1):
                end = start + length
                # Within a longer term only what has two words; across its end nothing.
                if start < covered and (length == 1 or end > covered):
                    continue
                others = self._others(found[start:end], marked=marked)
                if others:
                    terms.append(Found(start, end, others))
                    covered = max(covered, end)
        return terms

    def _others(self, words: Sequence[tuple[str, str]], *, marked: bool) -> tuple[Phrase, ...]:
        folded = tuple(one for one, _ in words)
        exact = tuple(one for _, one in words)
        others = dict(self._exact.get(exact, {}))
        if not marked:
            others |= self._folded.get(folded, {})
        if not others and not any(is_marked(*one) for one in words):
            others = dict(self._english.get(folded, {}))
        return tuple(others)[:_MOST_TRANSLATIONS]


NO_SYNONYMS: Final = Thesaurus()


def phrase_of(term: str) -> Phrase:
    """A term as the words a document would hold."""
    found = forms(term)[:_LONGEST_TERM]
    return Phrase(tuple(one for one, _ in found), tuple(one for _, one in found))


def expand(found: Sequence[tuple[str, str]], *, thesaurus: Thesaurus) -> list[Phrase]:
    """What the terms of a text are called in the other language, each once, in the order of the text.

    Args:
        found: the words of the text as (folded, exact) forms (app.search.text.forms).
    """
    marked = any(is_marked(*one) for one in found)
    return list(dict.fromkeys(other for term in thesaurus.find(found, marked=marked) for other in term.others))


_built: tuple[Pairs, Thesaurus] | None = None


def current_thesaurus() -> Thesaurus:
    """The thesaurus of the pairs in use in this process: the shipped ones until the database was read.

    app.reference.current.refresh keeps the pairs up to date; a change is noticed within seconds in every process.
    """
    global _built
    pairs = current_pairs()
    built = _built
    if built is None or built[0] is not pairs:
        built = (pairs, Thesaurus(pairs))
        _built = built
    return built[1]
