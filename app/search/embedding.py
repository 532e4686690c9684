"""Vectors for texts from a model the operator runs or rents. None of it is needed: without an answer, words decide.

Three ways of asking are spoken, by TECHMART_EMBEDDER:

* `rest`: POST {"input": [text, …]} to the address; the answer {"embeddings": [[…], …]};
* `ollama`: POST {"model", "input": […]} to <address>/api/embed; the same answer;
* `openai`: POST {"model", "input": […]} to <address>/embeddings, as OpenAI and all who imitate it understand it; the
  answer {"data": [{"index", "embedding"}, …]}.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import httpx2

from app.search.port import SearchDocument

log = logging.getLogger(__name__)

Way = Literal["rest", "ollama", "openai"]
Vector = list[float]

_AT_ONCE: Final = 32
# Models read some hundred words; more is cut off by them, unasked.
_LONGEST: Final = 4_000
_PATHS: Final[Mapping[Way, str]] = {"rest": "", "ollama": "/api/embed", "openai": "/embeddings"}


class Embedder:
    """A model behind an address, for any number of threads.

    Args:
        dimensions: length of its vectors; an answer of another length is none.
        timeout_s: for one request of up to 32 texts.
    """

    def __init__(
        self, *, way: Way, url: str, model: str = "", key: str = "", dimensions: int, timeout_s: float = 10.0
    ) -> None:
        self.dimensions = dimensions
        self._way: Way = way
        self._model = model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._address = url.rstrip("/") + _PATHS[way]
        self._timeout_s = timeout_s

    def vectors(self, texts: Sequence[str]) -> list[Vector] | None:
        """One vector for each text; None when the model does not answer as it should, which is logged."""
        made: list[Vector] = []
        for start in range(0, len(texts), _AT_ONCE):
            try:
                made += self._asked([text[:_LONGEST] for text in texts[start : start + _AT_ONCE]])
            except (httpx2.HTTPError, ValueError, KeyError, TypeError) as fault:
                # The class only: a message may hold the address with its key.
                log.warning("the embedder gave no vectors, words alone are used: %s", type(fault).__name__)
                return None
        return made

    def _asked(self, texts: Sequence[str]) -> list[Vector]:
        body: dict[str, Any] = {"input": list(texts)}
        if self._model:
            body["model"] = self._model
        answered = httpx2.post(
            self._address, json=body, headers=self._headers, timeout=self._timeout_s, trust_env=False
        )
        answered.raise_for_status()
        told = answered.json()
        if self._way == "openai":
            listed = [one["embedding"] for one in sorted(told["data"], key=lambda one: int(one["index"]))]
        else:
            listed = told["embeddings"]
        vectors = [[float(number) for number in vector] for vector in listed]
        if len(vectors) != len(texts) or any(len(vector) != self.dimensions for vector in vectors):
            raise ValueError("as many vectors as texts, each as long as was said, were expected")
        if not all(math.isfinite(number) for vector in vectors for number in vector):
            raise ValueError("a vector holds what is not a number")
        return vectors


def embedded_text(document: SearchDocument) -> str:
    """What of a document its vector is made of: what it is about, the most telling first."""
    parts = (
        document.title,
        document.title_en,
        document.benefit,
        document.benefit_en,
        document.summary,
        document.summary_en,
        ", ".join(document.keywords),
        document.body,
        document.body_en,
    )
    return "\n".join(part for part in parts if part)
