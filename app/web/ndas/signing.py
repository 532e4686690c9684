"""Fixing the text, and signing it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Conflict, Invalid
from app.features.accounts.attempts import Refused
from app.features.ndas.commands import fix_nda_text, sign_nda
from app.features.ndas.policies import require_side, require_signatory
from app.features.ndas.queries import NdaRecord
from app.features.ndas.schemas import LONGEST_YEARS, NdaSignatureInput, NdaTextInput
from app.features.ndas.states import MOVES, SIDE_NAMES, SIGNABLE_STATES, Side
from app.features.ndas.texts import current_template
from app.i18n import _
from app.i18n.formats import local_date
from app.web.auth import SignedInActor, SignedInVisitor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.ndas.parts import Party, back_with_fault, breadcrumbs, parties, password_refused, side_for
from app.web.ndas.record import record_for
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class FixPage(Page):
    """What the discloser decides before the text is fixed."""

    template: ClassVar[str] = "ndas/fix.html"

    number: str
    form: Form
    action: str
    back: str
    recipient: Party
    anonymous: bool
    purpose: str
    readers: Sequence[str]
    template_version: str
    second_hand: bool
    sources: Sequence[str]
    first_day: str
    last_day: str


@dataclass(frozen=True, kw_only=True)
class SignPage(Page):
    """The exact text, and the form under it."""

    template: ClassVar[str] = "ndas/sign.html"

    number: str
    form: Form
    action: str
    back: str
    side_name: str
    organisation: str
    text: str
    text_language: str
    sha256: str
    problem: str


def _fix_page(record: NdaRecord, form: Form) -> FixPage:
    number = record.nda.number
    today = local_date(clock.now())
    template = current_template(today)
    title = _("Chốt văn bản")
    return FixPage(
        title=title,
        indexed=False,
        breadcrumbs=breadcrumbs(record, Link(title, url("nda_fix", number=number))),
        number=number,
        form=form,
        action=url("nda_fix", number=number),
        back=url("nda", number=number),
        recipient=parties(record)[1],
        anonymous=record.nda.anonymous,
        purpose=record.nda.purpose,
        readers=[one.name for one in record.readers if one.removed_at is None],
        template_version=template.version,
        second_hand=template.second_hand,
        sources=template.sources,
        first_day=(today + timedelta(days=1)).isoformat(),
        last_day=(today + timedelta(days=366 * LONGEST_YEARS)).isoformat(),
    )


@router.get("/desk/ndas/{number}/text/fix", name="nda_fix")
def fix(request: Request, *, number: str, session: ReadSession, actor: SignedInActor) -> Response:
    """The form, begun with what stands in the text already, or with the usual."""
    record = record_for(session, actor=actor, number=number)
    require_side(actor, record.nda, "discloser")
    if record.nda.state not in MOVES["fix"].sources:
        return back_with_fault(request, Conflict(), number)
    nda = record.nda
    year_on = local_date(clock.now()) + timedelta(days=365)
    values = {
        "language": [nda.language or "vi"],
        "active_until": [(nda.active_until or year_on).isoformat()],
        "secrecy_years": [str(3 if nda.secrecy_years is None else nda.secrecy_years)],
        "special_terms": [nda.special_terms],
    }
    return render(request, _fix_page(record, Form(values=values)))


@router.post("/desk/ndas/{number}/text/fix")
def fix_now(
    request: Request,
    *,
    number: str,
    session: WriteSession,
    actor: SignedInActor,
    form: PostedForm,
    settings: AppSettings,
) -> Response:
    """Fix it; both sides are told."""
    record = record_for(session, actor=actor, number=number)
    require_side(actor, record.nda, "discloser")
    checked = form.check(NdaTextInput)
    if checked.data is None:
        return render(request, _fix_page(record, checked.form), status_code=422)
    try:
        with session.begin_nested():
            fix_nda_text(
                session,
                actor=actor,
                number=number,
                data=checked.data,
                exchange=settings.site_name,
                now=clock.now(),
            )
    except Invalid as fault:
        shown = form.with_errors({path: _(message) for path, message in fault.fields.items()})
        return render(request, _fix_page(record, shown), status_code=422)
    except Conflict as fault:
        return back_with_fault(request, fault, number)
    text = _("Đã chốt văn bản. Nay mỗi bên cần một chủ quản ký.")
    return redirect(request, url("nda", number=number), text)


def _sign_page(record: NdaRecord, side: Side, form: Form, problem: str = "") -> SignPage:
    nda = record.nda
    title = _("Ký thoả thuận")
    return SignPage(
        title=title,
        indexed=False,
        breadcrumbs=breadcrumbs(record, Link(title, url("nda_sign", number=nda.number))),
        number=nda.number,
        form=form,
        action=url("nda_sign", number=nda.number, side=side),
        back=url("nda", number=nda.number),
        side_name=_(SIDE_NAMES[side]),
        organisation=nda.discloser_name if side == "discloser" else nda.recipient_name,
        text=nda.text or "",
        text_language=nda.language or "vi",
        sha256=nda.text_sha256 or "",
        problem=problem,
    )


def _signable(session: Session, *, actor: SignedInActor, number: str, side: str) -> tuple[NdaRecord, Side]:
    record = record_for(session, actor=actor, number=number)
    chosen = side_for(record, side)
    require_signatory(actor, record.nda, chosen)
    return record, chosen


@router.get("/desk/ndas/{number}/sign", name="nda_sign")
def sign(
    request: Request,
    *,
    number: str,
    session: ReadSession,
    actor: SignedInActor,
    visitor: SignedInVisitor,
    side: str = "",
) -> Response:
    """Read, then sign."""
    record, chosen = _signable(session, actor=actor, number=number, side=side)
    if record.nda.state not in SIGNABLE_STATES or record.signature(chosen) is not None:
        return back_with_fault(request, Conflict(), number)
    return render(request, _sign_page(record, chosen, Form(values={"typed_name": [visitor.name]})))


@router.post("/desk/ndas/{number}/sign")
def sign_now(
    request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm, side: str = ""
) -> Response:
    """Sign, with the password given afresh. Attempts with a wrong one are counted, whatever else happens."""
    record, chosen = _signable(session, actor=actor, number=number, side=side)
    password, seen = form.value("password"), form.value("seen_sha256")
    kept = {path: typed for path, typed in form.values.items() if path in {"typed_name", "role", "agreed"}}
    checked = Form(values=kept).check(NdaSignatureInput)
    shown = checked.form if password else checked.form.with_errors({"password": _("Hãy nhập mật khẩu của bạn.")})
    if checked.data is None or not password:
        return render(request, _sign_page(record, chosen, shown), status_code=422)
    try:
        with session.begin_nested():
            signed = sign_nda(
                session,
                actor=actor,
                number=number,
                side=chosen,
                data=checked.data,
                password=password,
                seen_sha256=seen,
                now=clock.now(),
            )
    except Conflict as fault:
        return back_with_fault(request, fault, number)
    if isinstance(signed, Refused):
        status = 429 if signed.reason == "too_many" else 422
        shown = shown.with_errors({"password": password_refused(signed)})
        headers = {"Retry-After": str(signed.wait)} if signed.wait else {}
        return render(request, _sign_page(record, chosen, shown), status_code=status, headers=headers)
    in_force = record_for(session, actor=actor, number=number).nda.state == "active"
    text = _("Đã ký. Thoả thuận nay có hiệu lực.") if in_force else _("Đã ký. Thoả thuận có hiệu lực khi bên kia ký.")
    return redirect(request, url("nda", number=number), text)
