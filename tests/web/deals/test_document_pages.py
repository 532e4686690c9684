"""Documents of a deal in two browsers: versions, signatures with the password, the deal on paper in both languages."""

import io
import re
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from app.database import Database
from app.features.accounts.passwords import hash_password
from app.features.enquiries.quoting import accept
from app.models import DealDocument, DealFile, DealOutcome, DealSignature, Person
from tests.factories import NOW
from tests.features.enquiries.scene import Scene
from tests.features.enquiries.test_races import ALL
from tests.integrations import sample_files
from tests.query_budget import count_queries
from tests.web.enquiries.conftest import Browser, _fixed_moment, browser, buyer, holder, scene, stranger, talked

__all__ = ["_fixed_moment", "browser", "buyer", "holder", "scene", "stranger", "talked"]

DEAL = "/vi/desk/deals/TV-2026-000001"
HERE = f"{DEAL}/documents"
PASSWORD = "mèo mun nằm bếp"
SIGNED = {"typed_name": "Trần Văn Ký", "role": "Giám đốc", "agreed": "true", "password": PASSWORD}


def pdf(text: str) -> dict[str, Any]:
    return {"file": ("hop-dong.pdf", sample_files.pdf(text), "application/pdf")}


@pytest.fixture
def deal(database: Database, scene: Scene, talked: str) -> str:
    with database.unit_of_work() as session:
        accept(session, actor=scene.buyer, number=talked, revision=1, data=ALL, now=NOW)
        for person in session.query(Person):
            person.password_hash = hash_password(PASSWORD)
    return DEAL


def newest_sha(page: str) -> str:
    found = re.search(r'name="seen_sha256" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


def test_versions_are_kept_and_each_side_signs_what_it_read(
    database: Database, deal: str, buyer: Browser, holder: Browser, stranger: Browser
) -> None:
    assert "Chưa có tài liệu nào" in buyer.page(HERE)
    bare = buyer.post(f"{HERE}/new", {"kind": "contract", "title": "Hợp đồng"})
    assert bare.status_code == 422
    assert "Hãy chọn tệp." in bare.text
    broken = {"file": ("a.pdf", b"\x00\x01", "application/pdf")}
    assert buyer.post(f"{HERE}/new", {"kind": "contract", "title": "Hợp đồng"}, broken).status_code == 422
    assert buyer.post(f"{HERE}/new", {"kind": "contract", "title": "Hợp đồng"}, pdf("Ban 1")).status_code == 303
    with database.read_only() as session:
        document = f"{HERE}/{session.query(DealDocument).one().public_id}"
    first = newest_sha(holder.page(f"{document}/sign"))
    same = holder.post(document, {"note": ""}, pdf("Ban 1"))
    assert same.status_code == 422
    assert "giống hệt phiên bản mới nhất" in same.text
    assert holder.post(document, {"note": "Sửa điều 7"}, pdf("Ban 2")).status_code == 303
    assert holder.post(f"{document}/sign", {**SIGNED, "seen_sha256": first}).status_code == 303
    with database.read_only() as session:
        assert session.query(DealSignature).count() == 0, "another version was read"

    second = newest_sha(holder.page(f"{document}/sign"))
    wrong = holder.post(f"{document}/sign", {**SIGNED, "password": "sai", "seen_sha256": second})
    assert wrong.status_code == 422
    assert "Mật khẩu chưa đúng." in wrong.text
    assert 'value="Trần Văn Ký"' in wrong.text
    assert holder.post(f"{document}/sign", {**SIGNED, "agreed": "", "seen_sha256": second}).status_code == 422
    for signatory in (holder, buyer):
        assert signatory.post(f"{document}/sign", {**SIGNED, "seen_sha256": second}).status_code == 303
    with count_queries(database) as sent:
        page = buyer.page(HERE)
    assert len(sent) <= 9, sent
    assert "Hai bên đã ký" in page
    assert "Sửa điều 7" in page
    with database.read_only() as session:
        signatures = session.query(DealSignature).order_by(DealSignature.side).all()
        assert [(one.side, one.version, one.sha256 == second) for one in signatures] == [
            ("buyer", 2, True),
            ("holder", 2, True),
        ]
        files = [one.public_id for one in session.query(DealFile)]
    for path in (HERE, document, f"{document}/sign", f"{DEAL}/files/{files[0]}", f"{DEAL}/print", f"{DEAL}/paper.pdf"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"{document}/sign", {**SIGNED, "seen_sha256": second}).status_code == 404
    assert buyer.post(document, {"note": ""}, pdf("Ban 3")).status_code == 303
    assert "Chưa ký" in buyer.page(HERE), "a new version is signed anew"


def test_the_deal_on_paper_says_what_the_pages_say(deal: str, buyer: Browser, holder: Browser) -> None:
    holder.post(f"{DEAL}/milestones/new", {"title": "Chạy thử 72 giờ", "due_on": "2027-01-31", "amount": "300.000.000"})
    buyer.post(f"{HERE}/new", {"kind": "contract", "title": "Hợp đồng gốc"}, pdf("Ban 1"))
    buyer.post(f"{DEAL}/legal/check", {"technology": "no", "rules_version": "2018-07"})
    page = buyer.page(f"{DEAL}/print")
    answer = buyer.get(f"{DEAL}/paper.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "private, no-store"
    text = re.sub(r"\s+", " ", " ".join(one.extract_text() for one in PdfReader(io.BytesIO(answer.content)).pages))
    for said in (
        "TV-2026-000001",
        "Chạy thử 72 giờ",
        "300.000.000",
        "Hợp đồng gốc",
        "Đã rà soát pháp lý",
        "31/01/2027",
    ):
        assert said in text, (said, text)
        assert said in page, said
    english = buyer.get(f"{DEAL.replace('/vi/', '/en/')}/paper.pdf")
    text = re.sub(r"\s+", " ", " ".join(one.extract_text() for one in PdfReader(io.BytesIO(english.content)).pages))
    for said in ("Deal TV-2026-000001", "Milestones", "300,000,000", "Contract “Hợp đồng gốc”, version 1"):
        assert said in text, (said, text)
    assert answer.content == holder.get(f"{DEAL}/paper.pdf").content


def test_a_value_may_be_given_as_a_band_and_results_in_numbers(
    database: Database, deal: str, buyer: Browser, holder: Browser
) -> None:
    holder.post(f"{DEAL}/contract", {"contract_date": "2026-11-20"})
    lacking = buyer.post(f"{DEAL}/outcome", {"value": "", "shown": "band", "band": ""})
    assert lacking.status_code == 422
    assert "Hãy chọn khoảng giá trị" in lacking.text
    assert buyer.post(f"{DEAL}/outcome", {"value": "1.250.000.000", "shown": "band"}).status_code == 303
    page = holder.page(DEAL).replace("\xa0", " ")
    assert "Từ 1 tỷ ₫ đến dưới 5 tỷ ₫ (theo khoảng)" in page
    assert "1.250.000.000 ₫ (" not in page
    assert holder.post(f"{DEAL}/outcome", {"value": "", "shown": "band", "band": "5"}).status_code == 303
    rows = {"in_use": "true", "results.0.what": "điện mỗi mẻ", "results.0.amount": "-38,5", "results.0.unit": "%"}
    added = buyer.post(f"{DEAL}/year", {**rows, "_add": "results"})
    assert added.status_code == 200
    assert 'name="results.2.what"' in added.text or 'name="results.1.what"' in added.text
    bad = buyer.post(f"{DEAL}/year", {**rows, "results.0.amount": "nhiều"})
    assert bad.status_code == 422
    assert 'value="nhiều"' in bad.text
    assert re.search(r'name="in_report" value="true" (?!checked)', bad.text)
    assert buyer.post(f"{DEAL}/year", {**rows, "in_report": "true"}).status_code == 303
    with database.read_only() as session:
        assert session.scalars(select(DealOutcome.in_report).where(DealOutcome.occasion == "year")).all() == [True]
    assert "điện mỗi mẻ: <b>\N{MINUS SIGN}38,5 %</b>" in holder.page(DEAL).replace("\xa0", " ")
