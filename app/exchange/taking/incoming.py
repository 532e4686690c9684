"""A record on its way in: as it came (`Raw`), and as it is understood (`Incoming`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from app.exchange.taking.holdable import storable
from app.features.listings.foreign import ForeignListing

Form = Literal["envelope", "dublin_core", "line"]
# How many signs of something unreadable are kept to look at.
KEPT_OF_UNREADABLE: Final = 4_000


class Bad(Exception):
    """A record that cannot be taken: why (a key of features/partners/reasons.py) and what exactly."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Raw:
    """A record as it came.

    Attributes:
        source_id: how the source names it.
        datestamp: when it changed by the source's own word; None where it says nothing.
        body: an envelope's JSON, the elements of Dublin Core by name, or a line of a file; empty when deleted.
        fault: what made it unreadable; then `body` holds the beginning of it under "text".
    """

    form: Form
    source_id: str
    datestamp: datetime | None = None
    deleted: bool = False
    body: Mapping[str, Any] = field(default_factory=dict)
    fault: str = ""

    def as_json(self) -> dict[str, Any]:
        """As JSON that can be kept, whatever came."""
        return {
            "form": self.form,
            "source_id": storable(self.source_id),
            "datestamp": self.datestamp.isoformat() if self.datestamp is not None else None,
            "deleted": self.deleted,
            "body": storable(self.body),
            "fault": storable(self.fault),
        }

    @classmethod
    def of_json(cls, said: Mapping[str, Any]) -> "Raw":
        moment = said.get("datestamp")
        return cls(**{**said, "datestamp": datetime.fromisoformat(moment) if moment else None})


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record that is understood: by key, version and content, whatever way it came.

    Attributes:
        version: the origin's; 0 where the source has none and `datestamp` must do.
        via: the exchanges it passed through before it came to us, the partner it came from last.
        envelope: to be kept, without `via`.
        listing: None of one that is deleted.
        known_only: a deletion of a source without versions: of what we never had nothing is kept.
    """

    source_id: str
    authority: str
    local_id: str
    kind: str
    version: int
    digest: str
    datestamp: datetime | None
    via: tuple[dict[str, str], ...]
    envelope: Mapping[str, Any]
    landing: str
    reason: str | None
    listing: ForeignListing | None
    known_only: bool = False

    @property
    def deleted(self) -> bool:
        return self.listing is None
