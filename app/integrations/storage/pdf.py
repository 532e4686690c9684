"""Looking into PDF files: that they open, hold pages, and run nothing."""

import io
import logging
from typing import Any, Final

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject, NameObject

from app.i18n import N_, _
from app.integrations.storage.faults import FileRefused

logging.getLogger("pypdf").setLevel(logging.ERROR)

MOST_PAGES: Final = 2_000
_TEXT_PAGES: Final = 60
_LONGEST_TEXT: Final = 500_000
_ACTIVE: Final = frozenset({"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/RichMediaExecute"})

_BROKEN: Final = N_("“%(name)s” không mở được như một tệp PDF: hãy xuất lại tệp")
_LOCKED: Final = N_("“%(name)s” có mật khẩu: hãy gửi bản không khoá")
_RUNS: Final = N_("“%(name)s” có mã chạy hoặc tệp đính kèm bên trong: hãy xuất lại thành PDF thường")
_TOO_LONG: Final = N_("“%(name)s” có quá nhiều trang")
# What a broken or hostile file makes pypdf raise beside its own errors.
_FAULTS: Final = (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, OSError, RecursionError)


def read(data: bytes, *, name: str) -> str:
    """Check a PDF; returns the text that can be read from its first pages ("" for a scan).

    Raises:
        FileRefused: it does not open, is encrypted, has no page or too many, or carries scripts or files.
    """
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted:
            raise FileRefused(_(_LOCKED, name=name))
        pages = len(reader.pages)
        active = _runs_something(reader)
    except _FAULTS as fault:
        raise FileRefused(_(_BROKEN, name=name)) from fault
    if not pages:
        raise FileRefused(_(_BROKEN, name=name))
    if pages > MOST_PAGES:
        raise FileRefused(_(_TOO_LONG, name=name))
    if active:
        raise FileRefused(_(_RUNS, name=name))
    return _text(reader)


def without_metadata(data: bytes, *, name: str) -> bytes:
    """The same pages written anew without author, program, XMP, names on comments, and without earlier revisions.

    Raises:
        FileRefused: it cannot be written anew.
    """
    try:
        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data), strict=False))
        writer.metadata = None
        for one in (writer.root_object, *writer.pages):
            for key in ("/Metadata", "/PieceInfo", "/LastModified"):
                one.pop(NameObject(key), None)
        for page in writer.pages:
            for reference in page.get("/Annots") or ():
                annotation = reference.get_object()
                if isinstance(annotation, DictionaryObject):
                    annotation.pop(NameObject("/T"), None)
        stream = io.BytesIO()
        writer.write(stream)
    except _FAULTS as fault:
        raise FileRefused(_(_BROKEN, name=name)) from fault
    return stream.getvalue()


def _runs_something(reader: PdfReader) -> bool:
    root = reader.root_object
    names: Any = root.get("/Names")
    names = names.get_object() if names is not None else {}
    if isinstance(names, DictionaryObject) and ("/JavaScript" in names or "/EmbeddedFiles" in names):
        return True
    if _is_active(root.get("/OpenAction")) or "/AA" in root:
        return True
    for page in reader.pages:
        if "/AA" in page:
            return True
        for reference in page.get("/Annots") or ():
            annotation = reference.get_object()
            if not isinstance(annotation, DictionaryObject):
                continue
            if _is_active(annotation.get("/A")) or annotation.get("/Subtype") == "/FileAttachment":
                return True
    return False


def _is_active(action: Any) -> bool:
    found = action.get_object() if action is not None else None
    return isinstance(found, DictionaryObject) and found.get("/S") in _ACTIVE


def _text(reader: PdfReader) -> str:
    parts: list[str] = []
    length = 0
    for page in reader.pages[:_TEXT_PAGES]:
        try:
            parts.append(page.extract_text() or "")
        except _FAULTS:
            continue  # a page that shows but cannot be read as text
        length += len(parts[-1])
        if length > _LONGEST_TEXT:
            break
    return "\n".join(parts)[:_LONGEST_TEXT]
