"""What a results page does beyond listing hits: a need is recognised, and nothing found leads on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.i18n import _, current_locale, ngettext
from app.i18n.formats import format_money_range, local_date
from app.matching_weights import Weights
from app.search.bands import Freshness
from app.search.matches import find_matches
from app.search.matching import Match
from app.search.need_words import NeedWords, read_need
from app.search.port import CandidateQuery, In, SearchDocument, SearchEngine
from app.search.reasons import reason_text
from app.web.shell import Link
from app.web.storefront.facets import removable
from app.web.storefront.search_params import SearchParams
from app.web.views.cards import ListingCard

_MOST_MATCHES = 3
_MOST_NEAREST = 4
_MOST_WAYS = 5


@dataclass(frozen=True)
class NeedMatch:
    """An offer that may answer the need, and the first thing that speaks for it."""

    card: ListingCard
    reason: str


@dataclass(frozen=True)
class NeedPanel:
    """A need read in the search box: what was understood, what may answer it, a narrower search to take instead."""

    subject: str
    quantity: str
    budget: str
    matches: Sequence[NeedMatch]
    narrower: Link | None


@dataclass(frozen=True)
class Nearest:
    """For a page without hits: the closest there is, and fewer filters with what they would give."""

    ids: Sequence[str]
    ways: Sequence[Link]


def need_in(params: SearchParams) -> NeedWords | None:
    """The need that the words say, on the first page of a search that is not after needs itself."""
    if not params.q or params.page > 1 or params.kind == ("need",):
        return None
    return read_need(params.q)


def offers_for(engine: SearchEngine, need: NeedWords, *, now: datetime, weights: Weights) -> list[Match]:
    """The offers that fit a need's words best, judged as if it had been posted. Raises SearchUnavailable."""
    document = SearchDocument(
        id="",
        kind="need",
        state="draft",
        title=_thing(need),
        price_from=need.budget_min,
        price_to=need.budget_max,
        currency="VND" if need.budget_max is not None else None,
    )
    found = find_matches(
        engine,
        document,
        today=local_date(now),
        language=current_locale(),
        limit=2 * _MOST_MATCHES,
        least_score=1,
        weights=weights,
    )
    affordable = [one for one in found if all(reason.code != "over_budget" for reason in one.reasons)]
    return affordable[:_MOST_MATCHES]


def _thing(need: NeedWords) -> str:
    """What is wanted without how much of it: numbers of a short text say little of what it is about."""
    if not need.quantity:
        return need.subject
    return " ".join(need.subject.replace(need.quantity, " ").split()) or need.subject


def need_panel(
    need: NeedWords, matches: Sequence[Match], cards: dict[str, ListingCard], *, params: SearchParams, path: str
) -> NeedPanel:
    """The need as the page shows it. `cards` are those of the matches that may still be seen."""
    shown = []
    for one in matches:
        card = cards.get(one.document.id)
        if card is not None:
            reason = next((reason_text(reason) for reason in one.reasons if reason.favourable), "")
            shown.append(NeedMatch(card, reason))
    budget = format_money_range(need.budget_min, need.budget_max) if need.budget else ""
    narrower = None
    if budget and need.subject != params.q:
        fewer = replace(params, q=need.subject, price_min=need.budget_min, price_max=need.budget_max)
        label = _("Chỉ tìm “%(subject)s”, giá %(budget)s", subject=need.subject, budget=budget)
        narrower = Link(label, path + fewer.query())
    elif need.subject != params.q:
        narrower = Link(_("Chỉ tìm “%(subject)s”", subject=need.subject), path + params.query(q=need.subject))
    return NeedPanel(_thing(need), need.quantity, budget, shown, narrower)


def nearest_to(
    engine: SearchEngine, params: SearchParams, *, kinds: tuple[str, ...], freshness: Freshness, path: str
) -> Nearest:
    """What to offer where nothing was found: the same without filters, each filter left out, the nearest texts.

    Raises:
        SearchUnavailable: there is no index to ask.
    """
    ids: list[str] = []
    ways: list[Link] = []
    chosen = removable(params, kinds=kinds)
    if chosen:
        bare = SearchParams(q=params.q, kind=kinds, sort=params.sort, compare=params.compare, about=kinds)
        without = engine.search(bare.criteria(freshness).query(facets=(), limit=_MOST_NEAREST, highlight=False))
        ids = [hit.id for hit in without.hits]
        if len(chosen) > 1:
            for label, fewer in chosen[:_MOST_WAYS]:
                total = engine.search(fewer.criteria(freshness).query(facets=(), limit=0)).total
                if total:
                    ways.append(Link(_way(label, total), path + fewer.query()))
        if without.total:
            ways.append(
                Link(
                    ngettext("Bỏ mọi bộ lọc: %(num)s kết quả", "Bỏ mọi bộ lọc: %(num)s kết quả", without.total),
                    path + bare.query(),
                )
            )
    if not ids and params.q:
        filters = (In("kind", kinds),) if kinds else ()
        found = engine.candidates(CandidateQuery(title=params.q, filters=filters, limit=_MOST_NEAREST)).found
        ids = [one.document.id for one in found]
    if params.q:
        ways.append(Link(_("Xem tất cả"), path))
    return Nearest(ids, ways)


def _way(label: str, total: int) -> str:
    return ngettext("Bỏ “%(label)s”: %(num)s kết quả", "Bỏ “%(label)s”: %(num)s kết quả", total, label=label)
