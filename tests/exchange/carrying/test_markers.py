"""Every text that both exchanges hold carries a mark; only what may cross is found in what crosses."""

import json
import re
from typing import Any

from sqlalchemy import select

from app import clock, journal
from app.features.carrying.telling import ask_of, state_of
from app.features.enquiries.asking import send_request
from app.features.enquiries.commands import post_message
from app.features.enquiries.crossing import CarryInput
from app.features.enquiries.schemas import MessageInput
from app.models.accounts import Person
from app.models.carrying import CarriedRequest
from app.models.enquiries import QuoteRequest
from app.models.organisations import Organisation
from tests import factories
from tests.exchange.carrying.two import House, Two
from tests.exchange.test_markers import MARK, marked
from tests.features.enquiries.scene import request_input

ASKED = {
    "MARK.organisation.name",
    *(f"MARK.asked.{name}" for name in ("description", "unit", "message", "criterion")),
}
TOLD = {
    *(f"MARK.quote.{name}" for name in ("description", "terms", "offer_terms", "note", "replacement", "rate", "met")),
    "MARK.said.holder",
}


def mark_people(house: House) -> None:
    """Mark every person and organisation there is, but for what keys and states need."""
    with house.database.unit_of_work() as session:
        for person in session.scalars(select(Person)):
            mark(person, keep={"email", "locale", "password_hash"})
        for one in session.scalars(select(Organisation)):
            mark(one, keep={"public_id", "authority", "local_id", "type", "region", "name_key", "slug", "tax_code"})
            journal.append(session, entity="organisation", entity_id=one.id, action="updated", at=clock.now())


def mark(row: Any, *, keep: set[str]) -> None:
    made = marked(type(row), **dict.fromkeys(keep))
    for column in type(row).__table__.columns:
        value = getattr(made, column.name, None)
        if column.name not in keep and isinstance(value, str) and value.startswith("MARK."):
            setattr(row, column.name, value)


def crossing(house: House, what: Any, **more: Any) -> str:
    with house.database.read_only() as session:
        return json.dumps(what(session, session.scalars(select(CarriedRequest)).one(), **more), ensure_ascii=False)


def test_only_what_was_consented_to_crosses(two: Two) -> None:
    mark_people(two.asking)
    mark_people(two.home)
    with two.asking.database.unit_of_work() as session:
        firm = session.get_one(Organisation, two.firm.id)
        need = factories.listing(
            session,
            of=firm,
            kind="need",
            authority=two.asking.authority,
            title="MARK.need.title",
            details={"acceptance": "MARK.need.acceptance"},
        )
        send_request(
            session,
            actor=two.buyer,
            listing_public_id=two.here().public_id,
            buyer_organisation_id=two.firm.id,
            data=request_input(
                items=[{"description": "MARK.asked.description", "quantity": 2, "unit": "MARK.asked.unit"}],
                message="MARK.asked.message",
                criteria=["MARK.asked.criterion"],
                wanted_date=None,
            ),
            need_public_id=need.public_id,
            form_key="MARK.form",
            now=clock.now(),
            carrying=CarryInput(consent=True),
        )
    said = crossing(two.asking, ask_of, base_url=two.asking.base)
    assert set(re.findall(MARK, said)) == ASKED
    assert "mua@nongsan.test" not in said

    two.work(two.asking)
    offer = {"description": "MARK.quote.description", "unit_price": 5, "terms": "MARK.quote.offer_terms"}
    two.quote(
        "MARK.form",
        0,
        answers=[{"position": 1, "not_available": True, "replacement": "MARK.quote.replacement", "offers": [
            {**offer, "role": "alternative"}
        ]}],
        terms="MARK.quote.terms",
        note="MARK.quote.note",
        currency="USD",
        exchange_rate=26_000,
        exchange_rate_date="2026-11-23",
        exchange_rate_source="MARK.quote.rate",
        fulfilment=[{"met": "full", "note": "MARK.quote.met"}],
    )  # fmt: skip
    with two.home.database.unit_of_work() as session:
        number = session.scalars(select(QuoteRequest.number)).one()
        post_message(
            session,
            actor=two.holder,
            number=number,
            side="holder",
            data=MessageInput(body="MARK.said.holder"),
            form_key="MARK.form.2",
            now=clock.now(),
        )
    told = crossing(two.home, state_of)
    assert set(re.findall(MARK, told)) == TOLD
    assert "ban@vien.test" not in told
