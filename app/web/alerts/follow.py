"""“Follow” and “Save this search”: one page that says what will be told and asks how often, and its fragment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import NotFound
from app.features.alerts.commands import follow_listing, follow_organisation, save_search
from app.features.alerts.queries import following
from app.features.alerts.schemas import LONGEST_CRITERIA, Following, SavedSearch
from app.features.listings.queries import cards
from app.features.organisations.queries import find_public
from app.i18n import _, current_locale
from app.identity import Actor
from app.models import Subscription
from app.search.port import SearchUnavailable
from app.search.service import engine_of
from app.web.alerts.criteria import ask, read_criteria, tidy_criteria
from app.web.alerts.wording import RHYTHM_HINTS, RHYTHMS, criteria_words, is_field, usual_name
from app.web.auth import CurrentActor, SignedInActor, Visitor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm, form_of
from app.web.listing_cards import listing_href
from app.web.organisations.showing import href_of, name_of
from app.web.templating import Fragment, Page, render
from app.web.urls import url

router = APIRouter()


@dataclass(frozen=True)
class Subject:
    """What is to be followed. `fields` name it in a form; `found` is how much answers a search now."""

    kind: str
    name: str
    href: str
    fields: Mapping[str, str]
    words: Sequence[str] = ()
    found: int | None = None


@dataclass(frozen=True, kw_only=True)
class FollowPage(Page):
    """What will be told, and how often. `existing` when it is followed already."""

    template: ClassVar[str] = "alerts/follow.html"

    subject: Subject
    rhythms: Sequence[tuple[str, str, str]]
    form: Form
    existing: bool
    indexed: bool = False


@dataclass(frozen=True, kw_only=True)
class FollowFragment(Fragment):
    """In place of the link, for who follows it already."""

    template: ClassVar[str] = "alerts/following.html"

    href: str
    rhythm: str


def rhythm_choices() -> list[tuple[str, str, str]]:
    """Rhythms with what each means, for a group of radio buttons."""
    return [(code, _(name), _(RHYTHM_HINTS[code])) for code, name in RHYTHMS.items()]


def _subject(request: Request, session: ReadSession, *, search: str, listing: str, organisation: str) -> Subject:
    """What an address asks to follow.

    Raises:
        NotFound: nothing, or what nobody may see.
    """
    if listing:
        found = cards(session, [listing])
        if not found:
            raise NotFound
        title, _language = found[0].text("title", current_locale())
        return Subject("listing", title, listing_href(found[0]), {"listing": listing})
    if organisation:
        one = find_public(session, public_id=organisation)
        return Subject("organisation", name_of(one), href_of(one), {"organisation": organisation})
    params = read_criteria(search[:LONGEST_CRITERIA])
    if not params.query():
        raise NotFound
    count: int | None = None
    try:
        overdue_days = request.app.state.settings.confirm_after_days
        answer = ask(session, engine_of(request.app), params, limit=1, overdue_days=overdue_days)
        # Kept as it was understood: new listings hold the words, not the keys that were pressed.
        count, params = answer.total, answer.understood
    except SearchUnavailable:
        pass
    criteria = params.query().removeprefix("?")
    kind = "field" if is_field(params) else "search"
    href = f"{url('search')}?{criteria}"
    return Subject(kind, usual_name(params), href, {"search": criteria}, criteria_words(params), count)


def _existing(session: ReadSession, actor: Actor, subject: Subject) -> Subscription | None:
    fields = subject.fields
    return following(
        session,
        actor=actor,
        criteria=fields.get("search", ""),
        listing=fields.get("listing", ""),
        organisation=fields.get("organisation", ""),
    )


def _page(subject: Subject, form: Form, *, existing: bool) -> FollowPage:
    titles = {"search": _("Lưu tìm kiếm này"), "field": _("Theo dõi lĩnh vực này")}
    return FollowPage(
        title=titles.get(subject.kind, _("Theo dõi")),
        subject=subject,
        rhythms=rhythm_choices(),
        form=form,
        existing=existing,
    )


@router.get("/follow", name="follow")
def show_follow(
    request: Request,
    *,
    session: ReadSession,
    actor: SignedInActor,
    search: str = "",
    listing: str = "",
    organisation: str = "",
) -> Response:
    subject = _subject(request, session, search=search, listing=listing, organisation=organisation)
    existing = _existing(session, actor, subject)
    # Nothing is chosen beforehand for who follows it for the first time.
    known = {"rhythm": existing.rhythm, "name": existing.name} if existing is not None else {"name": subject.name}
    return render(request, _page(subject, form_of(known), existing=existing is not None))


@router.post("/follow")
def submit_follow(request: Request, session: WriteSession, actor: SignedInActor, posted: PostedForm) -> Response:
    subject = _subject(
        request,
        session,
        search=posted.value("search"),
        listing=posted.value("listing"),
        organisation=posted.value("organisation"),
    )
    asked = {"rhythm": [posted.value("rhythm")]}
    saving = subject.kind in {"search", "field"}
    if saving:
        asked |= {"name": [posted.value("name")], "criteria": [subject.fields["search"]]}
    model: type[BaseModel] = SavedSearch if saving else Following
    checked = Form(values=asked).check(model)
    if checked.data is None:
        page = _page(subject, posted.with_errors(checked.form.errors), existing=False)
        return render(request, page, status_code=422)
    now = clock.now()
    if isinstance(checked.data, SavedSearch):
        save_search(session, actor=actor, data=checked.data, is_field=subject.kind == "field", now=now)
    elif isinstance(checked.data, Following) and subject.kind == "listing":
        follow_listing(session, actor=actor, public_id=subject.fields["listing"], data=checked.data, now=now)
    elif isinstance(checked.data, Following):
        follow_organisation(session, actor=actor, public_id=subject.fields["organisation"], data=checked.data, now=now)
    said = _("Đã lưu tìm kiếm.") if subject.kind == "search" else _("Bạn đang theo dõi mục này.")
    return redirect(request, url("alerts"), said)


@router.get("/fragments/follow", name="follow_fragment")
def follow_fragment(
    request: Request,
    *,
    session: ReadSession,
    visitor: Visitor,
    actor: CurrentActor,
    search: str = "",
    listing: str = "",
    organisation: str = "",
) -> Response:
    """Says “following” to who does; for everybody else the page's own link stays."""
    existing = None
    if visitor is not None:
        criteria = tidy_criteria(search[:LONGEST_CRITERIA])
        if criteria or listing or organisation:
            existing = following(session, actor=actor, criteria=criteria, listing=listing, organisation=organisation)
    if existing is None:
        return Response(status_code=204, headers={"Cache-Control": "private, no-store"})
    rhythm = _("Tạm ngừng") if existing.paused_at is not None else _(RHYTHMS[existing.rhythm])
    return render(request, FollowFragment(href=f"{url('alerts')}#s-{existing.id}", rhythm=rhythm))
