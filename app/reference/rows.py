"""Reading the rows of a CSV or XLSX file, each with its line number, as plain text."""

import codecs
import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from app.i18n import _
from app.reference.faults import refuse
from app.text import one_line

# The largest official table (the full IPC) has under 80,000 rows; a file beyond this is the wrong file.
MOST_ROWS = 200_000
MOST_BYTES = 64 * 1024 * 1024
_MOST_UNPACKED = 8 * MOST_BYTES
_DELIMITERS = (",", ";", "\t")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a file: the number people see in their editor or sheet, and the cells in order, tidied."""

    line: int
    cells: tuple[str, ...]


def read_csv(path: Path, data: bytes) -> list[Row]:
    """Rows of a CSV file that are not empty, the header among them.

    UTF-8 (with or without a byte order mark) or UTF-16 with one; comma, semicolon or tab, told from the first line.

    Raises:
        TableFaults: another encoding, broken quoting, or more rows than any table has.
    """
    text = _decode(path, data)
    first = text.lstrip().partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    return _bounded(path.name, _csv_rows(path, reader))


def _csv_rows(path: Path, reader: Any) -> Iterator[Row]:
    line = 1
    try:
        for cells in reader:
            yield Row(line, tuple(map(one_line, cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise refuse(path.name, _("Dấu ngoặc kép không khép kín (%(reason)s)", reason=error), line=line) from error


def _decode(path: Path, data: bytes) -> str:
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "utf-8")
    message = _("Tệp không phải UTF-8; hãy lưu lại dưới dạng “CSV UTF-8”")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise refuse(path.name, message, line=data[: error.start].count(b"\n") + 1) from error
    if "\0" in text:
        # UTF-16 without a mark: plain letters would come through and Vietnamese ones be lost without a word.
        raise refuse(path.name, message, line=text[: text.index("\0")].count("\n") + 1)
    return text


def read_xlsx(path: Path) -> dict[str, list[Row]]:
    """Rows of every sheet that are not empty, by sheet name in lower case, in the order of the workbook.

    Raises:
        TableFaults: not a workbook, or more rows than any table has.
    """
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            # openpyxl warns of decorations that it leaves out; they say nothing about the cells.
            warnings.simplefilter("ignore")
            _refuse_bomb(path)
            book = load_workbook(path, read_only=True, data_only=True)
            try:
                return {
                    sheet.title.strip().lower(): _bounded(f"{path.name}, {sheet.title}", _sheet_rows(sheet.iter_rows()))
                    for sheet in book.worksheets
                }
            finally:
                book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError) as error:
        raise refuse(path.name, _("Không đọc được tệp XLSX (%(reason)s)", reason=error)) from error


def _refuse_bomb(path: Path) -> None:
    """A workbook is a zip file: look at what it unpacks to before unpacking it."""
    with zipfile.ZipFile(path) as packed:
        if sum(part.file_size for part in packed.infolist()) > _MOST_UNPACKED:
            raise refuse(path.name, _("Tệp bảng quá lớn"))


def _sheet_rows(rows: Iterable[Sequence[Any]]) -> Iterator[Row]:
    for line, cells in enumerate(rows, start=1):
        yield Row(line, tuple(one_line(_cell_text(cell)) for cell in cells))


def _cell_text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        # A spreadsheet keeps the code 01 as the number 1 shown in the format 00.
        shown = str(cell.number_format or "")
        return str(value).zfill(len(shown)) if shown and not shown.strip("0") else str(value)
    return str(value)


def _bounded(source: str, rows: Iterator[Row]) -> list[Row]:
    kept: list[Row] = []
    for row in rows:
        if not any(row.cells):
            continue
        if len(kept) > MOST_ROWS:
            raise refuse(source, _("Tệp có quá nhiều dòng (tối đa %(most)s)", most=MOST_ROWS), line=row.line)
        kept.append(row)
    return kept
