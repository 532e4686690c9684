"""Statements: upload, look at what each line fits, tick, apply."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.features.payments.statement_file import LARGEST
from app.features.payments.statements import (
    TICKABLE,
    TICKED,
    Judged,
    StatementRecord,
    apply_statement,
    count_upload,
    list_statements,
    statement_record,
    upload_statement,
)
from app.i18n import N_, _
from app.i18n.formats import format_date, format_money, format_number
from app.web.auth import ActingSeat, SignedInActor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge

router = APIRouter()

_VERDICTS = {
    "full": (N_("Khớp đủ"), "good", "check"),
    "part": (N_("Khớp mã, một phần"), "info", "clock"),
    "over": (N_("Khớp mã, nhiều hơn phần còn phải trả"), "warn", "alert"),
    "settled": (N_("Khớp mã, nhưng khoản này đã thanh toán"), "warn", "alert"),
    "closed": (N_("Khớp mã, nhưng đề nghị đã huỷ"), "warn", "alert"),
    "unknown": (N_("Không khớp"), "plain", ""),
    "outgoing": (N_("Tiền ra"), "plain", ""),
    "known": (N_("Đã ghi trước đây"), "plain", "check"),
}


@dataclass(frozen=True)
class StatementLink:
    """A statement in the list."""

    href: str
    name: str
    when: str
    applied: bool


@dataclass(frozen=True, kw_only=True)
class StatementsPage(Page):
    """Upload one, or go back to an earlier one."""

    template: ClassVar[str] = "payments/statements.html"

    organisation: str
    earlier: Sequence[StatementLink]
    form: Form


@dataclass(frozen=True)
class LineView:
    """One line: what it says, what it fits."""

    line: int
    day: str
    amount: str
    text: str
    badge: Badge
    payment: str
    href: str
    about: str
    tickable: bool
    ticked: bool


@dataclass(frozen=True, kw_only=True)
class StatementPage(Page):
    """A statement to be applied. `matched` are lines with a reference of ours, `rest` all others."""

    template: ClassVar[str] = "payments/statement.html"

    layout: str
    summary: str
    matched: Sequence[LineView]
    rest: Sequence[LineView]
    action: str
    can_apply: bool
    form: Form


def _list_page(session: ReadSession, actor: SignedInActor, seat: ActingSeat, form: Form) -> StatementsPage:
    if seat is None:
        raise NotFound
    return StatementsPage(
        title=_("Đối chiếu sao kê"),
        indexed=False,
        breadcrumbs=(Link(_("Thanh toán"), url("payments")), Link(_("Đối chiếu sao kê"), url("statements"))),
        organisation=seat.name,
        earlier=[
            StatementLink(
                href=url("statement", public_id=one.public_id),
                name=one.filename,
                when=format_date(one.uploaded_at),
                applied=one.applied_at is not None,
            )
            for one in list_statements(session, actor=actor, organisation_id=seat.organisation_id)
        ],
        form=form,
    )


@router.get("/desk/statements", name="statements")
def statements(request: Request, *, session: ReadSession, actor: SignedInActor, seat: ActingSeat) -> Response:
    """Upload one, or go back to an earlier one."""
    return render(request, _list_page(session, actor, seat, Form()))


@router.post("/desk/statements")
def upload(
    request: Request, *, session: WriteSession, actor: SignedInActor, seat: ActingSeat, form: PostedForm
) -> Response:
    """Read a statement; nothing is applied yet."""
    if seat is None:
        raise NotFound
    uploads, shown = form.check_files("file", most=1, max_bytes=LARGEST, endings=(".csv", ".txt"))
    if not uploads and not shown.errors:
        shown = shown.with_errors({"file": _("Hãy chọn tệp sao kê.")})
    if uploads:
        count_upload(session, actor=actor, organisation_id=seat.organisation_id, now=clock.now())
        uploads[0].file.seek(0)
        try:
            with session.begin_nested():
                made = upload_statement(
                    session,
                    actor=actor,
                    organisation_id=seat.organisation_id,
                    filename=uploads[0].filename or "",
                    content=uploads[0].file.read(),
                    now=clock.now(),
                )
            return redirect(request, url("statement", public_id=made.public_id))
        except Invalid as fault:
            shown = shown.with_errors({path: _(message, **fault.params) for path, message in fault.fields.items()})
    return render(request, _list_page(session, actor, seat, shown), status_code=422)


def _line(one: Judged, *, chosen: Sequence[str] | None) -> LineView:
    name, tone, icon = _VERDICTS[one.verdict]
    payment = one.payment
    tickable = one.verdict in TICKABLE
    return LineView(
        line=one.row.line,
        day=format_date(one.row.booked_on),
        amount=format_money(one.row.amount, "VND"),
        text=one.row.text,
        badge=Badge(_(name), tone, icon),  # type: ignore[arg-type]
        payment=payment.number if payment else "",
        href=url("payment", number=payment.number) if payment else "",
        about=_("%(name)s, còn phải trả %(amount)s", name=payment.buyer_name, amount=format_money(one.outstanding))
        if payment
        else "",
        tickable=tickable,
        ticked=tickable and (one.verdict in TICKED if chosen is None else str(one.row.line) in chosen),
    )


def _page(record: StatementRecord, form: Form, *, chosen: Sequence[str] | None = None) -> StatementPage:
    lines = [_line(one, chosen=chosen) for one in record.rows]
    statement = record.statement
    return StatementPage(
        title=statement.filename,
        indexed=False,
        breadcrumbs=(
            Link(_("Thanh toán"), url("payments")),
            Link(_("Đối chiếu sao kê"), url("statements")),
            Link(statement.filename, url("statement", public_id=statement.public_id)),
        ),
        layout=statement.layout,
        summary=_(
            "%(all)s giao dịch, %(matched)s có mã của một đề nghị thanh toán.",
            all=format_number(len(lines)),
            matched=format_number(sum(1 for one in lines if one.payment)),
        ),
        matched=[one for one in lines if one.payment],
        rest=[one for one in lines if not one.payment],
        action=url("statement", public_id=statement.public_id),
        can_apply=any(one.tickable for one in lines),
        form=form,
    )


@router.get("/desk/statements/{public_id}", name="statement")
def statement(request: Request, *, public_id: str, session: ReadSession, actor: SignedInActor) -> Response:
    """What each line fits, before anything is applied."""
    return render(request, _page(statement_record(session, actor=actor, public_id=public_id), Form()))


@router.post("/desk/statements/{public_id}")
def apply(
    request: Request, *, public_id: str, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """Write the ticked lines into the ledgers."""
    chosen = form.chosen("lines")
    fault_at: dict[str, str] = {}
    numbers = {int(one) for one in chosen if one.isdigit() and len(one) < 7}
    if not numbers:
        fault_at = {"lines": _("Hãy chọn ít nhất một dòng.")}
    else:
        try:
            with session.begin_nested():
                new = apply_statement(session, actor=actor, public_id=public_id, lines=numbers, now=clock.now())
            return redirect(
                request,
                url("statement", public_id=public_id),
                _("Đã ghi %(count)s khoản tiền đến.", count=format_number(new)),
            )
        except Invalid as fault:
            fault_at = {path: _(message) for path, message in fault.fields.items()}
        except Conflict as fault:
            fault_at = {"lines": _(fault.detail or fault.title)}
    record = statement_record(session, actor=actor, public_id=public_id)
    return render(request, _page(record, Form().with_errors(fault_at), chosen=chosen), status_code=422)
