"""Two people at once, on two connections with real commits: exactly one effect, and never half of one."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.database import Database
from app.errors import Conflict, Gone, MoveNotAllowed
from app.features.enquiries.commands import acknowledge, post_message, withdraw
from app.features.enquiries.quoting import accept, lapse, reject
from app.features.enquiries.schemas import AcceptInput, MessageInput, RejectInput, WithdrawInput
from app.features.listings import states as listing_states
from app.models import Acceptance, EnquiryMessage, Listing, Membership, QuoteRequest
from tests import factories
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, answer, ask, asked, quoted
from tests.features.enquiries.test_commands import actions, counted, letters, request_of
from tests.features.enquiries.test_quoting import revisions

Step = Callable[[Session], Any]
ALL = AcceptInput.model_validate({"lines": [{"offer": 2, "quantity": 2}, {"offer": 3, "quantity": 120}]})


def second_while_first_is_open(database: Database, first: Step, second: Step) -> BaseException | None:
    """Run `first` up to its commit, start `second` on another connection, see it wait, commit; what `second` raised.

    That the second one waits is seen in the server's own lock table, not guessed from time passing.
    """
    outcome: list[BaseException | None] = []

    def compete() -> None:
        try:
            with database.unit_of_work() as session:
                second(session)
            outcome.append(None)
        except BaseException as fault:  # noqa: BLE001 - handed to the test below
            outcome.append(fault)

    competitor = threading.Thread(target=compete)
    with database.unit_of_work() as session:
        first(session)
        session.flush()
        competitor.start()
        with database.engine.connect() as watch:
            waiting = text(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            while competitor.is_alive() and not watch.execute(waiting).scalar_one():
                watch.rollback()
        assert competitor.is_alive(), f"the second one did not wait: {outcome}"
    competitor.join()
    return outcome[0]


def accepting(scene: Scene, number: str, *, actor: Any = None) -> Step:
    return lambda session: accept(session, actor=actor or scene.buyer, number=number, revision=1, data=ALL, now=NOW)


def revising(scene: Scene, number: str, form_key: str = "quote-2") -> Step:
    return lambda session: answer(session, scene, number, form_key=form_key)


def colleague_of_the_buyer(database: Database, scene: Scene) -> Any:
    with database.unit_of_work() as session:
        colleague = factories.person(session)
        session.add(
            Membership(
                organisation_id=scene.buyer_organisation.id, person_id=colleague.id, role="editor", created_at=NOW
            )
        )
    return factories.actor(colleague, scene.buyer_organisation)


def test_two_acceptances(database: Database, scene: Scene) -> None:
    number = quoted(database, scene)
    colleague = colleague_of_the_buyer(database, scene)
    fault = second_while_first_is_open(database, accepting(scene, number), accepting(scene, number, actor=colleague))
    assert isinstance(fault, MoveNotAllowed)
    assert counted(database, Acceptance) == 1
    assert actions(database).count("accept") == 1
    assert len([one for one in letters(database) if one[0] == "enquiry_accepted"]) == 3


def test_one_person_accepting_twice_has_accepted_once(database: Database, scene: Scene) -> None:
    number = quoted(database, scene)
    fault = second_while_first_is_open(database, accepting(scene, number), accepting(scene, number))
    assert fault is None
    assert counted(database, Acceptance) == 1
    assert actions(database).count("accept") == 1


def test_acceptance_first_then_revision(database: Database, scene: Scene) -> None:
    number = quoted(database, scene)
    fault = second_while_first_is_open(database, accepting(scene, number), revising(scene, number))
    assert isinstance(fault, MoveNotAllowed)
    assert revisions(database) == [(1, "accepted")]


def test_revision_first_then_acceptance_of_the_old_one(database: Database, scene: Scene) -> None:
    number = quoted(database, scene)
    fault = second_while_first_is_open(database, revising(scene, number), accepting(scene, number))
    assert isinstance(fault, Conflict)
    assert revisions(database) == [(1, "superseded"), (2, "sent")]
    assert counted(database, Acceptance) == 0
    assert request_of(database, number).state == "quoted"


def test_acceptance_and_rejection(database: Database, scene: Scene) -> None:
    number = quoted(database, scene)
    colleague = colleague_of_the_buyer(database, scene)
    fault = second_while_first_is_open(
        database,
        accepting(scene, number),
        lambda session: reject(
            session, actor=colleague, number=number, revision=1, data=RejectInput(reason="price"), now=NOW
        ),
    )
    assert isinstance(fault, MoveNotAllowed)
    assert revisions(database) == [(1, "accepted")]


def test_acceptance_in_the_last_minute_and_the_lapse(database: Database, scene: Scene) -> None:
    number = quoted(database, scene)
    request_id = request_of(database, number).id
    done: list[bool] = []
    fault = second_while_first_is_open(
        database,
        accepting(scene, number),
        lambda session: done.append(lapse(session, request_id=request_id, now=NOW.replace(year=2027))),
    )
    assert (fault, done) == (None, [False])
    assert request_of(database, number).state == "accepted"


def test_two_revisions_sent_from_one_form(database: Database, scene: Scene) -> None:
    number = asked(database, scene)
    fault = second_while_first_is_open(
        database, revising(scene, number, "one form"), revising(scene, number, "one form")
    )
    assert fault is None
    assert revisions(database) == [(1, "sent")]
    assert actions(database) == ["send", "quote"]


def test_one_request_form_sent_twice_at_once(database: Database, scene: Scene) -> None:
    def send(session: Session) -> None:
        ask(session, scene, form_key="one form")

    assert second_while_first_is_open(database, send, send) is None
    assert counted(database, QuoteRequest) == 1
    assert actions(database) == ["send"]
    assert len(letters(database)) == 2


def test_one_message_form_sent_twice_at_once(database: Database, scene: Scene) -> None:
    number = asked(database, scene)

    def say(session: Session) -> None:
        post_message(
            session,
            actor=scene.holder,
            number=number,
            side="holder",
            data=MessageInput(body="Xin bản vẽ mặt bằng"),
            form_key="one form",
            now=NOW,
        )

    assert second_while_first_is_open(database, say, say) is None
    assert counted(database, EnquiryMessage) == 1
    assert actions(database) == ["send", "clarify"]


def withdrawing_listing(scene: Scene) -> Step:
    def step(session: Session) -> None:
        listing = session.scalars(select(Listing).where(Listing.id == scene.listing.id)).one()
        listing_states.transition(session, listing, move="withdraw", actor=scene.holder, now=NOW)

    return step


def test_listing_withdrawn_while_it_is_being_asked_about(database: Database, scene: Scene) -> None:
    fault = second_while_first_is_open(database, withdrawing_listing(scene), lambda session: ask(session, scene))
    assert isinstance(fault, Gone)
    assert (counted(database, QuoteRequest), actions(database), letters(database)) == (0, [], [])


def test_request_sent_while_the_listing_is_being_withdrawn(database: Database, scene: Scene) -> None:
    fault = second_while_first_is_open(database, lambda session: ask(session, scene), withdrawing_listing(scene))
    assert fault is None
    with database.read_only() as session:
        assert session.get_one(Listing, scene.listing.id).state == "withdrawn"
        assert session.scalars(select(QuoteRequest.state)).all() == ["sent"]


def test_withdrawal_by_the_buyer_while_the_holder_quotes(database: Database, scene: Scene) -> None:
    number = asked(database, scene)
    fault = second_while_first_is_open(
        database,
        lambda session: withdraw(session, actor=scene.buyer, number=number, data=WithdrawInput(), now=NOW),
        revising(scene, number),
    )
    assert isinstance(fault, MoveNotAllowed)
    assert (request_of(database, number).state, revisions(database)) == ("withdrawn", [])


@pytest.mark.parametrize("times", [6])
def test_many_at_once_acknowledge_once(database: Database, scene: Scene, times: int) -> None:
    number = asked(database, scene)
    begin = threading.Barrier(times)

    def go() -> None:
        begin.wait()
        with database.unit_of_work() as session:
            acknowledge(session, actor=scene.holder, number=number, now=NOW)

    people = [threading.Thread(target=go) for _ in range(times)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert actions(database) == ["send", "acknowledge"]
    assert len([one for one in letters(database) if one[0] == "enquiry_acknowledged"]) == 2


def test_the_lapse_first_and_then_an_acceptance(database: Database, scene: Scene) -> None:
    number = quoted(database, scene)
    request_id = request_of(database, number).id
    fault = second_while_first_is_open(
        database,
        lambda session: lapse(session, request_id=request_id, now=NOW.replace(year=2027)),
        accepting(scene, number),
    )
    assert isinstance(fault, MoveNotAllowed)
    assert (request_of(database, number).state, revisions(database)) == ("lapsed", [(1, "lapsed")])
    assert counted(database, Acceptance) == 0


def test_a_revision_in_the_last_minute_and_the_lapse(database: Database, scene: Scene) -> None:
    number = quoted(database, scene)
    request_id = request_of(database, number).id
    done: list[bool] = []
    fault = second_while_first_is_open(
        database,
        lambda session: answer(session, scene, number, form_key="quote-2", valid_until=date(2027, 12, 31)),
        lambda session: done.append(lapse(session, request_id=request_id, now=NOW.replace(year=2027))),
    )
    assert (fault, done) == (None, [False])
    assert revisions(database) == [(1, "superseded"), (2, "sent")]
