"""Everything that may go wrong with a source, one by one: what was right stays, and the next run mends the rest.

Sources that mean harm are in test_hostile.py.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.database import Database
from app.models.listings import Listing
from app.models.taking import Quarantined, TakenRecord
from app.settings import Settings
from tests.exchange.taking.harvesting import Harvest, harvesting
from tests.exchange.taking.oai_source import OaiSource, Spoil, later
from tests.factories import NOW
from tests.odd_server import Reply


@pytest.fixture
def source() -> OaiSource:
    made = OaiSource()
    for name in "abcde":
        made.add(name, at=NOW - timedelta(days=1))
    return made


def second_page(change: Spoil) -> Spoil:
    """Do something to the answer to the first resumption token only."""

    def spoil(said: dict[str, str], reply: Reply) -> Reply:
        return change(said, reply) if said.get("resumptionToken", "").endswith("|2") else reply

    return spoil


@contextmanager
def spoiled(database: Database, settings: Settings, source: OaiSource, spoil: Spoil) -> Iterator[Harvest]:
    """A harvest of a source that answers wrongly, which in the end must be mended by a right one."""
    source.spoil = spoil
    with harvesting(database, settings, source) as harvest:
        yield harvest
        source.spoil = None
        run = harvest.run(now=later(days=1))
        assert run.state == "done"
        assert harvest.titles == [f"Máy {name}" for name in "abcde"]
        with database.read_only() as session:
            assert session.scalar(select(func.count()).select_from(Listing)) == 5
            assert session.scalar(select(func.count()).select_from(TakenRecord)) == 5


def _cut(_said: dict[str, str], reply: Reply) -> Reply:
    return replace(reply, cut=300)


def _half(_said: dict[str, str], reply: Reply) -> Reply:
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def _another_verb(_said: dict[str, str], reply: Reply) -> Reply:
    return replace(reply, body=reply.body.replace(b"ListRecords>", b"ListSets>"))


def _web_page(_said: dict[str, str], _reply: Reply) -> Reply:
    return Reply(b"<html><body>closed</body></html>")


def _broken(_said: dict[str, str], _reply: Reply) -> Reply:
    return Reply(b"no", status=500)


def _internal(_said: dict[str, str], reply: Reply) -> Reply:
    return replace(reply, body=reply.body[:180] + b'<error code="badArgument">no</error></OAI-PMH>')


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_cut, "NotReached"),
        (_half, "not well-formed"),
        (_another_verb, "no ListRecords"),
        (_web_page, "no answer of OAI-PMH"),
        (_broken, "status 500"),
        (_internal, "badArgument|not well-formed"),
    ],
)
def test_such_an_answer_ends_the_run_and_harms_nothing(
    database: Database, settings: Settings, source: OaiSource, change: Spoil, told: str
) -> None:
    with spoiled(database, settings, source, second_page(change)) as harvest:
        run = harvest.run()
        assert run.state == "failed"
        assert re.search(told, run.fault), run.fault
        assert harvest.titles == ["Máy a", "Máy b"]
        progress = harvest.progress
        assert (progress.next_from, progress.failures, progress.last_ok_at) == (None, 1, None)
        # It is not asked again at once.
        assert progress.next_due_at == NOW + timedelta(hours=2)


def test_a_list_that_ends_before_it_is_whole_is_a_fault(
    database: Database, settings: Settings, source: OaiSource
) -> None:
    """What two popular clients take for the end."""

    def without_token(_said: dict[str, str], reply: Reply) -> Reply:
        return replace(reply, body=re.sub(rb"<resumptionToken[^>]*>[^<]*</resumptionToken>", b"", reply.body))

    with spoiled(database, settings, source, second_page(without_token)) as harvest:
        run = harvest.run()
        assert (run.state, run.seen, run.whole) == ("failed", 4, 5)
        assert "4 of 5" in run.fault
        assert harvest.progress.next_from is None


def test_a_record_changed_while_the_list_is_read_is_no_fault(
    database: Database, settings: Settings, source: OaiSource
) -> None:
    """It leaves the window, what stood behind it moves up, and one record is on no page: the list is read once more."""

    def edited(_said: dict[str, str], reply: Reply) -> Reply:
        source.spoil = None
        source.items["oai:kho.test:a"].at = NOW + timedelta(hours=1)
        return reply

    with spoiled(database, settings, source, second_page(edited)) as harvest:
        run = harvest.run()
        assert (run.state, run.seen, run.whole, run.restarts, run.created, run.unchanged) == ("done", 4, 4, 1, 5, 3)
        assert len(harvest.titles) == 5


def test_of_a_list_that_is_always_being_changed_a_hundredth_may_be_missing(
    database: Database, settings: Settings
) -> None:
    source = OaiSource(page=50)
    for number in range(200):
        source.add(f"r{number:03d}", at=NOW - timedelta(days=1))

    def edited(said: dict[str, str], reply: Reply) -> Reply:
        if not said.get("resumptionToken", "").endswith("|50"):
            return reply
        # In every reading another record leaves the window.
        still = next(one for one in source.items.values() if one.at < NOW)
        still.at = NOW + timedelta(hours=1)
        return reply

    source.spoil = edited
    with harvesting(database, settings, source) as harvest:
        run = harvest.run()
        assert (run.state, run.seen, run.whole, run.restarts) == ("done", 198, 199, 1)
        assert len(harvest.titles) == 200


def test_a_connection_that_breaks_once_costs_one_request(
    database: Database, settings: Settings, source: OaiSource
) -> None:
    def broken(_said: dict[str, str], reply: Reply) -> Reply:
        source.spoil = None
        return replace(reply, cut=100)

    with spoiled(database, settings, source, second_page(broken)) as harvest:
        run = harvest.run()
        assert (run.state, run.seen, run.created) == ("done", 5, 5)
        assert len(harvest.asked()) == 5


def test_a_page_with_fewer_records_than_it_should_have_is_noticed_at_the_end(
    database: Database, settings: Settings, source: OaiSource
) -> None:
    def one_less(_said: dict[str, str], reply: Reply) -> Reply:
        return replace(reply, body=re.sub(rb"<record>.*?</record>", b"", reply.body, count=1, flags=re.DOTALL))

    with spoiled(database, settings, source, second_page(one_less)) as harvest:
        assert "4 of 5" in harvest.run().fault


def test_a_page_that_comes_twice_doubles_nothing(database: Database, settings: Settings, source: OaiSource) -> None:
    first: list[Reply] = []

    def repeat(said: dict[str, str], reply: Reply) -> Reply:
        if said.get("verb") == "ListRecords" and not first:
            first.append(reply)
        return first[0] if said.get("resumptionToken", "").endswith("|2") else reply

    with spoiled(database, settings, source, repeat) as harvest:
        run = harvest.run()
        # It gave the token that it was asked with: going on would never end.
        assert (run.state, run.created, run.unchanged) == ("failed", 2, 2)
        assert "circles" in run.fault


def test_503_is_waited_for_as_long_as_was_asked(database: Database, settings: Settings, source: OaiSource) -> None:
    busy = [True]

    def spoil(_said: dict[str, str], reply: Reply) -> Reply:
        return Reply(b"", status=503, headers={"Retry-After": "120"}) if busy[0] else reply

    with spoiled(database, settings, source, second_page(spoil)) as harvest:
        run = harvest.run()
        assert (run.state, run.wait_until, harvest.step) == ("waiting", NOW + timedelta(seconds=120), "waiting")
        busy[0] = False
        assert harvest.work(run, now=NOW + timedelta(seconds=119)) == "lost"
        assert harvest.work(run, now=NOW + timedelta(seconds=121)) == "done"
        found = harvest.found(run)
        # Patience is no fault: the run went on from its token.
        assert (found.pages, found.created, harvest.progress.failures) == (3, 5, 0)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("Mon, 23 Nov 2026 03:01:00 GMT", 60), ("", 300), ("soon", 300), ("-5", 300), ("99999999", 86_400), ("0", 1)],
)
def test_retry_after_in_every_form(
    database: Database, settings: Settings, source: OaiSource, told: str, seconds: int
) -> None:
    headers = {"Retry-After": told} if told else {}
    source.spoil = second_page(lambda _said, _reply: Reply(b"", status=429, headers=headers))
    with harvesting(database, settings, source) as harvest:
        assert harvest.run().wait_until == NOW + timedelta(seconds=seconds)


def test_a_token_the_source_forgot_begins_the_same_window_anew(
    database: Database, settings: Settings, source: OaiSource
) -> None:
    forgets = [2]

    def forget(_said: dict[str, str], reply: Reply) -> Reply:
        if forgets[0] == 0:
            return reply
        forgets[0] -= 1
        return replace(reply, body=reply.body[:180].partition(b"<ListRecords")[0] + _BAD_TOKEN)

    with spoiled(database, settings, source, second_page(forget)) as harvest:
        run = harvest.run()
        assert (run.state, run.restarts, run.seen, run.unchanged) == ("done", 2, 5, 2)
        windows = {one.partition("until=")[2] for one in harvest.asked() if "metadataPrefix" in one}
        assert len(windows) == 1


def test_a_source_that_never_knows_its_tokens_is_given_up(
    database: Database, settings: Settings, source: OaiSource
) -> None:
    def forget(_said: dict[str, str], reply: Reply) -> Reply:
        return replace(reply, body=reply.body[:180].partition(b"<ListRecords")[0] + _BAD_TOKEN)

    with spoiled(database, settings, source, second_page(forget)) as harvest:
        run = harvest.run()
        assert (run.state, run.restarts) == ("failed", 4)


def test_a_bad_record_does_not_keep_out_its_page(database: Database, settings: Settings, source: OaiSource) -> None:
    source.add("b", at=NOW - timedelta(days=1), title="")
    source.items["oai:kho.test:c"].metadata = "<thesis xmlns='urn:x'>c</thesis>"
    with harvesting(database, settings, source) as harvest:
        run = harvest.run()
        assert (run.state, run.created, run.quarantined) == ("done", 3, 2)
        with database.read_only() as session:
            found = session.execute(select(Quarantined.source_id, Quarantined.reason).order_by(Quarantined.source_id))
            assert found.all() == [("oai:kho.test:b", "mapping"), ("oai:kho.test:c", "unreadable")]


def test_a_datestamp_that_goes_back_with_other_content_waits_for_a_person(
    database: Database, settings: Settings, source: OaiSource
) -> None:
    with harvesting(database, settings, source) as harvest:
        harvest.run()
        with database.unit_of_work() as session:
            record = session.scalars(select(TakenRecord).where(TakenRecord.local_id == "a")).one()
            record.datestamp = later(hours=3)
        source.add("a", at=later(hours=1), title="Máy cũ")
        source.now = later(hours=2)
        assert harvest.run(now=later(hours=2)).quarantined == 1
        assert "Máy a" in harvest.titles
        with database.read_only() as session:
            assert session.scalars(select(Quarantined.reason)).one() == "backwards"


_BAD_TOKEN = b'<error code="badResumptionToken">unknown</error></OAI-PMH>'
