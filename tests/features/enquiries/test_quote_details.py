"""What a quote says beyond prices: alternatives, a rate, criteria met, answers; all kept as sent."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from app.database import Database
from app.errors import Invalid
from app.features.enquiries.queries import enquiry_record
from app.features.enquiries.revisions import changes_between
from app.features.enquiries.schemas import AnswerInput
from app.i18n import use_locale
from app.models import Quote, QuoteOffer
from tests.features.enquiries.scene import Scene, answer, ask, quote_input
from tests.features.enquiries.test_quoting import revisions

RATE: dict[str, Any] = {
    "currency": "USD",
    "exchange_rate": Decimal("26350.5"),
    "exchange_rate_date": date(2026, 11, 23),
}
MET: list[dict[str, str]] = [{"met": "full", "note": "đo 14,6 %"}, {}]


def ask_in_full(database: Database, scene: Scene) -> str:
    with database.unit_of_work() as session:
        return ask(session, scene, criteria=["Ẩm cuối 15 %", "Ồn dưới 70 dB"], questions=["references"]).number


def test_a_quote_keeps_what_it_says(database: Database, scene: Scene) -> None:
    number = ask_in_full(database, scene)
    with database.unit_of_work() as session:
        sent = answer(
            session, scene, number, fulfilment=MET, replies=[{"code": "references", "text": "Ba xưởng"}], **RATE
        )
        assert (sent.exchange_rate, sent.exchange_rate_date) == (Decimal("26350.5"), date(2026, 11, 23))
        assert sent.fulfilment == [{"met": "full", "note": "đo 14,6 %"}, {"met": None, "note": ""}]
        assert sent.replies == {"references": "Ba xưởng"}


def test_a_rate_is_kept_only_where_it_means_something(database: Database, scene: Scene) -> None:
    number = ask_in_full(database, scene)
    with database.unit_of_work() as session:
        sent = answer(session, scene, number, **{**RATE, "currency": "VND"})
        assert (sent.exchange_rate, sent.exchange_rate_date) == (None, None)


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"currency": "USD"}, {"exchange_rate", "exchange_rate_date"}),
        ({**RATE, "exchange_rate_date": date(2026, 11, 24)}, {"exchange_rate_date"}),
        ({"fulfilment": [{}, {}, {}]}, {"fulfilment"}),
        ({"replies": [{"code": "warranty", "text": "12 tháng"}]}, {"replies"}),
        ({"replies": [{"code": "references"}, {"code": "references"}]}, {"replies"}),
    ],
)
def test_what_does_not_belong_is_refused(
    database: Database, scene: Scene, given: dict[str, Any], where: set[str]
) -> None:
    number = ask_in_full(database, scene)
    with pytest.raises(Invalid) as fault, database.unit_of_work() as session:
        answer(session, scene, number, **given)
    assert set(fault.value.fields) == where
    assert revisions(database) == []


def test_an_alternative_may_stand_in_for_what_is_not_supplied(database: Database, scene: Scene) -> None:
    number = ask_in_full(database, scene)
    alternative = {"description": "HP-300", "unit_price": 520_000_000, "role": "alternative"}
    with database.unit_of_work() as session:
        answer(
            session,
            scene,
            number,
            answers=[
                {"position": 1, "not_available": True, "replacement": "HP-300", "offers": [alternative]},
                {"position": 2, "offers": [{"unit_price": 450_000}, {"unit_price": 90_000, "role": "option"}]},
            ],
        )
        stored = session.scalars(select(QuoteOffer).order_by(QuoteOffer.position)).all()
        assert [(one.available, one.role) for one in stored] == [
            (False, "main"),
            (True, "alternative"),
            (True, "main"),
            (True, "option"),
        ]


@pytest.mark.parametrize(
    "bad",
    [
        {"position": 1, "offers": [{"unit_price": 1, "role": "option"}]},
        {"position": 1, "not_available": True, "offers": [{"unit_price": 1}]},
    ],
)
def test_an_answer_has_a_main_offer_or_says_there_is_none(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AnswerInput.model_validate(bad)


def test_a_revision_tells_what_it_changed(database: Database, scene: Scene) -> None:
    number = ask_in_full(database, scene)
    with database.unit_of_work() as session:
        answer(session, scene, number, fulfilment=[{"met": "partial"}])
        later = quote_input(fulfilment=[{"met": "full"}], **RATE)
        answer(session, scene, number, form_key="quote-2", **later.model_dump())
    with database.read_only() as session, use_locale("vi"):
        record = enquiry_record(session, actor=scene.buyer, number=number)
        told = {
            one.what: (one.before, one.after)
            for one in changes_between(record.quotes[0], record.quotes[1], record.items)
        }
    assert told["Đáp ứng tiêu chí"] == ("1. Đáp ứng một phần", "1. Đáp ứng")
    assert told["Tỷ giá"] == ("", "1 USD = 26.350,5, ngày 23/11/2026")
    assert told["Đồng tiền"] == ("VND", "USD")


def test_sent_quotes_do_not_change(database: Database, scene: Scene) -> None:
    number = ask_in_full(database, scene)
    with database.unit_of_work() as session:
        answer(session, scene, number, fulfilment=MET)
        answer(session, scene, number, form_key="quote-2", **RATE)
    with database.read_only() as session:
        first = session.scalars(select(Quote).where(Quote.revision == 1)).one()
        assert (first.currency, first.exchange_rate, first.fulfilment[0]["met"]) == ("VND", None, "full")
