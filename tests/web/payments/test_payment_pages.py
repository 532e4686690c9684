"""The pages of payments, as two people walk them: account, deposit, code to scan, statement, receipt."""

import io
import re
from datetime import timedelta

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader
from sqlalchemy import select

from app.database import Database
from app.features.accounts.attempts import Limit
from app.features.accounts.passwords import hash_password
from app.features.enquiries.quoting import accept
from app.models import Payment, Person
from tests.factories import NOW
from tests.features.enquiries.scene import Scene
from tests.features.enquiries.test_races import ALL
from tests.query_budget import count_queries
from tests.web.enquiries.conftest import Browser, _fixed_moment, browser, buyer, holder, scene, stranger, talked

__all__ = ["_fixed_moment", "browser", "buyer", "holder", "scene", "stranger", "talked"]

DEAL = "/vi/desk/deals/TV-2026-000001/payments"
HERE = "/vi/desk/payments/TT-2026-000001"
ACCOUNT = {"bank_bin": "970436", "number": "0071 0001 23456", "holder": "VIEN CO DIEN", "password": "con trâu"}


@pytest.fixture
def deal(database: Database, scene: Scene, talked: str) -> str:
    with database.unit_of_work() as session:
        accept(session, actor=scene.buyer, number=talked, revision=1, data=ALL, now=NOW)
        session.get_one(Person, scene.holder_person.id).password_hash = hash_password("con trâu")
    return DEAL


def payment(database: Database) -> Payment:
    with database.read_only() as session:
        return session.scalars(select(Payment)).one()


def test_a_deposit_by_transfer_and_its_statement(
    database: Database, deal: str, buyer: Browser, holder: Browser, stranger: Browser
) -> None:
    assert f'href="{deal}"' in buyer.page("/vi/desk/deals/TV-2026-000001")
    assert "Chưa có đề nghị thanh toán nào" in buyer.page(deal)
    assert "cần có tài khoản nhận tiền" in holder.page(deal)

    wrong = holder.post("/vi/desk/bank-account", {**ACCOUNT, "number": "12"})
    assert wrong.status_code == 422
    assert "6 đến 19" in wrong.text
    refused = holder.post("/vi/desk/bank-account", {**ACCOUNT, "password": "sai"})
    assert refused.status_code == 422
    assert "Mật khẩu chưa đúng" in refused.text
    assert 'value="0071 0001 23456"' in refused.text
    assert holder.post("/vi/desk/bank-account", ACCOUNT).status_code == 303
    assert "0071000123456" in holder.page("/vi/desk/bank-account")

    bad = holder.submit(deal, kind="deposit", description="Đặt cọc 30 %", amount="9.999.999.999.999")
    assert bad.status_code == 422
    assert "vượt tổng giá trị" in bad.text
    assert 'value="9.999.999.999.999"' in bad.text
    asked = holder.submit(deal, kind="deposit", description="Đặt cọc 30 %", amount="500.000.000", due_on="2026-12-10")
    assert asked.headers["location"] == HERE

    with count_queries(database) as sent:
        page = buyer.page(HERE)
    assert len(sent) <= 5, sent
    reference = payment(database).reference
    assert reference in page
    assert "0071000123456" in page
    svg = buyer.get(f"{HERE}/qr.svg")
    assert svg.headers["content-type"] == "image/svg+xml"
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(buyer.client.get(f"{HERE}/qr.png").content)).convert("L"))
    assert reference in code.text
    assert "5409500000000" in code.text

    assert buyer.post(f"{HERE}/reported", {}).status_code == 303
    assert "Bên mua báo đã chuyển" in holder.page(HERE)

    content = f"Ngày;Nội dung;Ghi có\n20/11/2026;{reference} dat coc;500.000.000\n21/11/2026;khac;1.000\n".encode()
    assert holder.post("/vi/desk/statements", {}).status_code == 422
    assert holder.post("/vi/desk/statements", {}, {"file": ("x.csv", b"a,b\n", "text/csv")}).status_code == 422
    sent_file = holder.post("/vi/desk/statements", {}, {"file": ("sao-ke.csv", content, "text/csv")})
    statement = sent_file.headers["location"]
    shown = holder.page(statement)
    assert re.search(r'name="lines" value="2" checked', shown)
    assert "khac" in shown
    assert payment(database).state == "reported"
    assert holder.post(statement, {"lines": []}).status_code == 422
    assert holder.post(statement, {"lines": ["2"]}).status_code == 303
    assert payment(database).state == "paid"
    assert "Đã ghi trước đây" in holder.page(statement)

    pdf = buyer.client.get(f"{HERE}/receipt")
    text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(pdf.content)).pages)
    assert "500.000.000" in text
    assert reference in text
    assert buyer.get(f"{HERE}/qr.svg").status_code == 404
    assert "500,000,000" in buyer.page("/en/desk/payments/TT-2026-000001")
    assert "TT-2026-000001" in buyer.page("/vi/desk/payments")

    for path in (deal, HERE, f"{HERE}/qr.svg", f"{HERE}/receipt", f"{HERE}/cancel", statement):
        assert stranger.get(path).status_code == 404, path
    assert stranger.post(f"{HERE}/received", {"amount": "1"}).status_code == 404
    assert buyer.post(f"{HERE}/received", {"amount": "1"}).status_code in {403, 303}
    assert payment(database).state == "paid"


def test_files_that_cannot_be_read_are_counted(deal: str, holder: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.features.payments.statements.UPLOADS", Limit("statement:test", 2, timedelta(hours=1)))
    for status in (422, 422, 429):
        answer = holder.post("/vi/desk/statements", {}, {"file": ("x.csv", b"a,b\n", "text/csv")})
        assert answer.status_code == status


def test_confirming_denying_refunding_and_cancelling_by_hand(
    database: Database, deal: str, buyer: Browser, holder: Browser
) -> None:
    holder.post("/vi/desk/bank-account", ACCOUNT)
    holder.submit(deal, kind="deposit", description="Cọc", amount="1.000.000")
    buyer.post(f"{HERE}/reported", {})
    assert holder.post(f"{HERE}/deny", {"note": ""}).status_code == 422
    assert holder.post(f"{HERE}/deny", {"note": "Chưa thấy"}).status_code == 303
    assert "Chưa thấy" in buyer.page(HERE)
    assert holder.submit(HERE, f"{HERE}/received", amount="2.000.000").status_code == 422
    assert holder.submit(HERE, f"{HERE}/received", amount="nhiều").status_code == 422
    assert holder.submit(HERE, f"{HERE}/received", amount="1.000.000", note="Vietcombank").status_code == 303
    assert payment(database).state == "paid"
    too_much = holder.submit(HERE, f"{HERE}/refund", back__amount="1.000.001")
    assert too_much.status_code == 422
    assert 'href="#f-back-amount"' in too_much.text
    assert holder.submit(HERE, f"{HERE}/refund", back__amount="400.000", back__note="Giảm giá").status_code == 303
    page = buyer.page(HERE)
    assert "Đã hoàn một phần" in page
    assert "−400.000" in page
    assert holder.post(f"{HERE}/cancel", {"note": "x"}).status_code == 303
    assert payment(database).state == "partly_refunded"
