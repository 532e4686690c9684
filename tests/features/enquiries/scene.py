"""A buyer, a holder with a listing, and the steps between them, for tests to begin where they need."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.database import Database
from app.features.enquiries.asking import send_request
from app.features.enquiries.quoting import send_quote
from app.features.enquiries.schemas import QuoteInput, RequestInput
from app.identity import Actor
from app.models import Listing, Organisation, Person, Quote, QuoteRequest
from tests import factories
from tests.factories import NOW

VALID_UNTIL = date(2026, 12, 31)


@dataclass(frozen=True)
class Scene:
    """Two organisations with one owner each, and the holder's listing."""

    buyer_person: Person
    buyer_organisation: Organisation
    holder_person: Person
    holder_organisation: Organisation
    stranger_person: Person
    listing: Listing
    buyer: Actor
    holder: Actor
    stranger: Actor
    operator: Actor


def set_scene(database: Database) -> Scene:
    """Commit the cast."""
    with database.unit_of_work() as session:
        buyer_person = factories.person(session, email="mua@nongsan.test", name="Trần Thị Mua")
        holder_person = factories.person(session, email="ban@vien.test", name="Lê Văn Viện", locale="en")
        stranger_person = factories.person(session, email="la@noikhac.test", name="Phạm Người Lạ")
        official = factories.person(session, email="vanhanh@so.test", name="Đỗ Vận Hành", is_operator=True)
        buyer_organisation = factories.organisation(
            session, owner=buyer_person, name="Công ty Nông sản Bàu Bàng", type="firm", slug="nong-san-bau-bang"
        )
        holder_organisation = factories.organisation(
            session, owner=holder_person, name="Viện Cơ điện Nông nghiệp", slug="vien-co-dien"
        )
        elsewhere = factories.organisation(session, owner=stranger_person, name="Công ty Nơi Khác", type="firm")
        listing = factories.listing(
            session, of=holder_organisation, title="Máy sấy bơm nhiệt 500 kg/mẻ", slug="may-say-bom-nhiet-500-kg-me"
        )
    return Scene(
        buyer_person=buyer_person,
        buyer_organisation=buyer_organisation,
        holder_person=holder_person,
        holder_organisation=holder_organisation,
        stranger_person=stranger_person,
        listing=listing,
        buyer=factories.actor(buyer_person, buyer_organisation),
        holder=factories.actor(holder_person, holder_organisation),
        stranger=factories.actor(stranger_person, elsewhere),
        operator=factories.actor(official, operator=True),
    )


def request_input(**given: Any) -> RequestInput:
    values: dict[str, Any] = {
        "items": [
            {"description": "Máy sấy 500 kg/mẻ", "quantity": Decimal(2), "unit": "máy", "target_price": 900_000_000},
            {"description": "Khay sấy inox", "quantity": Decimal(120), "unit": "cái"},
        ],
        "message": "Sấy xoài cắt lát từ 80 % xuống 15 % ẩm.",
        "wanted_date": date(2027, 3, 1),
    } | given
    return RequestInput.model_validate(values)


def quote_input(**given: Any) -> QuoteInput:
    values: dict[str, Any] = {
        "answers": [
            {
                "position": 1,
                "offers": [
                    {"description": "Kiểu HP-500", "unit_price": 880_000_000, "lead_time_days": 60},
                    {"description": "Kiểu HP-500", "unit_price": 850_000_000, "quantity_from": Decimal(2)},
                ],
            },
            {"position": 2, "offers": [{"unit_price": 450_000, "quantity_from": Decimal(50)}]},
        ],
        "valid_until": VALID_UNTIL,
        "tax_percent": Decimal(8),
        "terms": "Thanh toán 40 % khi đặt, 60 % khi nghiệm thu.",
    } | given
    return QuoteInput.model_validate(values)


def ask(session: Session, scene: Scene, *, form_key: str = "form-1", **given: Any) -> QuoteRequest:
    return send_request(
        session,
        actor=scene.buyer,
        listing_public_id=scene.listing.public_id,
        buyer_organisation_id=scene.buyer_organisation.id,
        data=request_input(**given),
        form_key=form_key,
        now=NOW,
    )


def answer(
    session: Session, scene: Scene, number: str, *, form_key: str = "quote-1", version: int = 0, **given: Any
) -> Quote:
    return send_quote(
        session,
        actor=scene.holder,
        number=number,
        data=quote_input(**given),
        version=version,
        form_key=form_key,
        now=NOW,
    )


def asked(database: Database, scene: Scene) -> str:
    """The number of a request that was sent and committed."""
    with database.unit_of_work() as session:
        return ask(session, scene).number


def quoted(database: Database, scene: Scene) -> str:
    """The number of a request that was answered with a quote, revision 1."""
    number = asked(database, scene)
    with database.unit_of_work() as session:
        answer(session, scene, number)
    return number
