"""Looking into Word, Excel and PowerPoint files (Office Open XML): a zip archive of XML parts, without macros."""

import html
import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from typing import Final

from app.i18n import N_, _
from app.integrations.storage.faults import FileRefused

MAIN_PARTS: Final[Mapping[str, str]] = {
    "docx": "word/document.xml",
    "xlsx": "xl/workbook.xml",
    "pptx": "ppt/presentation.xml",
}
MOST_PARTS: Final = 5_000
MOST_BYTES: Final = 150_000_000
_LONGEST_TEXT: Final = 500_000

_BROKEN: Final = N_("“%(name)s” không mở được như một tệp Office: hãy lưu lại tệp")
_MACROS: Final = N_("“%(name)s” có macro: hãy lưu bản không có macro")
_TOO_LARGE: Final = N_("“%(name)s” bung ra quá lớn")

_WITH_TEXT: Final = re.compile(
    r"word/(document|header\d*|footer\d*|footnotes|endnotes|comments)\.xml|xl/sharedStrings\.xml|xl/worksheets/[^/]+\.xml"
    r"|xl/comments\d*\.xml|ppt/(slides|notesSlides)/[^/]+\.xml"
)
_RUNNING: Final = re.compile(r"(vbaProject|vbaData)|/activeX/", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^>]*>")
# Names of people on comments and tracked changes, in the attributes and elements of all three formats.
_PEOPLE: Final = re.compile(rb'((?:w:author|w:initials|w15:author|w15:userId|w15:providerId)=")[^"]*(")')
_SLIDE_AUTHORS: Final = re.compile(rb'(\b(?:name|initials)=")[^"]*(")')
_SHEET_PERSONS: Final = re.compile(rb'(\b(?:displayName|userId|providerId)=")[^"]*(")')
_AUTHOR_ELEMENT: Final = re.compile(rb"(<author>)[^<]*(</author>)")
_LOCAL_PATH: Final = re.compile(rb'(Target=")file:[^"]*(")', re.IGNORECASE)
_XML: Final = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_EMPTY_PROPERTIES: Final[Mapping[str, bytes]] = {
    "docProps/core.xml": _XML
    + b'<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>',
    "docProps/app.xml": _XML
    + b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>',
    "docProps/custom.xml": _XML
    + b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>',
}
_MADE_AT: Final = (1980, 1, 1, 0, 0, 0)


def ending_of(data: bytes) -> str | None:
    """docx, xlsx or pptx by the parts inside; None for any other archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    if "[Content_Types].xml" not in names:
        return None
    return next((ending for ending, part in MAIN_PARTS.items() if part in names), None)


def read(data: bytes, *, name: str) -> str:
    """Check an Office file; returns the text in it.

    Raises:
        FileRefused: macros or ActiveX, broken parts, or more inside than any document has.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_size(archive, name)
            if any(_RUNNING.search(one) for one in archive.namelist()):
                raise FileRefused(_(_MACROS, name=name))
            if b"macroEnabled" in archive.read("[Content_Types].xml"):
                raise FileRefused(_(_MACROS, name=name))
            if archive.testzip() is not None:
                raise FileRefused(_(_BROKEN, name=name))
            return _text(archive)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, ValueError, RuntimeError) as fault:
        # RuntimeError: an encrypted entry; NotImplementedError, its subclass: a compression nobody writes.
        raise FileRefused(_(_BROKEN, name=name)) from fault


def without_metadata(data: bytes) -> bytes:
    """The same document with its properties emptied, people's names on comments and changes blanked, no local paths."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as archive,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as written,
    ):
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            content = _EMPTY_PROPERTIES.get(entry.filename)
            if content is None:
                content = archive.read(entry)
                if entry.filename.endswith((".xml", ".rels")):
                    content = _without_people(entry.filename, content)
            plain = zipfile.ZipInfo(entry.filename, _MADE_AT)
            plain.compress_type = zipfile.ZIP_DEFLATED
            written.writestr(plain, content)
    return stream.getvalue()


def _without_people(part: str, content: bytes) -> bytes:
    patterns = [_PEOPLE, _AUTHOR_ELEMENT]
    if part.startswith("xl/persons/"):
        patterns.append(_SHEET_PERSONS)
    elif part.startswith("ppt/") and "uthors" in part:
        patterns.append(_SLIDE_AUTHORS)
    for pattern in patterns:
        content = pattern.sub(rb"\1\2", content)
    return _LOCAL_PATH.sub(rb"\1file:///\2", content)


def _check_size(archive: zipfile.ZipFile, name: str) -> None:
    entries = archive.infolist()
    if len(entries) > MOST_PARTS or sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise FileRefused(_(_TOO_LARGE, name=name))


def _text(archive: zipfile.ZipFile) -> str:
    parts: list[str] = []
    length = 0
    for entry in archive.infolist():
        if not _WITH_TEXT.fullmatch(entry.filename) or entry.file_size > 50_000_000:
            continue
        # Word splits a word into runs: paragraphs and cells end a word, runs do not.
        marked = re.sub(r"</(?:w:p|a:p|si|c|t)>", " ", archive.read(entry).decode("utf-8", "replace"))
        parts.append(html.unescape(_TAG.sub("", marked)))
        length += len(parts[-1])
        if length > _LONGEST_TEXT:
            break
    return "\n".join(parts)[:_LONGEST_TEXT]
