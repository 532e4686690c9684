"""A comparison as rows of words, one aspect a row, one holder a column: for the page, the print and the sheet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.features.enquiries.comparing import Column, Comparison
from app.features.enquiries.ownership import ONCE, ROYALTY, YEARLY
from app.features.enquiries.questions import texts
from app.features.enquiries.revisions import OWNERSHIP_NAMES, ROLE_NAMES, judged_text, rate_text
from app.features.enquiries.states import status_for
from app.i18n import _
from app.i18n.formats import format_date, format_money, format_number, format_percent
from app.models import Quote, QuoteRequestItem

NONE = "–"


@dataclass(frozen=True)
class Cell:
    """What one quote says. `amount` is the same as a whole number of minor units, for sheets; `best` the row's best."""

    text: str
    note: str = ""
    amount: int | None = None
    best: bool = False


@dataclass(frozen=True)
class Row:
    """One aspect. `differs`: the quotes do not say the same. `numeric`: set on the right, `money`: amounts of it."""

    label: str
    cells: Sequence[Cell]
    differs: bool
    numeric: bool = False
    money: bool = False


@dataclass(frozen=True)
class Section:
    """Rows that belong together."""

    title: str
    rows: Sequence[Row]


def sections(comparison: Comparison) -> list[Section]:
    """The whole comparison, in the language of the moment; sections without rows are left out."""
    quoted = comparison.quoted
    found = [
        Section(_("Tổng quan"), _overview(comparison)),
        Section(_("Giá từng hạng mục (chưa thuế)"), _items(comparison)),
        Section(
            _("Chi phí sở hữu trong %(years)s năm (chưa thuế)", years=format_number(comparison.wishes.years)),
            _ownership(comparison),
        ),
        Section(
            _("Tiêu chí nghiệm thu"),
            [
                _row(
                    one,
                    quoted,
                    lambda column, one=one: Cell(judged_text((column.met or {}).get(one, {}), column.judged.get(one))),  # type: ignore[misc]
                )
                for one in comparison.criteria
            ],
        ),
        Section(_("Câu hỏi"), _questions(comparison)),
        Section(
            _("Điều kiện"),
            [
                _row(_("Điều kiện chung"), quoted, lambda column: Cell(_quote(column).terms or NONE)),
                _row(_("Ghi chú"), quoted, lambda column: Cell(_quote(column).note or NONE)),
            ],
        ),
    ]
    return [one for one in found if one.rows]


def only_differences(found: Sequence[Section]) -> list[Section]:
    """Without the rows where all quotes say the same."""
    kept = [Section(one.title, [row for row in one.rows if row.differs]) for one in found]
    return [one for one in kept if one.rows]


def _quote(column: Column) -> Quote:
    assert column.quote is not None  # noqa: S101 - only quoted columns come here
    return column.quote


def _row(
    label: str,
    quoted: Sequence[Column],
    read: Callable[[Column], Cell],
    *,
    lowest: bool = False,
    highest: bool = False,
    numeric: bool = False,
    money: bool = False,
) -> Row:
    """One row; the best of `amount` is marked when the quotes differ in it."""
    cells = [read(column) for column in quoted]
    amounts = [cell.amount for cell in cells if cell.amount is not None]
    best = (min if lowest else max)(amounts) if (lowest or highest) and len(set(amounts)) > 1 else None
    return Row(
        label=label,
        cells=[
            Cell(cell.text, cell.note, cell.amount, best=best is not None and cell.amount == best) for cell in cells
        ],
        differs=len({(cell.text, cell.note) for cell in cells}) > 1,
        numeric=numeric or money,
        money=money,
    )


def _money(amount: int | None, currency: str, note: str = "") -> Cell:
    if amount is None:
        return Cell(_("Chưa quy đổi được"), _("Báo giá không nêu tỷ giá"))
    return Cell(format_money(amount, currency), note, amount)


def _gaps(column: Column) -> str:
    """What the compared price leaves out, or counts in place of what was asked for."""
    if column.priced is None:
        return ""
    told = []
    if column.priced.missing:
        numbers = ", ".join(str(one) for one in column.priced.missing)
        told.append(_("Thiếu hạng mục %(numbers)s", numbers=numbers))
    if column.priced.replaced:
        numbers = ", ".join(str(one) for one in column.priced.replaced)
        told.append(_("Hạng mục %(numbers)s tính theo hàng thay thế", numbers=numbers))
    return "; ".join(told)


def _total(column: Column) -> Cell:
    if column.sums is None or column.sums.tax_percent is None:
        return Cell(_("Không nêu thuế"))
    return Cell(
        format_money(column.sums.total, _quote(column).currency),
        _("thuế %(percent)s", percent=format_percent(column.sums.tax_percent)),
    )


def _overview(comparison: Comparison) -> list[Row]:
    quoted, currency = comparison.quoted, comparison.currency

    def complete(column: Column, amount: int | None) -> Cell:
        gaps = _gaps(column)
        cell = _money(amount, currency, gaps)
        # A price that leaves something out is no rival of one that does not.
        return Cell(cell.text, cell.note) if column.priced is not None and column.priced.missing else cell

    rows = [
        _row(
            _("Tình trạng"),
            quoted,
            lambda column: Cell(
                status_for(state=column.request.state, awaits=column.request.awaits, side="buyer").text
            ),
        ),
        _row(
            _("Điểm theo trọng số của bạn"),
            quoted,
            lambda column: (
                Cell(NONE) if column.score is None else Cell(f"{format_number(column.score)}/100", amount=column.score)
            ),
            highest=True,
            numeric=True,
        ),
        _row(
            _("Giá cho số lượng hỏi (chưa thuế)"),
            quoted,
            lambda column: complete(column, column.net),
            lowest=True,
            money=True,
        ),
        _row(_("Tổng gồm thuế, theo đồng tiền báo giá"), quoted, _total, numeric=True),
        _row(
            _("Chi phí sở hữu (chưa thuế)"),
            quoted,
            lambda column: complete(column, column.ownership.total if column.ownership else None),
            lowest=True,
            money=True,
        ),
        _row(
            _("Giao đủ trong"),
            quoted,
            lambda column: (
                Cell(_("Chưa nêu"))
                if column.days is None
                else Cell(_("%(num)s ngày", num=format_number(column.days)), amount=column.days)
            ),
            lowest=True,
            numeric=True,
        ),
        _row(
            _("Hiệu lực đến"),
            quoted,
            lambda column: Cell(format_date(day) if (day := _quote(column).valid_until) else NONE),
        ),
    ]
    if any(_quote(column).exchange_rate is not None for column in quoted):
        rows.append(_row(_("Tỷ giá"), quoted, lambda column: Cell(rate_text(_quote(column)) or NONE)))
    return rows


def _item_cell(column: Column, position: int, first: QuoteRequestItem, currency: str) -> Cell:
    item = next((one for one in column.items if one.position == position), None)
    if item is None or column.priced is None:
        return Cell(NONE)
    own = "" if item.description == first.description else item.description
    line = column.priced.lines.get(item.id)
    if line is None:
        refused = next((one for one in column.offers if one.item_id == item.id and not one.available), None)
        if refused is not None:
            return Cell(_("Không cung cấp"), refused.replacement)
        return Cell(_("Không có giá cho số lượng này"), own)
    offer, amount = line
    quote_currency = _quote(column).currency
    unit = _(
        "%(price)s × %(quantity)s",
        price=format_money(offer.unit_price or 0, quote_currency),
        quantity=format_number(item.quantity),
    )
    role = "" if offer.role == "main" else _(ROLE_NAMES[offer.role])
    note = " · ".join(part for part in (own, role, offer.description, unit) if part)
    # What stands in for the thing asked for is no rival of the thing itself.
    comparable = quote_currency == currency and offer.role == "main"
    return Cell(format_money(amount, quote_currency), note, amount if comparable else None)


def _items(comparison: Comparison) -> list[Row]:
    first: dict[int, QuoteRequestItem] = {}
    for column in comparison.quoted:
        for item in column.items:
            first.setdefault(item.position, item)
    rows = []
    for position, item in sorted(first.items()):
        label = f"{position}. {item.description} ({format_number(item.quantity)} {item.unit})"
        rows.append(
            _row(
                label,
                comparison.quoted,
                lambda column, position=position, item=item: _item_cell(  # type: ignore[misc]
                    column, position, item, comparison.currency
                ),
                lowest=True,
                money=True,
            )
        )
    return rows


def _ownership(comparison: Comparison) -> list[Row]:
    quoted, currency = comparison.quoted, comparison.currency
    told = {name for column in quoted if column.ownership is not None for name in column.ownership.parts}

    def part(name: str) -> Callable[[Column], Cell]:
        def read(column: Column) -> Cell:
            if column.ownership is None:
                return _money(None, currency)
            amount = column.ownership.parts.get(name)
            if name == ROYALTY and amount is not None and not comparison.wishes.yearly_revenue:
                percent = format_percent(Decimal(str(_quote(column).ownership_costs[ROYALTY])))
                return Cell(_("%(percent)s doanh thu", percent=percent), _("Nhập doanh thu ở dưới để tính vào"))
            return Cell(_("Chưa nêu")) if amount is None else _money(amount, currency)

        return read

    names = [("price", _("Giá mua"))]
    names += [(name, _(OWNERSHIP_NAMES[name])) for name in (*ONCE, *YEARLY, ROYALTY) if name in told]
    rows = [_row(label, quoted, part(name), lowest=True, money=True) for name, label in names]
    rows.append(
        _row(
            _("Cộng"),
            quoted,
            lambda column: _money(
                column.ownership.total if column.ownership else None,
                currency,
                _("%(count)s khoản chưa nêu", count=format_number(len(column.ownership.unstated)))
                if column.ownership and column.ownership.unstated
                else "",
            ),
            lowest=True,
            money=True,
        )
    )
    if any("years" in _quote(column).ownership_costs for column in quoted):
        rows.append(
            _row(
                _("Số năm sử dụng"),
                quoted,
                lambda column: Cell(str(_quote(column).ownership_costs.get("years", _("Chưa nêu")))),
                numeric=True,
            )
        )
    return rows


def _questions(comparison: Comparison) -> list[Row]:
    return [
        _row(
            text,
            comparison.quoted,
            lambda column, code=code: Cell(  # type: ignore[misc]
                NONE if code not in column.request.questions else _quote(column).replies.get(code) or _("Chưa trả lời")
            ),
        )
        for code, kind in comparison.questions
        for _code, text in texts([code], kind)
    ]
