"""The page of one deal, and what either side does there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.features.deals.commands import move_deal, record_contract, report_outcome, report_year
from app.features.deals.queries import DealRecord, deal_of_request, deal_record
from app.features.deals.schemas import ContractInput, DealReasonInput, OutcomeInput, YearInput
from app.features.deals.states import MOVE_NAMES, MOVES, Side
from app.i18n import N_, _
from app.i18n.formats import format_date, format_money, local_date, minor_units, parse_number
from app.i18n.terms import term
from app.identity import Actor
from app.web.auth import SignedInActor
from app.web.deals.desk import state_badge
from app.web.enquiries.answer import ReasonPage
from app.web.enquiries.typing_in import typed_amount
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Definition, Step

router = APIRouter()

_REASONED = {
    "dispute": (N_("Báo tranh chấp"), N_("Thương vụ dừng lại cho đến khi hai bên giải quyết xong.")),
    "resume": (N_("Đã giải quyết tranh chấp"), N_("Thương vụ tiếp tục như trước.")),
    "terminate": (N_("Chấm dứt thương vụ"), N_("Thương vụ khép lại và không được tính. Việc này không quay lại được.")),
}


@dataclass(frozen=True)
class ReportView:
    """What one side has reported, in words; empty `when` for nothing yet."""

    name: str
    when: str
    value: str
    note: str


@dataclass(frozen=True, kw_only=True)
class DealPage(Page):
    """A deal as one of its sides sees it. Addresses are empty for what cannot be done now."""

    template: ClassVar[str] = "deals/deal.html"

    number: str
    side: Side
    switch: Sequence[Link]
    badge: Badge
    listing_title: str
    listing_kind: str
    facts: Sequence[Definition]
    request_href: str
    steps: Sequence[Step]
    turn: str
    contract: str
    outcome: str
    year: str
    moves: Sequence[Link]
    reports: Sequence[ReportView]
    years: Sequence[ReportView]
    choices: Sequence[tuple[str, str, str]]
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
    elif one.value is None:
        value = _("Không nêu giá trị")
    elif one.shown == "private":
        value = _("Giá trị giữ riêng")
    else:
        shown = _("công bố chính xác") if one.shown == "exact" else _("công bố theo khoảng")
        value = f"{format_money(one.value, deal.currency)} ({shown})"
    return ReportView(name, format_date(one.reported_at), value, one.note)


def page_of(record: DealRecord, *, side: Side, form: Form | None = None) -> DealPage:
    """The deal as seen from one side."""
    deal, number = record.deal, record.deal.number
    mine, theirs = ("buyer", "holder") if side == "buyer" else ("holder", "buyer")
    reported, answered = ("end", mine) in record.outcomes, ("end", theirs) in record.outcomes
    turns = {
        "agreed": _("Khi hai bên đã ký hợp đồng, hãy ghi ngày ký ở đây."),
        "disputed": _("Hai bên cần giải quyết tranh chấp rồi mới tiếp tục."),
        "signed": _("Bạn đã xác nhận; đang chờ bên kia. Chỉ khi cả hai xác nhận thương vụ mới được tính.")
        if reported
        else _("Bên kia đã xác nhận kết quả và chờ bạn.")
        if answered
        else _("Khi chuyển giao xong, mỗi bên xác nhận kết quả một lần."),
    }
    value = None if (own := record.outcomes.get(("end", mine))) is None else own.value
    values = {
        "value": [typed_amount(deal.total if value is None else value, deal.currency)],
        "shown": [own.shown if own is not None else "private"],
        "contract_date": [(deal.contract_date or local_date(clock.now())).isoformat()],
    }
    return DealPage(
        title=f"{number} · {deal.listing_title}",
        indexed=False,
        breadcrumbs=(Link(_("Thương vụ"), url("deals")), Link(number, url("deal", number=number))),
        number=number,
        side=side,
        switch=[
            Link(
                _("Với tư cách bên hỏi giá") if one == "buyer" else _("Với tư cách bên báo giá"),
                url("deal", number=number, side=one),
                one == side,
            )
            for one in record.sides
        ]
        if len(record.sides) > 1
        else (),
        badge=state_badge(deal.state),
        listing_title=deal.listing_title,
        listing_kind=deal.listing_kind,
        facts=[
            Definition.of(_("Bên mua"), deal.buyer_name),
            Definition.of(_("Bên bán"), deal.holder_name),
            Definition.of(_("Tổng giá trị đã chấp nhận"), format_money(deal.total, deal.currency)),
            Definition(_("Hình thức chuyển giao"), [term("transfer_form", one) for one in deal.transfer_forms]),
            Definition(_("Hình thức thanh toán"), [term("payment_form", one) for one in deal.payment_forms]),
            Definition(_("Phạm vi lãnh thổ"), [deal.territory] if deal.territory else []),
            Definition(_("Ngày ký hợp đồng"), [format_date(deal.contract_date)] if deal.contract_date else []),
        ],
        request_href=url("enquiry", number=deal.request_number),
        steps=[
            Step(
                _(MOVE_NAMES[one.move]), "refused" if one.move in {"dispute", "terminate"} else "done", one.at, one.note
            )
            for one in record.history
        ],
        turn=turns.get(deal.state, ""),
        contract=url("deal_contract", number=number) if deal.state == "agreed" else "",
        outcome=url("deal_outcome", number=number) if deal.state == "signed" and not reported else "",
        year=url("deal_year", number=number)
        if deal.state == "completed" and ("year", mine) not in record.outcomes
        else "",
        moves=[
            Link(_(label), url("deal_move", number=number, move=move, side=side))
            for move, (label, _lead) in _REASONED.items()
            if deal.state in MOVES[move].sources
        ],
        reports=[_report(record, "end", one) for one in ("buyer", "holder")],
        years=[_report(record, "year", one) for one in ("buyer", "holder")] if deal.state == "completed" else (),
        choices=[
            ("private", _("Giữ riêng"), _("Thương vụ được tính, giá trị thì không.")),
            ("band", _("Theo khoảng"), _("Chỉ được nêu theo khoảng giá trị.")),
            ("exact", _("Chính xác"), _("Được cộng vào tổng khi hai bên nêu cùng một số.")),
        ],
        currency=deal.currency,
        today=local_date(clock.now()),
        form=form or Form(values=values),
    )


def _side(record: DealRecord, asked: str) -> Side:
    return next((side for side in record.sides if side == asked), record.sides[0])


@router.get("/desk/deals/{number}", name="deal")
def deal(request: Request, *, number: str, session: ReadSession, actor: SignedInActor, side: str = "") -> Response:
    """The deal, for its two sides only."""
    record = deal_record(session, actor=actor, number=number)
    return render(request, page_of(record, side=_side(record, side)))


def _acted(
    request: Request, session: Session, *, actor: Actor, number: str, form: Form, act: Callable[[], Any], done: str
) -> Response:
    """Do it and go back to the deal; what is wrong with a field is said at the field."""
    try:
        with session.begin_nested():
            act()
    except Invalid as fault:
        record = deal_record(session, actor=actor, number=number)
        shown = form.with_errors({path: _(message) for path, message in fault.fields.items()})
        return render(request, page_of(record, side=_side(record, form.value("side")), form=shown), status_code=422)
    except Conflict as fault:
        return redirect(request, url("deal", number=number), _(fault.detail or fault.title, **fault.params), "warn")
    return redirect(request, url("deal", number=number, side=form.value("side")), done)


def _seen(session: Session, *, actor: Actor, number: str, form: Form) -> tuple[DealRecord, Side]:
    record = deal_record(session, actor=actor, number=number)
    return record, _side(record, form.value("side"))


def _in_minor_units(form: Form, currency: str) -> Form:
    """The value as the model takes it; what is no amount of that currency is left for the model to refuse."""
    try:
        amount = parse_number(form.value("value")) * minor_units(currency)
    except ValueError:
        return form
    return Form(values={**form.values, "value": [str(int(amount)) if amount == int(amount) else str(amount)]})


def _only(form: Form, *names: str) -> Form:
    return Form(values={name: typed for name, typed in form.values.items() if name in names})


@router.post("/desk/deals/{number}/contract", name="deal_contract")
def contract(
    request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """The contract was signed."""
    record, side = _seen(session, actor=actor, number=number, form=form)
    checked = _only(form, "contract_date").check(ContractInput)
    data = checked.data
    if data is None:
        return render(request, page_of(record, side=side, form=checked.form), status_code=422)
    return _acted(
        request,
        session,
        actor=actor,
        number=number,
        form=form,
        act=lambda: record_contract(session, actor=actor, number=number, side=side, data=data, now=clock.now()),
        done=_("Đã ghi ngày ký hợp đồng."),
    )


@router.post("/desk/deals/{number}/outcome", name="deal_outcome")
def outcome(
    request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """One side confirms the outcome."""
    record, side = _seen(session, actor=actor, number=number, form=form)
    checked = _in_minor_units(_only(form, "value", "shown", "note"), record.deal.currency).check(OutcomeInput)
    data = checked.data
    if data is None:
        # What was typed stays in the fields; only the model saw minor units.
        page = page_of(record, side=side, form=form.with_errors(checked.form.errors))
        return render(request, page, status_code=422)
    return _acted(
        request,
        session,
        actor=actor,
        number=number,
        form=form,
        act=lambda: report_outcome(session, actor=actor, number=number, side=side, data=data, now=clock.now()),
        done=_("Đã ghi xác nhận của bạn."),
    )


@router.post("/desk/deals/{number}/year", name="deal_year")
def year(request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm) -> Response:
    """A year after."""
    record, side = _seen(session, actor=actor, number=number, form=form)
    checked = _only(form, "in_use", "note").check(YearInput)
    data = checked.data
    if data is None:
        return render(request, page_of(record, side=side, form=checked.form), status_code=422)
    return _acted(
        request,
        session,
        actor=actor,
        number=number,
        form=form,
        act=lambda: report_year(session, actor=actor, number=number, side=side, data=data, now=clock.now()),
        done=_("Cảm ơn bạn đã cho biết."),
    )


def _reason_page(record: DealRecord, *, move: str, side: Side, form: Form) -> ReasonPage:
    label, lead = _REASONED[move]
    number = record.deal.number
    return ReasonPage(
        title=_(label),
        indexed=False,
        breadcrumbs=(Link(_("Thương vụ"), url("deals")), Link(number, url("deal", number=number))),
        form=form,
        action=url("deal_move", number=number, move=move, side=side),
        back=url("deal", number=number),
        lead=_(lead),
        reasons=(),
        reasons_label="",
        note_label=_("Lý do"),
        note_hint=_("Bên kia đọc được."),
        button=_(label),
    )


@router.get("/desk/enquiries/{number}/deal", name="deal_of_enquiry")
def of_enquiry(*, number: str, session: ReadSession, actor: SignedInActor) -> Response:
    """On to the deal that an accepted quote led to."""
    found = deal_of_request(session, actor=actor, request_number=number)
    if not found:
        raise NotFound
    return RedirectResponse(url("deal", number=found), status_code=303)


@router.get("/desk/deals/{number}/{move}", name="deal_move")
def ask_move(
    request: Request, *, number: str, move: str, session: ReadSession, actor: SignedInActor, side: str = ""
) -> Response:
    """Ask why."""
    if move not in _REASONED:
        raise NotFound
    record = deal_record(session, actor=actor, number=number)
    return render(request, _reason_page(record, move=move, side=_side(record, side), form=Form()))


@router.post("/desk/deals/{number}/{move}")
def do_move(
    request: Request,
    *,
    number: str,
    move: str,
    session: WriteSession,
    actor: SignedInActor,
    form: PostedForm,
    side: str = "",
) -> Response:
    """Dispute, resume or end it."""
    if move not in _REASONED:
        raise NotFound
    record = deal_record(session, actor=actor, number=number)
    chosen = _side(record, side)
    checked = _only(form, "note").check(DealReasonInput)
    data = checked.data
    if data is None:
        page = _reason_page(record, move=move, side=chosen, form=checked.form)
        return render(request, page, status_code=422)
    return _acted(
        request,
        session,
        actor=actor,
        number=number,
        form=Form(values={"side": [chosen]}),
        act=lambda: move_deal(session, actor=actor, number=number, side=chosen, move=move, data=data, now=clock.now()),
        done=_("Đã ghi nhận."),
    )
