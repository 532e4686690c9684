"""What a Meilisearch index knows of words: in how many documents each stands, and which are near a mistyped one.

Counts are asked for many at once, and kept for a minute: rarity does not change faster than that. That no document
holds a word is never kept, since the next batch may bring it.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from app.search.meilisearch_client import Server
from app.search.meilisearch_query import LISTING, all_hold, one_of
from app.search.meilisearch_schema import EXACT, FOLDED, MOST_VALUES
from app.search.meilisearch_text import coded_alone
from app.search.spelling import SHORTEST, at_distance_one
from app.search.understanding import Kind, Lexicon

_KEPT_S: Final = 60.0
_MOST_KEPT: Final = 50_000
_MOST_NEAR: Final = 40
_SHORTEST_NEAR: Final = 3
_LONGEST_NEAR: Final = 24
_LONGEST_END: Final = 4
# From so many documents the average length of texts is taken.
_SAMPLE: Final = 500

_ROUNDS: Final = 4

Term = tuple[Kind, str]
T = TypeVar("T")


class Counts:
    """Counts of one index, shared by all threads of a process."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._guard = threading.Lock()
        self._known: dict[Term, tuple[float, int]] = {}
        self.whole: tuple[float, int, float] | None = None

    def fresh(self, term: Term) -> int | None:
        """What was counted within the last minute; None when nothing was."""
        found = self._known.get(term)
        return found[1] if found is not None and found[0] > self._monotonic() - _KEPT_S else None

    def fresh_whole(self) -> tuple[int, float] | None:
        """The number of documents and their average length, when counted within the last minute."""
        found = self.whole
        return found[1:] if found is not None and found[0] > self._monotonic() - _KEPT_S else None

    def keep(self, counted: Iterable[tuple[Term, int]]) -> None:
        """Remember what was counted just now."""
        now = self._monotonic()
        with self._guard:
            if len(self._known) > _MOST_KEPT:
                self._known.clear()
            self._known.update((term, (now, count)) for term, count in counted if count)

    def keep_whole(self, documents: int, length: float) -> None:
        """Remember the number of documents and their average length."""
        self.whole = (self._monotonic(), documents, length)

    def forget(self) -> None:
        """After a change of one's own, so that the next search sees it as the index does."""
        with self._guard:
            self._known.clear()
            self.whole = None


class ServerLexicon:
    """The lexicon of one search (app.search.understanding.Lexicon). Ask for what will be needed by `prepare`.

    `extra` queries may be put into the same request.
    """

    def __init__(self, server: Server, index: str, counts: Counts) -> None:
        self._server = server
        self._index = index
        self._shared = counts
        self._counted: dict[Term, int] = {}
        self._near: dict[str, list[str]] = {}
        self._whole = counts.fresh_whole()

    def prepare(self, terms: Iterable[Term], *, extra: Iterable[dict[str, Any]] = ()) -> list[dict[str, Any]]:
        """Count these terms, and answer the extra queries, by one request where any is needed."""
        missing: list[Term] = []
        for term in dict.fromkeys(terms):
            if term not in self._counted:
                known = self._shared.fresh(term)
                if known is None:
                    missing.append(term)
                else:
                    self._counted[term] = known
        asked = [*extra]
        wanted = len(asked)
        if self._whole is None:
            asked.append(self.query(filter=LISTING, limit=_SAMPLE, attributesToRetrieve=["length"]))
            asked.append(self.query(filter=LISTING, hitsPerPage=0))
        asked += [self.counting(*term) | {"hitsPerPage": 0} for term in missing]
        answered = self._server.search(asked)
        rest = answered[wanted:]
        if self._whole is None and rest:
            lengths = [hit["length"] for hit in rest[0]["hits"]]
            documents = rest[1]["totalHits"]
            self._whole = (documents, sum(lengths) / len(lengths) if lengths else 1.0)
            self._shared.keep_whole(*self._whole)
            rest = rest[2:]
        counted = [(term, one["totalHits"]) for term, one in zip(missing, rest, strict=True)]
        self._counted.update(counted)
        self._shared.keep(counted)
        return answered[:wanted]

    def known(self, kind: Kind, form: str) -> int | None:
        """What was counted already; None where nothing was."""
        known = self._counted.get((kind, form))
        return self._shared.fresh((kind, form)) if known is None else known

    def documents(self, kind: Kind, form: str) -> int:
        if (kind, form) not in self._counted:
            self.prepare([(kind, form)])
        return self._counted[kind, form]

    def near(self, folded: str) -> list[str]:
        if folded not in self._near:
            self._near[folded] = self._look_up(folded)
        return self._near[folded]

    # As a rarity of terms (app.search.telling.Rarity).

    def size(self) -> int:
        return self.whole()[0]

    def of(self, kind: Kind, form: str) -> float:
        return self.rarity(kind, form)

    def rarity(self, kind: Kind, form: str) -> float:
        """BM25's inverse document frequency; 0 for what no document holds."""
        holding = self.documents(kind, form)
        total, _ = self.whole()
        holding = min(holding, total)
        return math.log(1 + (total - holding + 0.5) / (holding + 0.5)) if holding else 0.0

    def whole(self) -> tuple[int, float]:
        """How many documents there are, and how many words they have on average, titles counted threefold."""
        if self._whole is None:
            self.prepare(())
        return self._whole or (0, 1.0)

    def _look_up(self, folded: str) -> list[str]:
        """Words at distance one: two such words share a beginning or an ending of nearly half their length."""
        if not _SHORTEST_NEAR <= len(folded) <= _LONGEST_NEAR or not folded.isalpha():
            return []
        size = min(max(1 if len(folded) < SHORTEST else 2, (len(folded) - 1) // 2), _LONGEST_END)
        begun = self._values("words", folded[:size])
        ended = [(value[::-1], count) for value, count in self._values("ends", folded[: -size - 1 : -1])]
        found = {word: -count for word, count in (*begun, *ended) if at_distance_one(word, folded) and word.isalpha()}
        if len(folded) == SHORTEST:
            # The one case in which they share a letter at either end only.
            swapped = folded[0] + folded[2] + folded[1] + folded[3]
            if swapped != folded and (count := self.documents("folded", swapped)):
                found[swapped] = -count
        return sorted(found, key=lambda word: (found[word], word))[:_MOST_NEAR]

    def _values(self, facet: str, beginning: str) -> list[tuple[str, int]]:
        """The words of the index that begin so, in most documents first, and in how many."""
        found = self._server.read(
            lambda client: client.index(self._index).facet_search(facet, beginning, {"filter": LISTING})
        )["facetHits"]
        return [(hit["value"], hit["count"]) for hit in found[:MOST_VALUES] if hit["value"].startswith(beginning)]

    def take_as_none(self, terms: Iterable[Term]) -> None:
        """Let those of the terms that were not counted pass for held by no document, in this search."""
        for term in terms:
            self._counted.setdefault(term, 0)

    def counting(self, kind: Kind, form: str) -> dict[str, Any]:
        """The query that finds the documents which hold a term."""
        if kind == "folded":
            return self.query(filter=all_hold((LISTING, one_of("words", [form]))))
        if kind in {"signs", "stems"}:
            return self.query(filter=all_hold((LISTING, one_of(kind, [form]))))
        if kind == "exact":
            return self.query(q=f'"{coded_alone(form)}"', attributesToSearchOn=list(EXACT))
        return self.query(q='"' + form.replace("_", " ") + '"', attributesToSearchOn=list(FOLDED))

    def query(self, **given: Any) -> dict[str, Any]:
        """A query of this index, to be put beside others."""
        return {"indexUid": self._index, **given}


def counted_first(work: Callable[[Lexicon], T], lexicon: ServerLexicon) -> T:
    """Do work that asks a lexicon for one count after the other, with a request for many at once.

    What is not known yet is noted and taken for held by no document; then all of that is counted and the work done
    again, which changes nothing outside itself. Most is known after two or three rounds.
    """
    noting = _Noting(lexicon)
    result = work(noting)
    for _ in range(_ROUNDS):
        if not noting.missing:
            break
        lexicon.prepare(noting.missing)
        noting = _Noting(lexicon)
        result = work(noting)
    return result


class _Noting:
    """A lexicon that answers what is known and notes what is not."""

    def __init__(self, lexicon: ServerLexicon) -> None:
        self._lexicon = lexicon
        self.missing: list[Term] = []

    def documents(self, kind: Kind, form: str) -> int:
        known = self._lexicon.known(kind, form)
        if known is None:
            self.missing.append((kind, form))
        return known or 0

    def near(self, folded: str) -> list[str]:
        return self._lexicon.near(folded)
