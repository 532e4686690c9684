"""The comparison as an XLSX sheet."""

from collections.abc import Sequence
from decimal import Decimal
from typing import IO

from app.i18n.formats import minor_units
from app.web.enquiries.compare_rows import Cell, Section

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDEST = 60


def write_sheet(
    into: IO[bytes], *, title: str, currency: str, heads: Sequence[str], sections: Sequence[Section]
) -> None:
    """Write rows of the sections under the heads. Amounts are numbers, everything else text that stays text.

    What somebody typed may begin with “=”: it is stored as a text, so no program reckons with it.
    """
    # Imported here: openpyxl takes a quarter of a second, and most requests do without.
    import openpyxl
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new workbook has one
    sheet.title = "so-sanh"
    bold, wrapped = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    decimals = "#,##0" if minor_units(currency) == 1 else "#,##0.00"

    def put(row: int, column: int, value: str | Decimal, *, strong: bool = False) -> None:
        cell = sheet.cell(row=row, column=column)
        if isinstance(value, str):
            cell.value = value
            cell.data_type = "s"
        else:
            cell.value = value
            cell.number_format = decimals
        cell.alignment = wrapped
        if strong:
            cell.font = bold

    put(1, 1, title, strong=True)
    put(1, 2, currency)
    for place, head in enumerate(heads, start=2):
        put(2, place, head, strong=True)
    at = 3
    for section in sections:
        put(at, 1, section.title, strong=True)
        at += 1
        for row in section.rows:
            put(at, 1, row.label)
            for place, cell in enumerate(row.cells, start=2):
                put(at, place, _value(cell, currency, money=row.money))
            at += 1
    sheet.column_dimensions["A"].width = 44
    for place in range(2, len(heads) + 2):
        sheet.column_dimensions[get_column_letter(place)].width = 32
    sheet.freeze_panes = "B3"
    book.save(into)


def _value(cell: Cell, currency: str, *, money: bool) -> str | Decimal:
    if cell.amount is not None:
        return Decimal(cell.amount) / minor_units(currency) if money else Decimal(cell.amount)
    return f"{cell.text} ({cell.note})" if cell.note else cell.text
