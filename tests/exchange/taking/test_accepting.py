"""The accept rule, and that exchanges which follow it go quiet."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.exchange.taking.accepting import Terms, verdict
from app.exchange.taking.incoming import Bad, Incoming
from app.exchange.taking.understanding import understood
from app.identity import uuid7
from tests.exchange.taking.given import Elsewhere, source
from tests.factories import NOW

OURS = Terms(own="techmart.test")
_NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Known:
    version: int = 1
    digest: str = ""
    deleted: bool = False
    kind: str = "technology"
    reason: str | None = None
    via: tuple[Any, ...] = ()
    envelope: Mapping[str, Any] = field(default_factory=dict)
    partner_id: UUID = _NOBODY
    datestamp: datetime | None = NOW


def incoming(elsewhere: Elsewhere, **given: Any) -> Incoming:
    return understood(elsewhere.raw(**given), source(elsewhere))


def known(one: Incoming, **change: Any) -> Known:
    made = Known(
        one.version, one.digest, one.deleted, one.kind, one.reason, one.via, one.envelope, _NOBODY, one.datestamp
    )
    return replace(made, **change)


def test_new_changed_unchanged_and_older(elsewhere: Elsewhere) -> None:
    first, second = incoming(elsewhere), incoming(elsewhere, version=2, title="Khác")
    same_again = incoming(elsewhere, version=5)
    assert verdict(first, None, OURS) == "new"
    assert verdict(second, known(first), OURS) == "changed"
    assert verdict(first, known(second), OURS) == "unchanged"
    assert verdict(first, known(first), OURS) == "unchanged"
    # A greater version that says the same is no change.
    assert verdict(same_again, known(first), OURS) == "unchanged"


def test_one_version_that_says_two_things_is_laid_aside_unless_its_origin_says_so(elsewhere: Elsewhere) -> None:
    direct, other = incoming(elsewhere), incoming(elsewhere, title="Khác")
    step = ({"authority": "e1.test", "received": "2026-11-23T03:00:00Z"},)
    with pytest.raises(Bad, match="altered"):
        verdict(replace(other, via=step), known(direct, via=step), OURS)
    # What the origin told us itself stands, whatever others pass on; it may give us more or less by agreement.
    assert verdict(replace(other, via=step), known(direct), OURS) == "unchanged"
    assert verdict(other, known(direct), OURS) == "changed"
    assert verdict(other, known(direct, via=step), OURS) == "changed"


def test_gone_and_back(elsewhere: Elsewhere) -> None:
    living, tombstone = incoming(elsewhere, version=1), incoming(elsewhere, version=2, deleted="sold")
    assert verdict(tombstone, known(living), OURS) == "gone"
    assert verdict(tombstone, known(tombstone), OURS) == "unchanged"
    assert verdict(living, known(tombstone), OURS) == "unchanged"
    assert verdict(incoming(elsewhere, version=3), known(tombstone), OURS) == "changed"
    # A tombstone seen first is kept, so that an older version cannot bring the record to life.
    assert verdict(tombstone, None, OURS) == "gone"


def test_nothing_of_ours_comes_back_and_nothing_goes_round(elsewhere: Elsewhere) -> None:
    own = Elsewhere(authority="techmart.test")
    assert verdict(incoming(own), None, OURS) == "skipped"
    one = incoming(elsewhere)
    steps = tuple({"authority": f"e{n}.test", "received": "2026-11-23T03:00:00Z"} for n in range(5))
    assert verdict(replace(one, via=steps[:4]), None, OURS) == "new"
    assert verdict(replace(one, via=steps), None, OURS) == "skipped"
    through_us = ({"authority": "techmart.test", "received": "2026-11-23T03:00:00Z"},)
    assert verdict(replace(one, via=through_us), None, OURS) == "skipped"


def test_without_versions_the_datestamp_decides(elsewhere: Elsewhere) -> None:
    one = replace(incoming(elsewhere), version=0)
    other = replace(incoming(elsewhere, title="Khác"), version=0, datestamp=NOW + timedelta(days=1))
    assert verdict(other, known(one), OURS) == "changed"
    earlier = replace(other, datestamp=NOW - timedelta(days=1))
    with pytest.raises(Bad, match="backwards"):
        verdict(earlier, known(one), OURS)
    # With the same content it does not matter.
    assert verdict(replace(one, datestamp=NOW - timedelta(days=1)), known(one), OURS) == "unchanged"
    assert verdict(replace(other, datestamp=None), known(one), OURS) == "changed"
    bare = replace(one, listing=None, known_only=True, reason="withdrawn")
    assert verdict(bare, None, OURS) == "skipped"
    theirs = Terms("techmart.test", None, "san.danang.test")
    assert verdict(bare, known(one), theirs) == "gone"
    with pytest.raises(Bad, match="backwards"):
        verdict(replace(bare, datestamp=NOW - timedelta(days=1)), known(one), theirs)


def test_a_deletion_that_nobody_signed(elsewhere: Elsewhere) -> None:
    """Believed of the partner's own records and of those had from it; another's word does not end a record."""
    relay, other = uuid7(), uuid7()
    one = incoming(elsewhere)
    bare = replace(one, version=0, listing=None, known_only=True, reason="withdrawn")
    from_origin = Terms("techmart.test", other, "san.danang.test")
    from_relay = Terms("techmart.test", relay, "san.hue.test")
    assert verdict(bare, known(one), from_origin) == "gone"
    assert verdict(bare, known(one, partner_id=relay), from_relay) == "gone"
    assert verdict(bare, known(one, partner_id=other), from_relay) == "skipped"
    # Only its origin, or a newer version, brings it back; others that have not heard of it yet do not.
    gone = known(one, deleted=True, reason="withdrawn", envelope={"key": {}})
    via = ({"authority": "e1.test", "received": "2026-11-23T03:00:00Z"},)
    assert verdict(replace(one, via=via), gone, from_relay) == "unchanged"
    assert verdict(replace(incoming(elsewhere, version=2), via=via), gone, from_relay) == "changed"
    assert verdict(one, gone, from_origin) == "changed"
    assert verdict(bare, gone, from_origin) == "unchanged"


def test_only_what_the_agreement_is_about(elsewhere: Elsewhere) -> None:
    patents = Terms("techmart.test", kinds=frozenset({"patent"}))
    one = incoming(elsewhere)
    assert verdict(one, None, patents) == "skipped"
    assert verdict(incoming(elsewhere, version=2, title="Khác"), known(one), patents) == "gone"
    outside = known(one, deleted=True, reason="outside")
    assert verdict(one, outside, patents) == "unchanged"
    assert verdict(one, outside, OURS) == "changed"
    fields = Terms("techmart.test", research_fields=frozenset({"205"}))
    inside = incoming(elsewhere, classifications=[{"scheme": "research-field", "code": "20505"}])
    assert verdict(inside, None, fields) == "new"
    assert verdict(one, None, fields) == "skipped"


def test_three_exchanges_that_take_from_each_other_go_quiet_after_two_rounds() -> None:
    """The rule alone, with records that are relayed by everybody to everybody."""
    nodes = [Elsewhere(authority=f"e{letter}.test") for letter in "abc"]
    own = {node.authority: {f"m{n}": (node.sealed(f"m{n}"), ()) for n in range(3)} for node in nodes}
    taken: dict[str, dict[tuple[str, str], tuple[dict[str, Any], Incoming]]] = {node.authority: {} for node in nodes}

    def offered(node: Elsewhere) -> list[dict[str, Any]]:
        mine = [envelope for envelope, _via in own[node.authority].values()]
        return mine + [
            {**envelope, "via": [*one.via, {"authority": node.authority, "received": "2026-11-23T03:00:00Z"}]}
            for envelope, one in taken[node.authority].values()
        ]

    def round_of_taking() -> int:
        written = 0
        for taker in nodes:
            for giver in nodes:
                if giver is taker:
                    continue
                known_keys = source(giver, *[node for node in nodes if node is not giver], relays=True)
                for envelope in offered(giver):
                    raw = Elsewhere.as_raw(envelope)
                    one = understood(raw, known_keys)
                    key = (one.authority, one.local_id)
                    before = taken[taker.authority].get(key)
                    what = verdict(one, known(before[1]) if before else None, Terms(taker.authority))
                    if what in {"new", "changed", "gone"}:
                        taken[taker.authority][key] = (envelope, one)
                        written += 1
        return written

    assert round_of_taking() == 18
    assert round_of_taking() == 0
    own["ea.test"]["m0"] = (nodes[0].sealed("m0", version=2, title="Khác"), ())
    own["eb.test"]["m1"] = (nodes[1].sealed("m1", version=2, deleted="sold"), ())
    assert round_of_taking() == 4
    assert round_of_taking() == 0
    for node in nodes:
        others = set(taken[node.authority])
        assert len(others) == 6
        assert all(authority != node.authority for authority, _ in others)
