"""Partners that fail, wait for a decision or fall silent: told to operators, and their records marked.

A vanished source makes its records stale, later hides them, and never deletes them; when it answers again they return.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from app.features.listings.states import MOVES, transition_many
from app.features.messages import send_message
from app.i18n.formats import local_date
from app.models.accounts import Person
from app.models.carrying import CarriedDelivery, CarriedRequest
from app.models.listings import Listing
from app.models.partners import Partner
from app.models.taking import TakenOverlay, TakenRecord, TakingProgress, TakingRun

FAILURES_TOLD: Final = 3
SILENT_AFTER: Final = timedelta(days=7)
HIDDEN_AFTER: Final = timedelta(days=30)
# How far back a worker that was down looks for requests that got stuck meanwhile.
_STUCK_WITHIN: Final = timedelta(days=7)
_AT_ONCE: Final = 500


def tell_operators(session: Session, *, now: datetime) -> int:
    """Write to every operator about partners that failed several times in a row, sweeps that wait, requests stuck.

    Each occasion is told once: a row of failures until a run goes well, a sweep by itself, what got stuck between us
    and a partner once for every day on which something did. Returns how many there are, told now or before.
    """
    failing = session.execute(
        select(Partner, TakingProgress)
        .join(TakingProgress, TakingProgress.partner_id == Partner.id)
        .where(Partner.state == "live", TakingProgress.failures >= FAILURES_TOLD, TakingProgress.alerted_at.is_(None))
        .with_for_update(of=TakingProgress, skip_locked=True)
    ).all()
    braked = session.execute(
        select(Partner, TakingRun).join(Partner, Partner.id == TakingRun.partner_id).where(TakingRun.state == "braked")
    ).all()
    stuck = _stuck(session, now=now)
    if not failing and not braked and not stuck:
        return 0
    operators = session.scalars(
        select(Person).where(Person.is_operator, Person.confirmed_at.is_not(None), Person.disabled_at.is_(None))
    ).all()
    for partner, progress in failing:
        progress.alerted_at = now
        context = {
            "name": partner.name,
            "public_id": partner.public_id,
            "failures": progress.failures,
            "fault": progress.fault,
            "since": progress.last_ok_at,
        }
        occasion = f"{partner.id}:{now:%Y%m%d%H%M}"
        _write(session, operators, template="partner_failing", occasion=occasion, context=context, now=now)
    for partner, run in braked:
        context = {"name": partner.name, "public_id": partner.public_id, "absent": run.absent}
        _write(session, operators, template="partner_braked", occasion=str(run.id), context=context, now=now)
    for partner, count, newest in stuck:
        context = {"name": partner.name, "public_id": partner.public_id, "count": count}
        occasion = f"{partner.id}:{local_date(newest)}"
        _write(session, operators, template="partner_stuck", occasion=occasion, context=context, now=now)
    return len(failing) + len(braked) + len(stuck)


def _stuck(session: Session, *, now: datetime) -> list[tuple[Partner, int, datetime]]:
    """Partners to or from whom messages about carried requests did not get, how many there are, when the last did."""
    newest = func.max(CarriedDelivery.ended_at)
    rows = session.execute(
        select(Partner, func.count(), newest)
        .join(CarriedRequest, CarriedRequest.partner_id == Partner.id)
        .join(CarriedDelivery, CarriedDelivery.request_id == CarriedRequest.request_id)
        .where(CarriedDelivery.state.in_(("failed", "refused")))
        .group_by(Partner.id)
        .having(newest > now - _STUCK_WITHIN)
    )
    return [(partner, count, last) for partner, count, last in rows if last is not None]


def _write(
    session: Session,
    to: Sequence[Person],
    *,
    template: str,
    occasion: str,
    context: dict[str, object],
    now: datetime,
) -> None:
    for person in to:
        send_message(
            session, to=person, template=template, context=context, key=f"{template}:{occasion}:{person.id}", now=now
        )


def mark_silent(session: Session, *, now: datetime) -> int:
    """One batch of listings whose source has not answered for long: stale, then hidden. Returns how many moved."""
    moved = 0
    for move, after, states in (
        ("archive", HIDDEN_AFTER, ("stale",)),
        ("lose_sight", SILENT_AFTER, ("published", "due")),
    ):
        rows = session.execute(
            select(Listing.id, Listing.state)
            .join(TakenRecord, TakenRecord.listing_id == Listing.id)
            .join(TakingProgress, TakingProgress.partner_id == TakenRecord.partner_id)
            .join(Partner, Partner.id == TakenRecord.partner_id)
            .where(
                Partner.protocol != "file",
                TakingProgress.last_ok_at < now - after,
                Listing.state.in_(states),
                ~TakenRecord.deleted,
            )
            .order_by(Listing.id)
            .limit(_AT_ONCE)
            .with_for_update(of=Listing, skip_locked=True)
        ).all()
        found = {row.id: row.state for row in rows}
        transition_many(session, move=move, listings=found, now=now, data={"reason": "source_silent"})
        if found:
            session.execute(
                update(TakenRecord)
                .where(TakenRecord.listing_id.in_(found), TakenRecord.stale_since.is_(None))
                .values(stale_since=now)
                .execution_options(synchronize_session=False)
            )
        moved += len(found)
    return moved


def bring_back(session: Session, *, now: datetime) -> int:
    """One batch of listings whose source answers again. Returns how many."""
    rows = session.execute(
        select(TakenRecord.id, Listing.id.label("listing_id"), Listing.state, Listing.expires_at)
        .join(Listing, Listing.id == TakenRecord.listing_id)
        .join(TakingProgress, TakingProgress.partner_id == TakenRecord.partner_id)
        .where(
            TakenRecord.stale_since.is_not(None),
            TakingProgress.last_ok_at > TakenRecord.stale_since,
            # One that the operator hides comes back when it is shown again.
            ~exists().where(TakenOverlay.taken_id == TakenRecord.id, TakenOverlay.hidden),
        )
        .order_by(Listing.id)
        .limit(_AT_ONCE)
        .with_for_update(of=Listing, skip_locked=True)
    ).all()
    back = {
        row.listing_id: row.state
        for row in rows
        if row.state in MOVES["reappear"].sources and (row.expires_at is None or row.expires_at > now)
    }
    transition_many(session, move="reappear", listings=back, now=now)
    if rows:
        session.execute(
            update(TakenRecord)
            .where(TakenRecord.id.in_([row.id for row in rows]))
            .values(stale_since=None)
            .execution_options(synchronize_session=False)
        )
    return len(rows)
