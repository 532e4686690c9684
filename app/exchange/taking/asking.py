"""What asking a source may end in besides an answer, and the one place where sources are asked."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import BinaryIO, Final
from urllib.parse import urlsplit

from app.integrations.outgoing import Answer, AskFault, Bounds, NotReached, ask, load
from app.models.partners import Partner
from app.settings import Settings

_BUSY: Final = frozenset({429, 503})
_LONGEST_WAIT_S: Final = 24 * 3_600
_USUAL_WAIT_S: Final = 300
# Between tries of a page that did not come. What took so long before it failed is not tried again.
PAUSES_S: Final = (0.5, 3.0)
_SLOW_S: Final = 10.0


class SourceFault(Exception):
    """The source answers wrongly or not at all: this run is over, the next begins where this one did."""


class AskLater(Exception):
    """The source wants to be left alone for so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"asked for {seconds} s of patience")
        self.seconds = seconds


class AskAnew(Exception):
    """The source does not know its own token (any more): the same window from its beginning."""


def get(
    url: str,
    *,
    partner: Partner,
    settings: Settings,
    now: datetime,
    headers: Mapping[str, str] | None = None,
    also: frozenset[int] = frozenset(),
) -> Answer:
    """Ask a partner, with the key it gave us if it gave one: only where we ask for its records, not elsewhere.

    Args:
        also: statuses beside 200 that are answers too.

    Raises:
        AskLater: 503 or 429. SourceFault: anything else than an answer.
    """
    sent = {**(headers or {}), **_key(url, partner, settings)}
    pauses = iter(PAUSES_S)
    while True:
        begun = time.monotonic()
        try:
            return _good(ask(url, settings=settings, headers=sent), also, now)
        except AskFault as fault:
            # A connection that breaks must not cost the thousand pages before it; who is slow is slow the next time.
            broke = isinstance(fault, NotReached) and time.monotonic() - begun < _SLOW_S
            pause = next(pauses, None) if broke else None
            if pause is None:
                raise SourceFault(f"{type(fault).__name__}: {fault}") from fault
        time.sleep(pause)


def get_file(url: str, into: BinaryIO, *, most: int, partner: Partner, settings: Settings, now: datetime) -> Answer:
    """Fetch a file of a partner's into `into`, of `most` bytes; 404 and 410 are answers too.

    Raises:
        AskLater, SourceFault: as `get`.
    """
    try:
        bounds = Bounds(sent=most, unpacked=most)
        answer = load(url, into, settings=settings, headers=_key(url, partner, settings), bounds=bounds)
    except AskFault as fault:
        raise SourceFault(f"{type(fault).__name__}: {fault}") from fault
    return _good(answer, frozenset({404, 410}), now)


def _key(url: str, partner: Partner, settings: Settings) -> dict[str, str]:
    """The header with our key, where it belongs."""
    key = settings.partner_keys.get(partner.authority)
    if key is None or place_of(url) != place_of(partner.address):
        return {}
    return {"Authorization": f"Bearer {key.get_secret_value()}"}


def _good(answer: Answer, also: frozenset[int], now: datetime) -> Answer:
    if answer.status in _BUSY:
        raise AskLater(_seconds(answer.headers.get("retry-after", ""), now))
    if answer.status != 200 and answer.status not in also:
        raise SourceFault(f"answered with status {answer.status}")
    return answer


def place_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    return parts.scheme, parts.hostname or "", port or {"http": 80, "https": 443}.get(parts.scheme)


def _seconds(told: str, now: datetime) -> int:
    """How long to wait by a Retry-After (RFC 9110, 10.2.3), in seconds or as a date."""
    text = told.strip()
    if text.isascii() and text.isdecimal() and len(text) < 9:
        seconds = int(text)
    else:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return _USUAL_WAIT_S
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = int((moment - now).total_seconds())
    return min(max(1, seconds), _LONGEST_WAIT_S)
