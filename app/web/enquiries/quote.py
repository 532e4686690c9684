"""The holder's quote form: one block per item asked for, kept as a draft as often as wanted, then sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Conflict, Invalid, StaleVersion
from app.features.enquiries.policies import require_side
from app.features.enquiries.queries import EnquiryRecord
from app.features.enquiries.questions import texts
from app.features.enquiries.quoting import save_quote_draft, send_quote
from app.features.enquiries.revisions import MET_NAMES, OWNERSHIP_NAMES, ROLE_NAMES
from app.features.enquiries.schemas import QuoteDraft, QuoteInput
from app.features.enquiries.states import OPEN_STATES
from app.i18n import _
from app.settings import Settings
from app.web.auth import CurrentActor, SignedInActor, Visitor
from app.web.enquiries.attachments import ACCEPT, FormWithFiles, hint, kept, read_files
from app.web.enquiries.parts import STAY, ItemLine, breadcrumbs, item_lines, key_of, party_record, with_key
from app.web.enquiries.quote_form import first_form
from app.web.enquiries.record import back_with_fault
from app.web.enquiries.returning import held_form, let_go, sign_in_first
from app.web.enquiries.typing_in import CURRENCIES, check_amounts
from app.web.flash import redirect
from app.web.forms import Form
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url

router = APIRouter()

SAVE = "_save"


@dataclass(frozen=True, kw_only=True)
class QuotePage(Page):
    """The form of a quote, beside what was asked. `revision` is the number it will have."""

    template: ClassVar[str] = "enquiries/quote.html"

    number: str
    form: Form
    action: str
    back: str
    revision: int
    revises: bool
    listing_title: str
    buyer_name: str
    wanted: date | None
    message: str
    items: Sequence[ItemLine]
    currencies: Sequence[tuple[str, str]]
    ownership: Sequence[tuple[str, str]]
    roles: Sequence[tuple[str, str]]
    asked_in: str
    criteria: Sequence[str]
    questions: Sequence[tuple[str, str]]
    met: Sequence[tuple[str, str]]
    file_accept: str
    file_limit: tuple[int, str]
    labels: dict[str, str]
    takes_files: bool
    problem: str = ""


def _labels(record: EnquiryRecord, form: Form) -> dict[str, str]:
    labels = {
        "valid_until": _("Hiệu lực đến"),
        "tax_percent": _("Thuế suất"),
        "files": _("Tệp kèm theo"),
        "answers": _("Báo giá"),
        "exchange_rate": _("Tỷ giá"),
        "exchange_rate_date": _("Ngày của tỷ giá"),
    }
    for place, _criterion in enumerate(record.request.criteria):
        labels[f"fulfilment.{place}.note"] = _("Tiêu chí %(number)s", number=place + 1)
    for item in record.items:
        at, name = f"answers.{item.position - 1}", _("Hạng mục %(number)s", number=item.position)
        labels[at] = labels[f"{at}.replacement"] = name
        for row in form.rows(f"{at}.offers", at_least=0):
            for part in ("description", "unit_price", "quantity_from", "lead_time_days", "terms"):
                labels[f"{at}.offers.{row}.{part}"] = name
    for key, name in OWNERSHIP_NAMES.items():
        labels[f"ownership.{key}"] = _(name)
    return labels


def _page(record: EnquiryRecord, form: Form, settings: Settings) -> QuotePage:
    request = record.request
    revision = record.draft.revision if record.draft is not None else len(record.quotes) + 1
    title = _("Báo giá cho yêu cầu %(number)s", number=request.number)
    return QuotePage(
        title=title,
        indexed=False,
        breadcrumbs=breadcrumbs(record, Link(_("Soạn báo giá"), url("enquiry_quote", number=request.number))),
        number=request.number,
        form=with_key(form),
        action=url("enquiry_quote", number=request.number),
        back=url("enquiry", number=request.number),
        revision=revision,
        revises=bool(record.quotes),
        listing_title=request.listing_title,
        buyer_name=request.buyer_name,
        wanted=request.wanted_date,
        message=request.message,
        items=item_lines(record.items),
        currencies=[(code, code) for code in CURRENCIES],
        ownership=[(f"ownership.{key}", _(name)) for key, name in OWNERSHIP_NAMES.items()],
        roles=[(code, _(name)) for code, name in ROLE_NAMES.items()],
        asked_in=record.items[0].currency,
        criteria=request.criteria,
        questions=texts(request.questions, request.listing_kind),
        met=[(code, _(name)) for code, name in MET_NAMES.items()],
        file_accept=ACCEPT,
        file_limit=hint(settings),
        labels=_labels(record, form),
        takes_files=record.carried is None,
    )


@router.get("/desk/enquiries/{number}/quote", name="enquiry_quote")
def quote(
    request: Request, *, number: str, session: ReadSession, actor: SignedInActor, settings: AppSettings
) -> Response:
    """The form, filled from the draft, or from the quote that is to be revised."""
    record = party_record(session, actor=actor, number=number)
    require_side(actor, record.request, "holder")
    if record.request.state not in OPEN_STATES:
        return redirect(request, url("enquiry", number=number), _("Yêu cầu này đã khép lại."), "warn")
    form = held_form(request, session) or first_form(record)
    return render(request, _page(record, form, settings))


@router.post("/desk/enquiries/{number}/quote")
def send(
    request: Request,
    *,
    number: str,
    session: WriteSession,
    visitor: Visitor,
    actor: CurrentActor,
    form: FormWithFiles,
    settings: AppSettings,
) -> Response:
    """Keep the draft or send the quote, by the button pressed."""
    only_shown, saving = STAY in form.values or form.row_edit_asked, SAVE in form.values
    form = form.row_edited
    if visitor is None:
        return sign_in_first(request, session, form, back_to=request.url.path)
    record = party_record(session, actor=actor, number=number)
    require_side(actor, record.request, "holder")

    def again(shown: Form, status: int = 422, problem: str = "") -> Response:
        return render(request, replace(_page(record, shown, settings), problem=problem), status_code=status)

    if only_shown:
        return again(form, 200)
    version = int(typed) if (typed := form.value("version")).isascii() and typed.isdigit() and len(typed) < 10 else 0
    there = url("enquiry", number=number)
    try:
        if saving:
            draft = check_amounts(form, QuoteDraft)
            if draft.data is None:
                return again(draft.form)
            with session.begin_nested():
                save_quote_draft(session, actor=actor, number=number, data=draft.data, version=version, now=clock.now())
            saved = _("Đã lưu bản nháp. Bên hỏi giá chưa thấy gì.")
            return let_go(request, session, redirect(request, url("enquiry_quote", number=number), saved))
        checked = check_amounts(form, QuoteInput)
        documents, form = read_files(checked.form, "files", settings)
        if checked.data is None or form.errors:
            return again(form)
        with kept(documents, settings) as files, session.begin_nested():
            sent = send_quote(
                session,
                actor=actor,
                number=number,
                data=checked.data,
                version=version,
                form_key=key_of(form),
                now=clock.now(),
                files=files,
            )
    except Invalid as fault:
        return again(form.with_errors({path: _(message) for path, message in fault.fields.items()}))
    except StaleVersion:
        stale = _("Đồng nghiệp của bạn vừa lưu hoặc gửi một bản khác. Hãy mở lại trang này ở thẻ mới để so sánh.")
        return again(form, StaleVersion.status, stale)
    except Conflict as fault:
        return back_with_fault(request, fault, number)
    text = _("Đã gửi báo giá, bản %(revision)s.", revision=sent.revision)
    return let_go(request, session, redirect(request, there, text))
