"""The page of one deal, and what either side does there."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Invalid, NotFound
from app.features.deals.commands import accept_deal, move_deal, record_contract, report_outcome, report_year
from app.features.deals.queries import DealRecord, deal_of_request, deal_record, file_of
from app.features.deals.schemas import AcceptInput, ContractInput, DealReasonInput, OutcomeInput, YearInput
from app.features.deals.states import Side
from app.i18n import _
from app.identity import Actor
from app.integrations.storage import store_from
from app.models import Deal
from app.web.auth import SignedInActor
from app.web.deals.page import REASONED, DealPage, page_of
from app.web.deals.parts import acted, crumbs, in_minor_units, only, side_for, side_or_none
from app.web.enquiries.answer import ReasonPage
from app.web.enquiries.attachments import download
from app.web.forms import Form, PostedForm
from app.web.templating import render
from app.web.urls import url

router = APIRouter()


@router.get("/desk/deals/{number}", name="deal")
def deal(request: Request, *, number: str, session: ReadSession, actor: SignedInActor, side: str = "") -> Response:
    """The deal, for its two sides only."""
    record = deal_record(session, actor=actor, number=number)
    return render(request, page_of(session, record, side=side_for(record, side)))


def _acted(
    request: Request, session: Session, *, actor: Actor, number: str, form: Form, act: Callable[[], Any], done: str
) -> Response:
    """Do it and go back to the deal."""
    record, side = _seen(session, actor=actor, number=number, form=form)

    def again(shown: Form) -> DealPage:
        return page_of(session, deal_record(session, actor=actor, number=number), side=side, form=shown)

    there = url("deal", number=number, side=side_or_none(record, side))
    return acted(request, session, act=act, again=again, form=form, there=there, done=done)


def _seen(session: Session, *, actor: Actor, number: str, form: Form) -> tuple[DealRecord, Side]:
    record = deal_record(session, actor=actor, number=number)
    return record, side_for(record, form.value("side"))


@router.post("/desk/deals/{number}/contract", name="deal_contract")
def contract(
    request: Request,
    *,
    number: str,
    session: WriteSession,
    actor: SignedInActor,
    settings: AppSettings,
    form: PostedForm,
) -> Response:
    """The contract was signed."""
    record, side = _seen(session, actor=actor, number=number, form=form)
    checked = only(form, "contract_date").check(ContractInput)
    data = checked.data
    if data is None:
        return render(request, page_of(session, record, side=side, form=checked.form), status_code=422)
    return _acted(
        request,
        session,
        actor=actor,
        number=number,
        form=form,
        act=lambda: record_contract(
            session,
            actor=actor,
            number=number,
            side=side,
            data=data,
            now=clock.now(),
            legal_rules=settings.legal_rules,
        ),
        done=_("Đã ghi ngày ký hợp đồng."),
    )


@router.post("/desk/deals/{number}/acceptance", name="deal_accept")
def accept(request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm) -> Response:
    """The buyer accepts what was transferred."""
    record, side = _seen(session, actor=actor, number=number, form=form)
    # Its own name, since the page has two such boxes.
    names = {"note": "note", "accept_open": "despite_open"}
    given = Form(values={names[name]: typed for name, typed in form.values.items() if name in names})
    checked = given.check(AcceptInput)
    data = checked.data
    if data is None:
        return render(request, page_of(session, record, side=side, form=checked.form), status_code=422)

    def accept_it() -> Deal:
        try:
            return accept_deal(session, actor=actor, number=number, side=side, data=data, now=clock.now())
        except Invalid as fault:
            raise Invalid({"accept_open": fault.fields["despite_open"]}) from fault

    return _acted(
        request,
        session,
        actor=actor,
        number=number,
        form=form,
        act=accept_it,
        done=_("Đã nghiệm thu. Nay mỗi bên xác nhận kết quả một lần."),
    )


@router.post("/desk/deals/{number}/outcome", name="deal_outcome")
def outcome(
    request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """One side confirms the outcome."""
    record, side = _seen(session, actor=actor, number=number, form=form)
    given = only(form, "value", "band", "shown", "note", "despite_open", "despite_unfiled")
    checked = in_minor_units(given, record.deal.currency, "value").check(OutcomeInput)
    data = checked.data
    if data is None:
        # What was typed stays in the fields; only the model saw minor units.
        page = page_of(session, record, side=side, form=form.with_errors(checked.form.errors))
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
    if form.row_edit_asked:
        return render(request, page_of(session, record, side=side, form=form.row_edited))
    checked = only(form, "in_use", "results", "in_report", "note").check(YearInput)
    data = checked.data
    if data is None:
        shown = form.with_errors(checked.form.errors)
        return render(request, page_of(session, record, side=side, form=shown), status_code=422)
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
    label, lead = REASONED[move]
    number = record.deal.number
    return ReasonPage(
        title=_(label),
        indexed=False,
        breadcrumbs=crumbs(number),
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


@router.get("/desk/deals/{number}/files/{public_id}", name="deal_file")
def file(*, number: str, public_id: str, session: ReadSession, actor: SignedInActor, settings: AppSettings) -> Response:
    """One file of the deal, always as a download."""
    found = file_of(session, actor=actor, number=number, public_id=public_id)
    try:
        path = store_from(settings).path("deals", found.storage_key)
    except FileNotFoundError:
        raise NotFound from None
    return download(path, filename=found.filename, media_type=found.media_type)


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
    if move not in REASONED:
        raise NotFound
    record = deal_record(session, actor=actor, number=number)
    return render(request, _reason_page(record, move=move, side=side_for(record, side), form=Form()))


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
    if move not in REASONED:
        raise NotFound
    record = deal_record(session, actor=actor, number=number)
    chosen = side_for(record, side)
    checked = only(form, "note").check(DealReasonInput)
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
