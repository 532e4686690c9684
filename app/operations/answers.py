"""Answers that were already made and are the same for everybody, kept for as long as nothing changes.

The key names everything an answer depends on: the state of journal and index, language, build, day and address. A short
life bounds what no key can name (an index rebuilt by hand, a file of words edited by the operator).
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from starlette.responses import Response

_MOST_BYTES: Final = 16 * 2**20
_LASTS_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """An answer as it was sent."""

    body: bytes
    headers: Mapping[str, str]

    def response(self) -> Response:
        """The answer again."""
        return Response(self.body, headers=self.headers)


class KnownAnswers:
    """The answers that one process keeps: those asked for last, up to so many bytes. For any number of threads."""

    def __init__(
        self, *, most_bytes: int = _MOST_BYTES, lasts_s: float = _LASTS_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most_bytes = most_bytes
        self._lasts_s = lasts_s
        self._clock = clock
        self._guard = threading.Lock()
        self._held: OrderedDict[Hashable, tuple[float, KnownAnswer]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> KnownAnswer | None:
        """The answer kept under a key, while it lives."""
        with self._guard:
            held = self._held.get(key)
            if held is None:
                return None
            made_at, answer = held
            if self._clock() - made_at > self._lasts_s:
                self._forget(key)
                return None
            self._held.move_to_end(key)
            return answer

    def put(self, key: Hashable, answer: KnownAnswer) -> None:
        """Keep an answer; what was asked for longest ago makes room."""
        with self._guard:
            if key in self._held:
                self._forget(key)
            self._held[key] = (self._clock(), answer)
            self._bytes += len(answer.body)
            while self._bytes > self._most_bytes:
                self._forget(next(iter(self._held)))

    def _forget(self, key: Hashable) -> None:
        _made_at, answer = self._held.pop(key)
        self._bytes -= len(answer.body)


def known_answers(application: Any) -> KnownAnswers:
    """Those of the application's process."""
    if not hasattr(application.state, "known_answers"):
        application.state.known_answers = KnownAnswers()
    return cast("KnownAnswers", application.state.known_answers)
