"""Reading exchange files row by row: JSONL (plain or gzip), CSV, XLSX. Memory does not grow with the file.

Columns of a table carry dotted paths (“price.from”, “details.model”); lists stand in one cell, parted by “;”, and
classifications as “scheme:code”.
"""

import codecs
import csv
import gzip
import json
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from app.errors import Invalid
from app.i18n import N_, _

LONGEST_LINE: Final = 2_000_000
FORMATS: Final = (".jsonl", ".jsonl.gz", ".csv", ".xlsx")
_MOST_SHEET_ROWS: Final = 1_000_000
_VIETNAMESE: Final = frozenset(
    "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ“”‘’–—…•°²³×µ€ \N{NO-BREAK SPACE}"
)

_UNKNOWN_FORMAT: Final = N_("Chỉ đọc được tệp .jsonl, .jsonl.gz, .csv hoặc .xlsx")
_NO_FILE: Final = N_("Không có tệp này, hoặc không đọc được")
_BROKEN: Final = N_("Tệp bị hỏng giữa chừng: %(reason)s")
_ENCODING: Final = N_("Không nhận ra bảng mã của tệp: hãy lưu lại với bảng mã UTF-8")
_NO_HEADER: Final = N_("Dòng đầu phải là tên cột, trong đó có kind, title, description")

NOT_UTF8: Final = N_("Dòng không phải văn bản UTF-8")
NOT_JSON: Final = N_("Dòng không phải JSON: %(reason)s")
NOT_AN_OBJECT: Final = N_("Dòng phải là một đối tượng JSON {…}")
TOO_LONG: Final = N_("Dòng quá dài")


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One line of a file, numbered as an editor or a sheet shows it: what it says, or why it cannot be read."""

    line: int
    data: dict[str, Any] | None
    fault: str = ""


# How far reading has come, in bytes of the file as it lies on the disk.
Position = Callable[[], int]


@contextmanager
def open_rows(path: Path) -> Iterator[tuple[Iterator[ReadRow], Position]]:
    """The rows of an exchange file, and how far into the file reading has come.

    Raises:
        Invalid: at "file": no such file, an unknown format, a missing header, or damage that ends reading.
    """
    name = path.name.lower()
    if not name.endswith(FORMATS):
        raise Invalid({"file": _UNKNOWN_FORMAT})
    try:
        with path.open("rb") as raw:
            if name.endswith(".xlsx"):
                yield _guarded(_sheet_rows(raw)), raw.tell
            elif name.endswith(".csv"):
                yield _guarded(_csv_rows(raw)), raw.tell
            else:
                stream = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if name.endswith(".gz") else raw
                yield _guarded(_json_rows(stream)), raw.tell
    except OSError as fault:
        raise Invalid({"file": _NO_FILE}) from fault


def _guarded(rows: Iterator[ReadRow]) -> Iterator[ReadRow]:
    """What breaks off in the middle ends the reading with a reason."""
    try:
        yield from rows
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, csv.Error) as fault:
        raise Invalid({"file": _(_BROKEN, reason=fault)}) from fault


def _json_rows(stream: BinaryIO) -> Iterator[ReadRow]:
    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            while line and not line.endswith(b"\n"):
                line = stream.readline(LONGEST_LINE)
            yield ReadRow(number, None, _(TOO_LONG))
            continue
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if not line.strip():
            continue
        yield _json_row(number, line)


def _json_row(number: int, line: bytes) -> ReadRow:
    try:
        data = json.loads(line.decode(), parse_constant=_no_constant)
    except UnicodeDecodeError:
        return ReadRow(number, None, _(NOT_UTF8))
    except (ValueError, RecursionError) as fault:
        return ReadRow(number, None, _(NOT_JSON, reason=fault))
    if not isinstance(data, dict):
        return ReadRow(number, None, _(NOT_AN_OBJECT))
    return ReadRow(number, data)


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _csv_rows(raw: BinaryIO) -> Iterator[ReadRow]:
    encoding = _encoding(raw)
    decoded = (_composed(line) for line in codecs.getreader(encoding)(raw))
    first = next(decoded, "")
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(LONGEST_LINE)
    header = _header(next(csv.reader([first], delimiter=delimiter), []))
    reader = csv.reader(decoded, delimiter=delimiter)
    line = 2
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield ReadRow(line, nested(dict(zip(header, map(_without_guard, cells), strict=False))))
        line = reader.line_num + 2


def _composed(line: str) -> str:
    # Windows-1258 writes tones as marks of their own.
    return unicodedata.normalize("NFC", line)


def _encoding(raw: BinaryIO) -> str:
    """UTF-8, UTF-16 with a mark, or Windows-1258 where what it gives is Vietnamese; the whole file is looked at."""
    start = raw.read(4)
    raw.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block := raw.read(1 << 20):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raw.seek(0)
        sample = unicodedata.normalize("NFC", raw.read(1 << 20).decode("cp1258", "replace")).lower()
        strange = sum(not sign.isascii() and sign not in _VIETNAMESE for sign in sample)
        marked = sum(not sign.isascii() for sign in sample)
        if not marked or strange > marked * 0.02:
            raise Invalid({"file": _ENCODING}) from None
        raw.seek(0)
        return "cp1258"
    raw.seek(0)
    return "utf-8-sig"


def _sheet_rows(raw: BinaryIO) -> Iterator[ReadRow]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(raw, read_only=True, data_only=True)
    except (InvalidFileException, KeyError, ValueError, zipfile.BadZipFile) as fault:
        raise Invalid({"file": _(_BROKEN, reason=fault)}) from fault
    try:
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(values_only=True, max_row=_MOST_SHEET_ROWS)
        header = _header([_cell(cell) for cell in next(iter(rows), ())])
        for line, cells in enumerate(rows, start=2):
            texts = [_cell(cell) for cell in cells]
            if any(texts):
                yield ReadRow(line, nested(dict(zip(header, texts, strict=False))))
    finally:
        book.close()


def _header(names: list[str]) -> list[str]:
    header = [name.strip().lower() for name in names]
    if not {"kind", "title", "description"} <= set(header):
        raise Invalid({"file": _NO_HEADER})
    return header


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _without_guard(str(value))


def _without_guard(text: str) -> str:
    """A leading ' keeps spreadsheets from running a cell as a formula (see exporting); it is no part of the text."""
    return text[1:] if text[:1] == "'" and text[1:2] in {"=", "+", "-", "@", "\t"} else text


def nested(flat: Mapping[str, str]) -> dict[str, Any]:
    """{"price.from": "5", "title": "x", "unit": ""} → {"price": {"from": "5"}, "title": "x"}; empty cells fall out."""
    found: dict[str, Any] = {}
    for path, text in flat.items():
        if not path or not text.strip():
            continue
        *folders, name = path.split(".")
        place = found
        for folder in folders:
            inner = place.setdefault(folder, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place[name] = text
    return found
