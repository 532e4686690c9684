"""The first page after signing in: what waits for this person, and the ways to everything they may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession
from app.features.deals.waiting import WaitingDeals, waiting_deals
from app.features.enquiries.queries import count_waiting
from app.features.listings.queries import my_counts, my_listings
from app.features.ndas.queries import count_waiting as count_ndas
from app.features.ndas.states import Side
from app.i18n import N_, _
from app.i18n.formats import format_date, format_number, local_date
from app.i18n.terms import term
from app.models.jobs import Job
from app.models.listings import Listing
from app.models.organisations import Organisation
from app.web.alerts.news import NewsLine, news_lines, own_matches
from app.web.auth import ActingSeat, SignedInActor, SignedInVisitor
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.cards import MatchRow
from app.web.views.records import Figure

router = APIRouter()

# States in which a listing waits for its owner.
_WANTING = ("returned", "due", "stale", "draft")
_SHOWN = 5
_MATCHES_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Task:
    """Something to do, and where."""

    label: str
    href: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class DeskPage(Page):
    """What waits, and where to go."""

    template: ClassVar[str] = "desk.html"

    name: str
    organisation: str
    has_organisation: bool
    tasks: Sequence[Task]
    figures: Sequence[Figure]
    operating: Sequence[Figure]
    ways: Sequence[Link]
    matches: Sequence[MatchRow]
    news: Sequence[NewsLine]
    indexed: bool = False


@router.get("/desk", name="desk")
def desk(
    request: Request, session: ReadSession, visitor: SignedInVisitor, seat: ActingSeat, actor: SignedInActor
) -> Response:
    waiting = count_waiting(session, actor=actor)
    counts = my_counts(session, actor=actor)
    wanting = my_listings(session, actor=actor, states=_WANTING, limit=_SHOWN).items
    tasks: list[Task] = []
    if waiting["holder"].waiting:
        count = format_number(waiting["holder"].waiting)
        tasks.append(
            Task(
                label=_("%(count)s yêu cầu báo giá chờ bạn trả lời", count=count),
                href=url("enquiries", side="received"),
            )
        )
    if waiting["buyer"].waiting:
        count = format_number(waiting["buyer"].waiting)
        tasks.append(
            Task(label=_("%(count)s yêu cầu đã gửi đang chờ bạn", count=count), href=url("enquiries", side="sent"))
        )
    tasks += [
        Task(
            label=row.title or _("Chưa có tiêu đề"),
            href=url("edit_listing", public_id=row.public_id),
            note=term("listing_state", row.state),
        )
        for row in wanting
    ]
    tasks += _agreements(count_ndas(session, actor=actor))
    tasks += _deals(waiting_deals(session, actor=actor))
    public = sum(counts.get(state, 0) for state in ("published", "due", "stale"))
    ways = [
        Link(_("Đăng công nghệ, thiết bị"), url("new_listing")),
        Link(_("Đăng nhu cầu"), url("post_need")),
        Link(_("Tin đăng của tôi"), url("my_listings")),
        Link(_("Yêu cầu báo giá"), url("enquiries")),
        Link(_("Các đợt hỏi giá"), url("quote_rounds")),
        Link(_("Danh sách của tôi"), url("kept")),
        Link(_("Thương vụ"), url("deals")),
        Link(_("Thanh toán"), url("payments")),
        Link(_("Thoả thuận bảo mật"), url("ndas")),
        Link(_("Tổ chức của tôi"), url("my_organisations")),
        Link(_("Theo dõi và báo tin"), url("alerts")),
        Link(_("Tài khoản"), url("account")),
    ]
    if actor.is_operator:
        ways.append(Link(_("Đối tác trao đổi"), url("partner_registry")))
    return render(
        request,
        DeskPage(
            title=_("Bàn làm việc"),
            name=visitor.name,
            organisation=seat.name if seat is not None else "",
            has_organisation=seat is not None,
            tasks=tasks,
            figures=[
                Figure(format_number(public), _("tin đang đăng"), url("my_listings")),
                Figure(format_number(counts.get("submitted", 0)), _("tin chờ duyệt"), url("my_listings")),
                Figure(
                    format_number(waiting["holder"].open),
                    _("yêu cầu nhận được đang mở"),
                    url("enquiries", side="received"),
                ),
                Figure(
                    format_number(waiting["buyer"].open), _("yêu cầu đã gửi đang mở"), url("enquiries", side="sent")
                ),
            ],
            operating=_operating(session) if actor.is_operator else (),
            ways=ways,
            matches=own_matches(session, actor=actor, now=clock.now(), limit=_MATCHES_SHOWN),
            news=news_lines(session, actor=actor, limit=_SHOWN),
        ),
    )


def _agreements(waiting: Mapping[Side, int]) -> list[Task]:
    """Non-disclosure agreements that wait for the reader's organisations."""
    tasks = []
    if waiting["discloser"]:
        label = _(
            "%(count)s thoả thuận bảo mật chờ bạn chốt văn bản hoặc ký", count=format_number(waiting["discloser"])
        )
        tasks.append(Task(label=label, href=url("ndas", side="discloser")))
    if waiting["recipient"]:
        label = _("%(count)s thoả thuận bảo mật chờ tổ chức bạn ký", count=format_number(waiting["recipient"]))
        tasks.append(Task(label=label, href=url("ndas", side="recipient")))
    return tasks


def _deals(waiting: WaitingDeals) -> list[Task]:
    """What waits for the reader in deals, the clock of a registration first."""
    tasks = []
    if waiting.register_by is not None:
        left = (waiting.register_by - local_date(clock.now())).days
        day = format_date(waiting.register_by)
        label = (
            _("Còn %(num)s ngày để gửi hồ sơ đăng ký hợp đồng, hạn cuối %(day)s.", num=left, day=day)
            if left >= 0
            else _("Đã quá hạn đăng ký hợp đồng (%(day)s): hãy gửi hồ sơ ngay.", day=day)
        )
        tasks.append(Task(label=label, href=url("deals")))
    for count, text in (
        (waiting.terms, N_("%(count)s đề nghị điều khoản chờ bạn trả lời")),
        (waiting.milestones, N_("%(count)s mốc hoặc đề nghị sửa mốc chờ bạn trả lời")),
        (waiting.outcomes, N_("%(count)s thương vụ bên kia đã xác nhận kết quả, chờ bạn")),
    ):
        if count:
            tasks.append(Task(label=_(text, count=format_number(count)), href=url("deals")))
    return tasks


def _operating(session: ReadSession) -> list[Figure]:
    """What waits for the operator, in one query."""
    submitted, recheck, unverified, dead = session.execute(
        select(
            select(func.count()).where(Listing.state == "submitted").scalar_subquery(),
            select(func.count()).where(Listing.recheck_since.is_not(None)).scalar_subquery(),
            select(func.count())
            .where(
                Organisation.verified_at.is_(None),
                Organisation.imported.is_(False),
                Organisation.local_id == Organisation.public_id,
            )
            .scalar_subquery(),
            select(func.count()).where(Job.state == "dead").scalar_subquery(),
        )
    ).one()
    return [
        Figure(format_number(submitted), _("tin chờ duyệt"), url("review")),
        Figure(format_number(recheck), _("tin đã đăng vừa được sửa"), url("review")),
        Figure(format_number(unverified), _("tổ chức chờ xác minh"), url("verifications")),
        Figure(format_number(dead), _("việc nền hỏng hẳn")),
    ]
