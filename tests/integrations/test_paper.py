"""Marks on files and files of our own: every page carries the mark, letters are Vietnamese, broken files go nowhere."""

import io
from datetime import UTC, datetime

import pytest
from fpdf import FPDF
from PIL import Image, ImageChops
from pypdf import PdfReader, PdfWriter

from app.integrations.paper import CannotMark, Paper, mark_file
from tests.integrations import sample_files

LINES = ("Nguyễn Thị Hường Giang", "NDA-2026-000001", "10:00 23/11/2026")
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def three_pages() -> bytes:
    """An upright page, a lying one, and one that a viewer turns."""
    sheet = FPDF()
    sheet.set_font("helvetica", size=12)
    for lying in (False, True, False):
        sheet.add_page(orientation="L" if lying else "P")
        sheet.cell(0, 5, "Bi mat")
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(bytes(sheet.output()))))
    writer.pages[2].rotate(90)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_every_page_of_a_pdf_carries_the_mark_and_keeps_its_own_text() -> None:
    marked = PdfReader(io.BytesIO(mark_file(three_pages(), media_type="application/pdf", lines=LINES)))
    assert len(marked.pages) == 3
    for page in marked.pages:
        said = page.extract_text()
        assert "Bi mat" in said
        assert "Nguyễn Thị Hường Giang · NDA-2026-000001 · 10:00 23/11/2026" in said
    assert [page.rotation for page in marked.pages] == [0, 0, 90]


def test_a_mark_is_written_once_for_pages_of_one_size() -> None:
    sheet = FPDF()
    for _ in range(60):
        sheet.add_page()
    plain = bytes(sheet.output())
    one, many = sample_files.pdf("A"), plain
    grown = [len(mark_file(data, media_type="application/pdf", lines=LINES)) - len(data) for data in (one, many)]
    assert grown[1] < grown[0] * 3


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_a_picture_is_marked_all_over(kind: str, media_type: str) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (800, 500), "teal").save(stream, kind)
    marked = Image.open(io.BytesIO(mark_file(stream.getvalue(), media_type=media_type, lines=LINES)))
    assert (marked.format, marked.size) == (kind, (800, 500))
    difference = ImageChops.difference(marked.convert("RGB"), Image.new("RGB", (800, 500), "teal"))
    for left in (0, 400):
        for top in (0, 250):
            quarter = difference.crop((left, top, left + 400, top + 250)).convert("L")
            assert sum(quarter.histogram()[25:]) > 200


def test_what_cannot_be_marked_is_refused() -> None:
    for data, media_type in ((b"no pdf", "application/pdf"), (b"\xff\xd8\xffno", "image/jpeg"), (b"a,b", "text/csv")):
        with pytest.raises(CannotMark):
            mark_file(data, media_type=media_type, lines=LINES)


def test_a_paper_sets_vietnamese_and_breaks_pages() -> None:
    paper = Paper(title="Bằng chứng", language="vi", foot="NDA-2026-000001", at=NOW)
    paper.heading("Bằng chứng ký kết", 1)
    paper.facts([("Mã", "a" * 200), ("Giá", "1.250.000 ₫")])
    paper.text_of("# Thoả thuận\n\n## Điều 1\n\n- Một\n- Hai\n\n> Trích\n\n" + "Đoạn văn dài. " * 900)
    read = PdfReader(io.BytesIO(paper.data()))
    assert len(read.pages) == 4
    first = read.pages[0].extract_text()
    for said in ("Bằng chứng ký kết", "1.250.000 ₫", "Điều 1", "• Một", "Trích", "1 / 4"):
        assert said in first
    assert read.metadata is not None
    assert read.metadata.title == "Bằng chứng"
