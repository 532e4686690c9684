"""Terms and the legal check as two people walk them, without JavaScript; the registration form as it is printed."""

import io
import re

import pytest
from pypdf import PdfReader

from app.database import Database
from app.features.enquiries.quoting import accept
from app.models import Deal, DealLegalCheck, DealRegistration, DealTerms
from tests.factories import NOW
from tests.features.enquiries.scene import Scene
from tests.features.enquiries.test_races import ALL
from tests.integrations import sample_files
from tests.query_budget import count_queries
from tests.web.enquiries.conftest import (
    Browser,
    _fixed_moment,
    browser,
    buyer,
    hidden_fields,
    holder,
    scene,
    stranger,
    talked,
)

__all__ = ["_fixed_moment", "browser", "buyer", "holder", "scene", "stranger", "talked"]

DEAL = "/vi/desk/deals/TV-2026-000001"
TERMS = {
    "transfer_forms": ["exclusive_licence"],
    "territory": "Việt Nam",
    "payment_form": "fee_and_royalty",
    "lump_sum": "200.000.000",
    "royalty_percent": "3,5",
    "royalty_base": "net_sales",
    "royalty_period": "quarter",
}


@pytest.fixture
def deal(database: Database, scene: Scene, talked: str) -> str:
    with database.unit_of_work() as session:
        accept(session, actor=scene.buyer, number=talked, revision=1, data=ALL, now=NOW)
    return DEAL


def test_terms_are_proposed_countered_and_agreed(
    database: Database, deal: str, buyer: Browser, holder: Browser, stranger: Browser
) -> None:
    form = holder.page(f"{deal}/terms/propose")
    assert 'value="' in form
    bad = holder.post(f"{deal}/terms/propose", {**TERMS, "royalty_percent": "ba", "territory": ""})
    assert bad.status_code == 422
    assert 'value="ba"' in bad.text
    assert 'value="200.000.000"' in bad.text
    lacking = holder.post(f"{deal}/terms/propose", {**TERMS, "royalty_base": ""})
    assert lacking.status_code == 422
    assert "Hãy chọn phí tính trên gì." in lacking.text
    assert holder.post(f"{deal}/terms/propose", TERMS).headers["location"] == f"{deal}/terms"
    assert "3,5 % trên doanh thu thuần, trả mỗi quý" in buyer.page(f"{deal}/terms")
    assert "Bên kia đề nghị điều khoản" in buyer.page(deal)
    assert 'value="3,5"' in buyer.page(f"{deal}/terms/propose")
    assert buyer.post(f"{deal}/terms/propose", {**TERMS, "royalty_percent": "2,75"}).status_code == 303
    page = holder.page(f"{deal}/terms")
    assert "Khác phiên bản trước:" in page
    assert holder.post(f"{deal}/contract", {"contract_date": "2026-11-20"}).status_code == 303
    with database.read_only() as session:
        assert session.query(Deal).one().state == "agreed", "terms are open"
    assert holder.post(f"{deal}/terms/1", {"answer": "agree", "side": "holder"}).status_code == 303
    assert holder.post(f"{deal}/terms/2", {"answer": "agree", "side": "holder"}).status_code == 303
    with database.read_only() as session:
        assert [one.state for one in session.query(DealTerms).order_by(DealTerms.revision)] == ["countered", "agreed"]
    assert "2.75% of net sales, paid every quarter" in buyer.page("/en/desk/deals/TV-2026-000001")
    for path in ("terms", "terms/propose", "legal", "legal/check", "legal/form.pdf"):
        assert stranger.get(f"{deal}/{path}").status_code == 404
    assert stranger.post(f"{deal}/terms/propose", TERMS).status_code == 404


def step(browser: Browser, page: str, **picked: str) -> str:
    """Send the form of one question as a browser without scripts does."""
    fields = {**hidden_fields(page), **picked}
    answer = browser.client.get(f"{DEAL}/legal/check", params=fields)
    assert answer.status_code in {200, 422}, answer.status_code
    return answer.text


def test_the_check_is_asked_step_by_step_and_starts_the_clock(
    database: Database, deal: str, buyer: Browser, holder: Browser
) -> None:
    page = buyer.page(f"{deal}/legal/check")
    assert "Hợp đồng có chuyển giao công nghệ không?" in page
    assert "Hãy chọn một câu trả lời." in step(buyer, page)
    page = step(buyer, page, technology="yes")
    assert "Công nghệ đi từ đâu đến đâu?" in page
    page = step(buyer, page, direction="from_abroad")
    assert "Công nghệ có trong danh mục nào của Chính phủ không?" in page
    assert "Có vốn nhà nước" not in page
    page = step(buyer, page, list="none")
    assert "Công nghệ từ nước ngoài vào Việt Nam: hợp đồng phải đăng ký." in page
    assert "điểm a khoản 1 Điều 31" in page
    assert "Đọc qua bản tóm lược" in page
    assert "01/07/2018" in page
    with database.read_only() as session:
        assert session.query(DealLegalCheck).count() == 0, "nothing is kept by looking"
    fields = {name: value for name, value in hidden_fields(page).items() if name != "asked"}
    assert buyer.post(f"{deal}/legal/check", fields).headers["location"] == f"{deal}/legal"
    assert "phải đăng ký" in holder.page(f"{deal}/legal")
    assert holder.post(f"{deal}/legal/filed", {"filed_on": "2026-11-21"}).status_code == 303
    holder.post(f"{deal}/contract", {"contract_date": "2026-11-20"})
    assert "Còn 87 ngày để gửi hồ sơ đăng ký hợp đồng, hạn cuối 18/02/2027." in buyer.page(deal)
    assert "Days left to send the contract to be registered: 87" in buyer.page("/en/desk/deals/TV-2026-000001")
    with count_queries(database) as sent:
        page = buyer.page(f"{deal}/legal")
    assert len(sent) <= 6, sent
    assert "<b>Còn 87 ngày</b>" in page
    assert buyer.post(f"{deal}/legal/filed", {"filed_on": "2026-12-24"}).status_code == 422
    assert buyer.post(f"{deal}/legal/filed", {"filed_on": "2026-11-21"}).status_code == 303
    assert "Còn 87 ngày" not in buyer.page(deal)

    refused = buyer.post(f"{deal}/legal/refused", {"refused_on": "2026-11-22", "note": "Thiếu bản dịch"})
    assert refused.status_code == 303
    assert "Cơ quan đăng ký đã từ chối" in holder.page(deal)
    granted = {"certificate_number": "12/GCN-SKHCN", "certificate_on": "2026-11-23"}
    wrong = holder.post(f"{deal}/legal/certificate", granted, {"scan": ("a.pdf", b"\x00\x01", "application/pdf")})
    assert wrong.status_code == 422
    assert 'value="12/GCN-SKHCN"' in wrong.text
    scan = {"scan": ("gcn.pdf", sample_files.pdf("GCN"), "application/pdf")}
    assert holder.post(f"{deal}/legal/certificate", granted, scan).status_code == 303
    page = buyer.page(f"{deal}/legal")
    assert "12/GCN-SKHCN" in page
    assert buyer.get(f"{deal}/legal/certificate.file").content.startswith(b"%PDF")
    with database.read_only() as session:
        assert session.query(Deal).one().state == "registered"
        assert session.query(DealRegistration).one().certificate_file_id is not None


def test_the_registration_form_is_filled_in_from_the_deal(deal: str, buyer: Browser, holder: Browser) -> None:
    holder.post(f"{deal}/terms/propose", TERMS)
    buyer.post(f"{deal}/terms/1", {"answer": "agree", "side": "buyer"})
    answers = {"technology": "yes", "direction": "to_abroad", "list": "none", "rules_version": "2018-07"}
    buyer.post(f"{deal}/legal/check", answers)
    holder.post(f"{deal}/contract", {"contract_date": "2026-11-20"})
    answer = buyer.get(f"{deal}/legal/form.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    text = re.sub(r"\s+", " ", text)
    for said in (
        "Đơn đăng ký chuyển giao công nghệ / Application for registration of technology transfer",
        "Viện Cơ điện Nông nghiệp",
        "TV-2026-000001",
        "20/11/2026",
        "200.000.000",
        "3,5 % trên doanh thu thuần, trả mỗi quý",
        "điểm b khoản 1 Điều 31",
    ):
        assert said in text, (said, text)
    assert answer.content == holder.get(f"{deal}/legal/form.pdf").content


def test_a_prohibited_transfer_says_so_when_it_is_signed(database: Database, deal: str, buyer: Browser) -> None:
    answers = {
        "technology": "yes",
        "direction": "domestic",
        "state_money": "no",
        "list": "prohibited",
        "rules_version": "2018-07",
    }
    assert buyer.post(f"{deal}/legal/check", {**answers, "rules_version": "2006-01"}).status_code == 303
    with database.read_only() as session:
        assert session.query(DealLegalCheck).count() == 0, "other rules than those in force"
    assert buyer.post(f"{deal}/legal/check", answers).status_code == 303
    assert buyer.post(f"{deal}/contract", {"contract_date": "2026-11-20"}).status_code == 303
    with database.read_only() as session:
        assert session.query(Deal).one().state == "checked"
    assert "không được ký hợp đồng này" in buyer.page(f"{deal}/legal")


def test_what_was_not_filed_is_said_before_the_end(deal: str, buyer: Browser) -> None:
    answers = {"technology": "yes", "direction": "from_abroad", "list": "none", "rules_version": "2018-07"}
    assert buyer.post(f"{deal}/legal/check", answers).status_code == 303
    assert buyer.post(f"{deal}/contract", {"contract_date": "2026-11-20"}).status_code == 303
    assert "hạn gửi hồ sơ 18/02/2027, mà chưa ghi là đã gửi" in buyer.page(deal)
    given = {"value": "1.250.000.000", "shown": "private", "note": "Đã lắp xong"}
    refused = buyer.post(f"{deal}/outcome", given)
    assert refused.status_code == 422
    assert "chưa ghi ngày gửi hồ sơ" in refused.text
    assert refused.text.count('id="f-despite_unfiled"') == 1
    assert "Đã lắp xong" in refused.text
    assert buyer.post(f"{deal}/outcome", {**given, "despite_unfiled": "true"}).status_code == 303
    assert "f-despite_unfiled" not in buyer.page(deal)
