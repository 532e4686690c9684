"""Files of a request: looked into, kept apart, handed to the two parties and nobody else."""

import io
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfWriter
from sqlalchemy import select

from app.database import Database
from app.features.enquiries.work import sweep_files
from app.jobs import JobContext
from app.models import EnquiryFile, EnquiryMessage
from app.settings import Settings
from tests.features.enquiries.scene import Scene, asked
from tests.web.enquiries.conftest import Browser
from tests.web.enquiries.test_ask import ROW, ask_page, requests

HERE = "/vi/desk/enquiries/2026-000001"


@pytest.fixture(scope="module")
def pdf() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(width=200, height=200)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def upload(name: str, content: bytes) -> dict[str, Any]:
    return {"files": (name, content, "application/octet-stream")}


def stored(settings: Settings) -> list[str]:
    return [path.suffix for path in settings.files_folder.rglob("*") if path.is_file()]


def test_a_file_reaches_the_other_party_and_nobody_else(
    scene: Scene,
    buyer: Browser,
    holder: Browser,
    stranger: Browser,
    database: Database,
    settings: Settings,
    pdf: bytes,
) -> None:
    buyer.submit(ask_page(scene), files=upload("Bản vẽ mặt bằng.PDF", pdf), **ROW)
    with database.read_only() as session:
        file = session.scalars(select(EnquiryFile)).one()
    assert (file.filename, file.media_type, file.size) == ("Bản vẽ mặt bằng.pdf", "application/pdf", len(pdf))
    path = f"{HERE}/files/{file.public_id}"
    assert path in holder.page(HERE)
    for party in (buyer, holder):
        answer = party.get(path)
        assert (answer.status_code, answer.content) == (200, pdf)
        assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''B%E1%BA%A3n")
        assert answer.headers["cache-control"] == "private, no-store"
    assert stranger.get(path).status_code == 404
    stranger.client.cookies.clear()
    assert stranger.get(path).status_code == 303
    assert [one.parts[-4] for one in settings.files_folder.rglob("*.pdf")] == ["enquiries"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("ban-ve.pdf", b"MZ\x90\x00\x03" + b"\x00" * 64, id="program"),
        pytest.param("trong.pdf", b"", id="empty"),
        pytest.param("cu.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", id="old office"),
    ],
)
def test_what_is_not_what_it_says_is_not_taken(
    scene: Scene, buyer: Browser, database: Database, settings: Settings, name: str, content: bytes
) -> None:
    back = buyer.submit(ask_page(scene), files=upload(name, content), **ROW, message="Giữ lại")
    assert back.status_code == 422
    assert name.partition(".")[0] in back.text
    assert "Giữ lại" in back.text
    assert (requests(database), stored(settings)) == (0, [])


def test_nothing_stays_of_a_file_whose_form_was_refused(
    scene: Scene, buyer: Browser, holder: Browser, database: Database, settings: Settings, pdf: bytes
) -> None:
    sent = buyer.submit(ask_page(scene), files=upload("a.pdf", pdf), **ROW, wanted_date="01/01/2026")
    assert (sent.status_code, stored(settings)) == (422, [])
    asked(database, scene)
    holder.submit(f"{HERE}/decline", reason="price")
    late = buyer.post(f"{HERE}/messages", {"body": "Xem tệp này"}, upload("a.pdf", pdf))
    assert (late.status_code, stored(settings)) == (303, [])


def test_files_come_with_messages_and_quotes(
    scene: Scene, buyer: Browser, holder: Browser, database: Database, pdf: bytes
) -> None:
    asked(database, scene)
    holder.submit(HERE, f"{HERE}/messages", upload("thuyet-minh.pdf", pdf), body="Gửi thuyết minh")
    holder.submit(
        f"{HERE}/quote",
        f"{HERE}/quote",
        upload("bao-gia.pdf", pdf),
        answers__0__offers__0__unit_price="1.000",
        answers__0__offers__0__quantity_from="1",
        answers__1__not_available="true",
        valid_until="31/12/2026",
    )
    with database.read_only() as session:
        files = {one.filename: one for one in session.scalars(select(EnquiryFile))}
        message = session.scalars(select(EnquiryMessage)).one()
    assert files["thuyet-minh.pdf"].message_id == message.id
    assert files["bao-gia.pdf"].quote_id is not None
    page = buyer.page(HERE)
    assert page.count("thuyet-minh.pdf") == page.count("bao-gia.pdf") == 1
    assert "bao-gia.pdf" in buyer.page(f"{HERE}/quotes/1/print")


def test_files_nobody_knows_are_swept(
    scene: Scene, buyer: Browser, database: Database, settings: Settings, pdf: bytes
) -> None:
    from app import clock
    from app.integrations.storage import store_from

    buyer.submit(ask_page(scene), files=upload("a.pdf", pdf), **ROW)
    store_from(settings).put("enquiries", b"left behind", ending="txt")
    assert sorted(stored(settings)) == [".pdf", ".txt"]
    job = JobContext(database=database, settings=settings, job_id=scene.listing.id, attempt=1, now=clock.now())
    sweep_files(job, {})
    assert sorted(stored(settings)) == [".pdf", ".txt"]
    # The store goes by the file system's own clock.
    later = JobContext(
        database=database,
        settings=settings,
        job_id=scene.listing.id,
        attempt=1,
        now=clock.now() + timedelta(days=9_999),
    )
    sweep_files(later, {})
    assert stored(settings) == [".pdf"]
