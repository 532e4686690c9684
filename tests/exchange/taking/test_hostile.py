"""The hostile dialect: no trick brings the harvest down, holds it up, or gets anything in but the source's own."""

import functools
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.database import Database
from app.exchange.taking import asking, harvest
from app.integrations.outgoing import Bounds, ask
from app.models.listings import Listing
from app.models.taking import Quarantined, TakenRecord
from app.settings import Settings
from tests import factories
from tests.exchange.taking.harvesting import harvesting
from tests.exchange.taking.hostile import TRICKS, Hostile
from tests.exchange.taking.oai_source import OaiSource, later
from tests.factories import NOW
from tests.odd_server import Asked, Reply


class HostileSource(OaiSource):
    """Knows the tokens that a trick makes up: they all name the second page."""

    def __call__(self, asked: Asked) -> Reply:
        path = re.sub(r"resumptionToken=[a-z]\w*$", "resumptionToken=||2", asked.path)
        said = dict(one.partition("=")[::2] for one in asked.path.partition("?")[2].split("&"))
        reply = super().__call__(replace(asked, path=path))
        return reply if self.trick is None else self.trick(said, reply)

    trick: Hostile | None = None


@pytest.mark.parametrize("name", TRICKS)
def test_no_trick_does_harm(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    trick = TRICKS[name]
    monkeypatch.setattr(harvest, "MOST_PAGES", 20)
    monkeypatch.setattr(asking, "ask", functools.partial(ask, bounds=Bounds(whole_s=3.0)))
    with database.unit_of_work() as session:
        ours = factories.listing(session, of=factories.organisation(session), local_id="ours", title="Của ta")
    source = HostileSource(dialect="hostile")
    for one in "abcde":
        source.add(one, at=NOW - timedelta(days=1))
    source.trick = Hostile(trick)
    with harvesting(database, settings, source) as taking:
        run = taking.run()
        assert source.trick.played, "the trick was not played"
        if trick.told == "waits":
            # A day is the longest that anybody is waited for.
            assert (run.state, run.wait_until) == ("waiting", NOW + timedelta(days=1))
        elif trick.told:
            assert run.state == "failed"
            assert re.search(trick.told, run.fault), run.fault
            assert len(run.fault) <= 1_000
        else:
            assert (run.state, run.fault) == ("done", "")
        assert {"Máy a", "Máy b"} <= set(taking.titles)
        assert len(taking.asked()) <= 25
        with database.read_only() as session:
            assert session.scalar(select(func.count()).select_from(Quarantined)) == trick.aside
            # Nothing but the source's own, whatever it calls it; ours is as it was.
            assert set(session.scalars(select(TakenRecord.authority))) == {"kho.test"}
            assert session.get_one(Listing, ours.id).title == "Của ta"
            assert session.get_one(Listing, ours.id).state == "published"
            assert not [one for one in session.scalars(select(Listing.title)) if "root:" in one]
        # A source that comes to its senses is harvested whole.
        source.trick = None
        source.now = later(days=2)
        for item in source.items.values():
            item.at = later(days=1)
        run = taking.run(now=later(days=2))
        assert run.state == "done"
        assert {f"Máy {one}" for one in "abcde"} <= set(taking.titles)
