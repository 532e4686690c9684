"""“My list”: listings a person keeps, to compare them or to ask their holders in one go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import Conflict
from app.features.enquiries import kept as keeping
from app.features.listings.queries import cards
from app.features.listings.views import Card
from app.i18n import _, current_locale
from app.web.auth import CurrentActor, SignedInActor, Visitor
from app.web.flash import redirect
from app.web.forms import PostedForm
from app.web.listing_cards import listing_href, offer_facts, organisation_name
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import has_route, url
from app.web.views.basics import Fact

router = APIRouter()


@dataclass(frozen=True)
class KeptRow:
    """A kept listing. `askable` is False for needs, which are answered and not asked."""

    public_id: str
    kind: str
    title: str
    language: str
    href: str
    organisation: str
    facts: Sequence[Fact]
    askable: bool


@dataclass(frozen=True, kw_only=True)
class KeptPage(Page):
    """The list. `gone` counts those that are no longer on show; `adding` is a listing to keep after signing in."""

    template: ClassVar[str] = "enquiries/kept.html"

    rows: Sequence[KeptRow]
    gone: Sequence[str]
    adding: KeptRow | None
    ask_action: str
    compare_action: str
    keep_action: str
    let_go_action: str
    search_href: str


def _row(card: Card) -> KeptRow:
    title, language = card.text("title", current_locale())
    return KeptRow(
        public_id=card.public_id,
        kind=card.kind,
        title=title,
        language=language,
        href=listing_href(card),
        organisation=organisation_name(card),
        facts=offer_facts(card) if card.kind != "need" else (),
        askable=card.kind != "need",
    )


@router.get("/desk/kept", name="kept")
def kept(
    request: Request,
    *,
    session: ReadSession,
    actor: SignedInActor,
    add: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The list; `add` offers to put one more on it, for whoever had to sign in first."""
    ids = list(keeping.kept(session, actor=actor))
    more = [add] if add and add not in ids else []
    found = {card.public_id: card for card in cards(session, [*more, *ids])}
    page = KeptPage(
        title=_("Danh sách của tôi"),
        indexed=False,
        breadcrumbs=(Link(_("Bàn làm việc"), url("desk")), Link(_("Danh sách của tôi"), url("kept"))),
        rows=[_row(found[one]) for one in ids if one in found],
        gone=[one for one in ids if one not in found],
        adding=_row(found[add]) if more and add in found else None,
        ask_action=url("ask_several"),
        compare_action=url("compare") if has_route("compare") else "",
        keep_action=url("keep"),
        let_go_action=url("let_go_kept"),
        search_href=url("search") if has_route("search") else "",
    )
    return render(request, page)


@router.post("/desk/kept", name="keep")
def keep(
    request: Request, *, session: WriteSession, visitor: Visitor, actor: CurrentActor, form: PostedForm
) -> Response:
    """Put a listing on the list, from its own page or a list of results."""
    public_id = form.value("listing")[:40]
    if visitor is None:
        return RedirectResponse(url("sign_in", next=url("kept", add=public_id)), status_code=303)
    try:
        with session.begin_nested():
            new = keeping.keep(session, actor=actor, public_id=public_id, now=clock.now())
    except Conflict as fault:
        return redirect(request, url("kept"), _(fault.detail, **fault.params), "warn")
    text = _("Đã lưu vào danh sách của bạn.") if new else _("Mục này đã có trong danh sách của bạn.")
    return redirect(request, url("kept"), text)


@router.post("/desk/kept/let-go", name="let_go_kept")
def let_go(request: Request, *, session: WriteSession, actor: SignedInActor, form: PostedForm) -> Response:
    """Take listings off the list."""
    count = keeping.let_go(session, actor=actor, public_ids=form.chosen("listing")[:100])
    return redirect(request, url("kept"), _("Đã bỏ khỏi danh sách.") if count else "")
