"""The overview of a deal as one of its sides sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from sqlalchemy.orm import Session

from app import clock
from app.features.deals.bands import BANDS
from app.features.deals.disputes import dispute_of
from app.features.deals.queries import DealRecord
from app.features.deals.states import BEFORE_CONTRACT, MOVE_NAMES, MOVES, RUNNING_STATES, Side
from app.i18n import N_, _
from app.i18n.formats import format_date, format_money, format_number, local_date
from app.i18n.terms import term
from app.web.deals.dispute_view import DisputeView, dispute_view
from app.web.deals.negotiated import facts_of as terms_facts
from app.web.deals.parts import DealHead, band_name, crumbs, head, side_or_none
from app.web.enquiries.parts import with_key
from app.web.enquiries.typing_in import typed_amount
from app.web.forms import Form
from app.web.shell import Link
from app.web.templating import Page
from app.web.urls import url
from app.web.views.records import Definition, Step

REASONED = {
    "pause": (N_("Tạm dừng thương vụ"), N_("Mốc và kết quả đứng lại cho đến khi một trong hai bên cho tiếp tục.")),
    "dispute": (N_("Báo tranh chấp"), N_("Thương vụ dừng lại cho đến khi hai bên giải quyết xong.")),
    "resume": (N_("Cho thương vụ tiếp tục"), N_("Thương vụ tiếp tục như trước.")),
    "terminate": (N_("Chấm dứt thương vụ"), N_("Thương vụ khép lại và không được tính. Việc này không quay lại được.")),
}
_STOPPING = {"dispute", "terminate", "pause", "refuse"}


@dataclass(frozen=True)
class ReportView:
    """What one side has reported, in words; empty `when` for nothing yet."""

    name: str
    when: str
    value: str
    note: str
    results: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, kw_only=True)
class DealPage(Page):
    """A deal as one of its sides sees it. Addresses are empty for what cannot be done now."""

    template: ClassVar[str] = "deals/deal.html"

    head: DealHead
    facts: Sequence[Definition]
    request_href: str
    calendar_href: str
    payments_href: str
    steps: Sequence[Step]
    turn: str
    clock: str
    clock_href: str
    dispute: DisputeView | None
    contract: str
    accept: str
    outcome: str
    open_milestones: int
    unfiled_until: date | None
    year: str
    moves: Sequence[Link]
    reports: Sequence[ReportView]
    years: Sequence[ReportView]
    choices: Sequence[tuple[str, str, str]]
    bands: Sequence[tuple[str, str]]
    currency: str
    today: date
    form: Form


def _report(record: DealRecord, occasion: str, side: Side) -> ReportView:
    deal = record.deal
    name = deal.buyer_name if side == "buyer" else deal.holder_name
    one = record.outcomes.get((occasion, side))
    if one is None:
        return ReportView(name, "", "", "")
    if occasion == "year":
        value = _("Đang dùng") if one.in_use else _("Không còn dùng")
    elif one.band is not None:
        value = _("%(band)s (theo khoảng)", band=band_name(one.band, deal.currency))
    elif one.value is None:
        value = _("Không nêu giá trị")
    elif one.shown == "private":
        value = _("Giá trị giữ riêng")
    else:
        value = _("%(value)s (công bố chính xác)", value=format_money(one.value, deal.currency))
    results = [
        (result["what"], " ".join(part for part in (format_number(Decimal(result["amount"])), result["unit"]) if part))
        for result in one.results
    ]
    return ReportView(name, format_date(one.reported_at), value, one.note, results)


def _turn(record: DealRecord, *, mine: Side, theirs: Side) -> str:
    """What comes next, in a sentence; empty when the deal is over."""
    deal = record.deal
    if record.open_terms is not None and deal.state in BEFORE_CONTRACT:
        if record.open_terms.side == theirs:
            return _("Bên kia đề nghị điều khoản và chờ bạn trả lời ở trang “Điều khoản”.")
        return _("Đề nghị điều khoản của bạn đang chờ bên kia trả lời.")
    if deal.state == "agreed":
        return _("Hãy thống nhất điều khoản, rà soát pháp lý, rồi ghi ngày ký khi hai bên đã ký hợp đồng.")
    if deal.state == "checked":
        return _("Khi hai bên đã ký hợp đồng, hãy ghi ngày ký ở đây.")
    if deal.state == "refused":
        return _("Cơ quan đăng ký đã từ chối: hãy bổ sung hồ sơ; có giấy chứng nhận thì ghi ở trang “Pháp lý”.")
    if deal.state == "disputed":
        return _("Hai bên cần giải quyết tranh chấp rồi mới tiếp tục.")
    if deal.state == "paused":
        return _("Thương vụ đang tạm dừng; mỗi bên đều cho tiếp tục được.")
    if deal.state not in RUNNING_STATES:
        return ""
    waiting = sum(one.state == "reported" and one.reported_side == theirs for one in record.milestones)
    if waiting:
        return _("Bên kia đã báo xong một mốc và chờ bạn chấp nhận hoặc trả lại.")
    if ("end", mine) in record.outcomes:
        return _("Bạn đã xác nhận; đang chờ bên kia. Chỉ khi cả hai xác nhận thương vụ mới được tính.")
    if ("end", theirs) in record.outcomes:
        return _("Bên kia đã xác nhận kết quả và chờ bạn.")
    if record.open_milestones:
        return _("Bên làm xong một mốc báo ở trang “Mốc thực hiện”; bên kia chấp nhận hoặc trả lại.")
    return _("Khi chuyển giao xong, mỗi bên xác nhận kết quả một lần.")


def page_of(session: Session, record: DealRecord, *, side: Side, form: Form | None = None) -> DealPage:
    """The deal as seen from one side."""
    deal, number = record.deal, record.deal.number
    mine: Side = side
    theirs: Side = "holder" if side == "buyer" else "buyer"
    reported = ("end", mine) in record.outcomes
    own = record.outcomes.get(("end", mine))
    value = None if own is None else own.value
    values = {
        "value": [typed_amount(deal.total if value is None else value, deal.currency)],
        "shown": [own.shown if own is not None else "private"],
        "band": [str(own.band)] if own is not None and own.band is not None else [],
        "contract_date": [(deal.contract_date or local_date(clock.now())).isoformat()],
    }
    running = deal.state in RUNNING_STATES
    asked = side_or_none(record, side)
    return DealPage(
        title=f"{number} · {deal.listing_title}",
        indexed=False,
        breadcrumbs=crumbs(number),
        head=head(record, side=side, section="deal"),
        facts=facts_of(record),
        request_href=url("enquiry", number=deal.request_number),
        calendar_href=url("deal_calendar", number=number),
        payments_href=url("deal_payments", number=number),
        steps=steps_of(record),
        turn=_turn(record, mine=mine, theirs=theirs),
        clock=clock_of(record),
        dispute=dispute_view(record, dispute_of(session, record), side=side),
        clock_href=url("deal_legal", number=number, side=asked),
        contract=url("deal_contract", number=number) if deal.state in BEFORE_CONTRACT else "",
        accept=url("deal_accept", number=number)
        if side == "buyer" and deal.state in MOVES["accept"].sources and record.milestones
        else "",
        outcome=url("deal_outcome", number=number) if running and not reported else "",
        open_milestones=0 if deal.state == "accepted" else record.open_milestones,
        unfiled_until=record.registration.due_on
        if record.registration is not None and record.registration.filed_on is None
        else None,
        year=url("deal_year", number=number)
        if deal.state == "completed" and ("year", mine) not in record.outcomes
        else "",
        moves=[
            Link(_(label), url("deal_move", number=number, move=move, side=asked))
            for move, (label, _lead) in REASONED.items()
            if deal.state in MOVES[move].sources
        ],
        reports=reports_of(record),
        years=[_report(record, "year", one) for one in ("buyer", "holder")] if deal.state == "completed" else (),
        choices=[
            ("private", _("Giữ riêng"), _("Thương vụ được tính, giá trị thì không.")),
            ("band", _("Theo khoảng"), _("Sàn chỉ giữ khoảng, không giữ con số.")),
            ("exact", _("Chính xác"), _("Được cộng vào tổng khi hai bên nêu cùng một số.")),
        ],
        bands=[(str(band), band_name(band, deal.currency)) for band in BANDS],
        currency=deal.currency,
        today=local_date(clock.now()),
        form=with_key(form or Form(values=values)),
    )


def reports_of(record: DealRecord) -> list[ReportView]:
    """What both sides reported at the end."""
    return [_report(record, "end", one) for one in ("buyer", "holder")]


def clock_of(record: DealRecord) -> str:
    """How long there is to send the contract to be registered; empty when no clock runs."""
    one = record.registration
    if one is None or one.due_on is None or one.filed_on is not None or record.deal.state == "terminated":
        return ""
    left = (one.due_on - local_date(clock.now())).days
    day = format_date(one.due_on)
    if left < 0:
        return _("Đã quá hạn đăng ký hợp đồng (%(day)s): hãy gửi hồ sơ ngay.", day=day)
    return _("Còn %(num)s ngày để gửi hồ sơ đăng ký hợp đồng, hạn cuối %(day)s.", num=left, day=day)


def facts_of(record: DealRecord) -> list[Definition]:
    """Who, what and for how much."""
    deal, terms = record.deal, record.agreed_terms
    common = [
        Definition.of(_("Bên mua"), deal.buyer_name),
        Definition.of(_("Bên bán"), deal.holder_name),
        Definition.of(_("Tổng giá trị đã chấp nhận"), format_money(deal.total, deal.currency)),
        Definition(_("Hình thức chuyển giao"), [term("transfer_form", one) for one in deal.transfer_forms]),
        Definition(_("Hình thức thanh toán"), [term("payment_form", one) for one in deal.payment_forms]),
        Definition(_("Phạm vi lãnh thổ"), [deal.territory] if deal.territory else []),
        Definition(_("Ngày ký hợp đồng"), [format_date(deal.contract_date)] if deal.contract_date else []),
    ]
    # What was negotiated says it better than what the listing had.
    negotiated = terms_facts(terms, deal.currency) if terms is not None else []
    said = {one.term for one in negotiated}
    return [*(one for one in common if one.term not in said), *negotiated]


def steps_of(record: DealRecord) -> list[Step]:
    """Its history, the first step first."""
    return [
        Step(_(MOVE_NAMES[one.move]), "refused" if one.move in _STOPPING else "done", one.at, one.note)
        for one in record.history
    ]
