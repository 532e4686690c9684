"""Two exchanges in two processes: the second begins with what the first's worker made of its shared records."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app import clock
from app.exchange.keys import signing_key
from app.exchange.snapshots import make_snapshot
from app.models.taking import TakingProgress, TakingRun
from tests.exchange.three.nodes import Node, node, take_from

SHARED = 40


@pytest.fixture
def two(tmp_path: Path) -> Iterator[list[Node]]:
    with ExitStack() as stack:
        yield [stack.enter_context(node(name, tmp_path / name)) for name in ("pp", "qq")]


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["techmart", "changes"])
def test_a_newcomer_begins_with_the_snapshot_and_ends_with_what_is_shown(two: list[Node], protocol: str) -> None:
    giver, newcomer = two
    owner = giver.owner()
    giver.create(owner, SHARED)
    giver.give()
    # Behind the ten minutes that a harvest looks back: what it knows of the change it must have from the feed.
    name = make_snapshot(giver.database, giver.settings, now=clock.now() - timedelta(hours=2), part=15)
    written = sorted(giver.written)
    random.Random(7).shuffle(written)
    giver.change(written[:5], title="Máy đã sửa")
    giver.change(written[5:9], state="withdrawn")
    giver.create(owner, 3)
    giver.give()
    address = f"{giver.base}/oai" if protocol == "techmart" else f"{giver.base}/exchange/v1/changes"
    take_from(newcomer, giver, address=address, keys=[signing_key(giver.settings).public], protocol=protocol)
    for _ in range(2):
        assert newcomer.harvest().wait(timeout=120) == 0
        assert newcomer.shown() == giver.shown()
        newcomer.forget_leases()
    with newcomer.database.read_only() as session:
        runs = session.scalars(select(TakingRun).order_by(TakingRun.started_at)).all()
        assert [(one.state, one.snapshot) for one in runs] == [("done", name), ("done", "")]
        assert (runs[0].created, runs[0].changed, runs[0].gone) == (SHARED + 3, 5, 4)
        assert session.scalars(select(TakingProgress)).one().snapshot is None
