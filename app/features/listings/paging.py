"""Pages of a list that grows while it is read: by the last row seen, not by counting."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, tuple_


@dataclass(frozen=True, slots=True)
class Keyset:
    """The last row of a page, in a list ordered by an instant and the id."""

    at: datetime
    id: UUID

    @property
    def token(self) -> str:
        """What the address of the next page carries."""
        micros = int(self.at.timestamp()) * 1_000_000 + self.at.microsecond
        return base64.urlsafe_b64encode(micros.to_bytes(8, "big") + self.id.bytes).decode().rstrip("=")

    @classmethod
    def read(cls, token: str) -> "Keyset | None":
        """The row a token names; None for an empty or broken one."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            if len(raw) != 24:
                return None
            seconds, micros = divmod(int.from_bytes(raw[:8], "big"), 1_000_000)
            return cls(datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros), UUID(bytes=raw[8:]))
        except (ValueError, binascii.Error, OverflowError, OSError):
            return None

    def before(self, at: Any, key: Any) -> ColumnElement[bool]:
        """The rows that come after it in a list with the newest first."""
        return tuple_(at, key) < tuple_(self.at, self.id)

    def after(self, at: Any, key: Any) -> ColumnElement[bool]:
        """The rows that come after it in a list with the oldest first."""
        return tuple_(at, key) > tuple_(self.at, self.id)
