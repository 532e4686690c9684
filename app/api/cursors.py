"""Cursors: where a list goes on. Opaque to programs, readable by us, and every text of the stated form can be read.

A page of a search is named by an instant and a number: of what was published up to that second, so many come before it.
Newest first, the second is that of the last listing given, and the number counts those of the same second that were
given already: what is published meanwhile comes before it and moves nothing. In the other orders the second is that of
the first page, and what is published after it stays out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from app.search.port import DEEPEST

# Eight hexadecimal digits of seconds last until 2106; 9,999 is the deepest an engine is asked.
SEARCH_CURSOR: Final = "^[0-9a-f]{8}-[0-9]{1,4}$"
# Twenty-four bytes of a keyset whose first twelve bits are zero: instants until 2112.
KEYSET_CURSOR: Final = "^AA[A-Za-z0-9_-]{30}$"
# A place in a table of codes.
PLACE_CURSOR: Final = "^[0-9]{1,6}$"


@dataclass(frozen=True, slots=True)
class SearchCursor:
    """What was published up to `until`, without the first `skip`."""

    until: datetime
    skip: int

    @property
    def token(self) -> str:
        return f"{int(self.until.timestamp()):08x}-{self.skip}"

    @classmethod
    def read(cls, token: str) -> "SearchCursor":
        """The place a token of the form SEARCH_CURSOR names."""
        seconds, _hyphen, skip = token.partition("-")
        return cls(datetime.fromtimestamp(int(seconds, 16), UTC), int(skip))

    def reach(self, limit: int) -> int:
        """How many may be asked for here, at most `limit`."""
        return min(limit, DEEPEST - self.skip)


def after_newest(before: SearchCursor, published: Sequence[datetime | None]) -> SearchCursor:
    """The cursor behind a page in the order newest first.

    Args:
        before: where the page began.
        published: when each hit of the page was published; None for one that has left since the index was written.
    """
    seconds = [None if one is None else int(one.timestamp()) for one in published]
    known = [one for one in seconds if one is not None]
    if not known:
        return SearchCursor(before.until, before.skip + len(published))
    last = known[-1]
    # Those of the last second stand at the end of the page, one behind another.
    earlier = [place for place, one in enumerate(seconds) if one is not None and one != last]
    run = len(seconds) - (earlier[-1] + 1 if earlier else 0)
    if not earlier and int(before.until.timestamp()) == last:
        run += before.skip
    return SearchCursor(datetime.fromtimestamp(last, UTC), run)
