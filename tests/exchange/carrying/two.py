"""Two exchanges with a request between them, wherever they are served: in threads of the test, or as processes."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.database import Database
from app.exchange.carrying.sending import carrying_consumer, pull
from app.exchange.keys import SigningKey, signing_key
from app.exchange.outbox import exchange_consumer
from app.exchange.taking import work as taking_work
from app.features.enquiries.asking import send_request
from app.features.enquiries.commands import decline, post_message
from app.features.enquiries.crossing import CarryInput
from app.features.enquiries.queries import EnquiryRecord, enquiry_record
from app.features.enquiries.quoting import send_quote
from app.features.enquiries.schemas import DeclineInput, MessageInput
from app.features.messages import delivery
from app.features.partners.commands import register_partner, set_keys
from app.features.partners.runs import begin_run
from app.features.partners.schemas import PartnerInput
from app.features.partners.states import transition
from app.i18n.formats import local_date
from app.identity import SYSTEM, Actor, uuid7
from app.jobs import JobContext
from app.jobs.worker import run_due
from app.models.carrying import CarriedDelivery, CarriedRequest
from app.models.enquiries import QuoteRequest
from app.models.listings import Listing
from app.models.organisations import Organisation
from app.models.partners import Partner
from app.settings import Settings
from tests import factories
from tests.features.enquiries.scene import quote_input, request_input

# Their jobs are run here.
JOBS = (taking_work, delivery)


class House(Protocol):
    """An exchange: its database and settings, and the server that can be taken away and brought back."""

    authority: str
    database: Database
    settings: Settings

    @property
    def base(self) -> str: ...
    def start(self) -> None: ...
    def kill(self) -> None: ...


@dataclass
class Two:
    """The buyer's exchange (`asking`) and the listing's (`home`)."""

    asking: House
    home: House
    buyer: Actor
    firm: Organisation
    holder: Actor
    listing: Listing

    def work(self, at: House, *, after: timedelta = timedelta(0)) -> None:
        """What the worker of one of them does, `after` from now."""
        while carrying_consumer(at.database):
            pass
        run_due(at.database, at.settings, now=clock.now() + after)

    def share(self) -> None:
        """Bring what the listing's exchange shares up to date."""
        give(self.home)

    def ask_home(self) -> None:
        """The buyer's exchange asks how its requests stand, as its worker does when they are due."""
        with self.asking.database.unit_of_work() as session:
            for one in session.scalars(select(CarriedRequest)):
                one.next_pull_at = clock.now() if one.next_pull_at else None
        context = JobContext(
            database=self.asking.database, settings=self.asking.settings, job_id=uuid7(), attempt=1, now=clock.now()
        )
        pull(context, {})

    def here(self) -> Listing:
        """The listing as it stands at the buyer's exchange."""
        with self.asking.database.read_only() as session:
            return session.scalars(select(Listing).where(Listing.local_id == self.listing.local_id)).one()

    def ask(self, *, form_key: str = "form-1", email: bool = False, **given: Any) -> str:
        """The buyer asks; gives the number of the request there."""
        with self.asking.database.unit_of_work() as session:
            return send_request(
                session,
                actor=self.buyer,
                listing_public_id=self.here().public_id,
                buyer_organisation_id=self.firm.id,
                data=request_input(wanted_date=None, **given),
                form_key=form_key,
                now=clock.now(),
                carrying=CarryInput(consent=True, email=email),
            ).number

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

    def sent(self, act: str) -> CarriedDelivery:
        """The last of what the buyer's exchange sent of this kind."""
        with self.asking.database.read_only() as session:
            return session.scalars(
                select(CarriedDelivery).where(CarriedDelivery.act == act).order_by(CarriedDelivery.id.desc()).limit(1)
            ).one()

    def say(self, number: str, body: str) -> None:
        """The buyer writes to the holder."""
        with self.asking.database.unit_of_work() as session:
            post_message(
                session,
                actor=self.buyer,
                number=number,
                side="buyer",
                data=MessageInput(body=body),
                form_key=body,
                now=clock.now(),
            )

    def decline(self, session: Session, number: str) -> None:
        """The holder will not quote."""
        data = DeclineInput(reason="no_capacity")
        decline(session, actor=self.holder, number=number, data=data, now=clock.now())

    def quote(self, form_key: str, price: int, **given: Any) -> None:
        """The holder quotes the first item, and has not the second."""
        offers = [{"unit_price": price, "lead_time_days": 60}]
        data = quote_input(
            **{
                "answers": [{"position": 1, "offers": offers}, {"position": 2, "not_available": True}],
                "valid_until": local_date(clock.now() + timedelta(days=30)),
            }
            | given
        )
        with self.home.database.unit_of_work() as session:
            number = session.scalars(select(QuoteRequest.number)).one()
            send_quote(
                session, actor=self.holder, number=number, data=data, version=0, form_key=form_key, now=clock.now()
            )


def give(house: House) -> None:
    """Bring its shared records up to date, as its worker does."""
    take_next = exchange_consumer(house.settings)
    while take_next(house.database):
        pass


def befriend(one: House, authority: str, base: str, key: SigningKey, **terms: Any) -> None:
    """An agreement of the one with another, live."""
    now = clock.now()
    data = PartnerInput.model_validate(
        {
            "authority": authority,
            "name": f"Sàn {authority}",
            "address": f"{base}/oai",
            "starts_on": local_date(now),
        }
        | terms
    )
    with one.database.unit_of_work() as session:
        partner = register_partner(session, actor=SYSTEM, data=data, own_authority=one.authority, now=now)
        set_keys(session, actor=SYSTEM, public_id=partner.public_id, keys=[key.public], now=now)
        transition(session, partner, move="test", actor=SYSTEM, now=now)
        transition(session, partner, move="go_live", actor=SYSTEM, now=now)


def set_two(asking: House, home: House) -> Two:
    """A holder with a listing at home, taken by the buyer's exchange; both agreed to carry requests."""
    befriend(asking, home.authority, home.base, signing_key(home.settings), enquiries_out=True)
    befriend(home, asking.authority, asking.base, signing_key(asking.settings), enquiries_in=True)
    with home.database.unit_of_work() as session:
        person = factories.person(session, email="ban@vien.test", name="Lê Văn Viện")
        institute = factories.organisation(session, owner=person, authority=home.authority, name="Viện Cơ điện")
        listing = factories.listing(session, of=institute, authority=home.authority, title="Máy sấy bơm nhiệt")
        holder = factories.actor(person, institute)
    give(home)
    with asking.database.unit_of_work() as session:
        person = factories.person(session, email="mua@nongsan.test", name="Trần Thị Mua")
        firm = factories.organisation(
            session, owner=person, authority=asking.authority, name="Công ty Nông sản", type="firm"
        )
        buyer = factories.actor(person, firm)
        partner = session.scalars(select(Partner)).one()
        begin_run(session, partner=partner, kind="harvest", actor=SYSTEM, now=clock.now())
    run_due(asking.database, asking.settings, now=clock.now())
    return Two(asking, home, buyer, firm, holder, listing)
