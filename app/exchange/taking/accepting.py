"""Whether what came is new, changed, known, older, or not for us. Pure: no database, no clock.

Records with versions: the greater one counts. Sources without: the datestamp, and when it goes back with other content,
a person looks. Our own records never come back, nothing goes round in circles, nothing changes hands more than four
times.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, Protocol
from uuid import UUID

from app.exchange.taking.incoming import Bad, Incoming

LONGEST_VIA: Final = 4
# The reason kept of a record that lives, but is no longer what the agreement is about.
OUTSIDE: Final = "outside"
Verdict = Literal["new", "changed", "gone", "unchanged", "skipped"]


class Known(Protocol):
    """What is kept of a record already taken."""

    @property
    def version(self) -> int: ...
    @property
    def digest(self) -> str: ...
    @property
    def deleted(self) -> bool: ...
    @property
    def kind(self) -> str: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def via(self) -> Sequence[Any]: ...
    @property
    def envelope(self) -> Mapping[str, Any]: ...
    @property
    def partner_id(self) -> UUID: ...
    @property
    def datestamp(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What the agreement says about what may come.

    Attributes:
        own: our authority.
        partner_id, partner: from whom the record comes: its row and its authority.
        kinds, research_fields: what is taken; empty for everything.
    """

    own: str
    partner_id: UUID | None = None
    partner: str = ""
    kinds: frozenset[str] = frozenset()
    research_fields: frozenset[str] = frozenset()


def is_for_us(incoming: Incoming, terms: Terms) -> bool:
    """Whether the record is none of ours, did not pass through us, and has not gone too far."""
    if incoming.authority == terms.own or len(incoming.via) > LONGEST_VIA:
        return False
    return all(one["authority"] != terms.own for one in incoming.via)


def is_agreed(incoming: Incoming, terms: Terms) -> bool:
    """Whether the agreement is about records of its kind and field. Deletions always are."""
    if incoming.listing is None:
        return True
    if terms.kinds and incoming.kind not in terms.kinds:
        return False
    if not terms.research_fields:
        return True
    codes = [one["code"] for one in incoming.listing.classifications if one["scheme"] == "research-field"]
    return any(code.startswith(field) for code in codes for field in terms.research_fields)


def verdict(incoming: Incoming, known: Known | None, terms: Terms) -> Verdict:
    """What is to be done with it.

    Raises:
        Bad: "altered", one version that says two things; "backwards", a datestamp that goes back with other content.
    """
    if not is_for_us(incoming, terms):
        return "skipped"
    if known is None:
        if incoming.deleted:
            return "skipped" if incoming.known_only else "gone"
        return "new" if is_agreed(incoming, terms) else "skipped"
    if incoming.known_only:
        return _by_word(incoming, known, terms)
    same = _same(incoming, known)
    if known.reason == OUTSIDE:
        if incoming.version < known.version or incoming.deleted:
            return "unchanged"
        return "changed" if is_agreed(incoming, terms) else "unchanged"
    if incoming.version:
        if incoming.version < known.version:
            return "unchanged"
        if incoming.version == known.version and not same and incoming.via:
            # The origin itself may tell us more or less than others, as its agreement with us goes; no one else may.
            # Nor does anybody else bring back what was told to be gone: two exchanges that have not heard of it yet
            # would bring it back to one another for ever.
            if not known.via or _gone_by_word(known):
                return "unchanged"
            raise Bad("altered", f"version {incoming.version} says two different things")
    elif not same and _goes_back(incoming.datestamp, known.datestamp):
        raise Bad("backwards", f"datestamp {incoming.datestamp} is before {known.datestamp}")
    if same:
        return "unchanged"
    if incoming.deleted or not is_agreed(incoming, terms):
        # What is no longer in the agreement is not kept as it was: it would grow old here unseen.
        return "gone"
    return "changed"


def _by_word(incoming: Incoming, known: Known, terms: Terms) -> Verdict:
    """A deletion that nobody signed: believed of the partner's own records, and of those that we have from it alone."""
    if known.deleted:
        return "unchanged"
    if incoming.authority != terms.partner and known.partner_id != terms.partner_id:
        return "skipped"
    if not known.version and _goes_back(incoming.datestamp, known.datestamp):
        raise Bad("backwards", f"deleted at {incoming.datestamp}, before {known.datestamp}")
    return "gone"


def _gone_by_word(known: Known) -> bool:
    return known.deleted and "jws" not in known.envelope


def _same(incoming: Incoming, known: Known) -> bool:
    if incoming.deleted or known.deleted:
        return incoming.deleted == known.deleted
    return incoming.digest == known.digest and incoming.kind == known.kind


def _goes_back(given: datetime | None, known: datetime | None) -> bool:
    return given is not None and known is not None and given < known


def via_of(envelope: Mapping[str, Any], *, partner: str, received: str) -> tuple[dict[str, str], ...]:
    """Through whose hands a record came: those it tells of, and the partner unless told already or the origin."""
    told = tuple(dict(one) for one in envelope.get("via", ()))
    if envelope["key"]["authority"] == partner or any(one["authority"] == partner for one in told):
        return told
    return (*told, {"authority": partner, "received": received})
