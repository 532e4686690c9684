"""Everything suggested for one listing, for its own people and the operator, who say whether it fits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import Invalid
from app.features.listings import policies as listing_policies
from app.features.listings import queries
from app.features.matching import commands
from app.features.matching.policies import require_judge
from app.features.matching.queries import matches_of, my_judgements
from app.features.matching.schemas import JudgementInput
from app.i18n import N_, _, current_locale
from app.i18n.formats import format_date, local_date
from app.identity import Actor
from app.models.listings import Listing
from app.models.matching import MatchJudgement
from app.search.match_store import is_kept
from app.search.reasons import from_store
from app.web.auth import SignedInActor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.listings.form_page import listing_tabs
from app.web.shell import Link
from app.web.storefront.matches import match_row
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.cards import MatchRow
from app.web.views.records import Tab

router = APIRouter()

PAGE: Final = 20
REASONS: Final[Mapping[str, str]] = {
    "other_problem": N_("Giải bài toán khác"),
    "not_ready": N_("Chưa đủ sẵn sàng để dùng"),
    "price": N_("Giá ngoài tầm"),
    "scale": N_("Quy mô, công suất không hợp"),
    "terms": N_("Hình thức hợp tác không hợp"),
    "known": N_("Đã biết, đã thử"),
    "other": N_("Lý do khác"),
}


@dataclass(frozen=True)
class Suggestion:
    """One suggestion and what this reader said of it.

    `prefix` begins the names of its fields; `said` is what was said before, in words; `asks` leaves its form open.
    """

    match: MatchRow
    prefix: str
    action: str
    form: Form
    said: str
    asks: bool


@dataclass(frozen=True, kw_only=True)
class SuggestionsPage(Page):
    """All matches of one listing with judgement controls."""

    template: ClassVar[str] = "listings/suggestions.html"

    is_need: bool
    tabs: Sequence[Tab]
    rows: Sequence[Suggestion]
    kept: bool
    reasons: Sequence[tuple[str, str]]
    public_href: str
    ask: str
    number: int
    previous: str
    next: str


@router.get("/desk/listings/{public_id}/suggestions", name="listing_suggestions")
def suggestions(
    request: Request, public_id: str, session: ReadSession, actor: SignedInActor, *, page: int = 1
) -> Response:
    """The list; 403 for people of other organisations."""
    listing = _judged(session, actor, public_id)
    return render(request, _page(session, actor, listing, page=max(1, min(page, 50))))


@router.post("/desk/listings/{public_id}/suggestions/{other}", name="judge_suggestion")
def judge(
    request: Request, *, public_id: str, other: str, session: WriteSession, actor: SignedInActor, posted: PostedForm
) -> Response:
    """Take a judgement; back to the list, or the list again with what is missing."""
    listing = _judged(session, actor, public_id)
    number = posted.value("page")
    page = int(number) if number.isdecimal() and 0 < int(number) <= 50 else 1
    checked = posted.check(JudgementInput, prefix=other)
    form = checked.form
    if checked.data is not None:
        try:
            with session.begin_nested():
                commands.judge(
                    session, actor=actor, public_id=public_id, other=other, data=checked.data, now=clock.now()
                )
        except Invalid as fault:
            form = form.with_errors({f"{other}.{path}": _(message) for path, message in fault.fields.items()})
        else:
            back = url("listing_suggestions", public_id=public_id, page=page if page > 1 else None)
            return redirect(request, f"{back}#{other}", _("Đã ghi nhận. Chỉ bạn thấy lại đánh giá này."))
    return render(request, _page(session, actor, listing, page=page, form=form, asked=other), status_code=422)


def _judged(session: Session, actor: Actor, public_id: str) -> Listing:
    listing = queries.find(session, actor=actor, public_id=public_id)
    require_judge(actor, organisation_id=listing.organisation_id)
    return listing


def _page(
    session: Session, actor: Actor, listing: Listing, *, page: int, form: Form | None = None, asked: str = ""
) -> SuggestionsPage:
    is_need = listing.kind == "need"
    kept = matches_of(
        session,
        actor=actor,
        listing_id=listing.id,
        is_need=is_need,
        today=local_date(clock.now()),
        limit=PAGE + 1,
        offset=(page - 1) * PAGE,
    )
    more = len(kept) > PAGE
    others = [one.other for one in kept[:PAGE]]
    cards = {card.id: card for card in queries.cards_of(session, actor=actor, ids=others)}
    said = my_judgements(session, actor=actor, listing_id=listing.id, others=others)
    rows = []
    for one in kept[:PAGE]:
        card = cards.get(one.other)
        if card is None:
            continue
        before = said.get(one.other)
        rows.append(
            Suggestion(
                match=match_row(card, score=one.score, reasons=from_store(one.reasons)),
                prefix=card.public_id,
                action=url("judge_suggestion", public_id=listing.public_id, other=card.public_id),
                form=form if form is not None and card.public_id == asked else _form_of(before, card.public_id),
                said=_in_words(before),
                asks=card.public_id == asked,
            )
        )
    mine = listing_policies.may_edit(actor, listing)
    name = listing.title_en if current_locale() == "en" and listing.title_en else listing.title
    title = _("Gợi ý cho “%(title)s”", title=name)
    return SuggestionsPage(
        title=title,
        indexed=False,
        breadcrumbs=(
            Link(_("Tin đăng của tôi"), url("my_listings")) if mine else Link(_("Trang chủ"), url("home")),
            Link(title, url("listing_suggestions", public_id=listing.public_id)),
        ),
        is_need=is_need,
        tabs=listing_tabs(listing, "suggestions") if mine else (),
        rows=rows,
        kept=bool(rows) or is_kept(session, listing_id=listing.id, is_need=is_need),
        reasons=[(code, _(text)) for code, text in REASONS.items()],
        public_href=url("listing", slug=listing.slug or "tin", public_id=listing.public_id),
        ask=url("ask_several", need=listing.public_id) if mine and is_need else "",
        number=page,
        previous=url("listing_suggestions", public_id=listing.public_id, page=page - 1 if page > 2 else None)
        if page > 1
        else "",
        next=url("listing_suggestions", public_id=listing.public_id, page=page + 1) if more else "",
    )


def _form_of(before: MatchJudgement | None, prefix: str) -> Form:
    if before is None:
        return Form()
    return Form(
        values={
            f"{prefix}.fits": ["true" if before.fits else "false"],
            f"{prefix}.because": [before.because],
            f"{prefix}.note": [before.note],
        }
    )


def _in_words(before: MatchJudgement | None) -> str:
    if before is None:
        return ""
    day = format_date(before.at)
    if before.fits:
        return _("Bạn đã nói: hợp (%(day)s)", day=day)
    return _("Bạn đã nói: không hợp, %(why)s (%(day)s)", why=_(REASONS[before.because]).lower(), day=day)
