"""A quote request that crosses: two exchanges in two processes and two databases, each of them away in between."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import clock
from app.features.carrying.deciding import accept_there
from app.features.enquiries.schemas import AcceptInput
from app.models.carrying import CarriedAttempt
from app.models.deals import Deal
from tests.exchange.carrying.two import Two, set_two
from tests.exchange.three.nodes import node


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    with ExitStack() as stack:
        asking, home = (stack.enter_context(node(name, tmp_path / name)) for name in ("aa", "bb"))
        for one in (asking, home):
            one.settings = one.settings.model_copy(update={"outgoing": "loopback", "rate_limits": "off"})
        yield set_two(asking, home)


@pytest.mark.slow
def test_a_request_crosses_though_now_one_and_now_the_other_is_away(two: Two) -> None:
    two.home.kill()
    number = two.ask(email=True)
    two.work(two.asking)
    waits = two.sent("ask")
    assert (waits.state, waits.attempts) == ("waiting", 1)
    assert "NotReached" in waits.fault
    two.home.start()
    two.work(two.asking, after=timedelta(minutes=2))
    assert two.received().request.buyer_name == "Công ty Nông sản"
    with two.asking.database.read_only() as session:
        tries = session.scalars(select(CarriedAttempt).order_by(CarriedAttempt.sequence)).all()
        assert [one.status for one in tries] == [None, 201]

    # The first quote is brought. Of the second the buyer's exchange hears nothing, being away, until it asks.
    two.quote("quote-1", 880_000_000)
    two.work(two.home)
    assert [one.quote.revision for one in two.asked().quotes] == [1]
    two.asking.kill()
    two.quote("quote-2", 850_000_000)
    two.work(two.home)
    assert [one.quote.revision for one in two.asked().quotes] == [1]
    two.ask_home()
    asked = two.asked()
    assert [(one.quote.revision, one.quote.state) for one in asked.quotes] == [(1, "superseded"), (2, "sent")]
    assert [one.unit_price for one in asked.quotes[1].offers] == [850_000_000, None]

    # The buyer accepts while the listing's exchange is dead: nothing has changed until that one says so.
    two.home.kill()
    with two.asking.database.unit_of_work() as session:
        data = AcceptInput.model_validate({"lines": [{"offer": 1, "quantity": "2"}]})
        accept_there(session, actor=two.buyer, number=number, revision=2, data=data, now=clock.now())
    two.work(two.asking)
    assert two.asked().request.state == "quoted"
    two.home.start()
    two.work(two.asking, after=timedelta(minutes=2))
    mine, theirs = two.asked().acceptance, two.received().acceptance
    assert mine is not None
    assert theirs is not None
    assert mine.acceptance.total == theirs.acceptance.total == 1_836_000_000
    with two.home.database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Deal)) == 1
    moves = [[step.move for step in record.history] for record in (two.asked(), two.received())]
    assert moves == [["send", "quote", "revise", "accept"]] * 2
