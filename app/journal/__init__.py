"""One ordered log of every change. Write with `append`; derive everything else by reading behind a cursor.

The order is decided when read, not when written (docs/adr/0004): see sequence.py.
"""

from app.journal.consume import consume, cursor_position, head_position
from app.journal.record import append, append_many
from app.journal.sequence import sequence, sequence_all
from app.journal.waiting import hand_over, leave_for_later, look_after, take_up

__all__ = [
    "append",
    "append_many",
    "consume",
    "cursor_position",
    "hand_over",
    "head_position",
    "leave_for_later",
    "look_after",
    "sequence",
    "sequence_all",
    "take_up",
]
