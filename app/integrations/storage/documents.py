"""Documents are taken by what they hold, not by their name: PDF, Word, Excel, PowerPoint without macros, text, CSV."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

import puremagic

from app.i18n import N_, _
from app.integrations.storage import office, pdf
from app.integrations.storage.faults import FileRefused
from app.text import one_line

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "csv": "text/csv; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
}
ENDINGS: Final = tuple(f".{ending}" for ending in ("pdf", "docx", "xlsx", "pptx", "csv", "txt"))
_LONGEST_NAME: Final = 120

_NOT_TAKEN: Final = N_("“%(name)s” (%(what)s) không thuộc loại nhận được: PDF, DOCX, XLSX, PPTX, CSV, TXT")
_OLD_OFFICE: Final = N_("“%(name)s” là tệp Office đời cũ: hãy lưu thành DOCX, XLSX, PPTX hoặc PDF")
_NOT_UTF8: Final = N_("“%(name)s” không phải văn bản UTF-8: hãy lưu lại với bảng mã UTF-8")
_EMPTY: Final = N_("“%(name)s” không có nội dung.")
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was looked into. `ending` and `media_type` come from its content, `text` is what can be read."""

    data: bytes
    ending: str
    media_type: str
    filename: str
    text: str


def read_document(data: bytes, *, name: str, strip: bool = False) -> Document:
    """Check a document by its content.

    Args:
        name: the file's name as sent; its stem is kept, its ending becomes that of the content.
        strip: take out what tells who made it (author, company, comments' authors, paths).

    Raises:
        FileRefused: another type, encrypted, with macros or scripts, broken, or a bomb.
    """
    shown = safe_name(name)
    if not data.strip(b"\0 \t\r\n"):
        raise FileRefused(_(_EMPTY, name=shown))
    ending = _ending_of(data, shown)
    if ending == "pdf":
        checked = pdf.read(data, name=shown)
        stripped = pdf.without_metadata(data, name=shown) if strip else data
        text = checked
    elif ending in office.MAIN_PARTS:
        text = office.read(data, name=shown)
        stripped = office.without_metadata(data) if strip else data
    else:
        text, stripped = _plain_text(data, shown)
    stem = PurePath(shown).stem or _("tài liệu")
    return Document(stripped, ending, MEDIA_TYPES[ending], f"{stem}.{ending}", text)


def read_attachment(data: bytes, *, name: str) -> Document:
    """The same, and pictures too, kept as they are: for parts that only few people read.

    Raises:
        FileRefused: as `read_document`.
    """
    from app.integrations.storage.pictures import read_picture

    shown = safe_name(name)
    for start, ending in ((b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"RIFF", "webp")):
        if data.startswith(start) and (ending != "webp" or data[8:12] == b"WEBP"):
            read_picture(data, name=shown)
            return Document(data, ending, MEDIA_TYPES[ending], f"{PurePath(shown).stem}.{ending}", "")
    return read_document(data, name=name)


def safe_name(name: str) -> str:
    """A file name as it may be shown and sent: its last part only, one line, at most 120 characters."""
    last = one_line(name.replace("\\", "/").rpartition("/")[2]).replace('"', "”").strip(". ")
    stem, ending = PurePath(last).stem, PurePath(last).suffix[:10]
    return f"{stem[: _LONGEST_NAME - len(ending)]}{ending}" or _("tài liệu")


def _ending_of(data: bytes, name: str) -> str:
    # The specification allows a few bytes before the header; some scanners write them.
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        found = office.ending_of(data)
        if found is not None:
            return found
    if data.startswith(_OLE):
        raise FileRefused(_(_OLD_OFFICE, name=name))
    if b"\0" not in data[:8192] or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "csv" if name.lower().endswith(".csv") else "txt"
    raise FileRefused(_(_NOT_TAKEN, name=name, what=_what(data)))


def _what(data: bytes) -> str:
    try:
        return puremagic.from_string(data[:65_536], mime=True) or "?"
    except (puremagic.PureError, ValueError):
        return "?"


def _plain_text(data: bytes, name: str) -> tuple[str, bytes]:
    # Excel's “Unicode text” is UTF-16 with a mark, which says what it is: written anew as UTF-8.
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline="").read()
    except UnicodeError:
        raise FileRefused(_(_NOT_UTF8, name=name)) from None
    if "\0" in text:
        raise FileRefused(_(_NOT_UTF8, name=name))
    return text, text.encode()
