"""The operator's pages for partners, from registering one to its quarantine and the brake."""

import html
import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc.jwk import OKPKey
from pypdf import PdfReader
from sqlalchemy import select

from app import clock
from app.database import Database
from app.features.partners.credentials import sight_of_key
from app.identity import uuid7
from app.jobs.worker import run_due
from app.models import Listing, Partner, Quarantined, TakenRecord, TakingRun
from app.settings import Settings
from tests.exchange.taking.oai_source import OaiSource
from tests.odd_server import OddServer, odd_server
from tests.query_budget import count_queries
from tests.web.test_synonyms import signed_in

HERE = "/vi/desk/partners"
FORM: dict[str, Any] = {
    "name": "Kho số Đại học A",
    "authority": "kho.test",
    "direction": "take",
    "protocol": "oai_dc",
    "starts_on": "2026-11-01",
    "rate_per_minute": "120",
    "every_minutes": "60",
    "accepting": "publish",
}


@pytest.fixture
def operator(application: FastAPI, database: Database) -> TestClient:
    # Registers what the worker does.
    importlib.import_module("app.exchange.taking.work")
    return signed_in(application, database, operator=True)


@pytest.fixture
def source() -> OaiSource:
    made = OaiSource(page=10)
    for name in "abc":
        made.add(name)
    made.add("d", title="")
    return made


def do_work(database: Database, settings: Settings) -> None:
    run_due(database, settings.model_copy(update={"outgoing": "loopback"}), now=clock.now())


def registered(operator: TestClient, **given: str) -> str:
    answer = operator.post(f"{HERE}/new", data=FORM | given)
    assert answer.status_code == 303, re.findall(r"field-error[^<]*<[^<]*", answer.text)
    return str(answer.headers["location"])


def words(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_from_the_agreement_to_listings_shown(
    operator: TestClient, database: Database, settings: Settings, source: OaiSource
) -> None:
    assert "Chưa có đối tác nào ở đây" in operator.get(HERE).text
    with odd_server(source) as server:
        one = registered(operator, address=f"{server.url}/oai")
        page = words(operator.get(one).text)
        assert "Đang soạn" in page
        assert "Bắt đầu trao đổi" not in page
        trial = operator.post(f"{one}/run", data={"kind": "trial"}).headers["location"]
        assert "Đang hỏi đối tác" in operator.get(trial).text
        do_work(database, settings)
        report = words(operator.get(trial).text)
        assert "Máy a Sẽ nhận" in report
        assert "Bảng ánh xạ không cho ra đủ thông tin" in report
        assert operator.post(f"{one}/move", data={"move": "go_live"}).status_code == 303
        operator.post(f"{one}/run", data={"kind": "harvest"})
        do_work(database, settings)
    page = words(operator.get(one).text)
    assert "Đang trao đổi" in page
    assert re.search(r"3 bản ghi đã nhận|bản ghi đã nhận 3", page)
    assert re.search(r"1 đang cách ly|đang cách ly 1", page)
    with database.read_only() as session:
        listing = session.scalars(select(Listing).where(Listing.title == "Máy a")).one()
    shown = operator.get(f"/vi/listings/{listing.slug}-{listing.public_id}")
    assert shown.status_code == 200
    told = words(shown.text)
    assert "Từ sàn khác Kho số Đại học A kho.test" in told
    assert 'href="https://kho.test/a"' in shown.text
    assert "Hỏi ở sàn gốc" in told
    assert "Đề nghị thoả thuận bảo mật" not in told
    asked = operator.get(f"/vi/listings/{listing.slug}-{listing.public_id}/ask")
    assert asked.status_code == 409
    assert "hãy hỏi giá ở trang của nó tại sàn gốc" in words(asked.text)
    public = words(operator.get("/vi/partners").text)
    assert "Kho số Đại học A kho.test · 3 tin" in public


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_lost(operator: TestClient) -> None:
    answer = operator.post(
        f"{HERE}/new",
        data=FORM | {"authority": "techmart.test", "ends_on": "2026-10-01", "from_hour": "3", "note": "Giữ lại"},
    )
    assert answer.status_code == 422
    page = words(answer.text)
    assert "Để nhận dữ liệu của đối tác cần có địa chỉ." in page
    assert "Ngày kết thúc phải sau ngày bắt đầu." in page
    assert "Hãy điền cả hai giờ, hoặc để trống cả hai." in page
    assert "Giữ lại" in page
    own = operator.post(f"{HERE}/new", data=FORM | {"authority": "techmart.test", "address": "https://a.test/oai"})
    assert "Đây là tên miền của chính sàn này." in words(own.text)


def test_a_live_partners_connection_is_not_changed(
    operator: TestClient, database: Database, settings: Settings, source: OaiSource
) -> None:
    with odd_server(source) as server:
        one = registered(operator, address=f"{server.url}/oai")
        operator.post(f"{one}/run", data={"kind": "trial"})
        do_work(database, settings)
        operator.post(f"{one}/move", data={"move": "go_live"})
        page = operator.get(f"{one}/agreement").text
        version = re.search(r'name="version" value="(\d+)"', page)
        assert version is not None
        data = FORM | {"address": "https://khac.test/oai", "version": version[1]}
        refused = operator.post(f"{one}/agreement", data=data)
        assert refused.status_code == 409
        assert "Hãy tạm dừng trước" in refused.text
        assert "https://khac.test/oai" in refused.text
        stale = operator.post(f"{one}/agreement", data=data | {"version": "1"})
        assert stale.status_code == 412


def test_a_key_is_shown_once_and_revoked(operator: TestClient, database: Database) -> None:
    one = registered(operator, address="https://kho.test/oai")
    made = operator.post(f"{one}/credentials", data={"kind": "api_key", "days": "30"})
    assert made.status_code == 201
    secret = re.search(r"tmpx_[\w-]{43}", made.text)
    assert secret is not None
    assert made.headers["cache-control"] == "private, no-store"
    later = operator.get(one).text
    assert secret[0] not in later
    with database.read_only() as session:
        assert sight_of_key(session, key=secret[0], now=clock.now()) is not None
    revoke = re.search(r'action="([^"]+/revoke)"', later)
    assert revoke is not None
    assert operator.post(revoke[1]).status_code == 303
    with database.read_only() as session:
        assert sight_of_key(session, key=secret[0], now=clock.now()) is None
    wrong = operator.post(f"{one}/credentials", data={"kind": "api_key", "days": "0"})
    assert wrong.status_code == 422


def test_public_keys_are_checked(operator: TestClient, database: Database) -> None:
    one = registered(operator, address="https://kho.test/oai")
    key = OKPKey.generate_key("Ed25519")
    assert operator.post(f"{one}/keys", data={"keys": "không phải"}).status_code == 422
    secret = operator.post(f"{one}/keys", data={"keys": json.dumps(key.as_dict(private=True))})
    assert "khoá bí mật" in secret.text
    good = operator.post(f"{one}/keys", data={"keys": json.dumps({"keys": [key.as_dict(private=False)]})})
    assert good.status_code == 303
    with database.read_only() as session:
        assert [one["kid"] for one in session.scalars(select(Partner)).one().keys] == [key.thumbprint()]


def test_the_mapping_is_tried_on_real_records(
    operator: TestClient, database: Database, settings: Settings, source: OaiSource
) -> None:
    source.add("a", type="Luận văn", subject="sấy; nông sản", creator="Nguyễn Thị Hoa")
    source.add("b", title="Khi a<b và c>d", identifier="https://khac.test/b", relation="https://kho.test/12/")
    with odd_server(source) as server:
        one = registered(operator, address=f"{server.url}/oai")
        assert "Chưa có bản ghi để xem thử" in operator.get(f"{one}/mapping").text
        operator.post(f"{one}/run", data={"kind": "trial"})
        do_work(database, settings)
    tried = operator.get(f"{one}/mapping").text
    assert "sấy, nông sản" in words(tried)
    # As a harvest would link it: at the partner's own page.
    assert "Đại học A · https://kho.test/12/" in words(tried)
    assert "Khi a&lt;b và c&gt;d" in tried
    with database.read_only() as session:
        version = session.scalars(select(Partner)).one().version
    rules = {
        "version": str(version),
        "words.0.word": "luận văn",
        "words.0.kind": "",
        "kind": "equipment",
        "language": "vi",
        "description": ["description", "subject"],
        "keywords": "",
        "organisation": "",
        "licence": "CC-BY-4.0",
    }
    shown = words(operator.post(f"{one}/mapping", data=rules | {"act": "preview"}).text)
    assert "Bảng ánh xạ bỏ qua loại bản ghi này" in shown
    assert "Thiết bị" in shown
    row = operator.post(f"{one}/mapping", data=rules | {"_add": "words"})
    assert "words.1.word" in row.text
    assert operator.post(f"{one}/mapping", data=rules | {"act": "save"}).status_code == 303
    with database.read_only() as session:
        kept = session.scalars(select(Partner)).one().mapping
    assert (kept["kind"], kept["keywords"], kept["words"]) == ("equipment", "", [{"word": "luận văn", "kind": ""}])
    assert operator.post(f"{one}/mapping", data=rules | {"act": "save", "licence": "x"}).status_code == 412


def live(operator: TestClient, database: Database, settings: Settings, server: OddServer) -> str:
    one = registered(operator, address=f"{server.url}/oai")
    operator.post(f"{one}/run", data={"kind": "trial"})
    do_work(database, settings)
    operator.post(f"{one}/move", data={"move": "go_live"})
    operator.post(f"{one}/run", data={"kind": "harvest"})
    do_work(database, settings)
    return one


def test_quarantined_records_are_tried_again_or_put_away(
    operator: TestClient, database: Database, settings: Settings, source: OaiSource
) -> None:
    with odd_server(source) as server:
        one = live(operator, database, settings, server)
    page = operator.get(f"{one}/quarantine").text
    assert "oai:kho.test:d" in page
    box = re.search(r'name="record" value="([^"]+)"', page)
    assert box is not None
    assert operator.post(f"{one}/quarantine", data={"act": "retry", "record": box[1]}).status_code == 303
    do_work(database, settings)
    with database.read_only() as session:
        row = session.scalars(select(Quarantined)).one()
        assert (row.state, row.times) == ("waiting", 2)
    # Put right in the meantime: what came is then taken as it came.
    with database.unit_of_work() as session:
        row = session.scalars(select(Quarantined)).one()
        row.raw = {**row.raw, "body": {**row.raw["body"], "title": [["Máy d", ""]]}}
    operator.post(f"{one}/quarantine", data={"act": "all"})
    do_work(database, settings)
    with database.read_only() as session:
        assert session.scalars(select(Quarantined.state)).one() == "solved"
        assert session.scalars(select(TakenRecord.local_id).where(TakenRecord.local_id == "d")).one() == "d"
    assert "Không có bản ghi nào bị cách ly" in operator.get(f"{one}/quarantine").text


def test_the_brake_is_decided_on_the_page(
    operator: TestClient, database: Database, settings: Settings, source: OaiSource
) -> None:
    source.deletions = "no"
    with odd_server(source) as server:
        one = live(operator, database, settings, server)
        source.items.clear()
        for _sweep in range(2):
            operator.post(f"{one}/run", data={"kind": "sweep"})
            do_work(database, settings)
    page = operator.get(one).text
    assert "không thấy 3 trong 3 bản ghi" in words(page)
    with database.read_only() as session:
        run = session.scalars(select(TakingRun).where(TakingRun.state == "braked")).one()
    wrong = operator.post(f"{one}/brake", data={"run": str(uuid7()), "decision": "let_go"})
    assert wrong.status_code == 409
    assert operator.post(f"{one}/brake", data={"run": str(run.id), "decision": "keep"}).status_code == 303
    with database.read_only() as session:
        assert session.scalars(select(TakenRecord.deleted)).all() == [False] * 3


def test_a_file_is_read_by_the_worker(operator: TestClient, database: Database, settings: Settings) -> None:
    one = registered(operator, protocol="file")
    lines = [
        {"kind": "equipment", "title": "Máy tiện", "external_id": "1", "description": "x"},
        {"kind": "thesis", "title": "Luận văn", "external_id": "2"},
    ]
    body = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
    assert operator.post(f"{one}/file", files={"file": ("a.txt", body)}).status_code == 422
    assert operator.post(f"{one}/file", data={"whole": "true"}).status_code == 422
    sent = operator.post(f"{one}/file", files={"file": ("a.jsonl", body)}, data={"whole": "true"})
    assert sent.status_code == 303
    do_work(database, settings)
    page = words(operator.get(one).text)
    assert re.search(r"1 bản ghi đã nhận|bản ghi đã nhận 1", page)
    assert "Nạp tệp Xong" in page
    # Nothing of it is kept.
    assert list(Path(settings.files_folder / "partners").rglob("*.jsonl")) == []


def test_the_agreement_as_pdf(operator: TestClient, tmp_path: Path) -> None:
    one = registered(operator, address="https://kho.test/oai", licence="CC-BY-4.0")
    answer = operator.get(f"{one}/agreement.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    path = tmp_path / "a.pdf"
    path.write_bytes(answer.content)
    text = " ".join(page.extract_text() for page in PdfReader(path).pages)
    assert "kho.test" in text
    assert "CC-BY-4.0" in text


def test_nobody_else_sees_any_of_it(application: FastAPI, database: Database, operator: TestClient) -> None:
    one = registered(operator, address="https://kho.test/oai")
    somebody = signed_in(application, database, operator=False)
    for path in (HERE, f"{HERE}/new", one, f"{one}/agreement", f"{one}/quarantine", f"{one}/mapping", f"{one}/file"):
        assert somebody.get(path).status_code == 403
    assert somebody.post(f"{one}/credentials", data={"kind": "api_key", "days": "30"}).status_code == 403
    assert operator.get(f"{HERE}/khong-co").status_code == 404


def test_pages_keep_to_their_budget(
    operator: TestClient, database: Database, settings: Settings, source: OaiSource
) -> None:
    with odd_server(source) as server:
        one = live(operator, database, settings, server)
    for path, budget in ((HERE, 5), (one, 14), (f"{one}/quarantine", 7), (f"{one}/mapping", 9)):
        operator.get(path)
        with count_queries(database) as sent:
            assert operator.get(path).status_code == 200
        assert len(sent) <= budget, (path, len(sent), sent)


def test_what_the_operator_lays_over_a_foreign_listing(
    operator: TestClient, database: Database, settings: Settings, source: OaiSource
) -> None:
    with odd_server(source) as server:
        live(operator, database, settings, server)
    with database.read_only() as session:
        listing = session.scalars(select(Listing).where(Listing.title == "Máy a")).one()
    here = f"/vi/desk/foreign/{listing.public_id}"
    assert here in operator.get(f"/vi/fragments/listings/{listing.public_id}/owner").text
    assert "Lời của sàn gốc Máy a" in words(operator.get(here).text)
    wrong = operator.post(here, data={"title": "Dryer A", "codes": "research-field:khong"})
    assert wrong.status_code == 422
    assert "research-field:khong" in wrong.text
    assert operator.post(here, data={"title": "Dryer A", "codes": "research-field:205\nipc:F26B"}).status_code == 303
    shown = operator.get(f"/en/listings/{listing.slug}-{listing.public_id}")
    assert "Dryer A" in shown.text
    assert "research-field:205" in operator.get(here).text
    hidden = operator.post(here, data={"title": "Dryer A", "hidden": "true"})
    assert "Hãy ghi lý do ẩn." in words(hidden.text)
    assert operator.post(here, data={"hidden": "true", "note": "Trùng"}).status_code == 303
    assert operator.get(f"/vi/listings/{listing.slug}-{listing.public_id}").status_code == 404
