"""“Following and alerts” of one's account: everything followed, how often it is told, quiet hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import NotFound
from app.features.accounts.queries import SignedIn
from app.features.alerts.commands import (
    close_feed,
    delete,
    hear_of_matches,
    hours_of,
    open_feed,
    pause,
    restore,
    resume,
    set_hours,
    set_rhythm,
)
from app.features.alerts.queries import Followed, followed, hearing_of_matches
from app.features.alerts.schemas import Following, HoursInput
from app.i18n import _, current_locale
from app.identity import Actor
from app.web.accounts.account import account_tabs
from app.web.alerts.wording import KINDS, RHYTHMS, WEEKDAYS, followed_href, followed_name
from app.web.auth import SignedInActor, SignedInVisitor, seat_named
from app.web.flash import redirect
from app.web.forms import Form, PostedForm, form_of
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import absolute, url
from app.web.views.basics import Badge
from app.web.views.records import Tab

router = APIRouter()


@dataclass(frozen=True)
class FollowLine:
    """One thing followed, with what may be done about it. `feed` is its secret address, "" when it has none."""

    id: UUID
    kind: str
    name: str
    href: str
    rhythm: str
    badge: Badge | None
    since: datetime
    last_told: datetime | None
    noticed: int
    paused: bool
    has_feed: bool
    feed: str


@dataclass(frozen=True)
class MatchChoice:
    """How the reader hears of what fits an organisation's listings; `rhythm` is "" until they choose."""

    public_id: str
    organisation: str
    rhythm: str


@dataclass(frozen=True, kw_only=True)
class AlertsPage(Page):
    """Everything followed, the deleted that can be brought back, and the hours."""

    template: ClassVar[str] = "alerts/overview.html"

    tabs: Sequence[Tab]
    email: str
    lines: Sequence[FollowLine]
    deleted: Sequence[FollowLine]
    matches: Sequence[MatchChoice]
    rhythms: Sequence[tuple[str, str]]
    hours: Sequence[tuple[str, str]]
    days: Sequence[tuple[str, str]]
    form: Form
    ways_on: Sequence[Link]
    indexed: bool = False


def _line(one: Followed) -> FollowLine:
    row = one.subscription
    if row.paused_at is not None:
        badge = Badge(_("Tạm ngừng"), "warn", "clock")
    elif row.rhythm == "off":
        badge = Badge(_("Không gửi thư"), "plain", "close")
    else:
        badge = None
    return FollowLine(
        id=row.id,
        kind=_(KINDS[row.kind]),
        name=followed_name(one),
        href=followed_href(one),
        rhythm=row.rhythm,
        badge=badge,
        since=row.created_at,
        last_told=row.last_told_at,
        noticed=one.noticed,
        paused=row.paused_at is not None,
        has_feed=bool(row.criteria),
        feed=absolute(url("alert_feed", feed_key=row.feed_key)) if row.feed_key else "",
    )


def _choices(session: ReadSession, actor: Actor, visitor: SignedIn) -> list[MatchChoice]:
    known = hearing_of_matches(session, actor=actor) if visitor.seats else {}
    return [
        MatchChoice(
            public_id=seat.public_id,
            organisation=(current_locale() == "en" and seat.name_en) or seat.name,
            rhythm=known[seat.organisation_id].rhythm if seat.organisation_id in known else "",
        )
        for seat in visitor.seats
    ]


def _page(session: ReadSession, actor: Actor, visitor: SignedIn, form: Form | None = None) -> AlertsPage:
    found = followed(session, actor=actor, now=clock.now())
    if form is None or not form.values:
        kept = hours_of(session, visitor.person_id)
        errors = form.errors if form is not None else {}
        form = form_of({name: getattr(kept, name) for name in HoursInput.model_fields}).with_errors(errors)
    return AlertsPage(
        title=_("Theo dõi và báo tin"),
        tabs=account_tabs("alerts"),
        email=visitor.email,
        matches=_choices(session, actor, visitor),
        lines=[_line(one) for one in found if one.subscription.deleted_at is None],
        deleted=[_line(one) for one in found if one.subscription.deleted_at is not None],
        rhythms=[(code, _(name)) for code, name in RHYTHMS.items()],
        hours=[(str(hour), f"{hour:02}:00") for hour in range(24)],
        days=[(str(number), _(name)) for number, name in enumerate(WEEKDAYS)],
        form=form,
        ways_on=(Link(_("Tìm trên sàn"), url("search")), Link(_("Theo lĩnh vực"), url("fields"))),
    )


@router.get("/account/alerts", name="alerts")
def show_alerts(request: Request, session: ReadSession, actor: SignedInActor, visitor: SignedInVisitor) -> Response:
    return render(request, _page(session, actor, visitor))


@router.post("/account/alerts/hours", name="alert_hours")
def submit_hours(
    request: Request, session: WriteSession, actor: SignedInActor, visitor: SignedInVisitor, posted: PostedForm
) -> Response:
    checked = posted.check(HoursInput)
    if checked.data is None:
        return render(request, _page(session, actor, visitor, checked.form), status_code=422)
    set_hours(session, actor=actor, data=checked.data, now=clock.now())
    return redirect(request, url("alerts"), _("Đã lưu giờ yên tĩnh và giờ nhận thư."))


@router.post("/account/alerts/matches/{public_id}", name="match_rhythm")
def submit_match_rhythm(
    request: Request,
    *,
    session: WriteSession,
    actor: SignedInActor,
    visitor: SignedInVisitor,
    posted: PostedForm,
    public_id: str,
) -> Response:
    seat = seat_named(visitor, public_id)
    if seat is None:
        raise NotFound
    checked = posted.check(Following)
    if checked.data is None:
        form = Form(errors={f"matches-{public_id}": _("Hãy chọn báo tin khi nào.")})
        return render(request, _page(session, actor, visitor, form), status_code=422)
    hear_of_matches(session, actor=actor, organisation_id=seat.organisation_id, data=checked.data, now=clock.now())
    rhythm = _(RHYTHMS[checked.data.rhythm])
    return redirect(request, f"{url('alerts')}#matches", _("Đã đổi nhịp báo tin: %(rhythm)s.", rhythm=rhythm))


@router.post("/account/alerts/{subscription_id}/rhythm", name="alert_rhythm")
def submit_rhythm(
    request: Request,
    *,
    session: WriteSession,
    actor: SignedInActor,
    visitor: SignedInVisitor,
    posted: PostedForm,
    subscription_id: UUID,
) -> Response:
    checked = posted.check(Following)
    if checked.data is None:
        return render(request, _page(session, actor, visitor), status_code=422)
    set_rhythm(session, actor=actor, subscription_id=subscription_id, data=checked.data, now=clock.now())
    return _back(
        request, subscription_id, _("Đã đổi nhịp báo tin: %(rhythm)s.", rhythm=_(RHYTHMS[checked.data.rhythm]))
    )


@router.post("/account/alerts/{subscription_id}/pause", name="pause_alert")
def submit_pause(request: Request, session: WriteSession, actor: SignedInActor, subscription_id: UUID) -> Response:
    pause(session, actor=actor, subscription_id=subscription_id, now=clock.now())
    return _back(request, subscription_id, _("Đã tạm ngừng. Điều mới trong lúc này sẽ không được ghi lại."))


@router.post("/account/alerts/{subscription_id}/resume", name="resume_alert")
def submit_resume(request: Request, session: WriteSession, actor: SignedInActor, subscription_id: UUID) -> Response:
    resume(session, actor=actor, subscription_id=subscription_id)
    return _back(request, subscription_id, _("Đã theo dõi tiếp, kể từ bây giờ."))


@router.post("/account/alerts/{subscription_id}/delete", name="delete_alert")
def submit_delete(request: Request, session: WriteSession, actor: SignedInActor, subscription_id: UUID) -> Response:
    delete(session, actor=actor, subscription_id=subscription_id, now=clock.now())
    return redirect(request, url("alerts"), _("Đã thôi theo dõi. Mục này ở cuối trang trong 30 ngày nếu bạn đổi ý."))


@router.post("/account/alerts/{subscription_id}/restore", name="restore_alert")
def submit_restore(request: Request, session: WriteSession, actor: SignedInActor, subscription_id: UUID) -> Response:
    restore(session, actor=actor, subscription_id=subscription_id)
    return _back(request, subscription_id, _("Đã theo dõi lại."))


@router.post("/account/alerts/{subscription_id}/feed", name="open_alert_feed")
def submit_open_feed(request: Request, session: WriteSession, actor: SignedInActor, subscription_id: UUID) -> Response:
    open_feed(session, actor=actor, subscription_id=subscription_id)
    return _back(request, subscription_id, _("Nguồn tin đã có địa chỉ riêng; địa chỉ cũ, nếu có, không dùng được nữa."))


@router.post("/account/alerts/{subscription_id}/feed/close", name="close_alert_feed")
def submit_close_feed(request: Request, session: WriteSession, actor: SignedInActor, subscription_id: UUID) -> Response:
    close_feed(session, actor=actor, subscription_id=subscription_id)
    return _back(request, subscription_id, _("Đã thu hồi địa chỉ nguồn tin."))


def _back(request: Request, subscription_id: UUID, said: str) -> Response:
    return redirect(request, f"{url('alerts')}#s-{subscription_id}", said)
