"""The brokers' board of cases by state and age, and the page of one case."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, get_args

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import Conflict, Invalid
from app.features.brokering import commands
from app.features.brokering.policies import require_broker
from app.features.brokering.queries import CaseRecord, CaseRow, Show, board, case_counts, case_record
from app.features.brokering.schemas import CallInput, CloseInput, NoteInput
from app.features.brokering.states import KIND_NAMES, MOVE_NAMES, OUTCOME_NAMES, STATE_NAMES, outcomes_of
from app.features.deals.disputes import add_case_note, close_case
from app.features.deals.states import STATE_NAMES as DEAL_STATES
from app.i18n import N_, _
from app.i18n.formats import format_date, format_number, local_date
from app.i18n.terms import term
from app.identity import Actor
from app.text import one_line
from app.web.auth import SignedInActor
from app.web.enquiries.parts import key_of, with_key
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import query_string, url
from app.web.views.basics import Badge
from app.web.views.records import Message, Tab

router = APIRouter()

_LONGEST_QUERY = 100

_SHOWN: tuple[tuple[Show, str], ...] = (
    ("open", N_("Chưa ai nhận")),
    ("mine", N_("Của tôi")),
    ("taken", N_("Đang theo dõi")),
    ("closed", N_("Đã khép lại")),
)


@dataclass(frozen=True)
class Row:
    """A case in the list."""

    case: CaseRow
    href: str
    kind: str
    badges: Sequence[Badge]


@dataclass(frozen=True, kw_only=True)
class CasesPage(Page):
    """The board."""

    template: ClassVar[str] = "brokering/board.html"

    tabs: Sequence[Tab]
    rows: Sequence[Row]
    first: str
    next: str
    new_href: str
    find: str
    show: str
    clear: str


@dataclass(frozen=True, kw_only=True)
class NewCasePage(Page):
    """A call to write down."""

    template: ClassVar[str] = "brokering/new.html"

    form: Form
    action: str
    back: str


@dataclass(frozen=True)
class CaseWays:
    """What may be done now; empty for what may not."""

    take: str = ""
    release: str = ""
    close: str = ""
    reopen: str = ""
    note: str = ""
    need: str = ""
    introduce: str = ""
    deal: str = ""


@dataclass(frozen=True, kw_only=True)
class CasePage(Page):
    """One case."""

    template: ClassVar[str] = "brokering/case.html"

    kind: str
    badges: Sequence[Badge]
    facts: Sequence[tuple[str, str]]
    request_href: str
    entries: Sequence[Message]
    ways: CaseWays
    next_step: str
    next_on: str
    form: Form
    outcomes: Sequence[tuple[str, str]]
    shareable: bool


def _badges(row: CaseRow) -> list[Badge]:
    badges = []
    if row.answered and row.state != "closed":
        badges.append(Badge(_("Đã có trả lời"), "good", "check"))
    elif row.working_days is not None and row.state != "closed":
        badges.append(
            Badge(_("%(num)s ngày làm việc chưa trả lời", num=format_number(row.working_days)), "warn", "clock")
        )
    if row.state != "closed" and row.next_on is not None:
        late = row.next_on < local_date(clock.now())
        badges.append(Badge(format_date(row.next_on), "warn" if late else "plain", "clock"))
    if row.outcome:
        badges.append(Badge(_(OUTCOME_NAMES[row.outcome]), "plain", "check"))
    return badges


@router.get("/desk/cases", name="cases")
def cases(
    request: Request, *, session: ReadSession, actor: SignedInActor, show: str = "open", find: str = "", after: str = ""
) -> Response:
    """The board, what waited longest on top; `find` finds cases by title, number or organisation.

    It is not called q: what is asked of the whole exchange stands in the box of every page.
    """
    shown: Show = next((code for code in get_args(Show) if code == show), "open")
    query = one_line(find)[:_LONGEST_QUERY]
    found = board(session, actor=actor, show=shown, query=query, cursor=after)
    counts = case_counts(session, actor=actor, query=query)

    def href(shown: str, after: str = "") -> str:
        return url("cases") + query_string({"show": shown, "find": query, "after": after})

    page = CasesPage(
        title=_("Vụ việc môi giới"),
        indexed=False,
        breadcrumbs=(Link(_("Bàn làm việc"), url("desk")), Link(_("Vụ việc môi giới"), url("cases"))),
        tabs=[Tab(_(name), href(code), code == shown, counts.get(code)) for code, name in _SHOWN],
        rows=[
            Row(
                case=one,
                href=url("case", public_id=one.public_id),
                kind=_(KIND_NAMES[one.kind]),
                badges=_badges(one),
            )
            for one in found.rows
        ],
        first=href(shown) if after else "",
        next=href(shown, found.next_cursor) if found.next_cursor else "",
        new_href=url("new_case"),
        find=query,
        show=shown,
        clear=url("cases", show=shown) if query else "",
    )
    return render(request, page)


def _new_page(form: Form) -> NewCasePage:
    return NewCasePage(
        title=_("Ghi lại cuộc gọi"),
        indexed=False,
        breadcrumbs=(Link(_("Vụ việc môi giới"), url("cases")), Link(_("Ghi lại cuộc gọi"), url("new_case"))),
        form=with_key(form),
        action=url("new_case"),
        back=url("cases"),
    )


@router.get("/desk/cases/new", name="new_case")
def new_case(request: Request, *, actor: SignedInActor) -> Response:
    """The form for a call."""
    require_broker(actor)
    return render(request, _new_page(Form()))


@router.post("/desk/cases/new")
def open_case(request: Request, *, session: WriteSession, actor: SignedInActor, form: PostedForm) -> Response:
    """Begin a case from a call."""
    require_broker(actor)
    checked = form.check(CallInput)
    if checked.data is None:
        return render(request, _new_page(checked.form), status_code=422)
    case = commands.open_call(session, actor=actor, data=checked.data, form_key=key_of(form), now=clock.now())
    return redirect(request, url("case", public_id=case.public_id), _("Đã mở vụ việc; bạn đang theo dõi nó."))


def _entries(record: CaseRecord) -> list[Message]:
    said = [
        Message(
            text=note.body,
            at=note.at,
            author=name,
            mine=not note.shared,
            badge=Badge(_("Hai bên đọc được"), "info", "user") if note.shared else None,
        )
        for note, name in record.notes
    ]
    happened = [
        Message(
            text=" · ".join(part for part in (_(MOVE_NAMES[move.move]), name, move.note) if part),
            at=move.at,
        )
        for move, name in record.history
    ]
    return sorted([*happened, *said], key=lambda one: one.at)


def _page(record: CaseRecord, form: Form, actor: Actor) -> CasePage:
    case = record.case
    here = {"public_id": case.public_id}
    open_now = case.state != "closed"
    row = CaseRow(
        public_id=case.public_id,
        kind=case.kind,
        state=case.state,
        title=case.title,
        opened_at=case.opened_at,
        working_days=case.working_days,
        taken_by=record.taken_by,
        next_step=case.next_step,
        next_on=case.next_on,
        outcome=case.outcome,
        answered=record.request is not None and record.request.first_answer_at is not None,
    )
    facts = [
        (_("Tình trạng"), _(STATE_NAMES[case.state])),
        (_("Mở ngày"), format_date(case.opened_at)),
    ]
    if record.taken_by:
        facts.append((_("Người theo dõi"), record.taken_by))
    if record.organisation:
        facts.append((_("Đơn vị"), record.organisation))
    if record.need_state:
        facts.append((_("Nhu cầu ghi hộ"), term("listing_state", record.need_state)))
    if record.request is not None:
        facts.append((_("Bên hỏi giá"), record.request.buyer_name))
        facts.append((_("Bên báo giá"), record.request.holder_name))
    if record.deal is not None:
        facts.append((_("Thương vụ"), record.deal.number))
        facts.append((_("Thương vụ đang ở"), _(DEAL_STATES[record.deal.state])))
        facts.append((_("Bên mua"), record.deal.buyer_name))
        facts.append((_("Bên bán"), record.deal.holder_name))
    return CasePage(
        title=case.title,
        indexed=False,
        breadcrumbs=(Link(_("Vụ việc môi giới"), url("cases")), Link(case.title, url("case", **here))),
        kind=_(KIND_NAMES[case.kind]),
        badges=_badges(row),
        facts=facts,
        # How a request stands is the operator's to see; a broker who is none knows it from the case.
        request_href=url("enquiry", number=record.request.number)
        if record.request is not None and actor.is_operator
        else "",
        entries=_entries(record),
        ways=CaseWays(
            take=url("case_take", **here) if case.state == "open" else "",
            release=url("case_release", **here) if case.state == "taken" else "",
            close=url("case_close", **here) if open_now else "",
            reopen=url("case_reopen", **here) if not open_now and case.kind != "dispute" else "",
            note=url("case_note", **here) if open_now else "",
            need=url("case_need", **here) if open_now and case.kind == "call" and case.need_id is None else "",
            introduce=url("case_introduce", **here) if open_now and case.kind != "dispute" else "",
            deal=url("case_deal", **here) if open_now and record.deal is not None else "",
        ),
        next_step=case.next_step,
        next_on=format_date(case.next_on) if case.next_on else "",
        form=with_key(form),
        outcomes=[(code, _(name)) for code, name in outcomes_of(case.kind).items()],
        shareable=case.kind == "dispute",
    )


@router.get("/desk/cases/{public_id}", name="case")
def case(request: Request, *, public_id: str, session: ReadSession, actor: SignedInActor) -> Response:
    """One case."""
    return render(request, _page(case_record(session, actor=actor, public_id=public_id), Form(), actor))


def _moved(request: Request, public_id: str, text: str, tone: str = "good") -> Response:
    return redirect(request, url("case", public_id=public_id), text, tone)  # type: ignore[arg-type]


@router.post("/desk/cases/{public_id}/take", name="case_take")
def take(request: Request, *, public_id: str, session: WriteSession, actor: SignedInActor) -> Response:
    """Follow the case from now on."""
    try:
        with session.begin_nested():
            commands.take(session, actor=actor, public_id=public_id, now=clock.now())
    except Conflict:
        return _moved(request, public_id, _("Người khác vừa nhận vụ việc này."), "warn")
    return _moved(request, public_id, _("Bạn đang theo dõi vụ việc này."))


@router.post("/desk/cases/{public_id}/release", name="case_release")
def release(request: Request, *, public_id: str, session: WriteSession, actor: SignedInActor) -> Response:
    """Give it back."""
    commands.release(session, actor=actor, public_id=public_id, now=clock.now())
    return _moved(request, public_id, _("Đã trả lại vụ việc."))


@router.post("/desk/cases/{public_id}/reopen", name="case_reopen")
def reopen(request: Request, *, public_id: str, session: WriteSession, actor: SignedInActor) -> Response:
    """Go on with it."""
    commands.reopen(session, actor=actor, public_id=public_id, now=clock.now())
    return _moved(request, public_id, _("Đã mở lại vụ việc."))


@router.post("/desk/cases/{public_id}/notes", name="case_note")
def note(
    request: Request, *, public_id: str, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """Write down what happened and what is next."""
    checked = form.check(NoteInput)
    shown = checked.form
    if checked.data is not None:
        try:
            with session.begin_nested():
                add_case_note(
                    session,
                    actor=actor,
                    public_id=public_id,
                    data=checked.data,
                    form_key=key_of(form),
                    now=clock.now(),
                )
            return _moved(request, public_id, _("Đã ghi lại."))
        except Invalid as fault:
            shown = form.with_errors({path: _(message) for path, message in fault.fields.items()})
    record = case_record(session, actor=actor, public_id=public_id)
    return render(request, _page(record, shown, actor), status_code=422)


@router.post("/desk/cases/{public_id}/close", name="case_close")
def close(
    request: Request, *, public_id: str, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """End it, saying how."""
    # Its own names, since the page has two forms.
    given = Form(values={"outcome": form.chosen("outcome"), "note": form.chosen("closing_note")})
    checked = given.check(CloseInput)
    errors = dict(checked.form.errors)
    if checked.data is not None:
        try:
            with session.begin_nested():
                close_case(session, actor=actor, public_id=public_id, data=checked.data, now=clock.now())
            return _moved(request, public_id, _("Đã khép lại vụ việc."))
        except Invalid as fault:
            errors = {path: _(message) for path, message in fault.fields.items()}
        except Conflict:
            return _moved(request, public_id, _("Vụ việc này đã khép lại."), "warn")
    if "note" in errors:
        errors["closing_note"] = errors.pop("note")
    record = case_record(session, actor=actor, public_id=public_id)
    return render(request, _page(record, replace(form, errors=errors), actor), status_code=422)
