"""Reading the matches that are kept (app/search/match_keeper.py writes them). All reads start from `visible_to`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from app.features.listings.paging import Keyset
from app.features.listings.policies import visible_to
from app.identity import Actor
from app.models.cluster_heads import stands_for
from app.models.clusters import ClusterMember
from app.models.listings import PUBLIC_STATES, Listing
from app.models.matching import ListingMatch, MatchJudgement

# A row is seen once its transaction is committed, some moments after the instant it carries.
SETTLED: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class KeptMatch:
    """A need and an offer that fits it, as one reader's listing (`mine`) and the other side (`other`).

    Attributes:
        id: of the pair, the same for ever, also when it left and came back: what a message once sent is keyed by.
        side: whether `mine` is the need or the offer.
        score: 0 to 100.
        reasons: stored reasons, those that weigh most first; words by app.search.reasons.told(reasons, language).
    """

    id: UUID
    mine: UUID
    other: UUID
    side: Literal["need", "offer"]
    score: int
    reasons: Sequence[Mapping[str, Any]]
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class MatchPage:
    """A stretch of a list. `next` is the token of the one after it, "" at the end; `until` see `new_matches`."""

    items: list[KeptMatch]
    next: str
    until: datetime


def new_matches(
    session: Session,
    *,
    actor: Actor,
    organisation_ids: Collection[UUID] = (),
    listing_ids: Collection[UUID] = (),
    since: datetime,
    now: datetime,
    today: date,
    least_score: int = 0,
    after: str = "",
    limit: int = 50,
) -> MatchPage:
    """Current matches first seen after `since` and up to SETTLED before `now`, oldest first, in one query.

    For whoever tells people: keep the `until` of a page and give it as the `since` of the next run; within a run give
    the same `since` and `now` with each page's `next` as `after`. It ends SETTLED before `now` because rows become
    visible at commit, a moment after the instant they carry: so none is missed and none comes twice.

    Args:
        actor: whom it is for. Both sides must be visible to them; matches of a listing that is no longer public,
            of needs whose deadline is before `today`, and those that no longer fit are left out.
        organisation_ids: matches of these organisations' needs and offers. An organisation's own need and own offer
            are never a match.
        listing_ids: matches of these needs and offers, whosever they are.
        today: the day in Việt Nam (app.i18n.formats.local_date).
        least_score: leave out what fits less, 0 to 100.
        after: the `next` of the page before.

    Returns:
        `mine` is the listing of the organisations or ids given (the need, where both sides are), or what stands for it.
    """
    until = max(since, now - SETTLED)
    if not (organisation_ids or listing_ids):
        return MatchPage([], "", until)
    need, offer = _sides(actor)
    instead = select(_instead(organisation_ids, listing_ids).c.head_id)
    need_is_mine, offer_is_mine = (
        or_(one.c.organisation_id.in_(organisation_ids), one.c.id.in_(listing_ids), one.c.id.in_(instead))
        for one in (need, offer)
    )
    asked = (
        _pairs(need, offer, today=today)
        .add_columns(case((need_is_mine, "need"), else_="offer").label("side"))
        .where(
            or_(need_is_mine, offer_is_mine),
            ListingMatch.first_seen_at > since,
            ListingMatch.first_seen_at <= until,
            ListingMatch.score >= least_score,
        )
        .order_by(ListingMatch.first_seen_at, ListingMatch.id)
        .limit(limit + 1)
    )
    key = Keyset.read(after)
    if key is not None:
        asked = asked.where(key.after(ListingMatch.first_seen_at, ListingMatch.id))
    rows = session.execute(asked).all()
    items = [_kept(row, row.side) for row in rows[:limit]]
    more = len(rows) > limit
    return MatchPage(items, Keyset(items[-1].first_seen_at, items[-1].id).token if more else "", until)


def newest_matches(
    session: Session, *, actor: Actor, organisation_ids: Collection[UUID], today: date, limit: int
) -> list[KeptMatch]:
    """What newly fits these organisations' needs and offers, newest first, in one query; rules as in `new_matches`."""
    need, offer = _sides(actor)
    instead = _instead(organisation_ids)

    def its_own(head: Any) -> ColumnElement[UUID]:
        """The organisations' listing, where another stands for it."""
        theirs = select(instead.c.mine_id).where(instead.c.head_id == head.c.id).order_by(instead.c.mine_id).limit(1)
        return case((head.c.organisation_id.in_(organisation_ids), head.c.id), else_=theirs.scalar_subquery())

    need_is_mine, offer_is_mine = (
        or_(one.c.organisation_id.in_(organisation_ids), one.c.id.in_(select(instead.c.head_id)))
        for one in (need, offer)
    )
    asked = (
        _pairs(need, offer, today=today)
        .add_columns(
            case((need_is_mine, "need"), else_="offer").label("side"),
            case((need_is_mine, its_own(need)), else_=its_own(offer)).label("mine"),
        )
        .where(or_(need_is_mine, offer_is_mine))
        .order_by(ListingMatch.first_seen_at.desc(), ListingMatch.score.desc(), ListingMatch.id)
        .limit(limit)
    )
    return [replace(_kept(row, row.side), mine=row.mine) for row in session.execute(asked)]


def matches_of(
    session: Session, *, actor: Actor, listing_id: UUID, is_need: bool, today: date, limit: int = 20, offset: int = 0
) -> list[KeptMatch]:
    """The current matches of one listing, best first, in one query. Of a cluster those of what stands for it.

    A list holds some dozens at most (`matching.keep` of the settings), so pages go by offset.
    """
    need, offer = _sides(actor)
    mine = ListingMatch.need_id if is_need else ListingMatch.offer_id
    asked = (
        _pairs(need, offer, today=today)
        .where(mine == stands_for(listing_id))
        .order_by(ListingMatch.score.desc(), ListingMatch.text_ratio.desc(), ListingMatch.id)
        .limit(limit)
        .offset(offset)
    )
    return [_kept(row, "need" if is_need else "offer") for row in session.execute(asked)]


def counts_of(session: Session, *, actor: Actor, listing_ids: Sequence[UUID], today: date) -> dict[UUID, int]:
    """How many current matches each of these needs and offers has, in one query; those without are left out."""
    if not listing_ids:
        return {}
    need, offer = _sides(actor)
    counts = [
        _pairs(need, offer, today=today)
        .with_only_columns(side.label("listing_id"), func.count())
        .where(side.in_(listing_ids))
        .group_by(side)
        for side in (ListingMatch.need_id, ListingMatch.offer_id)
    ]
    return dict(session.execute(union_all(*counts)).all())


def my_judgements(
    session: Session, *, actor: Actor, listing_id: UUID, others: Sequence[UUID]
) -> dict[UUID, MatchJudgement]:
    """What this very person said of what was suggested for a listing, by the other listing. Nobody reads another's."""
    if actor.person_id is None or not others:
        return {}
    rows = session.scalars(
        select(MatchJudgement).where(
            MatchJudgement.person_id == actor.person_id,
            or_(
                and_(MatchJudgement.need_id == stands_for(listing_id), MatchJudgement.offer_id.in_(others)),
                and_(MatchJudgement.offer_id == stands_for(listing_id), MatchJudgement.need_id.in_(others)),
            ),
        )
    )
    return {one.offer_id if one.offer_id in others else one.need_id: one for one in rows}


def _sides(actor: Actor) -> tuple[Any, Any]:
    """Needs and offers that this actor may know of."""
    return (
        visible_to(actor).where(Listing.kind == "need").subquery("need"),
        visible_to(actor).where(Listing.kind != "need").subquery("offer"),
    )


def _instead(organisation_ids: Collection[UUID], listing_ids: Collection[UUID] = ()) -> Any:
    """Listings of these organisations or ids that are in clusters (`mine_id`), and what stands for each (`head_id`)."""
    mine = aliased(Listing)
    return (
        select(mine.id.label("mine_id"), stands_for(mine.id).label("head_id"))
        .join(ClusterMember, ClusterMember.listing_id == mine.id)
        .where(
            or_(mine.organisation_id.in_(organisation_ids), mine.id.in_(listing_ids)),
            ClusterMember.separated_at.is_(None),
        )
        .subquery()
    )


def _pairs(need: Any, offer: Any, *, today: date) -> Select[Any]:
    return (
        select(
            ListingMatch.id,
            ListingMatch.need_id,
            ListingMatch.offer_id,
            ListingMatch.score,
            ListingMatch.reasons,
            ListingMatch.first_seen_at,
        )
        .join(need, need.c.id == ListingMatch.need_id)
        .join(offer, offer.c.id == ListingMatch.offer_id)
        .where(
            ListingMatch.left_at.is_(None),
            need.c.state.in_(PUBLIC_STATES),
            offer.c.state.in_(PUBLIC_STATES),
            _is_open(need, today),
        )
    )


def _is_open(need: Any, today: date) -> ColumnElement[bool]:
    return or_(need.c.deadline.is_(None), need.c.deadline >= today)


def _kept(row: Any, side: Literal["need", "offer"]) -> KeptMatch:
    mine, other = (row.need_id, row.offer_id) if side == "need" else (row.offer_id, row.need_id)
    return KeptMatch(row.id, mine, other, side, row.score, row.reasons, row.first_seen_at)
