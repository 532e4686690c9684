"""techmart harvest, as an operator runs it beside a worker, or after something died."""

from datetime import timedelta
from pathlib import Path

import pytest

from app import clock
from app.database import Database
from app.features.partners.runs import LEASE, begin_run, claim_run
from app.identity import SYSTEM
from app.models.partners import Partner
from app.models.taking import TakingRun
from app.settings import Settings
from tests.exchange.taking.harvesting import Harvest, harvesting
from tests.exchange.taking.oai_source import OaiSource
from tests.odd_server import Reply
from tests.operations.test_terminal import run


@pytest.fixture
def environment(tmp_path: Path, database_url: str) -> dict[str, str]:
    return {
        "TECHMART_DATA": str(tmp_path),
        "TECHMART_DATABASE_URL": database_url,
        "TECHMART_AUTHORITY": "techmart.test",
        "TECHMART_OUTGOING": "loopback",
        "NO_COLOR": "1",
        "LANG": "C.UTF-8",
    }


def held_by_another(database: Database, harvest: Harvest, *, for_another: timedelta) -> TakingRun:
    """A harvest that a process holds, for so long from now on."""
    with database.unit_of_work() as session:
        partner = session.get_one(Partner, harvest.partner.id)
        begun = begin_run(session, partner=partner, kind="harvest", actor=SYSTEM, now=clock.now())
        claim_run(session, begun.id, now=clock.now() - LEASE + for_another)
    return begun


def test_it_waits_for_who_holds_the_run_and_goes_on_when_that_is_gone(
    database: Database, settings: Settings, environment: dict[str, str]
) -> None:
    source = OaiSource(now=clock.now())
    source.add("a", at=clock.now() - timedelta(days=1))
    with harvesting(database, settings, source) as harvest:
        begun = held_by_another(database, harvest, for_another=timedelta(seconds=6))
        done = run(environment, "harvest", "kho.test")
        assert "another process works on it" in done.stderr
        assert (done.returncode, "kho.test: harvest done: 1 records" in done.stdout) == (0, True)
        assert harvest.found(begun).state == "done"
        whole = run(environment, "harvest", "kho.test", "--whole")
        assert (whole.returncode, "1 records" in whole.stdout, "1 unchanged" in whole.stdout) == (0, True, True)


def test_a_failure_is_told_by_the_exit_code(
    database: Database, settings: Settings, environment: dict[str, str]
) -> None:
    with harvesting(database, settings, lambda _asked: Reply(b"", 500)):
        done = run(environment, "harvest", "kho.test")
        assert (done.returncode, "answered with status 500" in done.stderr) == (1, True)
