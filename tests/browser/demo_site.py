"""The demo exchange, served with its worker: what `make run` shows, for tests that walk through it in a browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import BrowserContext
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.database import Database
from app.demo import content
from app.demo.load import load_demo
from app.demo.pictures import draw
from app.demo.sign_in import demo_people
from app.features.accounts.links import issue_link
from app.features.accounts.tokens import digest
from app.features.brokering.commands import open_call
from app.features.brokering.schemas import CallInput
from app.features.enquiries.asking import send_request
from app.features.enquiries.quoting import accept, send_quote
from app.features.enquiries.schemas import AcceptInput, QuoteInput, RequestInput
from app.features.organisations.invitations import invite
from app.features.organisations.schemas import InvitationInput
from app.identity import Actor
from app.integrations.mail import stored_mails
from app.integrations.storage import store_from
from app.jobs.worker import run_due, work
from app.main import build
from app.models import (
    BrokerCase,
    Deal,
    Listing,
    Membership,
    Organisation,
    Person,
    QuoteRequest,
    QuoteRound,
    SignIn,
    SynonymPair,
)
from app.reference.synonyms import load_shipped_pairs
from app.search.indexer import rebuild_index
from app.settings import Settings
from app.terminal.work import consumers
from tests.browser.demo_deals import deal_on_its_way
from tests.browser.demo_ndas import agreements
from tests.browser.demo_payments import payments
from tests.browser.driving import listening, served
from tests.browser.followed import follow_things
from tests.browser.foreign import partner
from tests.database_server import drop_database, fresh_database

SIGNED_IN = "techmart_session"
INVITED = "khach@techmart.example"


@dataclass
class DemoSite:
    """The served exchange. `places` holds the parts of addresses that tests speak of by name."""

    address: str
    app: FastAPI
    database: Database
    settings: Settings
    places: dict[str, str]
    _tokens: dict[str, str] = field(default_factory=dict)

    def url(self, locale: str, path: str) -> str:
        """The address of a page; names of `places` in braces are filled in."""
        return f"{self.address}/{locale}{path.format(**self.places)}"

    def sign_in(self, context: BrowserContext, who: str) -> None:
        """Give the window the cookie of somebody of the demo, named by the first part of their address."""
        if who not in self._tokens:
            token = f"token-of-{who}"
            with self.database.unit_of_work() as session:
                session.add(
                    SignIn(
                        person_id=_person(session, who).id,
                        token_sha256=digest(token),
                        user_agent="Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0",
                        created_at=clock.now(),
                        expires_at=clock.now() + timedelta(days=1),
                    )
                )
            self._tokens[who] = token
        context.add_cookies([{"name": SIGNED_IN, "value": self._tokens[who], "url": self.address}])


@contextmanager
def served_demo(folder: Path, *, name: str) -> Iterator[DemoSite]:
    """Fill a database called `name` with the demo and serve it inside the block, with a worker beside it."""
    database = Database(fresh_database(name), pool_size=12)
    stop = threading.Event()
    try:
        with listening() as place:
            settings = Settings(
                data=folder,
                database_url=SecretStr(database.engine.url.render_as_string(hide_password=False)),
                authority="techmart.test",
                port=place.getsockname()[1],
                rate_limits="off",
                demo=True,
            )
            with pytest.MonkeyPatch.context() as patch:
                # The pictures are the demo's own, but a quarter of the size: writing them in all sizes takes longest.
                patch.setattr("app.demo.load.draw", _small)
                load_demo(database, settings, files=store_from(settings), now=clock.now())
            app = build(settings, database=database)
            app.state.demo_people = demo_people()
            known = consumers(settings)
            places = _places(database, settings)
            with database.read_only() as session:
                operator = replace(_actor(session, "minh.chau"), is_operator=True)
            places |= partner(database, settings, operator=operator)
            run_due(database, settings, now=clock.now())
            (letter,) = stored_mails(settings.mail_folder, to=INVITED)
            # Only the letter holds the token of an invitation.
            places |= {"mail": letter.name, "invitation": letter.text.partition("/invitations/")[2].split()[0]}
            rebuild_index(database, app.state.search)
            worker = threading.Thread(
                target=work, args=(database, settings), kwargs={"worker": "test", "stop": stop, "consumers": known}
            )
            worker.start()
            try:
                with served(app, place) as address:
                    yield DemoSite(address, app, database, settings, places)
            finally:
                stop.set()
                worker.join(20)
    finally:
        database.dispose()
        drop_database(name)


def _small(one: content.DemoListing) -> Image.Image:
    picture = draw(one)
    return picture.resize((picture.width // 2, picture.height // 2))


def _person(session: Session, who: str) -> Person:
    return session.scalars(select(Person).where(Person.email == f"{who}@techmart.example")).one()


def _actor(session: Session, who: str) -> Actor:
    person = _person(session, who)
    seats = session.scalars(select(Membership).where(Membership.person_id == person.id)).all()
    return Actor(person_id=person.id, organisations={seat.organisation_id: seat.role for seat in seats})  # type: ignore[misc]


def _places(database: Database, settings: Settings) -> dict[str, str]:
    """Parts of addresses by name: listings by external id and what they show, requests by how they stand."""
    places: dict[str, str] = {}
    with database.unit_of_work() as session:
        places["accepted"] = _accepted(session)
        places["deal"] = session.scalars(select(Deal.number).where(Deal.request_number == places["accepted"])).one()
        told = set(session.scalars(select(Deal.request_number)))
        titled = select(Deal.number).join(Listing, Listing.id == Deal.listing_id)
        for name, about in (
            ("deal_terms", "CN-002"),
            ("deal_signed", "SC-001"),
            ("deal_completed", "TB-001"),
            ("deal_disputed", "CN-016"),
        ):
            places[name] = session.scalars(titled.where(Listing.external_id == about)).one()
        places |= deal_on_its_way(
            session,
            settings,
            number=places["deal"],
            buyer=_actor(session, "ngoc.tram"),
            holder=_actor(session, "ha.giang"),
        )
        places |= payments(
            session, deal=places["deal"], seller=_actor(session, "ha.giang"), buyer=_actor(session, "ngoc.tram")
        )
        places |= agreements(session, settings, owner=_actor(session, "ha.giang"), reader=_actor(session, "ngoc.tram"))
        for listing in session.scalars(select(Listing)):
            code = (listing.external_id or "").replace("-", "")
            places[code] = f"{listing.slug or 'tin'}-{listing.public_id}"
            places[f"{code}_id"] = listing.public_id
        for request, external_id in session.execute(
            select(QuoteRequest, Listing.external_id).join(Listing, Listing.id == QuoteRequest.listing_id)
        ):
            if request.number != places["accepted"] and request.number not in told:
                names = {"TB-002": "sent", "CN-007": "quoted", "CN-016": "declined", "CN-001": "one", "CN-002": "other"}
                if external_id in names:
                    places[names[external_id]] = request.number
        for one in session.scalars(select(Organisation).where(Organisation.verified_at.is_not(None)).limit(1)):
            places |= {"organisation": f"{one.slug}-{one.public_id}", "organisation_id": one.public_id}
        places["round"] = session.scalars(
            select(QuoteRound.public_id)
            .join(Listing, Listing.id == QuoteRound.need_id)
            .where(Listing.external_id == "NC-002")
        ).one()
        unverified = session.scalars(select(Organisation).where(Organisation.verified_at.is_(None)).limit(1)).one()
        places["unverified_id"] = unverified.public_id
        load_shipped_pairs(session, now=clock.now())
        pair = select(SynonymPair.id).where(SynonymPair.vi == "máy sấy bơm nhiệt")
        places["synonym"] = str(session.scalars(pair).one())
        places |= _links(session)
        places["case"] = _case(session)
        disputes = select(BrokerCase.public_id).where(BrokerCase.kind == "dispute")
        places["case_of_dispute"] = session.scalars(disputes).one()
        places |= follow_things(session, actor=_actor(session, "hoang.phuc"))
    return places


def _case(session: Session) -> str:
    """A call that the broker wrote down; its id."""
    broker = Actor(person_id=_person(session, "manh.toan").id, is_broker=True)
    said = CallInput(title="Xưởng gỗ cần hút bụi mịn", body="Ba xưởng, ngân sách 400 triệu, trước Tết.")
    return open_call(session, actor=broker, data=said, form_key="call", now=clock.now()).public_id


def _links(session: Session) -> dict[str, str]:
    """Links that letters carry, to confirm and to reset; an invitation to be sent, and the organisation it is from."""
    now = clock.now()
    actor = _actor(session, "ha.giang")
    (own,) = actor.organisations
    invited = InvitationInput(email=INVITED, role="editor")
    invite(session, actor=actor, organisation_id=own, data=invited, now=now)
    person_id = _person(session, "ha.giang").id
    return {
        "own": session.get_one(Organisation, own).public_id,
        "confirm": issue_link(session, person_id=person_id, purpose="confirm", now=now),
        "reset": issue_link(session, person_id=person_id, purpose="reset", now=now),
    }


def _accepted(session: Session) -> str:
    """A request that was answered and accepted, which the demo's own stories do not reach; its number."""
    now = clock.now()
    buyer, holder = _actor(session, "ngoc.tram"), _actor(session, "ha.giang")
    listing = session.scalars(select(Listing).where(Listing.external_id == "CN-001")).one()
    (organisation_id,) = buyer.organisations
    asked: dict[str, Any] = {
        "items": [
            {"description": "Dây chuyền sấy hai cấp 300 kg/mẻ", "quantity": 1, "unit": "bộ"},
            {"description": "Khay lưới inox 304", "quantity": 120, "unit": "cái", "target_price": 420_000},
        ],
        "message": "Lắp tại xưởng của hợp tác xã, điện ba pha 40 kVA.",
    }
    request = send_request(
        session,
        actor=buyer,
        listing_public_id=listing.public_id,
        buyer_organisation_id=organisation_id,
        data=RequestInput.model_validate(asked),
        form_key="accepted",
        now=now - timedelta(days=2),
    )
    quote: dict[str, Any] = {
        "answers": [
            {"position": 1, "offers": [{"unit_price": 640_000_000, "lead_time_days": 75}]},
            {"position": 2, "offers": [{"unit_price": 410_000, "quantity_from": 100}]},
        ],
        "valid_until": (now + timedelta(days=30)).date(),
        "tax_percent": 8,
        "terms": "Thanh toán 30 % khi ký, 60 % khi giao, 10 % sau 30 ngày chạy thử.",
    }
    send_quote(
        session,
        actor=holder,
        number=request.number,
        data=QuoteInput.model_validate(quote),
        version=0,
        form_key="accepted-quote",
        now=now - timedelta(days=1),
    )
    chosen = {"lines": [{"offer": 1, "quantity": 1}, {"offer": 2, "quantity": 120}], "note": "Xin lắp trước Tết."}
    accept(session, actor=buyer, number=request.number, revision=1, data=AcceptInput.model_validate(chosen), now=now)
    return request.number
