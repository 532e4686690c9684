"""Deals of a year in figures, on a page and as files for the yearly report. For the operator."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.features.deals.states import MOVE_NAMES
from app.features.insight.deals import DealsOfYear, deals_of_year, exported_deals
from app.i18n import _, use_locale
from app.i18n.formats import format_money, format_number, local_date, minor_units
from app.i18n.terms import term
from app.web.auth import SignedInActor
from app.web.deals.parts import band_name
from app.web.ndas.reading import MadeWhenSent, saved
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.records import Column, Figure, Tab, Table

router = APIRouter()

FIRST_YEAR = 2025
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOVES = ("sign", "register", "refuse", "accept", "pause", "dispute", "terminate")

Year = Annotated[int | None, Query(ge=FIRST_YEAR, le=2100)]


@dataclass(frozen=True)
class Line:
    """One line of the report: the part it stands in, what is counted, the number, and its unit."""

    part: str
    what: str
    number: Decimal | int | None
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class DealFiguresPage(Page):
    """The year's figures."""

    template: ClassVar[str] = "insight/deals.html"

    years: Sequence[Tab]
    figures: Sequence[Figure]
    tables: Sequence[Table]
    xlsx: str
    csv: str


def lines_of(found: DealsOfYear) -> list[Line]:
    """The report line by line, in the language of the moment. Amounts are in whole units of their currency."""
    deals, days = _("thương vụ"), _("ngày")
    part = _("Thương vụ trong năm")
    lines = [
        Line(part, _("Mở trong năm"), found.opened, deals),
        Line(part, _("Hai bên xác nhận kết quả"), found.confirmed, deals),
        Line(part, _("Mới một bên báo xong, không tính vào kết quả"), found.one_sided, deals),
        Line(part, _("Đang mở lúc lập báo cáo"), found.open_now, deals),
        *(Line(part, _(MOVE_NAMES[move]), found.moves.get(move, 0), deals) for move in _MOVES),
        Line(part, _("Từ thoả thuận đến ký hợp đồng (trung vị)"), found.days_to_contract, days),
        Line(part, _("Từ ký hợp đồng đến xác nhận (trung vị)"), found.days_to_end, days),
    ]
    part = _("Theo loại")
    for kind, (opened, confirmed) in found.by_kind.items():
        lines.append(Line(part, _("%(kind)s: mở trong năm", kind=term("kind", kind)), opened, deals))
        lines.append(Line(part, _("%(kind)s: hai bên xác nhận", kind=term("kind", kind)), confirmed, deals))
    part = _("Giá trị các thương vụ hai bên xác nhận")
    for worth in found.worth:
        whole = Decimal(worth.total) / minor_units(worth.currency)
        lines.append(Line(part, _("%(currency)s: cùng công bố chính xác", currency=worth.currency), worth.exact, deals))
        lines.append(Line(part, _("%(currency)s: tổng giá trị", currency=worth.currency), whole, worth.currency))
        for band, count in sorted(worth.bands.items()):
            lines.append(Line(part, f"{worth.currency}: {band_name(band, worth.currency)}", count, deals))
        lines.append(Line(part, _("%(currency)s: giữ riêng", currency=worth.currency), worth.private, deals))
    part = _("Một năm sau")
    lines += [
        Line(part, _("Còn dùng, số lần báo"), found.in_use),
        Line(part, _("Không còn dùng, số lần báo"), found.out_of_use),
        *(Line(part, one.what, one.amount, one.unit) for one in found.results),
    ]
    return lines


def _shown(line: Line) -> str:
    if line.number is None:
        return "–"
    if line.unit.isupper() and len(line.unit) == 3:
        return format_money(int(line.number * minor_units(line.unit)), line.unit)
    # What is counted in deals says so by itself.
    unit = "" if line.unit == _("thương vụ") else line.unit
    return " ".join(part for part in (format_number(line.number), unit) if part)


def _year(asked: int | None) -> int:
    return asked if asked is not None else local_date(clock.now()).year


@router.get("/desk/figures", name="deal_figures")
def figures(request: Request, *, session: ReadSession, actor: SignedInActor, year: Year = None) -> Response:
    """The figures of a year, this one unless another is asked for."""
    wanted = _year(year)
    found = deals_of_year(session, actor=actor, year=wanted)
    lines = lines_of(found)
    parts = dict.fromkeys(line.part for line in lines)
    this_year = local_date(clock.now()).year
    page = DealFiguresPage(
        title=_("Số liệu thương vụ năm %(year)s", year=wanted),
        indexed=False,
        breadcrumbs=(Link(_("Bàn làm việc"), url("desk")), Link(_("Số liệu thương vụ"), url("deal_figures"))),
        years=[
            Tab(str(one), url("deal_figures", year=one), one == wanted)
            for one in range(max(FIRST_YEAR, this_year - 4), this_year + 1)
        ],
        figures=[
            Figure(format_number(found.confirmed), _("Thương vụ hai bên xác nhận")),
            Figure(format_number(found.one_sided), _("Mới một bên báo, chưa tính")),
            Figure(format_number(found.opened), _("Mở trong năm")),
        ],
        tables=[
            Table(
                caption=part,
                columns=(Column(_("Chỉ tiêu")), Column(_("Số lượng"), numeric=True)),
                rows=[(line.what, _shown(line)) for line in lines if line.part == part],
            )
            for part in parts
        ],
        xlsx=url("deal_figures_file", ending="xlsx", year=wanted),
        csv=url("deal_figures_file", ending="csv", year=wanted),
    )
    return render(request, page)


@router.post("/desk/figures.{ending}", name="deal_figures_file")
def file(
    *,
    ending: Literal["xlsx", "csv"],
    session: WriteSession,
    actor: SignedInActor,
    settings: AppSettings,
    year: Year = None,
) -> Response:
    """The same as a file. A post, since taking it away is an act that is recorded."""
    wanted = _year(year)
    lines = lines_of(exported_deals(session, actor=actor, year=wanted, ending=ending, now=clock.now()))
    heads = [_("Phần"), _("Chỉ tiêu"), _("Số lượng"), _("Đơn vị")]
    title = _("Số liệu thương vụ năm %(year)s", year=wanted)
    locale = actor.locale

    def make() -> bytes:
        with use_locale(locale):
            if ending == "csv":
                return csv_of(heads, lines)
            return sheet_of(heads, lines, title=f"{settings.site_name}: {title}")

    media_type = _XLSX if ending == "xlsx" else "text/csv; charset=utf-8"
    return MadeWhenSent(make, media_type=media_type, headers=saved(f"thuong-vu-{wanted}.{ending}"))


def csv_of(heads: Sequence[str], lines: Sequence[Line]) -> bytes:
    """The lines as CSV with a byte order mark, so that spreadsheets read the letters right."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(heads)
    for line in lines:
        number = "" if line.number is None else str(line.number)
        writer.writerow([_plain(line.part), _plain(line.what), number, _plain(line.unit)])
    return b"\xef\xbb\xbf" + stream.getvalue().encode()


def _plain(text: str) -> str:
    """What somebody typed may begin like a formula: a quote before it keeps programs from reckoning with it."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t"} else text


def sheet_of(heads: Sequence[str], lines: Sequence[Line], *, title: str) -> bytes:
    """The lines as XLSX. Numbers are numbers; what somebody typed stays text."""
    # Imported here: openpyxl takes a quarter of a second, and most requests do without.
    import openpyxl
    from openpyxl.styles import Font

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new workbook has one
    sheet.title = "thuong-vu"
    rows: list[list[str | Decimal | int | None]] = [[title], list(heads)]
    rows += [[line.part, line.what, line.number, line.unit] for line in lines]
    for at, row in enumerate(rows, start=1):
        for place, value in enumerate(row, start=1):
            cell = sheet.cell(row=at, column=place)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"
            if at <= 2:
                cell.font = Font(bold=True)
    for letter, width in (("A", 38), ("B", 52), ("C", 22), ("D", 16)):
        sheet.column_dimensions[letter].width = width
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
