"""Every step is told to both sides, each in their own language, once, with a way to the request and nothing private."""

import importlib
import re

import pytest

from app.database import Database
from app.features.enquiries.commands import acknowledge, decline, post_message, withdraw
from app.features.enquiries.quoting import accept, reject
from app.features.enquiries.schemas import AcceptInput, DeclineInput, MessageInput, RejectInput, WithdrawInput
from app.features.enquiries.work import lapse_expired
from app.integrations.mail import StoredMail, stored_mails
from app.jobs import JobContext
from app.jobs.worker import run_due
from app.models import Organisation, Person
from app.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, answer, ask, asked, quoted

BUYER, HOLDER = "mua@nongsan.test", "ban@vien.test"
PRIVATE = ("Sấy xoài", "880", "HP-500", "Thanh toán", "Chuyện riêng")


@pytest.fixture(autouse=True)
def _handlers() -> None:
    importlib.import_module("app.features.messages.delivery")


def letters(database: Database, settings: Settings) -> list[StoredMail]:
    """Send what is asked for; every letter so far, none of which says anything private."""
    run_due(database, settings, now=NOW)
    sent = stored_mails(settings.mail_folder)
    for one in sent:
        assert not [word for word in PRIVATE if word in one.text or word in one.subject or word in one.html]
    return sent


def to(sent: list[StoredMail], address: str) -> dict[str, StoredMail]:
    return {one.subject: one for one in sent if address in one.to}


def test_a_request_is_told_in_each_readers_language(database: Database, scene: Scene, settings: Settings) -> None:
    asked(database, scene)
    sent = letters(database, settings)
    assert len(sent) == 2
    to_buyer = to(sent, BUYER)["Đã gửi yêu cầu báo giá 2026-000001"]
    to_holder = to(sent, HOLDER)["Công ty Nông sản Bàu Bàng asks for a quote (2026-000001)"]
    assert (to_buyer.language, to_holder.language) == ("vi", "en")
    assert "http://testserver/vi/desk/enquiries/2026-000001" in to_buyer.text
    assert "http://testserver/en/desk/enquiries/2026-000001" in to_holder.text
    assert "Request 2026-000001: Máy sấy bơm nhiệt 500 kg/mẻ" in to_holder.text
    assert "Bạn nhận thư này vì bạn đại diện cho Công ty Nông sản Bàu Bàng, bên hỏi giá." in to_buyer.text
    assert len(letters(database, settings)) == 2


def test_every_step_has_its_letter(database: Database, scene: Scene, settings: Settings) -> None:
    number = asked(database, scene)
    with database.unit_of_work() as session:
        acknowledge(session, actor=scene.holder, number=number, now=NOW)
        post_message(
            session,
            actor=scene.holder,
            number=number,
            side="holder",
            data=MessageInput(body="Chuyện riêng"),
            form_key="a",
            now=NOW,
        )
        answer(session, scene, number)
        answer(session, scene, number, form_key="quote-2")
        accept(
            session,
            actor=scene.buyer,
            number=number,
            revision=2,
            data=AcceptInput.model_validate({"lines": [{"offer": 1, "quantity": 1}]}),
            now=NOW,
        )
    sent = letters(database, settings)
    assert sorted(to(sent, BUYER)) == [
        "Viện Cơ điện Nông nghiệp gửi bản báo giá mới: bản 2 (2026-000001)",
        "Viện Cơ điện Nông nghiệp nhắn về yêu cầu 2026-000001",
        "Viện Cơ điện Nông nghiệp đã báo giá (2026-000001)",
        "Viện Cơ điện Nông nghiệp đã nhận yêu cầu 2026-000001",
        "Đã chấp nhận báo giá của yêu cầu 2026-000001",
        "Đã gửi yêu cầu báo giá 2026-000001",
    ]
    assert sorted(to(sent, HOLDER)) == [
        "Công ty Nông sản Bàu Bàng accepted the quote (2026-000001)",
        "Công ty Nông sản Bàu Bàng asks for a quote (2026-000001)",
        "Request 2026-000001 is acknowledged",
        "Revision 2 of the quote for request 2026-000001 was sent",
        "The quote for request 2026-000001 was sent",
    ]
    quote = to(sent, BUYER)["Viện Cơ điện Nông nghiệp đã báo giá (2026-000001)"]
    assert "có hiệu lực đến hết ngày 31/12/2026" in quote.text


def test_endings_tell_their_reasons_by_name(database: Database, scene: Scene, settings: Settings) -> None:
    declined = asked(database, scene)
    with database.unit_of_work() as session:
        decline(
            session,
            actor=scene.holder,
            number=declined,
            data=DeclineInput(reason="no_capacity", note="Chuyện riêng"),
            now=NOW,
        )
        rejected = ask(session, scene, form_key="2").number
        answer(session, scene, rejected)
        reject(
            session,
            actor=scene.buyer,
            number=rejected,
            revision=1,
            data=RejectInput(reason="lead_time", note="Chuyện riêng"),
            now=NOW,
        )
        withdrawn = ask(session, scene, form_key="3").number
        withdraw(session, actor=scene.buyer, number=withdrawn, data=WithdrawInput(note="Chuyện riêng"), now=NOW)
    sent = letters(database, settings)
    told = to(sent, BUYER)["Viện Cơ điện Nông nghiệp từ chối báo giá (2026-000001)"]
    assert "Lý do: Chưa đủ năng lực đáp ứng." in told.text
    told = to(sent, HOLDER)["Công ty Nông sản Bàu Bàng did not take the quote (2026-000002)"]
    assert "Reason: Lead time." in told.text
    assert "Công ty Nông sản Bàu Bàng withdrew request 2026-000003" in to(sent, HOLDER)


def test_a_lapse_is_told(database: Database, scene: Scene, settings: Settings) -> None:
    quoted(database, scene)
    late = NOW.replace(year=2027)
    job = JobContext(database=database, settings=settings, job_id=scene.listing.id, attempt=1, now=late)
    lapse_expired(job, {})
    run_due(database, settings, now=late)
    sent = stored_mails(settings.mail_folder)
    assert "Báo giá của yêu cầu 2026-000001 đã hết hạn" in to(sent, BUYER)
    assert "The quote for request 2026-000001 has lapsed" in to(sent, HOLDER)


def test_operators_are_called_where_nobody_answers(database: Database, scene: Scene, settings: Settings) -> None:
    with database.unit_of_work() as session:
        nobody: Organisation = factories.organisation(session, name="Kho nhập")
        listing = factories.listing(session, of=nobody)
        from app.features.enquiries.asking import send_request
        from tests.features.enquiries.scene import request_input

        send_request(
            session,
            actor=scene.buyer,
            listing_public_id=listing.public_id,
            buyer_organisation_id=scene.buyer_organisation.id,
            data=request_input(),
            form_key="x",
            now=NOW,
        )
    called = to(letters(database, settings), "vanhanh@so.test")
    assert list(called) == ["Yêu cầu 2026-000001 chưa có người phụ trách"]


def test_who_left_or_was_disabled_hears_nothing(database: Database, scene: Scene, settings: Settings) -> None:
    with database.unit_of_work() as session:
        session.get_one(Person, scene.holder_person.id).disabled_at = NOW
    asked(database, scene)
    sent = letters(database, settings)
    assert [re.sub(r".*<|>", "", one.to) for one in sent if "so.test" not in one.to] == [BUYER]
