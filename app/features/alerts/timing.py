"""When somebody may be told. Hours are those of the clock here (Asia/Ho_Chi_Minh), instants are aware UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from app.i18n.formats import HERE

# Things that happen close together go into one letter, also for who wants to know at once: an import of hundreds
# of listings must not become hundreds of letters.
GATHER: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Hours:
    """A person's hours: no letter from `quiet_from` to `quiet_to` (equal: never quiet), digests at `digest_hour`.

    `digest_day` is the weekday of weekly digests, 0 for Monday.
    """

    quiet_from: int = 21
    quiet_to: int = 7
    digest_hour: int = 8
    digest_day: int = 0

    def is_quiet(self, moment: datetime) -> bool:
        """Whether the person is not to be written to at this moment."""
        hour = moment.astimezone(HERE).hour
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= hour < self.quiet_to
        return hour >= self.quiet_from or hour < self.quiet_to

    def after_quiet(self, moment: datetime) -> datetime:
        """The same moment, or the end of the quiet hours it lies in."""
        return self._next(self.quiet_to, moment) if self.is_quiet(moment) else moment

    def due(self, rhythm: str, now: datetime) -> datetime | None:
        """When something noticed now may go into a letter; None for “off”."""
        if rhythm == "at_once":
            slot = GATHER.total_seconds()
            return self.after_quiet(datetime.fromtimestamp((now.timestamp() // slot + 1) * slot, UTC))
        if rhythm == "daily":
            return self.after_quiet(self._next(self.digest_hour, now))
        if rhythm == "weekly":
            moment = self._next(self.digest_hour, now)
            return self.after_quiet(moment + timedelta(days=(self.digest_day - moment.astimezone(HERE).weekday()) % 7))
        return None

    def _next(self, hour: int, after: datetime) -> datetime:
        local = after.astimezone(HERE)
        moment = datetime.combine(local.date(), time(hour), HERE)
        if moment <= local:
            moment = datetime.combine(local.date() + timedelta(days=1), time(hour), HERE)
        return moment.astimezone(UTC)


USUAL: Final = Hours()
