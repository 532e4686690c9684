"""Writing a milestone of a deal: planning and changing it, reporting it with evidence, accepting and returning it."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import NotFound
from app.features.deals import milestones as commands
from app.features.deals.queries import DealRecord, deal_record
from app.features.deals.schemas import EvidenceInput, MilestoneInput
from app.features.deals.states import BEFORE_CONTRACT, Side
from app.i18n import _
from app.identity import Actor
from app.models import DealMilestone
from app.settings import Settings
from app.web.auth import SignedInActor
from app.web.deals.parts import DealHead, acted, crumbs, head, in_minor_units, only, side_for, side_or_none
from app.web.enquiries.answer import ReasonPage
from app.web.enquiries.attachments import ACCEPT, FormWithFiles, hint, kept, read_files
from app.web.enquiries.typing_in import typed_amount
from app.web.forms import Form, PostedForm
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class MilestonePage(Page):
    """The form of one milestone; `remove` is empty for a new one."""

    template: ClassVar[str] = "deals/milestone.html"

    head: DealHead
    form: Form
    action: str
    back: str
    currency: str
    signed: bool
    remove: str


@dataclass(frozen=True, kw_only=True)
class ReportPage(Page):
    """Saying that a milestone is reached."""

    template: ClassVar[str] = "deals/milestone_report.html"

    head: DealHead
    form: Form
    action: str
    back: str
    milestone: str
    accept: str
    most_files: int
    largest: str


def _known(record: DealRecord, public_id: str) -> DealMilestone:
    found = next((one for one in record.milestones if one.public_id == public_id), None)
    if found is None:
        raise NotFound
    return found


def _form_page(record: DealRecord, side: Side, form: Form, one: DealMilestone | None) -> MilestonePage:
    number, asked = record.deal.number, side_or_none(record, side)
    title = _("Thêm mốc") if one is None else _("Sửa mốc")
    here = {"number": number, "public_id": one.public_id} if one is not None else {}
    action = url("deal_milestone", **here, side=asked) if here else url("new_deal_milestone", number=number, side=asked)
    return MilestonePage(
        title=title,
        indexed=False,
        breadcrumbs=crumbs(
            number, Link(_("Mốc thực hiện"), url("deal_milestones", number=number)), Link(title, action)
        ),
        head=head(record, side=side, section="deal_milestones"),
        form=form,
        action=action,
        back=url("deal_milestones", number=number, side=asked),
        currency=record.deal.currency,
        signed=record.deal.state not in BEFORE_CONTRACT,
        remove=url("deal_milestone_remove", **here, side=asked) if here else "",
    )


@router.get("/desk/deals/{number}/milestones/new", name="new_deal_milestone")
def new(request: Request, *, number: str, session: ReadSession, actor: SignedInActor, side: str = "") -> Response:
    """The form of a new one."""
    record = deal_record(session, actor=actor, number=number)
    return render(request, _form_page(record, side_for(record, side), Form(), None))


@router.get("/desk/deals/{number}/milestones/{public_id}", name="deal_milestone")
def edit(
    request: Request, *, number: str, public_id: str, session: ReadSession, actor: SignedInActor, side: str = ""
) -> Response:
    """The form of one that is there."""
    record = deal_record(session, actor=actor, number=number)
    one = _known(record, public_id)
    values = {
        "title": [one.title],
        "due_on": [one.due_on.isoformat()],
        "amount": [typed_amount(one.amount, record.deal.currency)],
    }
    return render(request, _form_page(record, side_for(record, side), Form(values=values), one))


@router.post("/desk/deals/{number}/milestones/new")
def add(
    request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm, side: str = ""
) -> Response:
    """Plan it, or propose it on a signed deal."""
    return _written(request, session, actor=actor, number=number, public_id="", form=form, side=side)


@router.post("/desk/deals/{number}/milestones/{public_id}")
def change(
    request: Request,
    *,
    number: str,
    public_id: str,
    session: WriteSession,
    actor: SignedInActor,
    form: PostedForm,
    side: str = "",
) -> Response:
    """Change it, or propose the change on a signed deal."""
    return _written(request, session, actor=actor, number=number, public_id=public_id, form=form, side=side)


def _written(
    request: Request, session: Session, *, actor: Actor, number: str, public_id: str, form: Form, side: str
) -> Response:
    record = deal_record(session, actor=actor, number=number)
    chosen = side_for(record, side)
    one = _known(record, public_id) if public_id else None
    given = only(form, "title", "due_on", "amount", "reason")
    checked = in_minor_units(given, record.deal.currency, "amount").check(MilestoneInput)
    data = checked.data
    if data is None:
        # What was typed stays in the fields; only the model saw minor units.
        page = _form_page(record, chosen, form.with_errors(checked.form.errors), one)
        return render(request, page, status_code=422)

    def act() -> object:
        if one is None:
            return commands.plan_milestone(session, actor=actor, number=number, side=chosen, data=data, now=clock.now())
        return commands.change_milestone(
            session, actor=actor, number=number, public_id=public_id, side=chosen, data=data, now=clock.now()
        )

    signed = record.deal.state not in BEFORE_CONTRACT
    return acted(
        request,
        session,
        act=act,
        again=lambda shown: _form_page(record, chosen, shown, one),
        form=form,
        there=url("deal_milestones", number=number, side=side_or_none(record, chosen)),
        done=_("Đã gửi đề nghị; mốc đổi khi bên kia đồng ý.") if signed else _("Đã ghi mốc."),
    )


def _report_page(record: DealRecord, side: Side, form: Form, one: DealMilestone, settings: Settings) -> ReportPage:
    number, asked = record.deal.number, side_or_none(record, side)
    most, largest = hint(settings)
    here = {"number": number, "public_id": one.public_id}
    return ReportPage(
        title=_("Báo đã xong: %(title)s", title=one.title),
        indexed=False,
        breadcrumbs=crumbs(number, Link(_("Mốc thực hiện"), url("deal_milestones", number=number))),
        head=head(record, side=side, section="deal_milestones"),
        form=form,
        action=url("deal_milestone_report", **here, side=asked),
        back=url("deal_milestones", number=number, side=asked),
        milestone=one.title,
        accept=ACCEPT,
        most_files=most,
        largest=largest,
    )


@router.get("/desk/deals/{number}/milestones/{public_id}/report", name="deal_milestone_report")
def report(
    request: Request,
    *,
    number: str,
    public_id: str,
    session: ReadSession,
    actor: SignedInActor,
    settings: AppSettings,
    side: str = "",
) -> Response:
    """The form: what was done, and files that show it."""
    record = deal_record(session, actor=actor, number=number)
    one = _known(record, public_id)
    return render(request, _report_page(record, side_for(record, side), Form(), one, settings))


@router.post("/desk/deals/{number}/milestones/{public_id}/report")
def report_now(
    request: Request,
    *,
    number: str,
    public_id: str,
    session: WriteSession,
    actor: SignedInActor,
    form: FormWithFiles,
    settings: AppSettings,
    side: str = "",
) -> Response:
    """Say that it is reached."""
    record = deal_record(session, actor=actor, number=number)
    chosen, one = side_for(record, side), _known(record, public_id)
    documents, form = read_files(form, "files", settings)
    checked = only(form, "evidence").check(EvidenceInput)
    data = checked.data
    if data is None or form.errors:
        shown = form.with_errors(checked.form.errors)
        return render(request, _report_page(record, chosen, shown, one, settings), status_code=422)

    def act() -> object:
        with kept(documents, settings, "deals") as files:
            return commands.report_milestone(
                session,
                actor=actor,
                number=number,
                public_id=public_id,
                side=chosen,
                data=data,
                files=files,
                now=clock.now(),
            )

    return acted(
        request,
        session,
        act=act,
        again=lambda shown: _report_page(record, chosen, shown, one, settings),
        form=form,
        there=url("deal_milestones", number=number, side=side_or_none(record, chosen)),
        done=_("Đã báo. Bên kia sẽ chấp nhận hoặc trả lại."),
    )


def _reason(
    record: DealRecord,
    side: Side,
    one: DealMilestone,
    form: Form,
    *,
    what: Literal["deal_milestone_return", "deal_milestone_remove"],
) -> ReasonPage:
    number, asked = record.deal.number, side_or_none(record, side)
    returning = what == "deal_milestone_return"
    title = _("Trả lại mốc") if returning else _("Bỏ mốc")
    return ReasonPage(
        title=title,
        indexed=False,
        breadcrumbs=crumbs(number, Link(_("Mốc thực hiện"), url("deal_milestones", number=number))),
        form=form,
        action=url(what, number=number, public_id=one.public_id, side=asked),
        back=url("deal_milestones", number=number, side=asked),
        lead=one.title,
        reasons=(),
        reasons_label="",
        note_label=_("Còn thiếu gì?") if returning else _("Lý do"),
        note_hint=_("Bên kia đọc được."),
        button=title,
    )


@router.get("/desk/deals/{number}/milestones/{public_id}/return", name="deal_milestone_return")
def ask_return(
    request: Request, *, number: str, public_id: str, session: ReadSession, actor: SignedInActor, side: str = ""
) -> Response:
    """Ask what is missing."""
    record = deal_record(session, actor=actor, number=number)
    one = _known(record, public_id)
    return render(request, _reason(record, side_for(record, side), one, Form(), what="deal_milestone_return"))


@router.get("/desk/deals/{number}/milestones/{public_id}/remove", name="deal_milestone_remove")
def ask_remove(
    request: Request, *, number: str, public_id: str, session: ReadSession, actor: SignedInActor, side: str = ""
) -> Response:
    """Ask why."""
    record = deal_record(session, actor=actor, number=number)
    one = _known(record, public_id)
    return render(request, _reason(record, side_for(record, side), one, Form(), what="deal_milestone_remove"))


@router.post("/desk/deals/{number}/milestones/{public_id}/remove")
def remove(
    request: Request,
    *,
    number: str,
    public_id: str,
    session: WriteSession,
    actor: SignedInActor,
    form: PostedForm,
    side: str = "",
) -> Response:
    """Take it out of the plan, or propose so on a signed deal."""
    record = deal_record(session, actor=actor, number=number)
    chosen, one = side_for(record, side), _known(record, public_id)
    reason = form.value("note").strip()[:2_000]
    return acted(
        request,
        session,
        act=lambda: commands.remove_milestone(
            session, actor=actor, number=number, public_id=public_id, side=chosen, reason=reason, now=clock.now()
        ),
        again=lambda shown: _reason(record, chosen, one, shown, what="deal_milestone_remove"),
        form=form,
        there=url("deal_milestones", number=number, side=side_or_none(record, chosen)),
        done=_("Đã ghi nhận."),
    )


@router.post("/desk/deals/{number}/milestones/{public_id}/return")
def give_back(
    request: Request,
    *,
    number: str,
    public_id: str,
    session: WriteSession,
    actor: SignedInActor,
    form: PostedForm,
    side: str = "",
) -> Response:
    """Return it with what is missing."""
    return _answered(
        request, session, actor=actor, number=number, public_id=public_id, form=form, side=side, accepted=False
    )


@router.post("/desk/deals/{number}/milestones/{public_id}/accept", name="deal_milestone_accept")
def accept(
    request: Request, *, number: str, public_id: str, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """Accept it: one button."""
    side = form.value("side")
    return _answered(
        request, session, actor=actor, number=number, public_id=public_id, form=form, side=side, accepted=True
    )


def _answered(
    request: Request,
    session: Session,
    *,
    actor: Actor,
    number: str,
    public_id: str,
    form: Form,
    side: str,
    accepted: bool,
) -> Response:
    record = deal_record(session, actor=actor, number=number)
    chosen, one = side_for(record, side), _known(record, public_id)
    return acted(
        request,
        session,
        act=lambda: commands.answer_milestone(
            session,
            actor=actor,
            number=number,
            public_id=public_id,
            side=chosen,
            accepted=accepted,
            note=form.value("note").strip()[:2_000],
            now=clock.now(),
        ),
        again=lambda shown: _reason(record, chosen, one, shown, what="deal_milestone_return"),
        form=form,
        there=url("deal_milestones", number=number, side=side_or_none(record, chosen)),
        done=_("Đã chấp nhận mốc.") if accepted else _("Đã trả lại mốc."),
    )
