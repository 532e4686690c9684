"""Files are taken by content, written anew or stripped, and kept under names that tell nothing."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from app import clock
from app.i18n import use_locale
from app.integrations.storage import FileRefused, FolderStore, read_attachment, read_document, read_picture
from app.integrations.storage.documents import safe_name
from tests.integrations import sample_files as files


def test_store_keeps_areas_apart_under_random_keys(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    public, secret = store.put("public", b"one", ending="txt"), store.put("confidential", b"two", ending="pdf")
    with store.open("public", public) as stream:
        assert stream.read() == b"one"
    assert (tmp_path / "confidential" / secret).read_bytes() == b"two"
    with pytest.raises(FileNotFoundError):
        store.open("public", secret)
    assert (tmp_path / "confidential" / secret).stat().st_mode & 0o077 == 0
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("key", ["../../etc/passwd", "ab/cd/../../../x.txt", "", "ab/cd/" + "0" * 32, "/etc/passwd"])
def test_store_opens_nothing_but_its_own_keys(tmp_path: Path, key: str) -> None:
    with pytest.raises(FileNotFoundError):
        FolderStore(tmp_path).open("public", key)


def test_store_lists_and_forgets(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    key = store.put("public", b"one", ending="txt")
    assert list(store.keys("public", before=clock.now() - timedelta(days=1))) == []
    assert list(store.keys("public", before=clock.now() + timedelta(seconds=5))) == [key]
    store.delete("public", key)
    store.delete("public", key)
    assert list(store.keys("public", before=clock.now() + timedelta(seconds=5))) == []


def test_picture_is_written_anew_in_sizes_without_metadata() -> None:
    picture = read_picture(files.jpeg(1600, 900), name="anh.jpg")
    assert [one.name for one in picture.renditions] == [
        "320.webp", "320.jpg", "640.webp", "640.jpg", "1280.webp", "1280.jpg",
    ]  # fmt: skip
    assert (picture.width, picture.height) == (1280, 720)
    for one in picture.renditions:
        assert b"Minh Long" not in one.data
        with Image.open(io.BytesIO(one.data)) as read:
            assert not read.getexif()
            assert "icc_profile" not in read.info
            assert read.size == (one.width, one.height)


def test_picture_on_its_side_is_turned_upright() -> None:
    picture = read_picture(files.jpeg(800, 400, turned=True), name="anh.jpg")
    assert (picture.width, picture.height) == (400, 800)


def test_small_picture_is_not_blown_up_and_stands_on_white() -> None:
    picture = read_picture(files.png(200, 100), name="anh.png")
    assert [one.name for one in picture.renditions] == ["200.webp", "200.jpg"]
    with Image.open(io.BytesIO(picture.renditions[1].data)) as read:
        right = read.getpixel((190, 50))
    assert isinstance(right, tuple)
    assert min(right) > 245


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a broken", b"<svg xmlns='http://www.w3.org/2000/svg'/>", files.jpeg()[:400], files.pdf()],
    ids=["empty", "broken", "svg", "cut", "pdf"],
)
def test_what_is_no_picture_is_refused_with_its_name(data: bytes) -> None:
    with pytest.raises(FileRefused, match=r"so-do\.jpg"):
        read_picture(data, name="so-do.jpg")


def test_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    stream = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(stream, "PNG")
    assert len(stream.getvalue()) < 100_000
    with pytest.raises(FileRefused, match="điểm ảnh"):
        read_picture(stream.getvalue(), name="bom.png")


def test_pdf_is_read_and_stripped() -> None:
    kept = read_document(files.pdf("Sap xep"), name="C:\\Users\\long\\Bản vẽ.PDF")
    assert (kept.ending, kept.filename, kept.media_type) == ("pdf", "Bản vẽ.pdf", "application/pdf")
    assert "Sap xep" in kept.text
    assert b"Minh Long" in kept.data
    stripped = read_document(files.pdf("Sap xep"), name="a.pdf", strip=True)
    assert b"Minh Long" not in stripped.data
    assert "Sap xep" in read_document(stripped.data, name="a.pdf").text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (files.pdf(script=True), "mã chạy"),
        (files.pdf(locked=True), "mật khẩu"),
        (b"%PDF-1.7 nothing else", "không mở được"),
        (b"MZ\x90\0 program \0\0", "không thuộc loại"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "đời cũ"),
        (b"gi\xe1 m\xe1y", "UTF-8"),
        (b"  \n", "không có nội dung"),
    ],
    ids=["script", "locked", "broken", "program", "old-office", "encoding", "empty"],
)
def test_documents_are_refused_with_the_reason(data: bytes, reason: str) -> None:
    with use_locale("vi"), pytest.raises(FileRefused, match=reason):
        read_document(data, name="tep.pdf")


@pytest.mark.parametrize("ending", ["docx", "xlsx", "pptx"])
def test_office_is_told_by_its_parts_and_stripped(ending: str) -> None:
    kept = read_document(files.office(ending), name="bao-cao.bin")
    assert kept.filename == f"bao-cao.{ending}"
    stripped = read_document(files.office(ending), name="x", strip=True)
    with zipfile.ZipFile(io.BytesIO(stripped.data)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
    assert b"Minh" not in everything
    assert "nhiệt".encode() in everything


def test_words_that_are_split_into_runs_are_read_whole() -> None:
    assert "Bom nhiệt" in read_document(files.office("docx"), name="x").text


def test_names_of_sheet_tables_survive_stripping() -> None:
    table = b'<table displayName="Bang1" name="Bang1"/>'
    people = b'<personList><person displayName="Minh Long" userId="a@b"/></personList>'
    data = files.office("xlsx", more={"xl/tables/table1.xml": table, "xl/persons/person.xml": people})
    with zipfile.ZipFile(io.BytesIO(read_document(data, name="x", strip=True).data)) as archive:
        assert archive.read("xl/tables/table1.xml") == table
        assert archive.read("xl/persons/person.xml") == b'<personList><person displayName="" userId=""/></personList>'


def test_macros_and_bombs_are_refused() -> None:
    with pytest.raises(FileRefused, match="macro"):
        read_document(files.office("docx", more={"word/vbaProject.bin": b"x"}), name="a.docx")
    with pytest.raises(FileRefused, match="macro"):
        read_document(files.office("xlsx", more={"[Content_Types].xml": b"<x macroEnabled/>"}), name="a.xlsx")
    with pytest.raises(FileRefused, match="quá lớn"):
        read_document(files.office("docx", more={"word/media/a.bin": b"\0" * 151_000_000}), name="a.docx")


def test_plain_archive_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("setup.exe", b"MZ\0\0")
    with pytest.raises(FileRefused, match="không thuộc loại"):
        read_document(stream.getvalue(), name="a.docx")


def test_text_from_excel_becomes_utf8() -> None:
    read = read_document("tên\tgiá\nmáy sấy\t5".encode("utf-16"), name="bang.csv")
    assert (read.ending, read.media_type) == ("csv", "text/csv; charset=utf-8")
    assert read.data.decode() == "tên\tgiá\nmáy sấy\t5"


def test_attachments_may_be_pictures_kept_as_they_are() -> None:
    data = files.jpeg(100, 80)
    assert read_attachment(data, name="a.jpeg").data == data
    assert read_attachment(data, name="a.jpeg").media_type == "image/jpeg"
    assert read_attachment(files.pdf(), name="a").ending == "pdf"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../x.pdf", "x.pdf"),
        ("a\r\nSet-Cookie: b.pdf", "a Set-Cookie: b.pdf"),
        ('say"y.pdf', "say”y.pdf"),
        ("", "tài liệu"),
    ],
)
def test_names_are_made_safe(given: str, shown: str) -> None:
    assert safe_name(given) == shown
    assert len(safe_name("x" * 500 + ".pdf")) <= 120
