"""The tables of kept matches: what is due, the lists of needs, and the pairs in them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, delete, exists, func, literal, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import journal
from app.identity import uuid7
from app.models.cluster_heads import stands_for
from app.models.journal import JournalCursor
from app.models.listings import PUBLIC_STATES, Listing
from app.models.matching import ListingMatch, MatchDue, MatchList

CONSUMER: Final = "matches"
ENTITY: Final = "matches"
# What left is remembered so long, so that it is no news when it comes back.
_REMEMBERED: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Due:
    """A listing whose matches are to be worked out. `marks` tells whether it was marked again meanwhile."""

    listing_id: UUID
    is_need: bool
    marks: int


@dataclass(frozen=True, slots=True)
class Pair:
    """One need and one offer that fits it, with reasons as they are kept (app.search.reasons.to_store)."""

    need_id: UUID
    offer_id: UUID
    score: int
    text_ratio: float
    reasons: list[dict[str, Any]]


def mark(session: Session, listings: Iterable[tuple[UUID, bool]], *, now: datetime) -> None:
    """Note that the matches of these (id, is a need) are to be worked out anew."""
    rows = [
        {"listing_id": listing_id, "is_need": is_need, "since": now, "marks": 1}
        for listing_id, is_need in sorted(set(listings))
    ]
    if rows:
        statement = insert(MatchDue).values(rows)
        session.execute(
            # What waited as an offer may have become a need.
            statement.on_conflict_do_update(
                index_elements=[MatchDue.listing_id],
                set_={"marks": MatchDue.marks + 1, "is_need": statement.excluded.is_need},
            )
        )


def mark_all_needs(session: Session, *, today: date, now: datetime) -> None:
    """Note that the lists of all needs that are open are to be worked out anew."""
    needs = open_needs(today).with_only_columns(Listing.id, true(), literal(now), literal(1))
    session.execute(
        insert(MatchDue)
        .from_select(["listing_id", "is_need", "since", "marks"], needs)
        .on_conflict_do_update(
            index_elements=[MatchDue.listing_id], set_={"marks": MatchDue.marks + 1, "is_need": true()}
        )
    )


def open_needs(today: date) -> Any:
    """Needs that are published in whatever circle and whose deadline has not passed."""
    return select(Listing).where(
        Listing.kind == "need",
        Listing.state.in_(PUBLIC_STATES),
        or_(Listing.deadline.is_(None), Listing.deadline >= today),
    )


def next_due(session: Session, *, is_need: bool, limit: int, from_the_end: bool = False) -> list[Due]:
    """Those marked last first: what somebody changed just now comes before the many that a large import marked."""
    order = (
        (MatchDue.since, MatchDue.listing_id.desc()) if from_the_end else (MatchDue.since.desc(), MatchDue.listing_id)
    )
    rows = session.execute(
        select(MatchDue.listing_id, MatchDue.is_need, MatchDue.marks)
        .where(MatchDue.is_need.is_(is_need))
        .order_by(*order)
        .limit(limit)
    )
    return [Due(*row) for row in rows]


def still_due(session: Session, due: Sequence[Due]) -> list[Due]:
    """Take from the waiting those that were not marked again since they were read, and hold them: results for these
    may be written, all others are out of date."""
    rows = session.execute(
        select(MatchDue.listing_id, MatchDue.marks)
        .where(MatchDue.listing_id.in_([one.listing_id for one in due]))
        .order_by(MatchDue.listing_id)
        .with_for_update()
    )
    marks = {listing_id: count for listing_id, count in rows}  # noqa: C416 - rows of two columns
    mine = [one for one in due if marks.get(one.listing_id) == one.marks]
    session.execute(delete(MatchDue).where(MatchDue.listing_id.in_([one.listing_id for one in mine])))
    return mine


def measures(session: Session, need_ids: Collection[UUID]) -> dict[UUID, tuple[Mapping[str, float], int]]:
    """Need → the measure its list was made with, and the score an offer must beat to come in."""
    rows = session.execute(
        select(MatchList.need_id, MatchList.usual, MatchList.lowest).where(MatchList.need_id.in_(need_ids))
    )
    return {need_id: (usual, lowest) for need_id, usual, lowest in rows}


def measures_by_public_id(session: Session, needs: Collection[str]) -> Mapping[str, Mapping[str, float]]:
    """The measures of these needs, by their public ids; those never measured are left out."""
    rows = session.execute(
        select(Listing.public_id, MatchList.usual)
        .join(MatchList, MatchList.need_id == Listing.id)
        .where(Listing.public_id.in_(needs))
    )
    return dict(rows.all())


def keep(session: Session, pairs: Sequence[Pair], *, now: datetime) -> int:
    """Write pairs; those known keep the instant they were first seen. Returns how many are new or came back."""
    if not pairs:
        return 0
    rows = [
        {
            "id": uuid7(),
            "need_id": one.need_id,
            "offer_id": one.offer_id,
            "score": one.score,
            "text_ratio": one.text_ratio,
            "reasons": one.reasons,
            "first_seen_at": now,
            "judged_at": now,
            "left_at": None,
        }
        # In one order always, so that two writers cannot wait for each other.
        for one in sorted(pairs, key=lambda one: (one.need_id, one.offer_id))
    ]
    statement = insert(ListingMatch).values(rows)
    fresh = statement.excluded
    kept = session.execute(
        statement.on_conflict_do_update(
            index_elements=[ListingMatch.need_id, ListingMatch.offer_id],
            set_={
                "score": fresh.score,
                "text_ratio": fresh.text_ratio,
                "reasons": fresh.reasons,
                "judged_at": fresh.judged_at,
                "left_at": None,
            },
        ).returning(ListingMatch.first_seen_at)
    )
    return sum(first_seen == now for first_seen in kept.scalars())


def leave(session: Session, *, now: datetime, need_id: UUID, but: Collection[UUID] = ()) -> int:
    """Take all offers out of a need's list, but those named. Returns how many left."""
    gone = update(ListingMatch).where(
        ListingMatch.need_id == need_id, ListingMatch.left_at.is_(None), ListingMatch.offer_id.not_in(but)
    )
    return len(session.execute(gone.values(left_at=now).returning(ListingMatch.id)).all())


def leave_offer(session: Session, *, now: datetime, offer_id: UUID, but: Collection[UUID] = ()) -> list[UUID]:
    """Take an offer out of all needs' lists, but those of the needs named. Returns the needs it left."""
    gone = update(ListingMatch).where(
        ListingMatch.offer_id == offer_id, ListingMatch.left_at.is_(None), ListingMatch.need_id.not_in(but)
    )
    return list(session.scalars(gone.values(left_at=now).returning(ListingMatch.need_id)))


def note_list(session: Session, *, need_id: UUID, usual: Mapping[str, float], lowest: int, now: datetime) -> None:
    """Remember how a need's list was made."""
    values = {"usual": dict(usual), "lowest": lowest, "made_at": now}
    session.execute(
        insert(MatchList)
        .values(need_id=need_id, **values)
        .on_conflict_do_update(index_elements=[MatchList.need_id], set_=values)
    )


def trim(session: Session, need_ids: Collection[UUID], *, keep: int, now: datetime) -> None:
    """Cut these lists to their best `keep`, and note what an offer must beat to come into each."""
    place = (
        func.row_number()
        .over(
            partition_by=ListingMatch.need_id,
            order_by=(ListingMatch.score.desc(), ListingMatch.text_ratio.desc(), ListingMatch.id),
        )
        .label("place")
    )
    ranked = (
        select(ListingMatch.id, ListingMatch.need_id, ListingMatch.score, place)
        .where(ListingMatch.need_id.in_(need_ids), ListingMatch.left_at.is_(None))
        .subquery()
    )
    beyond = select(ranked.c.id).where(ranked.c.place > keep)
    session.execute(update(ListingMatch).where(ListingMatch.id.in_(beyond)).values(left_at=now))
    last = select(ranked.c.score).where(ranked.c.place == keep, ranked.c.need_id == MatchList.need_id)
    session.execute(
        update(MatchList)
        .where(MatchList.need_id.in_(need_ids))
        .values(lowest=func.coalesce(last.correlate(MatchList).scalar_subquery(), 0))
    )


def refill(session: Session, need_ids: Collection[UUID], *, now: datetime) -> None:
    """Mark those of the needs whose list was full: behind what left, others may wait that were cut off."""
    full = session.scalars(select(MatchList.need_id).where(MatchList.need_id.in_(need_ids), MatchList.lowest > 0))
    mark(session, [(need_id, True) for need_id in full], now=now)


def forget(session: Session, need_id: UUID, *, now: datetime) -> None:
    """A need that is no longer open: its list goes."""
    leave(session, now=now, need_id=need_id)
    session.execute(delete(MatchList).where(MatchList.need_id == need_id))


def change_sides(session: Session, *, needs: Collection[UUID], offers: Collection[UUID], now: datetime) -> list[UUID]:
    """Let go of what is kept of these listings as what they are no longer: of needs that were offers, and the reverse.

    Returns:
        those whose matches are others now, on either side.
    """
    were_needs = (
        update(ListingMatch)
        .where(ListingMatch.need_id.in_(offers), ListingMatch.left_at.is_(None))
        .values(left_at=now)
        .returning(ListingMatch.need_id, ListingMatch.offer_id)
    )
    parted = {one for pair in session.execute(were_needs) for one in pair}
    session.execute(delete(MatchList).where(MatchList.need_id.in_(offers)))
    were_offers = (
        update(ListingMatch)
        .where(ListingMatch.offer_id.in_(needs), ListingMatch.left_at.is_(None))
        .values(left_at=now)
        .returning(ListingMatch.need_id)
    )
    left = session.scalars(were_offers).all()
    refill(session, left, now=now)
    return sorted(parted | set(left))


def note_changed(session: Session, listing_ids: Collection[UUID], *, now: datetime) -> None:
    """Journal that the matches of these listings changed: pages that show them are no longer what readers hold."""
    journal.append_many(session, entity=ENTITY, entity_ids=sorted(set(listing_ids)), action="changed", at=now)


def sweep(session: Session, *, now: datetime) -> int:
    """Forget pairs that left long ago and that nobody judged; returns how many."""
    old = delete(ListingMatch).where(ListingMatch.left_at < now - _REMEMBERED)
    return len(session.execute(old.returning(ListingMatch.id)).all())


def is_kept(session: Session, *, listing_id: UUID, is_need: bool) -> bool:
    """Whether what is kept of a listing is all there is: its list was made, or for an offer, it has met the needs.

    Of a cluster that is kept for the listing that stands for it.
    """
    if is_need:
        return bool(session.scalar(select(exists().where(MatchList.need_id == stands_for(listing_id)))))
    begun = exists().where(JournalCursor.consumer == CONSUMER)
    waits = exists().where(MatchDue.listing_id == stands_for(listing_id))
    return bool(session.scalar(select(and_(begun, ~waits))))
