"""The milestones of a deal: the plan, what was proposed to be otherwise, and the answer to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.features.deals import milestones as commands
from app.features.deals.milestone_states import CHANGEABLE, MOVE_NAMES, STATE_NAMES
from app.features.deals.queries import DealRecord, Plan, deal_record, plan_of
from app.features.deals.states import BEFORE_CONTRACT, RUNNING_STATES, Side
from app.i18n import _
from app.i18n.formats import format_date, format_money, local_date
from app.models import DealMilestone, DealMilestoneChange
from app.web.auth import SignedInActor
from app.web.deals.parts import DealHead, acted, answer_of, crumbs, head, side_for, side_or_none
from app.web.forms import PostedForm
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import FileItem, Step

router = APIRouter()

_BADGES = {
    "planned": ("plain", "clock"),
    "reported": ("info", "send"),
    "returned": ("warn", "alert"),
    "accepted": ("good", "check"),
    "removed": ("plain", "close"),
}


@dataclass(frozen=True)
class MilestoneView:
    """One milestone. Addresses are empty for what the reader cannot do now."""

    public_id: str
    title: str
    due_on: date
    late: bool
    amount: str
    badge: Badge
    steps: Sequence[Step]
    files: Sequence[FileItem]
    report: str
    edit: str
    accept: str
    give_back: str


@dataclass(frozen=True)
class ChangeView:
    """A proposed change in words; addresses are empty for what the reader cannot do."""

    said: str
    reason: str
    who: str
    when: str
    badge: Badge
    answer: str
    mine: bool


@dataclass(frozen=True, kw_only=True)
class MilestonesPage(Page):
    """The plan. `sums` compares what milestones add up to with what was accepted."""

    template: ClassVar[str] = "deals/milestones.html"

    head: DealHead
    milestones: Sequence[MilestoneView]
    removed: Sequence[MilestoneView]
    proposed: Sequence[ChangeView]
    answered: Sequence[ChangeView]
    new: str
    signed: bool
    sums: str


def _amount(record: DealRecord, amount: int | None) -> str:
    return "" if amount is None else format_money(amount, record.deal.currency)


def _milestone(record: DealRecord, plan: Plan, one: DealMilestone, side: Side) -> MilestoneView:
    deal = record.deal
    here = {"number": deal.number, "public_id": one.public_id}
    asked = side_or_none(record, side)
    running = deal.state in RUNNING_STATES
    tone, icon = _BADGES[one.state]
    answering = running and one.state == "reported" and one.reported_side != side
    files = plan.files[one.id]
    return MilestoneView(
        public_id=one.public_id,
        title=one.title,
        due_on=one.due_on,
        late=one.state in CHANGEABLE and one.due_on < local_date(clock.now()),
        amount=_amount(record, one.amount),
        badge=Badge(_(STATE_NAMES[one.state]), tone, icon),  # type: ignore[arg-type]
        steps=[
            Step(
                f"{_(MOVE_NAMES[step.move])} · {_name(record, step.reasons.get('by', ''))}",
                "refused" if step.move in {"return", "remove"} else "done",
                step.at,
                step.note,
            )
            for step in plan.history[one.id]
        ],
        files=[
            FileItem(file.filename, url("deal_file", number=deal.number, public_id=file.public_id), file.size)
            for file in files
        ],
        report=url("deal_milestone_report", **here, side=asked) if running and one.state in CHANGEABLE else "",
        edit=url("deal_milestone", **here, side=asked)
        if deal.state in BEFORE_CONTRACT | RUNNING_STATES and one.state in CHANGEABLE
        else "",
        accept=url("deal_milestone_accept", **here) if answering else "",
        give_back=url("deal_milestone_return", **here, side=asked) if answering else "",
    )


def _name(record: DealRecord, side: str) -> str:
    return record.deal.buyer_name if side == "buyer" else record.deal.holder_name


def _change(record: DealRecord, titles: dict[object, str], one: DealMilestoneChange, side: Side) -> ChangeView:
    known = titles.get(one.milestone_id, "")
    if one.action == "remove":
        said = _("Bỏ mốc “%(title)s”", title=known)
    else:
        what = [one.title or "", format_date(one.due_on) if one.due_on else "", _amount(record, one.amount)]
        after = " · ".join(part for part in what if part)
        said = (
            _("Thêm mốc: %(after)s", after=after)
            if one.action == "add"
            else _("Sửa “%(title)s” thành: %(after)s", title=known, after=after)
        )
    names = {
        "open": (_("Chờ trả lời"), "info", "clock"),
        "agreed": (_("Đã đồng ý"), "good", "check"),
        "declined": (_("Không đồng ý"), "plain", "close"),
        "withdrawn": (_("Đã rút lại"), "plain", "close"),
    }
    text, tone, icon = names[one.state]
    return ChangeView(
        said=said,
        reason=one.reason,
        who=_name(record, one.side),
        when=format_date(one.proposed_at),
        badge=Badge(text, tone, icon),  # type: ignore[arg-type]
        answer=url("deal_milestone_change", number=record.deal.number, public_id=one.public_id)
        if one.state == "open"
        else "",
        mine=one.side == side,
    )


def _page(session: Session, record: DealRecord, side: Side) -> MilestonesPage:
    deal = record.deal
    plan = plan_of(session, record)
    views = {one.id: _milestone(record, plan, one, side) for one in plan.milestones}
    titles: dict[object, str] = {one.id: one.title for one in plan.milestones}
    total = sum(one.amount or 0 for one in record.milestones)
    open_now = deal.state in BEFORE_CONTRACT | RUNNING_STATES
    return MilestonesPage(
        title=_("Mốc thực hiện của %(number)s", number=deal.number),
        indexed=False,
        breadcrumbs=crumbs(deal.number, Link(_("Mốc thực hiện"), url("deal_milestones", number=deal.number))),
        head=head(record, side=side, section="deal_milestones"),
        milestones=[views[one.id] for one in record.milestones],
        removed=[views[one.id] for one in plan.milestones if one.state == "removed"],
        proposed=[_change(record, titles, one, side) for one in plan.changes if one.state == "open"],
        answered=[_change(record, titles, one, side) for one in plan.changes if one.state != "open"],
        new=url("new_deal_milestone", number=deal.number, side=side_or_none(record, side)) if open_now else "",
        signed=deal.state not in BEFORE_CONTRACT,
        sums=_(
            "Các mốc cộng lại %(sum)s, tổng đã chấp nhận %(total)s.",
            sum=format_money(total, deal.currency),
            total=format_money(deal.total, deal.currency),
        )
        if total
        else "",
    )


@router.get("/desk/deals/{number}/milestones", name="deal_milestones")
def milestones(
    request: Request, *, number: str, session: ReadSession, actor: SignedInActor, side: str = ""
) -> Response:
    """The plan, for the two sides."""
    record = deal_record(session, actor=actor, number=number)
    return render(request, _page(session, record, side_for(record, side)))


@router.post("/desk/deals/{number}/milestone-changes/{public_id}", name="deal_milestone_change")
def answer_change(
    request: Request, *, number: str, public_id: str, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """Agree to a proposed change, decline it, or withdraw one's own."""
    record = deal_record(session, actor=actor, number=number)
    chosen = side_for(record, form.value("side"))
    answer = answer_of(form)
    return acted(
        request,
        session,
        act=lambda: commands.answer_change(
            session,
            actor=actor,
            number=number,
            public_id=public_id,
            side=chosen,
            answer=answer,
            note="",
            now=clock.now(),
        ),
        again=lambda _shown: _page(session, record, chosen),
        form=form,
        there=url("deal_milestones", number=number, side=side_or_none(record, chosen)),
        done=_("Đã ghi nhận."),
    )
