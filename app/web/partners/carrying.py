"""Of a partner's page: the requests carried to and from it, and what did not get there."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import WriteSession
from app.errors import Conflict
from app.features.carrying.overview import carrying_with, send_again
from app.i18n import N_, _
from app.i18n.formats import format_datetime, format_number
from app.identity import Actor
from app.models.partners import Partner
from app.web.auth import OperatorActor
from app.web.flash import redirect
from app.web.urls import url
from app.web.views.basics import Badge

router = APIRouter()

_ACTS = {
    "ask": N_("Yêu cầu báo giá"),
    "withdraw": N_("Rút yêu cầu"),
    "accept": N_("Chấp nhận báo giá"),
    "reject": N_("Không chấp nhận báo giá"),
    "message": N_("Lời nhắn"),
    "state": N_("Trả lời về sàn hỏi"),
}


@dataclass(frozen=True, kw_only=True)
class StuckRow:
    """One message that is stuck; `again` is where to have it tried again, "" where that would change nothing."""

    text: str
    badge: Badge
    when: str
    fault: str
    again: str


@dataclass(frozen=True, kw_only=True)
class CarryingPanel:
    """`line`: how much was carried."""

    line: str
    stuck: Sequence[StuckRow]


def carrying_panel(session: Session, actor: Actor, partner: Partner) -> CarryingPanel | None:
    """None with a partner that nothing is carried to or from, nor was. Two queries."""
    found = carrying_with(session, actor=actor, partner_id=partner.id)
    agreed = partner.enquiries_out or partner.enquiries_in
    if not (agreed or found.sent or found.received):
        return None
    line = _(
        "%(sent)s yêu cầu đã chuyển đi, %(received)s đã nhận; %(waiting)s đang chờ gửi.",
        sent=format_number(found.sent),
        received=format_number(found.received),
        waiting=format_number(found.waiting),
    )
    rows = []
    for one in found.stuck:
        failed = one.state == "failed"
        badge = Badge(_("Không gửi được"), "bad", "bad") if failed else Badge(_("Không được nhận"), "warn", "close")
        rows.append(
            StuckRow(
                text=f"{_(_ACTS[one.act])} · {one.number}",
                badge=badge,
                when=format_datetime(one.created_at),
                fault=" ".join(str(part) for part in (one.status, one.fault) if part),
                again=url("carry_again", public_id=partner.public_id, delivery_id=one.delivery_id) if failed else "",
            )
        )
    return CarryingPanel(line=line, stuck=rows)


@router.post("/desk/partners/{public_id}/carried/{delivery_id}/again", name="carry_again")
def again(request: Request, session: WriteSession, actor: OperatorActor, public_id: str, delivery_id: UUID) -> Response:
    """Try once more what was given up."""
    there = url("partner", public_id=public_id)
    try:
        with session.begin_nested():
            send_again(session, actor=actor, public_id=public_id, delivery_id=delivery_id, now=clock.now())
    except Conflict as fault:
        return redirect(request, there, _(fault.detail), "warn")
    return redirect(request, there, _("Đang gửi lại."))
