"""Cursors of the feed: they name a position and stay good for ever."""

import re
from typing import Final

from app.errors import BadRequest
from app.i18n import N_

# A cursor or nothing, as parameters take it.
PATTERN: Final = r"^(c[0-9a-f]{1,15})?$"
_CURSOR: Final = re.compile(r"c([0-9a-f]{1,15})")


def cursor_of(position: int) -> str:
    """The cursor that stands behind a position of the feed."""
    return f"c{position:x}"


def position_of(cursor: str) -> int:
    """The position a cursor names; 0 for none. Raises BadRequest for one that was not given here."""
    if not cursor:
        return 0
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise BadRequest(N_("Con trỏ này không phải do sàn cấp"))
    return int(found[1], 16)
