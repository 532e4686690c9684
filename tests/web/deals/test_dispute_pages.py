"""A dispute in three browsers: both sides write, the broker reads the deal on record and settles it."""

from collections.abc import Callable

import pytest

from app.database import Database
from app.features.enquiries.quoting import accept
from app.models import AuditEntry, BrokerCase, Deal, Person
from tests import factories
from tests.factories import NOW
from tests.features.enquiries.scene import Scene
from tests.features.enquiries.test_races import ALL
from tests.integrations import sample_files
from tests.web.enquiries.conftest import Browser, _fixed_moment, browser, buyer, holder, scene, stranger, talked

__all__ = ["_fixed_moment", "browser", "buyer", "holder", "scene", "stranger", "talked"]

DEAL = "/vi/desk/deals/TV-2026-000001"


@pytest.fixture
def broker(database: Database, browser: Callable[[Person | None], Browser]) -> Browser:
    with database.unit_of_work() as session:
        person = factories.person(session, email="moigioi@so.test", name="Trần Môi Giới")
        person.is_broker = True
    return browser(person)


def test_from_the_dispute_to_its_settlement(
    database: Database, scene: Scene, talked: str, buyer: Browser, holder: Browser, stranger: Browser, broker: Browser
) -> None:
    with database.unit_of_work() as session:
        accept(session, actor=scene.buyer, number=talked, revision=1, data=ALL, now=NOW)
    sent = {"file": ("hop-dong.pdf", sample_files.pdf("Hop dong"), "application/pdf")}
    buyer.post(f"{DEAL}/documents/new", {"kind": "contract", "title": "Hợp đồng"}, sent)
    holder.post(f"{DEAL}/contract", {"contract_date": "2026-11-20"})
    assert buyer.post(f"{DEAL}/dispute", {"note": "Thiếu 12 khay"}).status_code == 303
    page = holder.page(DEAL)
    assert "Vụ việc tranh chấp" in page
    assert "Thiếu 12 khay" in page
    assert holder.post(f"{DEAL}/dispute/statements", {"body": "Khay giao tuần sau", "form_key": "a"}).status_code == 303
    assert "Khay giao tuần sau" in buyer.page(DEAL)
    assert stranger.post(f"{DEAL}/dispute/statements", {"body": "?"}).status_code == 404

    with database.read_only() as session:
        case = f"/vi/desk/cases/{session.query(BrokerCase).one().public_id}"
    assert "TV-2026-000001" in broker.page("/vi/desk/cases")
    assert "Tranh chấp trong thương vụ" in broker.page(case)
    assert broker.post(f"{case}/take", {}).status_code == 303
    note = {"body": "Họp ngày thứ Năm", "shared": "true", "form_key": "b"}
    assert broker.post(f"{case}/notes", note).status_code == 303
    assert "Họp ngày thứ Năm" in buyer.page(DEAL)
    assert broker.get(DEAL).status_code == 404
    read = broker.post(f"{case}/deal", {})
    assert read.status_code == 200
    assert "Mỗi lần đọc và mỗi tệp tải về đều được ghi lại." in read.text
    file = read.text.split(f"{case}/deal/files/")[1].split('"')[0]
    assert broker.post(f"{case}/deal/files/{file}", {}).content.startswith(b"%PDF")
    for who in (buyer, stranger):
        assert who.post(f"{case}/deal", {}).status_code == 404
        assert who.post(f"{case}/deal/files/{file}", {}).status_code == 404
    with database.read_only() as session:
        assert session.query(AuditEntry).filter_by(entity="deal").count() == 2
    ended = {"outcome": "settled", "closing_note": "Giao đủ ngày 22/11"}
    assert broker.post(f"{case}/close", ended).status_code == 303
    with database.read_only() as session:
        assert session.query(Deal).one().state == "signed"
    page = buyer.page(DEAL)
    assert "Hai bên đã giải quyết xong tranh chấp" in page
    assert "Giao đủ ngày 22/11" in page
    assert broker.post(f"{case}/deal", {}).status_code == 409
