"""A quote request that crosses: two exchanges in two processes and two databases, with one of them away in between."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app import clock
from app.exchange.carrying.sending import carrying_consumer, pull
from app.exchange.keys import signing_key
from app.features.carrying.deciding import accept_there
from app.features.enquiries.asking import send_request
from app.features.enquiries.crossing import CarryInput
from app.features.enquiries.quoting import send_quote
from app.features.enquiries.queries import EnquiryRecord, enquiry_record
from app.features.enquiries.schemas import AcceptInput
from app.features.partners.commands import register_partner, set_keys
from app.features.partners.schemas import PartnerInput
from app.features.partners.states import transition
from app.i18n.formats import local_date
from app.identity import SYSTEM, Actor, uuid7
from app.jobs import JobContext
from app.jobs.worker import run_due
from app.models.carrying import CarriedAttempt, CarriedDelivery, CarriedRequest
from app.models.deals import Deal
from app.models.enquiries import QuoteRequest
from app.models.listings import Listing
from app.models.organisations import Organisation
from tests import factories
from tests.exchange.three.nodes import Node, node
from tests.features.enquiries.scene import quote_input, request_input


@dataclass
class Two:
    """The buyer's exchange and the listing's."""

    asking: Node
    home: Node
    buyer: Actor
    firm: Organisation
    holder: Actor
    listing: str

    def work(self, at: Node, *, after: timedelta = timedelta(0)) -> None:
        """What the worker of one of them does, `after` from now."""
        while carrying_consumer(at.database):
            pass
        run_due(at.database, at.settings, now=clock.now() + after)

    def ask_home(self) -> None:
        """The buyer's exchange asks how its requests stand, as it does every minute."""
        with self.asking.database.unit_of_work() as session:
            for one in session.scalars(select(CarriedRequest)):
                one.next_pull_at = clock.now() if one.next_pull_at else None
        context = JobContext(
            database=self.asking.database, settings=self.asking.settings, job_id=uuid7(), attempt=1, now=clock.now()
        )
        pull(context, {})

    def asked(self) -> EnquiryRecord:
        """The request as its buyer sees it."""
        with self.asking.database.read_only() as session:
            number = session.scalars(select(QuoteRequest.number)).one()
            return enquiry_record(session, actor=self.buyer, number=number)

    def received(self) -> EnquiryRecord:
        """The request as its holder sees it."""
        with self.home.database.read_only() as session:
            number = session.scalars(select(QuoteRequest.number)).one()
            return enquiry_record(session, actor=self.holder, number=number)

    def quote(self, form_key: str, price: int) -> None:
        offers = [{"unit_price": price, "lead_time_days": 60}]
        data = quote_input(
            answers=[{"position": 1, "offers": offers}, {"position": 2, "not_available": True}],
            valid_until=local_date(clock.now() + timedelta(days=30)),
        )
        with self.home.database.unit_of_work() as session:
            number = session.scalars(select(QuoteRequest.number)).one()
            send_quote(
                session, actor=self.holder, number=number, data=data, version=0, form_key=form_key, now=clock.now()
            )


def befriend(one: Node, other: Node, **terms: bool) -> None:
    data = PartnerInput(
        authority=other.authority,
        name=f"Sàn {other.authority}",
        address=f"{other.base}/oai",
        starts_on=local_date(clock.now()),
        **terms,  # type: ignore[arg-type]
    )
    now = clock.now()
    with one.database.unit_of_work() as session:
        partner = register_partner(session, actor=SYSTEM, data=data, own_authority=one.authority, now=now)
        keys = [signing_key(other.settings).public]
        set_keys(session, actor=SYSTEM, public_id=partner.public_id, keys=keys, now=now)
        transition(session, partner, move="test", actor=SYSTEM, now=now)
        transition(session, partner, move="go_live", actor=SYSTEM, now=now)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    with ExitStack() as stack:
        asking, home = (stack.enter_context(node(name, tmp_path / name)) for name in ("aa", "bb"))
        for one in (asking, home):
            one.settings = one.settings.model_copy(update={"outgoing": "loopback", "rate_limits": "off"})
        befriend(asking, home, enquiries_out=True)
        befriend(home, asking, enquiries_in=True)
        with home.database.unit_of_work() as session:
            person = factories.person(session, email="ban@vien.test")
            institute = factories.organisation(session, owner=person, authority=home.authority, name="Viện Cơ điện")
            listing = factories.listing(session, of=institute, authority=home.authority)
            key, holder = listing.local_id, factories.actor(person, institute)
        home.give()
        with asking.database.unit_of_work() as session:
            person = factories.person(session, email="mua@nongsan.test", name="Trần Thị Mua")
            firm = factories.organisation(session, owner=person, authority=asking.authority, name="Công ty Nông sản")
            buyer = factories.actor(person, firm)
        asking.harvest().wait(timeout=60)
        yield Two(asking, home, buyer, firm, holder, key)


@pytest.mark.slow
def test_a_request_crosses_and_its_answers_come_back_though_its_home_was_away(two: Two) -> None:
    asking, home = two.asking, two.home
    home.kill()
    with asking.database.unit_of_work() as session:
        listing = session.scalars(select(Listing).where(Listing.local_id == two.listing)).one()
        sent = send_request(
            session,
            actor=two.buyer,
            listing_public_id=listing.public_id,
            buyer_organisation_id=two.firm.id,
            data=request_input(wanted_date=None),
            form_key="form-1",
            now=clock.now(),
            carrying=CarryInput(consent=True, email=True),
        )
        assert (sent.holder_name, sent.state) == ("Viện Cơ điện", "sent")
    two.work(asking)
    with asking.database.read_only() as session:
        waits = session.scalars(select(CarriedDelivery)).one()
        assert (waits.act, waits.state, waits.attempts) == ("ask", "waiting", 1)
        assert "NotReached" in waits.fault

    home.start()
    two.work(asking, after=timedelta(minutes=2))
    received = two.received()
    assert received.request.buyer_name == "Công ty Nông sản"
    assert received.request.message == "Sấy xoài cắt lát từ 80 % xuống 15 % ẩm."
    with home.database.read_only() as session:
        carried = session.scalars(select(CarriedRequest)).one()
        assert (carried.contact_email, carried.remote_number) == ("mua@nongsan.test", sent.number)
    with asking.database.read_only() as session:
        tries = session.scalars(select(CarriedAttempt).order_by(CarriedAttempt.sequence)).all()
        assert [one.status for one in tries] == [None, 201]
        assert all(one.ended_at for one in tries)

    # The first quote is brought; of the second the buyer's exchange hears nothing, being away.
    two.quote("quote-1", 880_000_000)
    two.work(home)
    assert [one.quote.revision for one in two.asked().quotes] == [1]
    asking.kill()
    two.quote("quote-2", 850_000_000)
    two.work(home)
    assert [one.quote.revision for one in two.asked().quotes] == [1]
    # Behind a wall for good, it asks for itself.
    two.ask_home()
    asked = two.asked()
    assert [(one.quote.revision, one.quote.state) for one in asked.quotes] == [(1, "superseded"), (2, "sent")]
    assert [one.unit_price for one in asked.quotes[1].offers] == [850_000_000, None]
    assert asked.request.state == "quoted" and asked.request.awaits == "buyer"

    # What the buyer decides changes nothing here until its home has said yes.
    home.kill()
    with asking.database.unit_of_work() as session:
        data = AcceptInput.model_validate({"lines": [{"offer": 1, "quantity": "2"}], "note": "Đồng ý."})
        accept_there(session, actor=two.buyer, number=sent.number, revision=2, data=data, now=clock.now())
    two.work(asking)
    assert two.asked().request.state == "quoted"
    home.start()
    two.work(asking, after=timedelta(minutes=2))
    for record in (two.asked(), two.received()):
        assert record.request.state == "accepted"
        assert record.acceptance is not None
        assert (record.acceptance.acceptance.total, record.acceptance.revision) == (1_836_000_000, 2)
    mine = two.asked().acceptance
    assert mine is not None and mine.acceptance.accepted_by_name == "Trần Thị Mua"
    theirs = two.received().acceptance
    assert theirs is not None and theirs.acceptance.accepted_by_name == "Công ty Nông sản"
    # The deal is followed where the listing is.
    with home.database.read_only() as session:
        assert session.scalars(select(Deal.buyer_name)).all() == ["Công ty Nông sản"]
    with asking.database.read_only() as session:
        assert session.scalars(select(Deal)).all() == []
    # The same once more changes nothing on either side.
    moves = [[step.move for step in record.history] for record in (two.asked(), two.received())]
    assert moves[0] == moves[1] == ["send", "quote", "revise", "accept"]
    two.ask_home()
    assert [step.move for step in two.asked().history] == moves[0]
