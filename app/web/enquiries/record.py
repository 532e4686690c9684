"""The page of one request: what was asked, what was answered, what was said, and what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Conflict, Invalid
from app.features.enquiries.commands import acknowledge as acknowledge_request
from app.features.enquiries.commands import post_message
from app.features.enquiries.queries import EnquiryRecord, QuoteRecord, enquiry_record
from app.features.enquiries.questions import texts
from app.features.enquiries.revisions import Change, changes_between
from app.features.enquiries.schemas import MessageInput
from app.features.enquiries.seen import seen_by_other
from app.features.enquiries.states import (
    MOVE_NAMES,
    OPEN_STATES,
    TALKING_STATES,
    Side,
)
from app.i18n import _
from app.i18n.formats import format_date, format_money, local_date
from app.settings import Settings
from app.web.auth import CurrentActor, SignedInActor, Visitor
from app.web.enquiries.attachments import ACCEPT, FormWithFiles, file_items, hint, kept, read_files
from app.web.enquiries.crossing import CrossingView, crossing_view, is_asked_elsewhere, on_its_way_text
from app.web.enquiries.outline import Party, outline, party, reason_of, steps_of
from app.web.enquiries.parts import (
    ItemLine,
    QuoteView,
    breadcrumbs,
    item_lines,
    key_of,
    listing_link,
    party_record,
    quote_view,
    side_for,
    status_of,
    with_key,
)
from app.web.enquiries.returning import held_form, let_go, sign_in_first
from app.web.flash import redirect
from app.web.forms import Form
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import FileItem, Message, Step

router = APIRouter()


@dataclass(frozen=True)
class Revision:
    """A quote with what it changed and how it stands."""

    view: QuoteView
    badge: Badge
    sent_on: str
    valid_until: date | None
    terms: str
    note: str
    files: Sequence[FileItem]
    changes: Sequence[Change]
    print_href: str


@dataclass(frozen=True, kw_only=True)
class Ways:
    """The addresses of what a party may do now; empty for what it may not."""

    message: str = ""
    acknowledge: str = ""
    quote: str = ""
    decline: str = ""
    withdraw: str = ""
    accept: str = ""
    reject: str = ""
    again: str = ""


@dataclass(frozen=True, kw_only=True)
class EnquiryPage(Page):
    """A request as one of its parties sees it."""

    template: ClassVar[str] = "enquiries/enquiry.html"

    number: str
    side: Side
    switch: Sequence[Link]
    listing_title: str
    listing_kind: str
    listing_href: str
    need_title: str
    need_href: str
    buyer: Party
    holder: Party
    status: Badge
    turn: str
    ways: Ways
    draft_waits: bool
    message: str
    wanted_date: date | None
    answer_by: date | None
    criteria: Sequence[str]
    questions: Sequence[tuple[str, str]]
    round_href: str
    seen_action: str
    items: Sequence[ItemLine]
    files: Sequence[FileItem]
    latest: Revision | None
    earlier: Sequence[Revision]
    acceptance_total: str
    closed: bool
    closing_reason: str
    closing_note: str
    steps: Sequence[Step]
    messages: Sequence[Message]
    form: Form
    file_accept: str
    file_limit: tuple[int, str]
    papers: Sequence[Link]
    crossing: CrossingView | None
    deal_href: str


_QUOTE_BADGES = {
    "sent": ("info", "clock"),
    "superseded": ("plain", "close"),
    "accepted": ("good", "check"),
    "rejected": ("plain", "close"),
    "lapsed": ("warn", "clock"),
}


def _quote_badge(state: str, valid_until: date | None) -> Badge:
    text = {
        "sent": _("Đang có hiệu lực"),
        "superseded": _("Đã có bản mới hơn"),
        "accepted": _("Đã được chấp nhận"),
        "rejected": _("Không được chấp nhận"),
        "lapsed": _("Đã hết hạn"),
    }[state]
    tone, icon = _QUOTE_BADGES[state]
    if state == "sent" and valid_until is not None and valid_until < local_date(clock.now()):
        text, tone = _("Vừa hết hạn"), "warn"
    return Badge(text, tone, icon)  # type: ignore[arg-type]


def _revision(record: EnquiryRecord, quote: QuoteRecord, before: QuoteRecord | None) -> Revision:
    number = record.request.number
    one = quote.quote
    return Revision(
        view=quote_view(quote, record.items, record.request),
        badge=_quote_badge(one.state, one.valid_until),
        sent_on=format_date(one.sent_at) if one.sent_at else "",
        valid_until=one.valid_until,
        terms=one.terms,
        note=one.note,
        files=file_items(number, quote.files),
        changes=changes_between(before, quote, record.items) if before else (),
        print_href=url("enquiry_quote_paper", number=number, revision=one.revision),
    )


def _turn(record: EnquiryRecord, side: Side) -> str:
    """What is to be done now, in one sentence for this party."""
    request = record.request
    if is_asked_elsewhere(record) and record.on_its_way:
        return on_its_way_text(record)
    if request.awaits is None:
        return ""
    if request.awaits != side:
        if _ways(record, side).accept:
            return _("Bên báo giá đang trả lời bạn. Báo giá vẫn còn hiệu lực: bạn có thể chấp nhận ngay.")
        return _("Bạn chưa phải làm gì: hệ thống sẽ gửi e-mail khi bên kia trả lời.")
    if side == "holder" and request.state == "sent":
        return _("Hãy báo cho bên hỏi giá biết bạn đã nhận, hoặc trả lời luôn bằng báo giá, câu hỏi, hay lời từ chối.")
    if request.state == "quoted" and side == "buyer":
        return _("Hãy xem báo giá rồi chấp nhận, hỏi thêm, hoặc cho biết vì sao không chọn.")
    if request.state == "acknowledged":
        return _("Bên hỏi giá đang chờ báo giá của bạn.")
    return _("Bên kia đang chờ bạn trả lời trong phần trao đổi.")


def _ways(record: EnquiryRecord, side: Side) -> Ways:
    number, state = record.request.number, record.request.state
    before_quote = state in {"sent", "acknowledged", "clarifying"}
    ways = Ways(message=url("enquiry_message", number=number) if state in TALKING_STATES else "")
    if any(one.act in {"accept", "reject", "withdraw"} for one in record.on_its_way):
        return ways
    if side == "holder":
        return replace(
            ways,
            acknowledge=url("enquiry_acknowledge", number=number) if state == "sent" else "",
            quote=url("enquiry_quote", number=number) if state in OPEN_STATES else "",
            decline=url("enquiry_decline", number=number) if before_quote else "",
        )
    if before_quote:
        return replace(ways, withdraw=url("enquiry_withdraw", number=number))
    if record.open_quote is not None:
        quote = record.open_quote.quote
        holds = quote.valid_until is None or quote.valid_until >= local_date(clock.now())
        return replace(
            ways,
            accept=url("enquiry_accept", number=number, revision=quote.revision) if holds else "",
            reject=url("enquiry_reject", number=number, revision=quote.revision),
        )
    return replace(ways, again=_ask_again(record))


def _ask_again(record: EnquiryRecord) -> str:
    """Where to ask anew after an ending, with the old items filled in; nowhere once the listing is off show."""
    listing = record.listing
    if record.request.state not in {"rejected", "withdrawn", "lapsed", "undelivered"} or not listing_link(listing):
        return ""
    return url("ask", slug=listing.slug or "tin", public_id=listing.public_id, again=record.request.number)


def _messages(record: EnquiryRecord, side: Side) -> list[Message]:
    request = record.request
    own = [one.message for one in record.messages if one.side == side]
    read = {own[-1].id} if own and record.seen_at is not None and record.seen_at >= own[-1].at else set()
    names = {"buyer": request.buyer_name, "holder": request.holder_name}
    said = [
        Message(
            text=one.message.body,
            at=one.message.at,
            # Of somebody at another exchange only the organisation is known.
            author=one.author or names[one.side],
            organisation=names[one.side] if one.author else "",
            mine=one.side == side,
            files=file_items(request.number, one.files),
            badge=Badge(_("Bên kia đã xem"), "plain", "eye") if one.message.id in read else None,
            language=one.message.language or "",
        )
        for one in record.messages
    ]
    happened = [Message(text=_(MOVE_NAMES[one.move]), at=one.at) for one in record.history if one.move != "clarify"]
    return sorted([*said, *happened], key=lambda one: one.at)


def _papers(record: EnquiryRecord) -> list[Link]:
    number = record.request.number
    papers = [Link(_("In yêu cầu"), url("enquiry_paper", number=number))]
    if record.acceptance is not None:
        papers.append(Link(_("In bản chấp nhận"), url("enquiry_acceptance_paper", number=number)))
    return papers


def _page(record: EnquiryRecord, side: Side, form: Form, settings: Settings) -> EnquiryPage:
    request = record.request
    revisions = [
        _revision(record, quote, record.quotes[place - 1] if place else None)
        for place, quote in enumerate(record.quotes)
    ]
    reason, note = reason_of(record)
    ways = _ways(record, side)
    return EnquiryPage(
        title=f"{request.number} · {request.listing_title}",
        indexed=False,
        breadcrumbs=breadcrumbs(record),
        number=request.number,
        side=side,
        switch=[
            Link(
                _("Với tư cách bên hỏi giá") if one == "buyer" else _("Với tư cách bên báo giá"),
                url("enquiry", number=request.number, side=one),
                one == side,
            )
            for one in record.sides
        ]
        if len(record.sides) > 1
        else (),
        listing_title=request.listing_title,
        listing_kind=request.listing_kind,
        listing_href=listing_link(record.listing),
        need_title=request.need_title or "",
        need_href=listing_link(record.need),
        buyer=party(record.buyer, request.buyer_name, mine=side == "buyer"),
        holder=party(record.holder, request.holder_name, mine=side == "holder"),
        status=status_of(record, side),
        turn=_turn(record, side),
        ways=ways,
        draft_waits=side == "holder" and record.draft is not None and bool(ways.quote),
        message=request.message,
        wanted_date=request.wanted_date,
        answer_by=request.answer_by,
        criteria=request.criteria,
        questions=texts(request.questions, request.listing_kind),
        seen_action=url("enquiry_seen", number=request.number, side=side),
        # The round is the buyer's alone: the holder must not learn that others were asked.
        round_href=url("quote_round", public_id=record.round_id) if side == "buyer" and record.round_id else "",
        items=item_lines(record.items),
        files=file_items(request.number, record.files),
        latest=revisions[-1] if revisions else None,
        earlier=revisions[-2::-1],
        acceptance_total=format_money(record.acceptance.acceptance.total, record.acceptance.acceptance.currency)
        if record.acceptance
        else "",
        closed=request.state not in TALKING_STATES,
        closing_reason=reason,
        closing_note=note,
        steps=steps_of(record),
        messages=_messages(record, side),
        form=with_key(form),
        file_accept=ACCEPT,
        file_limit=hint(settings),
        papers=_papers(record),
        crossing=crossing_view(record, side),
        # The deal is followed where the listing is.
        deal_href="" if is_asked_elsewhere(record) else url("deal_of_enquiry", number=request.number),
    )


@router.get("/desk/enquiries/{number}", name="enquiry")
def enquiry(
    request: Request, *, number: str, session: ReadSession, actor: SignedInActor, settings: AppSettings, side: str = ""
) -> Response:
    """The request; an operator who is no party gets its outline."""
    record = enquiry_record(session, actor=actor, number=number)
    if not record.sides:
        return render(request, outline(record))
    form = held_form(request, session) or Form()
    shown = side_for(record, side)
    record = replace(record, seen_at=seen_by_other(session, record.request, side=shown))
    return render(request, _page(record, shown, form, settings))


def back_with_fault(request: Request, fault: Conflict, number: str) -> Response:
    """To the request as it stands now, with what stood in the way."""
    return redirect(request, url("enquiry", number=number), _(fault.detail or fault.title, **fault.params), "warn")


@router.post("/desk/enquiries/{number}/acknowledge", name="enquiry_acknowledge")
def acknowledge(request: Request, *, number: str, session: WriteSession, actor: SignedInActor) -> Response:
    """The holder has seen it."""
    try:
        with session.begin_nested():
            acknowledge_request(session, actor=actor, number=number, now=clock.now())
    except Conflict as fault:
        return back_with_fault(request, fault, number)
    return redirect(request, url("enquiry", number=number), _("Đã báo cho bên hỏi giá biết bạn đã nhận yêu cầu."))


@router.post("/desk/enquiries/{number}/messages", name="enquiry_message")
def message(
    request: Request,
    *,
    number: str,
    session: WriteSession,
    visitor: Visitor,
    actor: CurrentActor,
    form: FormWithFiles,
    settings: AppSettings,
) -> Response:
    """Say something to the other side."""
    if visitor is None:
        return sign_in_first(request, session, form, back_to=url("enquiry", number=number))
    record = party_record(session, actor=actor, number=number)
    side = side_for(record, form.value("side"))
    checked = form.check(MessageInput)
    documents, form = read_files(checked.form, "files", settings)
    if checked.data is None or form.errors:
        return render(request, _page(record, side, form, settings), status_code=422)
    try:
        with kept(documents, settings) as files, session.begin_nested():
            post_message(
                session,
                actor=actor,
                number=number,
                side=side,
                data=checked.data,
                form_key=key_of(form),
                now=clock.now(),
                files=files,
            )
    except Invalid as fault:
        form = form.with_errors({path: _(message) for path, message in fault.fields.items()})
        return render(request, _page(record, side, form, settings), status_code=422)
    except Conflict as fault:
        return back_with_fault(request, fault, number)
    there = url("enquiry", number=number, side=side if len(record.sides) > 1 else None)
    said = _("Lời nhắn đang được chuyển đi.") if is_asked_elsewhere(record) else _("Đã gửi lời nhắn.")
    return let_go(request, session, redirect(request, there, said))
