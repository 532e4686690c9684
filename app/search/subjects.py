"""What a text is about, as a point among the subjects of an exchange: latent semantic indexing.

Words that are used of the same things lie on the same axes (Deerwester et al. 1990: a truncated singular value
decomposition of the weighted counts), so a short need meets an offer that says the same in other words. The axes are
learnt from the exchange's own listings, without a model from elsewhere; a text is a unit vector of DIMENSIONS signed
bytes. Measured in docs/search.md: used to order what the words have found, never to find.
"""

import io
import math
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from app.search.port import SearchDocument
from app.search.stems import stem_of
from app.search.text import forms, forms_of_part, is_function_word, is_marked, is_syllable

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

DIMENSIONS: Final = 96
# Of fewer texts nothing can be learnt; more than so many add nothing that is worth the time.
FEWEST_TEXTS: Final = 300
MOST_TEXTS: Final = 5_000
# An exchange this many times as large as it was learnt from is learnt from anew.
_GROWN: Final = 4
_OVERSAMPLED: Final = 16
_POWER_STEPS: Final = 3
_MOST_TERMS: Final = 30_000
_HELD_BY_AT_LEAST: Final = 2
_HELD_BY_AT_MOST: Final = 0.4
_TITLE_WEIGHT: Final = 3
_LONGEST_TEXT: Final = 6_000
_MOST_MEANINGS: Final = 65_536
# So many of what the words found are put in order by their subjects too.
MOST_PLACED: Final = 200
# A text's score is multiplied by e to this times how much nearer than usual its subject is.
NEARNESS_COUNTS: Final = 2.0
_USUALLY_NEAR: Final = 0.3

Counts = Mapping[str, int]
_Words = Sequence[tuple[str, str]]


def counts_of(title: str, body: str) -> Counts:
    """The terms of a text: English words by their stems, and what two Vietnamese syllables make together."""
    return _counted([forms(title)], [forms(body[:_LONGEST_TEXT])])


def counts_of_document(document: SearchDocument) -> Counts:
    """The terms of a listing, in both its languages; who offers it is no subject."""
    body = (document.benefit, document.benefit_en, document.summary, document.summary_en, *document.keywords)
    texts = (*body, document.body[:_LONGEST_TEXT], document.body_en[:_LONGEST_TEXT])
    titles = (document.title, document.title_en)
    return _counted([forms_of_part(one) for one in titles if one], [forms_of_part(one) for one in texts if one])


def _counted(titles: Sequence[_Words], texts: Sequence[_Words]) -> Counts:
    # Marks tell words that carry no subject from others that are spelt alike without.
    marked = any(is_marked(*word) for part in (*titles, *texts) for word in part if word[0] != word[1])
    meanings = _AMONG_MARKED if marked else _AMONG_PLAIN
    counted = Counter(_terms(titles, meanings) * _TITLE_WEIGHT)
    counted.update(_terms(texts, meanings))
    return counted


def _terms(parts: Sequence[_Words], meanings: "_Meanings") -> list[str]:
    # Lists of all words, not words one by one: with the quantities this is most of preparing a document.
    said = [meanings[word] for part in parts for word in (*part, _END)]
    terms = [term for term, _ in said if term]
    terms += [f"{first}_{second}" for (_, first), (_, second) in pairwise(said) if first and second]
    return terms


class _Meanings(dict[tuple[str, str], tuple[str, str]]):
    """What each (folded, exact) word counts as: the term ("" for one without a subject), and itself where it may be
    half of a pair. Worked out once; forgotten when there are very many."""

    def __init__(self, *, marked: bool) -> None:
        super().__init__()
        self._marked = marked

    def __missing__(self, word: tuple[str, str]) -> tuple[str, str]:
        folded, exact = word
        meaning = ("", "")
        if not is_function_word(exact, marked=self._marked):
            # A Vietnamese syllable makes a term with its neighbour.
            meaning = (stem_of(folded) or folded, folded if is_syllable(folded) else "")
        if len(self) >= _MOST_MEANINGS:
            self.clear()
        self[word] = meaning
        return meaning


# Behind each part, since words of different parts are no neighbours: it counts as nothing.
_END: Final = ("", "")
# In texts typed with Vietnamese marks, and in those without.
_AMONG_MARKED: Final = _Meanings(marked=True)
_AMONG_PLAIN: Final = _Meanings(marked=False)


@dataclass(frozen=True, eq=False)
class Subjects:
    """The axes learnt from one state of an exchange; without any where that was too small.

    Attributes:
        terms: term → its row.
        axes: float32, terms × DIMENSIONS; a row already weighted by how rare its term is.
        learnt_from: how many texts.
    """

    terms: Mapping[str, int]
    axes: NDArray[np.float32]
    learnt_from: int

    def place(self, counts: Counts) -> bytes:
        """Where a text lies: DIMENSIONS signed bytes, b"" where none of its terms is known."""
        rows = np.array([self.terms.get(term, -1) for term in counts], dtype=np.int64)
        known = rows >= 0
        if not known.any():
            return b""
        times = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        point = (1 + np.log(times[known])) @ self.axes.take(rows[known], axis=0)
        length = float(np.linalg.norm(point))
        return np.rint(point * (127 / length)).astype(np.int8).tobytes() if length else b""

    def outgrown(self, documents: int) -> bool:
        """Whether an exchange of so many documents has more to learn from than these axes were learnt from."""
        return documents >= max(FEWEST_TEXTS, _GROWN * self.learnt_from) and self.learnt_from < MOST_TEXTS

    def written(self) -> bytes:
        """As a file: each row in signed bytes, with the length of one."""
        stream = io.BytesIO()
        names = np.frombuffer("\n".join(self.terms).encode(), dtype=np.uint8)
        steps = np.maximum(np.abs(self.axes).max(axis=1, initial=0), 1e-12) / 127
        rows = np.rint(self.axes / steps[:, None]).astype(np.int8)
        np.savez_compressed(
            stream, terms=names, rows=rows, steps=steps.astype(np.float32), learnt_from=np.int64(self.learnt_from)
        )
        return stream.getvalue()


NO_SUBJECTS: Final = Subjects({}, np.empty((0, 0), dtype=np.float32), 0)


def read_subjects(written: bytes) -> Subjects:
    """What `written` gave. Raises ValueError for anything else."""
    with np.load(io.BytesIO(written), allow_pickle=False) as kept:
        terms = kept["terms"].tobytes().decode().split()
        return Subjects(
            {term: row for row, term in enumerate(terms)},
            kept["rows"].astype(np.float32) * kept["steps"][:, None],
            int(kept["learnt_from"]),
        )


def nearness(place: bytes, places: Sequence[bytes]) -> list[float | None]:
    """The cosine (-1 to 1) of a text with each of the others; None where one of the two is not known."""
    if not place:
        return [None] * len(places)
    known = [one for one in places if len(one) == len(place)]
    if not known:
        return [None] * len(places)
    asked = np.frombuffer(place, dtype=np.int8).astype(np.float32)
    rows = np.frombuffer(b"".join(known), dtype=np.int8).reshape(len(known), -1).astype(np.float32)
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(asked)
    cosines = iter((rows @ asked / np.maximum(lengths, 1.0)).tolist())
    return [next(cosines) if len(one) == len(place) else None for one in places]


@dataclass(frozen=True, slots=True)
class Found:
    """A document that the words found: where it lies among the subjects (b"" if unknown), and its score."""

    document: SearchDocument
    place: bytes
    score: float


def by_subject(found: Sequence[Found], subjects: Subjects, *, title: str, body: str) -> Iterator[Found]:
    """The same documents, scored by their subjects too.

    What a document gains depends on its own text and the asked one alone, so that a pair has one score.
    """
    asked = subjects.place(counts_of(title, body))
    near = nearness(asked, [one.place for one in found])
    for one, cosine in zip(found, near, strict=True):
        yield replace(one, score=one.score * factor(cosine))


def factor(cosine: float | None) -> float:
    """What a score is multiplied by for how near the subjects of two texts are; 1 where that is not known."""
    return 1.0 if cosine is None else math.exp(NEARNESS_COUNTS * (cosine - _USUALLY_NEAR))


def learn_from(
    batches: Iterator[Sequence[SearchDocument]],
) -> tuple[list[Sequence[SearchDocument]], Subjects]:
    """Take as many of the batches as are learnt from; they, and what was learnt."""
    taken: list[Sequence[SearchDocument]] = []
    learner = Learner()
    for batch in batches:
        taken.append(batch)
        for document in batch:
            learner.add(counts_of_document(document))
        if len(learner) >= MOST_TEXTS:
            break
    return taken, learner.learn()


class Learner:
    """Takes in texts and learns the axes from them. The same texts in the same order give the same axes."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._columns = array("i")
        self._values = array("f")
        self._ends = array("i", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def add(self, counts: Counts) -> None:
        """Take one text in."""
        numbers = self._numbers
        self._columns.extend([numbers.setdefault(term, len(numbers)) for term in counts])
        self._values.extend(counts.values())
        self._ends.append(len(self._columns))

    def learn(self) -> Subjects:
        """The axes; none of them where there are too few texts, or too few words that several of them hold."""
        texts = len(self)
        nothing = Subjects({}, np.empty((0, 0), dtype=np.float32), texts)
        if texts < FEWEST_TEXTS:
            return nothing
        # Imported when learning, which only building an index does.
        from scipy.sparse import csr_matrix

        columns, values = np.array(self._columns), 1 + np.log(np.array(self._values))
        held = np.bincount(columns, minlength=len(self._numbers))
        telling = np.flatnonzero((held >= _HELD_BY_AT_LEAST) & (held <= _HELD_BY_AT_MOST * texts))
        telling = np.sort(telling[np.argsort(-held[telling], kind="stable")[:_MOST_TERMS]])
        if len(telling) <= DIMENSIONS:
            return nothing
        shape = (texts, len(self._numbers))
        counted = csr_matrix((values, columns, np.array(self._ends)), shape=shape, dtype=np.float64)
        rarity = np.log(1 + (texts - held[telling] + 0.5) / (held[telling] + 0.5))
        weighted = counted[:, telling].multiply(rarity).tocsr()
        lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        unit = weighted.multiply(1 / np.maximum(lengths, 1e-9)[:, None]).tocsr()
        axes = _strongest(unit, min(DIMENSIONS, texts // 3))
        names = list(self._numbers)
        terms = {names[number]: row for row, number in enumerate(telling.tolist())}
        return Subjects(terms, np.ascontiguousarray(axes.T * rarity[:, None], dtype=np.float32), texts)


def _strongest(matrix: "csr_matrix", number: int) -> NDArray[np.float64]:
    """The first right singular vectors of a sparse matrix, as rows; always the same for the same matrix.

    By a randomised projection with power steps (Halko, Martinsson and Tropp 2011), which takes a tenth of the time of
    an iteration to full precision; what is lost is far less than the choice of texts to learn from changes.
    """
    chance = np.random.default_rng(0)
    found = np.linalg.qr(matrix @ chance.standard_normal((matrix.shape[1], number + _OVERSAMPLED)))[0]
    for _ in range(_POWER_STEPS):
        found = np.linalg.qr(matrix @ (matrix.T @ found))[0]
    across = np.asarray((matrix.T @ found).T)
    strengths, turned = np.linalg.eigh(across @ across.T)
    strongest = turned[:, ::-1][:, :number] / np.sqrt(np.maximum(strengths[::-1][:number], 1e-12))
    return np.asarray(strongest.T @ across)
