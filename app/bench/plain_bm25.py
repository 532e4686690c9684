"""Plain BM25 by an independent library (bm25s, only for measuring): what every ranking of ours is compared with.

Words are runs of letters and digits in small letters, titles and texts count alike, k1 = 1.5 and b = 0.75. Questions
are asked whole.
"""

import logging
import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final, Literal

from app.bench.judged import DEPTH, Paper, Question, Ranking
from app.operations.faults import OperationFault
from app.search.text import fold

Words = Literal["exact", "folded"]
_WORD: Final = re.compile(r"[^\W_]+")


def require() -> Any:
    """The library. Raises OperationFault, saying what to install, where it is missing."""
    try:
        import bm25s  # type: ignore[import-untyped]
    except ImportError:
        raise OperationFault(
            "bm25s is not installed; plain BM25 is computed by it.",
            "pip install bm25s, or `make develop` in a checkout; or leave it out with --no-bm25.",
        ) from None
    # It tells of every step as if it were a warning.
    logging.getLogger("bm25s").setLevel(logging.ERROR)
    return bm25s


class PlainBM25:
    """BM25 over a corpus, with words as they are written ("exact") or without diacritics ("folded")."""

    def __init__(self, papers: Sequence[Paper], *, words: Words) -> None:
        self._words = words
        self._ids = [one.id for one in papers]
        self._index = require().BM25(method="lucene", k1=1.5, b=0.75)
        self._index.index([self._read(f"{one.title} {one.text}") for one in papers], show_progress=False)

    def rank(self, questions: Sequence[Question]) -> dict[str, Ranking]:
        """The best documents for each question, those without a common word left out."""
        asked = [self._read(one.description or one.text) for one in questions]
        depth = min(DEPTH + 1, len(self._ids))
        found, scores = self._index.retrieve(asked, k=depth, show_progress=False)
        return {
            one.id: [(self._ids[number], float(score)) for number, score in zip(row, scored, strict=True) if score > 0]
            for one, row, scored in zip(questions, found, scores, strict=True)
        }

    def _read(self, text: str) -> list[str]:
        composed = unicodedata.normalize("NFC", text)
        return _WORD.findall(fold(composed) if self._words == "folded" else composed.lower())
