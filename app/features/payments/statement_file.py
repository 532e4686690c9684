"""Reading a bank statement saved as CSV: whose columns are called what, in which encoding, with which marks in numbers.

Banks put lines of their own above and below the table; the header is the first line that names a day, a text and an
amount. Lines without a day after it (totals, page breaks) are left out and counted.
"""

import csv
import io
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.i18n import N_
from app.text import fold, one_line

LARGEST = 2_000_000
MOST_ROWS = 5_000
MOST_CELLS = 200
LONGEST_CELL = 100_000
# Movements and all else: empty lines cost time too.
_MOST_LINES = 2 * MOST_ROWS
_LARGEST_AMOUNT = 10**15
_HEADER_WITHIN = 40

# What banks call a column, without diacritics; a heading fits when it begins with one of these.
_NAMES: Mapping[str, Sequence[str]] = {
    "day": (
        "ngay giao dich",
        "ngay gd",
        "ngay hach toan",
        "ngay hieu luc",
        "ngay ghi so",
        "thoi gian",
        "ngay",
        "transaction date",
        "posting date",
        "value date",
        "date",
        "tnx date",
    ),
    "credit": ("so tien ghi co", "ghi co", "phat sinh co", "tien vao", "credit", "so tien co", "co (vnd)", "co"),
    "debit": ("so tien ghi no", "ghi no", "phat sinh no", "tien ra", "debit", "so tien no", "no (vnd)", "no"),
    "amount": ("so tien giao dich", "so tien", "amount", "gia tri"),
    "text": (
        "noi dung giao dich",
        "noi dung chuyen",
        "noi dung",
        "dien giai",
        "mo ta",
        "chi tiet giao dich",
        "transactions in detail",
        "description",
        "details",
        "remark",
    ),
    "bank_reference": (
        "so tham chieu",
        "so but toan",
        "ma giao dich",
        "so chung tu",
        "so ct",
        "so gd",
        "ma gd",
        "doc no",
        "reference",
        "transaction number",
        "transaction id",
        "transaction no",
    ),
    "balance": ("so du", "balance", "running balance"),
}


_TOO_MANY = N_("Tệp có quá nhiều dòng: hãy chia nhỏ theo thời gian.")
_TOO_LONG = N_("Dòng %(line)s dài hơn một dòng sao kê: hãy xuất lại tệp CSV từ ngân hàng.")


class StatementRefused(ValueError):
    """The file cannot be read as a statement; `message` says why, `line` where (0: the whole file)."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement. `line` is its number in the file, `amount` in đồng, negative for money that went out."""

    line: int
    booked_on: date
    amount: int
    text: str
    bank_reference: str
    balance: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What a file says. `layout` names the headings that were found, `left_out` how many lines were no movements."""

    layout: str
    lines: Sequence[StatementLine]
    left_out: int


def read_statement(content: bytes) -> Statement:
    """Read a statement.

    Raises:
        StatementRefused: too large, no table in it, or a day or amount that cannot be read.
    """
    if len(content) > LARGEST:
        raise StatementRefused(N_("Tệp quá lớn."))
    rows = _rows(_decoded(content))
    columns: dict[str, int] = {}
    header: Sequence[str] = ()
    for _number, header in itertools.islice(rows, _HEADER_WITHIN):
        columns = _columns(header)
        if {"day", "text"} <= columns.keys() and columns.keys() & {"credit", "amount"}:
            break
    else:
        raise StatementRefused(N_("Không thấy dòng tiêu đề có ngày, nội dung và số tiền."))
    lines: list[StatementLine] = []
    left_out = 0
    for number, row in rows:
        one = _line(number, row, columns)
        if one is not None:
            lines.append(one)
        elif any(cell.strip() for cell in row):
            left_out += 1
        if len(lines) > MOST_ROWS:
            raise StatementRefused(_TOO_MANY)
    if not lines:
        raise StatementRefused(N_("Tệp không có giao dịch nào."))
    layout = " · ".join(one_line(header[at]) for at in sorted(columns.values()))
    return Statement(layout=layout, lines=lines, left_out=left_out)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows one by one with their number, the first being 1.

    Raises:
        StatementRefused: too many of them, or one with more cells or a longer cell than a statement has.
    """
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=_delimiter(text))
    number = 0
    try:
        for number, row in enumerate(reader, start=1):
            if number > _MOST_LINES:
                raise StatementRefused(_TOO_MANY)
            # Cells are measured here: the limit of the csv module is the process's, and whoever likes changes it.
            if len(row) > MOST_CELLS or max(map(len, row), default=0) > LONGEST_CELL:
                raise StatementRefused(_TOO_LONG, number)
            yield number, row
    except csv.Error:
        raise StatementRefused(_TOO_LONG, number + 1) from None


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: Sequence[str] = ("utf-16",)
    else:
        # Windows' own for Vietnamese comes last: it takes nearly any bytes.
        encodings = ("utf-8-sig", "cp1258")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeError:
            continue
        if "\0" not in text:
            return text
    raise StatementRefused(N_("Không đọc được chữ trong tệp: hãy lưu lại thành CSV, mã UTF-8."))


def _delimiter(text: str) -> str:
    head = text.splitlines()[:_HEADER_WITHIN]
    return max(";\t,|", key=lambda mark: (max((line.count(mark) for line in head), default=0), mark == ";"))


def _columns(row: Sequence[str]) -> dict[str, int]:
    """Which column holds what. Longer names win, so that “số tiền ghi có” is no bare “số tiền”."""
    best: dict[str, tuple[int, int]] = {}
    taken: dict[int, tuple[int, str]] = {}
    for at, heading in enumerate(row):
        words = re.sub(r"[^a-z0-9()]+", " ", fold(one_line(heading))).strip()
        for meaning, names in _NAMES.items():
            for name in names:
                if re.match(rf"{re.escape(name)}(?![a-z0-9])", words) and len(name) > taken.get(at, (0, ""))[0]:
                    taken[at] = (len(name), meaning)
    for at, (length, meaning) in taken.items():
        if meaning not in best or length > best[meaning][0]:
            best[meaning] = (length, at)
    return {meaning: at for meaning, (_length, at) in best.items()}


def _line(number: int, row: Sequence[str], columns: Mapping[str, int]) -> StatementLine | None:
    def cell(meaning: str) -> str:
        at = columns.get(meaning)
        return one_line(row[at]) if at is not None and at < len(row) else ""

    booked_on = _day(cell("day"))
    if booked_on is None:
        return None
    try:
        amount = read_amount(cell("credit")) - abs(read_amount(cell("debit"))) or read_amount(cell("amount"))
    except ValueError:
        raise StatementRefused(N_("Dòng %(line)s: không đọc được số tiền."), number) from None
    return StatementLine(number, booked_on, amount, cell("text"), cell("bank_reference"), cell("balance"))


def _day(text: str) -> date | None:
    found = re.match(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)", text) or re.search(
        r"(?<!\d)(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$", text
    )
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
        return datetime.strptime(text[:10], "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


def read_amount(text: str) -> int:
    """Đồng as banks write them: “25.000.000”, “25,000,000.00”, “+25 000 000 VND”, “(25.000.000)”; empty is 0.

    Raises:
        ValueError: it is no whole amount.
    """
    compact = re.sub(r"\s|vnd|vnđ|đ|₫", "", text.lower())
    negative = compact.startswith(("-", "(")) or compact.endswith("-")
    digits = compact.strip("+-()")
    if not digits:
        return 0
    found = re.fullmatch(r"(\d{1,3}(?:[.,]\d{3})+|\d+)(?:[.,]0{1,2})?", digits)
    if found is None:
        raise ValueError(text)
    amount = int(re.sub(r"[.,]", "", found[1]))
    if amount > _LARGEST_AMOUNT:
        raise ValueError(text)
    return -amount if negative else amount
