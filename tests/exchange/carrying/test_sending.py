"""Trying, giving up, and what a worker that dies leaves behind."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, update

from app import clock
from app.exchange.carrying.sending import deliver, forget_addresses
from app.features.carrying.outgoing import WAITS, begin_attempt
from app.features.carrying.overview import carrying_with, send_again
from app.features.partners.watching import tell_operators
from app.identity import uuid7
from app.jobs import JobContext
from app.models.carrying import CarriedAttempt, CarriedDelivery, CarriedRequest
from app.models.enquiries import QuoteRequest
from app.models.jobs import Job
from app.models.partners import Partner
from tests import factories
from tests.exchange.carrying.two import Two
from tests.operations.test_terminal import run


def test_what_is_tried_in_vain_gets_stuck_and_can_be_sent_again(two: Two) -> None:
    two.home.kill()
    two.ask()
    for wait in (timedelta(0), *WAITS):
        assert two.sent("ask").state == "waiting"
        two.work(two.asking, after=wait + timedelta(seconds=30))
    assert (two.sent("ask").state, two.sent("ask").attempts) == ("failed", 1 + len(WAITS))
    # The request is still open: its buyer may wait or withdraw it, and the operator sees it.
    assert two.asked().request.state == "sent"
    with two.asking.database.unit_of_work() as session:
        partner = session.scalars(select(Partner)).one()
        operator = factories.actor(factories.person(session, is_operator=True), operator=True)
        (stuck,) = carrying_with(session, actor=operator, partner_id=partner.id).stuck
        assert (stuck.act, stuck.state) == ("ask", "failed")
    # The operator is written to, once, though the worker looks every few minutes.
    for _again in range(2):
        with two.asking.database.unit_of_work() as session:
            assert tell_operators(session, now=clock.now()) == 1
    with two.asking.database.unit_of_work() as session:
        told = session.scalars(select(Job.payload).where(Job.payload["template"].astext == "partner_stuck")).all()
        assert [one["context"]["count"] for one in told] == [1]
        partner = session.scalars(select(Partner)).one()
        two.home.start()
        send_again(session, actor=operator, public_id=partner.public_id, delivery_id=stuck.delivery_id, now=clock.now())
    two.work(two.asking)
    assert two.sent("ask").state == "delivered"
    assert two.received().request.state == "sent"


def test_what_comes_later_waits_for_what_came_before(two: Two) -> None:
    two.home.kill()
    number = two.ask()
    two.say(number, "Xin báo sớm.")
    two.work(two.asking)
    assert (two.sent("ask").attempts, two.sent("message").attempts) == (1, 0)
    two.home.start()
    two.work(two.asking, after=timedelta(minutes=2))
    assert (two.sent("ask").state, two.sent("message").state) == ("delivered", "delivered")
    assert [one.message.body for one in two.received().messages] == ["Xin báo sớm."]


def test_a_try_that_a_worker_died_in_is_made_again(two: Two) -> None:
    two.ask()
    with two.asking.database.unit_of_work() as session:
        job = session.scalars(select(Job).where(Job.kind == "carrying.deliver")).one()
        payload = job.payload
        begun = begin_attempt(
            session, UUID(payload["delivery"]), attempt=1, round_=1, again=False, base_url="", now=clock.now()
        )
        assert begun is not None
    context = JobContext(
        database=two.asking.database, settings=two.asking.settings, job_id=uuid7(), attempt=1, now=clock.now()
    )
    # Not by the same job run twice by mistake, but by the next that takes over the lease.
    deliver(context, payload)
    assert two.sent("ask").state == "waiting"
    taken_over = JobContext(
        database=two.asking.database, settings=two.asking.settings, job_id=uuid7(), attempt=2, now=clock.now()
    )
    deliver(taken_over, payload)
    assert (two.sent("ask").state, two.sent("ask").attempts) == ("delivered", 1)
    with two.asking.database.read_only() as session:
        tries = session.scalars(select(CarriedAttempt).order_by(CarriedAttempt.sequence)).all()
        assert [(one.sequence, one.status) for one in tries] == [(1, None), (2, 201)]


def test_the_e_mail_is_forgotten_long_after_the_request_has_closed(two: Two) -> None:
    two.ask(email=True)
    two.work(two.asking)

    def forgotten(after: timedelta) -> str:
        context = JobContext(
            database=two.home.database,
            settings=two.home.settings,
            job_id=uuid7(),
            attempt=1,
            now=clock.now() + after,
        )
        forget_addresses(context, {})
        with two.home.database.read_only() as session:
            return session.scalars(select(CarriedRequest.contact_email)).one()

    assert forgotten(timedelta(days=400)) == "mua@nongsan.test"
    with two.home.database.unit_of_work() as session:
        request = session.scalars(select(QuoteRequest)).one()
        two.decline(session, request.number)
    assert forgotten(timedelta(days=89)) == "mua@nongsan.test"
    assert forgotten(timedelta(days=91)) == ""
    two.work(two.home)
    assert (two.asked().request.state, two.asked().request.decline_reason) == ("declined", "no_capacity")
    with two.home.database.read_only() as session:
        assert {one.state for one in session.scalars(select(CarriedDelivery))} == {"delivered"}


def test_the_terminal_switches_it_and_sends_again(two: Two, database_url: str, tmp_path: Path) -> None:
    environment = {
        "TECHMART_DATA": str(tmp_path / "hoi"),
        "TECHMART_DATABASE_URL": database_url,
        "TECHMART_AUTHORITY": two.asking.authority,
        "NO_COLOR": "1",
        "LANG": "C.UTF-8",
    }
    number = two.ask()
    with two.asking.database.unit_of_work() as session:
        session.execute(update(CarriedDelivery).values(state="failed", status=503, fault="away"))
    told = run(environment, "partner", "carrying", two.home.authority)
    assert (told.returncode, told.stdout.splitlines()) == (
        0,
        [
            f"{two.home.authority}: out on, in off",
            "1 requests sent, 0 received; 0 messages on their way",
            f"{number}\task\tfailed\t503\taway",
        ],
    )
    again = run(environment, "partner", "carrying", two.home.authority, "--again", "--no-out", "--in")
    assert again.stdout.splitlines()[0] == f"{two.home.authority}: out off, in on"
    assert again.stdout.splitlines()[-1] == f"{number}: tried again"
    assert two.sent("ask").state == "waiting"
    with two.asking.database.read_only() as session:
        partner = session.scalars(select(Partner)).one()
        assert (partner.enquiries_out, partner.enquiries_in) == (False, True)
