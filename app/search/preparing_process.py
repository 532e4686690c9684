"""One process that makes documents ready for the embedded index, started for this alone (app.search.preparing).

It imports little, to be there at once. Asked on standard input, it answers on
standard output, each message behind its length, until its input ends: so it ends with whoever started it.
"""

import contextlib
import os
import pickle
import signal
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Final

from app.search.embedded_schema import fields_of, placed_fields_of
from app.search.port import SearchDocument
from app.search.subjects import Subjects, counts_of_document, read_subjects

Batch = Sequence[SearchDocument]
_LENGTH: Final = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Made:
    """A batch made ready. Each part is pickled by itself, so that thousands may wait and few are unpacked at a time.

    Attributes:
        fields: the Fields of each document.
        counts: the Counts of each, to learn from and to be placed by; none where the fields hold their places.
    """

    fields: list[bytes]
    counts: list[bytes]


def make_ready(batch: Batch, subjects: Subjects | None) -> Made:
    """The fields of the index for each document. With its place among the subjects, where these are known by now."""
    made = Made([], [])
    for document in batch:
        if subjects is not None:
            made.fields.append(pickle.dumps(placed_fields_of(document, subjects)))
            continue
        # One after the other: both read the same words, which are remembered for a moment.
        made.fields.append(pickle.dumps(fields_of(document)))
        made.counts.append(pickle.dumps(counts_of_document(document)))
    return made


def send(stream: IO[bytes], message: bytes) -> None:
    """Write one message. Raises OSError when nobody reads any more."""
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes:
    """Read one message. Raises EOFError when it ends before, or in the middle of it."""
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    return _exactly(stream, length)


def _exactly(stream: IO[bytes], length: int) -> bytes:
    read = stream.read(length)
    if len(read) < length:
        raise EOFError
    return read


def _answer_all(asked: IO[bytes], answers: IO[bytes]) -> None:
    """Messages are pickled, between processes of our own alone: subjects as written, or a batch, which is answered by
    what was made of it or by the fault that it met."""
    subjects: Subjects | None = None
    while True:
        given: bytes | Batch = pickle.loads(receive(asked))  # noqa: S301
        if isinstance(given, bytes):
            subjects = read_subjects(given)
            continue
        made: Made | Exception
        try:
            made = make_ready(given, subjects)
        except Exception as fault:  # noqa: BLE001 - raised by who asked
            made = fault
        send(answers, pickle.dumps(made))


def main() -> None:
    """Answer until nobody asks any more."""
    # Who asks says when to end, also after Ctrl-C, which all of a terminal's processes are sent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Opened here: those of the interpreter write through where PYTHONUNBUFFERED is set, and then, stopped in the middle
    # of a message and continued, say that they wrote a part of it.
    with (
        contextlib.suppress(EOFError, OSError),
        os.fdopen(0, "rb", closefd=False) as asked,
        os.fdopen(os.dup(1), "wb") as answers,
    ):
        # Whatever else is printed, by libraries too, must not stand between the answers.
        os.dup2(2, 1)
        _answer_all(asked, answers)
