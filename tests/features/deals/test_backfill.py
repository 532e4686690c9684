"""The migrations of deals on a database that holds something: what was accepted before gets its deal, and keeps it."""

import os
from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import text

from app.database import Database
from app.features.deals.disputes import add_statement
from app.features.deals.schemas import StatementInput
from app.features.deals.states import Side
from app.identity import Actor
from app.migrate import alembic_config, differences, migrate
from tests.database_server import drop_database, fresh_database
from tests.factories import NOW
from tests.features.deals.scene import agreed, report, signed
from tests.features.deals.test_disputes import disputed
from tests.features.enquiries.scene import set_scene

BEFORE_DEALS, FIRST_DEALS, BEFORE_SIDES = "c2e84d7b9f15", "98b5e7551429", "e91c3b7d05a6"


@pytest.fixture
def own(worker_id: str) -> Iterator[Database]:
    """A database of this test's own, at the newest schema."""
    name = f"techmart_backfill_{worker_id}_{os.getpid()}"
    database = Database(fresh_database(name), pool_size=3)
    yield database
    database.dispose()
    drop_database(name)


def back_to(database: Database, revision: str) -> None:
    with database.engine.connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
        connection.commit()


def row(database: Database, statement: str) -> tuple[object, ...]:
    with database.engine.connect() as connection:
        return tuple(connection.execute(text(statement)).one())


DEAL = (
    "SELECT d.number, d.state, d.buyer_name, d.holder_name, d.currency, d.total, d.agreed_at, d.request_number, "
    "d.listing_title, d.transfer_forms, a.id = d.acceptance_id "
    "FROM deal AS d JOIN acceptance AS a ON a.id = d.acceptance_id"
)


def test_what_was_accepted_before_there_were_deals_gets_one(own: Database) -> None:
    agreed(own, set_scene(own))
    before = row(own, DEAL)
    back_to(own, BEFORE_DEALS)
    assert row(own, "SELECT to_regclass('deal'), count(*) FROM acceptance") == (None, 1)
    migrate(own)
    assert row(own, DEAL) == before
    history = "SELECT sequence, from_state, to_state, move, actor_id IS NOT NULL, at FROM deal_history"
    assert row(own, history) == (1, None, "agreed", "open", True, before[6])
    assert row(own, "SELECT nextval('deal_number_seq')") == (2,)
    assert differences(own) == []


def test_deals_of_the_first_schema_keep_their_state_and_what_was_said(own: Database) -> None:
    scene = set_scene(own)
    number = signed(own, scene)
    report(own, scene, number, "buyer", value=1_250_000_000)
    back_to(own, FIRST_DEALS)
    with own.engine.begin() as connection:
        connection.execute(text("UPDATE deal SET state = 'disputed'"))
        connection.execute(text("UPDATE deal_outcome SET shown = 'band'"))
        connection.execute(
            text(
                "INSERT INTO deal_outcome (deal_id, occasion, side, value, shown, note, reported_by_id, reported_at) "
                "SELECT deal_id, occasion, 'holder', NULL, shown, note, reported_by_id, reported_at FROM deal_outcome"
            )
        )
    migrate(own)
    assert row(own, "SELECT state, held_from FROM deal") == ("disputed", "signed")
    assert row(own, "SELECT shown, band, results FROM deal_outcome WHERE side = 'buyer'") == ("band", 3, [])
    assert row(own, "SELECT shown, band FROM deal_outcome WHERE side = 'holder'") == ("private", None)


def test_statements_get_the_side_that_can_be_told(own: Database) -> None:
    scene = set_scene(own)
    number = disputed(own, scene)
    with own.unit_of_work() as session:
        written: list[tuple[Actor, Side, str]] = [(scene.holder, "holder", "a"), (scene.buyer, "buyer", "b")]
        for actor, side, key in written:
            data = StatementInput(body="Khay giao tuần sau")
            add_statement(session, actor=actor, number=number, side=side, data=data, form_key=key, now=NOW)
    back_to(own, BEFORE_SIDES)
    with own.engine.begin() as connection:
        connection.execute(text("DELETE FROM membership WHERE person_id = :left"), {"left": scene.buyer_person.id})
    migrate(own)
    sides = "SELECT array_agg(side ORDER BY id) FROM broker_case_note"
    # The first by the deal's history, the second by membership; who left the firm since is not guessed at.
    assert row(own, sides) == (["buyer", "holder", None],)
    assert differences(own) == []


@pytest.mark.parametrize(
    ("state", "held_from", "older"),
    [
        ("checked", None, "agreed"),
        ("registered", None, "signed"),
        ("accepted", None, "signed"),
        ("paused", "signed", "signed"),
        ("disputed", "signed", "disputed"),
    ],
)
def test_going_back_gives_each_state_the_nearest_the_older_schema_has(
    own: Database, state: str, held_from: str | None, older: str
) -> None:
    signed(own, set_scene(own))
    with own.engine.begin() as connection:
        connection.execute(
            text("UPDATE deal SET state = :state, held_from = :held"), {"state": state, "held": held_from}
        )
    back_to(own, FIRST_DEALS)
    assert row(own, "SELECT state FROM deal") == (older,)
