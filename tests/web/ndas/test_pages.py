"""The pages of an agreement: the whole way as two people walk it, what each page may cost, who is shown what."""

import hashlib
import io

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select

from app.database import Database
from app.features.listings import confidential
from app.features.ndas.disclosing import open_parts
from app.integrations.storage import store_from
from app.models import AuditEntry, ListingConfidentialFile, Nda
from app.settings import Settings
from tests.factories import NOW
from tests.features.ndas.scene import (
    PASSWORD,
    SECRET,
    Scene,
    fixed,
    in_force,
    nda_of,
    need_opened,
    opened,
    requested,
    signed_by_one,
)
from tests.integrations import sample_files
from tests.query_budget import count_queries
from tests.web.ndas.conftest import OpenBrowser

HERE = "/vi/desk/ndas/NDA-2026-000001"
SIGNING = {"typed_name": "Trần Văn Đọc", "role": "Giám đốc", "password": PASSWORD, "agreed": "true"}


def page_text(data: bytes) -> str:
    return " ".join(" ".join(one.extract_text() for one in PdfReader(io.BytesIO(data)).pages).split())


def test_the_whole_way_as_two_people_walk_it(database: Database, scene: Scene, browser: OpenBrowser) -> None:
    reader, owner = browser(scene.reader_person), browser(scene.owner_person)
    ask = f"/vi/listings/may-say-{scene.listing.public_id}/nda"
    sent = reader.submit(ask, purpose="Đánh giá để mua giấy phép", readers=str(scene.reader_person.id))
    assert (sent.status_code, sent.headers["location"]) == (303, HERE)
    assert "Chờ bên tiết lộ soạn văn bản" in reader.page(HERE)

    answer = owner.submit(f"{HERE}/text/fix", language="vi", active_until="2027-05-31", secrecy_years="3")
    assert answer.status_code == 303
    assert "Điều 7. Thời hạn" in reader.page(HERE)

    assert owner.submit(f"{HERE}/sign", **SIGNING).status_code == 303
    assert "Một bên đã ký" in owner.page(HERE)
    assert reader.submit(f"{HERE}/sign", **SIGNING).status_code == 303
    assert nda_of(database, "NDA-2026-000001").state == "active"
    assert "Chưa có gì được mở" in reader.page(HERE)

    opening = owner.post(f"{HERE}/parts", {"text": "true", f"file.{scene.file_id}": "true"})
    assert opening.status_code == 303
    page = reader.page(HERE)
    assert "ban-ve.pdf" in page
    assert "gia-von.pdf" not in page
    assert SECRET not in page

    shown = reader.post(f"{HERE}/read", {})
    assert shown.status_code == 200
    assert shown.headers["cache-control"] == "private, no-store"
    assert SECRET in shown.text
    assert "Mở cho Trần Văn Đọc, Công ty Nông sản Bàu Bàng, theo NDA-2026-000001, lúc 10:00 23/11/2026" in shown.text
    file = reader.post(f"{HERE}/files/{scene.file_id}", {})
    assert file.headers["content-disposition"].startswith('attachment; filename="ban-ve.pdf"')
    marked = page_text(file.content)
    for said in ("Ban ve", "Trần Văn Đọc", "NDA-2026-000001", "10:00 23/11/2026"):
        assert said in marked

    told = owner.page(HERE)
    assert told.count("Trần Văn Đọc") > 2
    assert "testclient" in told

    ended = owner.submit(f"{HERE}/revoke", to=f"{HERE}/revoke?side=discloser", note="Đã bán")
    assert ended.status_code == 303
    for path in (f"{HERE}/read", f"{HERE}/files/{scene.file_id}"):
        assert reader.post(path, {}).status_code == 403


def test_the_evidence_holds_text_hash_and_signatures(database: Database, scene: Scene, browser: OpenBrowser) -> None:
    opened(database, scene)
    for who in (scene.reader_person, scene.owner_person):
        window = browser(who)
        exact = window.get(f"{HERE}/text")
        digest = hashlib.sha256(exact.content).hexdigest()
        assert digest == nda_of(database, "NDA-2026-000001").text_sha256
        answer = window.get(f"{HERE}/evidence")
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-length"] == str(len(answer.content))
        said = page_text(answer.content)
        for part in (
            digest[:32],
            digest[-8:],
            "Người Ký Tên",
            "Giám đốc",
            "doc@congty.test",
            "10:05 23/11/2026",
            "Điều 11. Ký kết",
        ):
            assert part in said, part
    english = browser(scene.stranger_person)
    assert english.get(f"/en{HERE[3:]}/evidence").status_code == 404


def test_evidence_and_pages_keep_an_anonymous_owner(database: Database, scene: Scene, browser: OpenBrowser) -> None:
    in_force(database, scene, about=scene.need)
    reader = browser(scene.reader_person)
    evidence = page_text(reader.get(f"{HERE}/evidence").content)
    assert "danh tính do sàn lưu giữ" in evidence
    for path in (HERE, "/vi/desk/ndas", f"{HERE}/text"):
        said = reader.get(path).text
        for secret in ("Ẩn Mình", "chu@vien.test", "vien-co-dien", scene.institute.public_id, "Lê Thị Chủ"):
            assert secret not in said, (path, secret)
    for secret in ("Ẩn Mình", "chu@vien.test"):
        assert secret not in evidence
    assert "Ẩn Mình" in page_text(browser(scene.owner_person).get(f"{HERE}/evidence").content)


def test_an_anonymous_owner_tells_name_contact_and_details(
    database: Database, scene: Scene, browser: OpenBrowser
) -> None:
    in_force(database, scene, about=scene.need)
    owner, reader = browser(scene.owner_person), browser(scene.reader_person)
    assert 'action="/vi/desk/ndas/NDA-2026-000001/parts"' not in owner.page(HERE)
    assert owner.post(f"{HERE}/name", {}).status_code == 303
    assert "Ẩn Mình" in reader.page(HERE)
    assert owner.post(f"{HERE}/contact", {"contact": ""}).status_code == 422
    assert owner.post(f"{HERE}/contact", {"contact": "Bà Chủ, 0900 000 000"}).status_code == 303
    assert "0900 000 000" in reader.page(HERE)
    assert owner.post(f"{HERE}/parts", {"text": "true"}).status_code == 303
    assert SECRET in reader.post(f"{HERE}/read", {}).text


@pytest.mark.parametrize("begin", [requested, fixed, signed_by_one, opened, need_opened])
def test_pages_cost_the_same_however_much_there_is(
    database: Database, scene: Scene, browser: OpenBrowser, begin: object
) -> None:
    begin(database, scene)  # type: ignore[operator]
    for who, most in ((scene.owner_person, 12), (scene.reader_person, 11)):
        window = browser(who)
        with count_queries(database) as sent:
            window.page(HERE)
        assert len(sent) <= most, sent
        with count_queries(database) as sent:
            window.page("/vi/desk/ndas")
        assert len(sent) <= 3, sent


def test_the_list_and_the_fragment_have_a_fixed_budget(database: Database, scene: Scene, browser: OpenBrowser) -> None:
    opened(database, scene)
    window = browser(scene.reader_person)
    with count_queries(database) as sent:
        said = window.page(f"/vi/fragments/listings/{scene.listing.public_id}/nda")
    assert "NDA-2026-000001" in said
    assert len(sent) <= 3, sent
    assert browser(None).get(f"/vi/fragments/listings/{scene.listing.public_id}/nda").status_code == 204


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_lost(
    database: Database, scene: Scene, browser: OpenBrowser
) -> None:
    fixed(database, scene)
    reader = browser(scene.reader_person)
    answer = reader.submit(
        f"{HERE}/sign", typed_name="Trần Văn Đọc", role="Giám đốc", password="sai rồi", agreed="true"
    )
    assert answer.status_code == 422
    assert "Mật khẩu chưa đúng." in answer.text
    assert 'value="Giám đốc"' in answer.text
    assert "sai rồi" not in answer.text
    answer = reader.submit(f"{HERE}/sign", typed_name="", role="", password=PASSWORD)
    assert answer.status_code == 422
    assert "Hãy đánh dấu rằng bạn đã đọc và được quyền ký." in answer.text
    answer = reader.submit(f"{HERE}/sign", **{**SIGNING, "seen_sha256": "0" * 64})
    assert answer.status_code == 303
    assert nda_of(database, "NDA-2026-000001").state == "fixed"


def test_pages_of_others_do_not_exist(database: Database, scene: Scene, browser: OpenBrowser) -> None:
    opened(database, scene)
    for who in (scene.stranger_person, None):
        window = browser(who)
        for path in (HERE, f"{HERE}/text", f"{HERE}/evidence", f"{HERE}/sign", f"{HERE}/revoke"):
            assert window.get(path).status_code in ({404} if who else {303, 401}), path
        for path in (f"{HERE}/read", f"{HERE}/files/{scene.file_id}", f"{HERE}/parts", f"{HERE}/name"):
            assert window.post(path, {}).status_code in ({404} if who else {303, 401}), path
    with database.read_only() as session:
        assert session.scalar(select(func.count()).where(AuditEntry.action == "read")) == 0


def test_a_colleague_who_is_not_named_reads_nothing(database: Database, scene: Scene, browser: OpenBrowser) -> None:
    opened(database, scene)
    window = browser(scene.colleague_person)
    page = window.page(HERE)
    assert "Bạn không có tên trong thoả thuận này" in page
    assert "ban-ve.pdf" not in page
    assert window.post(f"{HERE}/read", {}).status_code == 403
    assert window.post(f"{HERE}/files/{scene.file_id}", {}).status_code == 403


def test_pictures_are_marked_and_other_files_come_as_they_are(
    database: Database, scene: Scene, browser: OpenBrowser, settings: Settings
) -> None:
    number = in_force(database, scene)
    store = store_from(settings)
    picture, table = sample_files.jpeg(900, 600), b"ma,gia\nA,1\n"
    ids = []
    with database.unit_of_work() as session:
        for data, name in ((picture, "anh.jpg"), (table, "gia.csv")):
            kept = confidential.keep_file(store, data, filename=name)
            ids.append(
                confidential.add_file(
                    session, actor=scene.owner, public_id=scene.listing.public_id, kept=kept, now=NOW
                ).public_id
            )
    with database.unit_of_work() as session:
        open_parts(session, actor=scene.owner, number=number, text=False, file_ids=ids, now=NOW)
    reader = browser(scene.reader_person)
    shown = reader.post(f"{HERE}/files/{ids[0]}", {})
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.content != picture
    assert reader.post(f"{HERE}/files/{ids[1]}", {}).content == table


def test_a_file_that_should_carry_a_mark_and_cannot_is_not_given_out(
    database: Database, scene: Scene, browser: OpenBrowser, settings: Settings
) -> None:
    opened(database, scene)
    with database.read_only() as session:
        file = session.scalars(
            select(ListingConfidentialFile).where(ListingConfidentialFile.public_id == scene.file_id)
        ).one()
    store_from(settings).path("confidential", file.storage_key).write_bytes(b"%PDF-1.7 broken since")
    answer = browser(scene.reader_person).post(f"{HERE}/files/{scene.file_id}", {})
    assert answer.status_code == 409
    assert "Tệp này không đóng dấu được" in answer.text
    assert "broken since" not in answer.text


def test_the_public_page_is_the_same_for_everybody(scene: Scene, browser: OpenBrowser) -> None:
    path = f"/vi/listings/may-say-{scene.listing.public_id}"
    pages = {browser(who).page(path) for who in (None, scene.reader_person, scene.owner_person)}
    assert len(pages) == 1
    assert f'href="{path}/nda"' in pages.pop()


def test_both_languages_and_the_desk(database: Database, scene: Scene, browser: OpenBrowser) -> None:
    requested(database, scene)
    owner = browser(scene.owner_person)
    assert "Waiting for the discloser’s text" in owner.page("/en/desk/ndas")
    assert "1 thoả thuận bảo mật chờ bạn chốt văn bản hoặc ký" in owner.page("/vi/desk")
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Nda)) == 1
