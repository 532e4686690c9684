"""What of a partner could not be taken: why, what came, and trying again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.features.partners.quarantine import dismiss, list_quarantine, retry
from app.features.partners.queries import find_partner
from app.features.partners.reasons import REASONS
from app.i18n import _, ngettext
from app.i18n.formats import format_datetime
from app.web.auth import OperatorActor
from app.web.flash import redirect
from app.web.forms import PostedForm
from app.web.partners.parts import crumbs
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.records import Tab

router = APIRouter()
_LONGEST_SHOWN = 6_000


@dataclass(frozen=True)
class QuarantineRow:
    """One record that waits."""

    id: str
    title: str
    source_id: str
    reason: str
    detail: str
    last: str
    times: int
    raw: str


@dataclass(frozen=True, kw_only=True)
class QuarantinePage(Page):
    """The records that wait, by reason."""

    template: ClassVar[str] = "partners/quarantine.html"

    public_id: str
    tabs: Sequence[Tab]
    rows: Sequence[QuarantineRow]
    first: str
    next: str
    indexed: bool = False


@router.get("/desk/partners/{public_id}/quarantine", name="quarantine")
def quarantine(
    request: Request, *, session: ReadSession, actor: OperatorActor, public_id: str, reason: str = "", after: str = ""
) -> Response:
    """What waits, what came last first."""
    partner = find_partner(session, actor=actor, public_id=public_id)
    chosen = reason if reason in REASONS else ""
    found = list_quarantine(session, actor=actor, partner=partner, reason=chosen, after=after)
    total = sum(count for _reason, count in found.counts)
    here = {"public_id": public_id}
    page = QuarantinePage(
        title=_("Bản ghi đang cách ly"),
        breadcrumbs=crumbs(Link(partner.name, url("partner", public_id=public_id))),
        public_id=public_id,
        tabs=[
            Tab(_("Tất cả"), url("quarantine", **here), not chosen, total),
            *(
                Tab(_(REASONS[code]), url("quarantine", **here, reason=code), code == chosen, count)
                for code, count in found.counts
            ),
        ],
        rows=[
            QuarantineRow(
                id=str(one.id),
                title=one.title or one.source_id,
                source_id=one.source_id,
                reason=_(REASONS[one.reason]),
                detail=one.detail,
                last=format_datetime(one.last_at),
                times=one.times,
                raw=json.dumps(one.raw.get("body", {}), ensure_ascii=False, indent=2)[:_LONGEST_SHOWN],
            )
            for one in found.items
        ],
        first=url("quarantine", **here, reason=chosen or None) if after else "",
        next=url("quarantine", **here, reason=chosen or None, after=found.next) if found.next else "",
    )
    return render(request, page)


@router.post("/desk/partners/{public_id}/quarantine", name="settle_quarantine")
def settle(
    request: Request, session: WriteSession, actor: OperatorActor, public_id: str, posted: PostedForm
) -> Response:
    """Try the ticked records again, or put them away; "all" tries all that wait."""
    partner = find_partner(session, actor=actor, public_id=public_id)
    ids = [one for text in posted.chosen("record") if (one := _uuid(text)) is not None]
    act = posted.value("act")
    back = url("quarantine", public_id=public_id)
    if act == "all":
        count = retry(session, actor=actor, partner=partner, ids=[], now=clock.now())
    elif not ids:
        return redirect(request, back, _("Hãy chọn ít nhất một bản ghi."))
    elif act == "dismiss":
        count = dismiss(session, actor=actor, partner=partner, ids=ids, now=clock.now())
        return redirect(request, back, ngettext("Đã bỏ %(num)s bản ghi.", "Đã bỏ %(num)s bản ghi.", count))
    else:
        count = retry(session, actor=actor, partner=partner, ids=ids, now=clock.now())
    said = ngettext("Đang thử lại %(num)s bản ghi.", "Đang thử lại %(num)s bản ghi.", count)
    return redirect(request, back, said)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
