"""What the operator decides about listings. Every act leaves an audit entry beside the history and the journal."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, Invalid, StaleVersion
from app.features.listings import policies
from app.features.listings.commands import checked_note, expiry_of, locked_listing, require_complete
from app.features.listings.notices import notify_owners
from app.features.listings.schemas import INPUTS
from app.features.listings.states import transition
from app.features.moderation import audit
from app.features.partners.taken_down import forget_taken_down, note_taken_down
from app.i18n import N_
from app.identity import Actor
from app.models.listings import PUBLIC_STATES, Listing
from app.models.taking import TakenOverlay, TakenRecord
from app.settings import Settings
from app.text import tidy

_LONGEST_REASON = 1_000
_MOST_REASONS = 60


def approve(
    session: Session,
    *,
    actor: Actor,
    public_id: str,
    version: int | None,
    settings: Settings,
    now: datetime,
    note: str = "",
) -> Listing:
    """Publish a submitted listing; from now on its owner confirms it every `confirm_after_days`.

    Raises:
        Forbidden: the actor is no operator.
        StaleVersion: it is not the version the operator looked at.
        MoveNotAllowed: it is not (any more) waiting for review.
        Invalid: it no longer says all it must (a need whose deadline has passed meanwhile).
        Conflict: one of another exchange that is gone there, or that an overlay hides.
    """
    listing = _reviewed(session, actor=actor, public_id=public_id, version=version)
    note = checked_note(note, required=False)
    # What another exchange says can be completed and confirmed there alone.
    own = listing.authority == settings.authority
    if own and listing.state == "submitted":
        require_complete(session, listing, None, now=now)
    if not own:
        _require_showable(session, listing)
    transition(session, listing, move="publish", actor=actor, now=now, note=note)
    listing.published_at = now
    if own:
        listing.confirmed_at = now
        listing.confirm_due_at = now + timedelta(days=settings.confirm_after_days)
        listing.expires_at = expiry_of(listing)
    listing.recheck_since = None
    session.flush()
    _account(session, listing, actor=actor, action="publish", now=now)
    notify_owners(session, listing, template="listing_published", now=now)
    return listing


def return_for_changes(
    session: Session,
    *,
    actor: Actor,
    public_id: str,
    version: int | None,
    reasons: Mapping[str, str],
    note: str = "",
    now: datetime,
) -> Listing:
    """Give a submitted listing back to its owner, saying for each field what to mend.

    Args:
        reasons: dotted field path → what to mend, at most 1,000 characters each.

    Raises:
        Invalid: neither a reason nor a note, or a reason for a field the listing does not have.
    """
    listing = _reviewed(session, actor=actor, public_id=public_id, version=version)
    checked = _checked_reasons(reasons, kind=listing.kind)
    note = checked_note(note, required=False)
    if not checked and not note:
        raise Invalid({"note": N_("Hãy ghi ít nhất một điều cần sửa")})
    transition(session, listing, move="return", actor=actor, now=now, note=note, reasons=checked)
    _account(session, listing, actor=actor, action="return", now=now, fields=sorted(checked))
    notify_owners(session, listing, template="listing_returned", now=now, note=note, reasons=len(checked))
    return listing


def suspend(session: Session, *, actor: Actor, public_id: str, note: str, now: datetime) -> Listing:
    """Take a public listing off the exchange until it is cleared up. The note goes to its owner.

    The same from a partner under another id then waits for the operator (features/partners/taken_down.py).

    Raises:
        Invalid: no note.
    """
    listing = _reviewed(session, actor=actor, public_id=public_id, version=None)
    note = checked_note(note, required=True)
    transition(session, listing, move="suspend", actor=actor, now=now, note=note)
    note_taken_down(session, [listing.id], now=now)
    _account(session, listing, actor=actor, action="suspend", now=now, note=note)
    notify_owners(session, listing, template="listing_suspended", now=now, note=note)
    return listing


def reinstate(session: Session, *, actor: Actor, public_id: str, note: str = "", now: datetime) -> Listing:
    """Show a suspended listing again.

    Raises:
        Conflict: one of another exchange that is gone there, or that an overlay hides.
    """
    listing = _reviewed(session, actor=actor, public_id=public_id, version=None)
    _require_showable(session, listing)
    note = checked_note(note, required=False)
    transition(session, listing, move="reinstate", actor=actor, now=now, note=note)
    forget_taken_down(session, [listing.id])
    listing.recheck_since = None
    session.flush()
    _account(session, listing, actor=actor, action="reinstate", now=now)
    notify_owners(session, listing, template="listing_reinstated", now=now, note=note)
    return listing


def mark_checked(session: Session, *, actor: Actor, public_id: str, version: int, now: datetime) -> Listing:
    """Note that the operator looked at what the owner changed while the listing was public.

    Raises:
        StaleVersion: it was changed again since.
        Conflict: there is nothing to look at.
    """
    listing = _reviewed(session, actor=actor, public_id=public_id, version=version)
    if listing.recheck_since is None or listing.state not in PUBLIC_STATES:
        raise Conflict(N_("Mục này không có thay đổi nào chờ xem lại"))
    listing.recheck_since = None
    journal.append(session, entity="listing", entity_id=listing.id, action="checked", actor_id=actor.person_id, at=now)
    _account(session, listing, actor=actor, action="checked", now=now)
    return listing


def _require_showable(session: Session, listing: Listing) -> None:
    found = session.execute(
        select(TakenRecord.deleted, TakenOverlay.hidden)
        .outerjoin(TakenOverlay, TakenOverlay.taken_id == TakenRecord.id)
        .where(TakenRecord.listing_id == listing.id)
    ).one_or_none()
    if found is None:
        return
    if found.deleted:
        raise Conflict(N_("Bản ghi này đã mất ở sàn gốc"))
    if found.hidden:
        raise Conflict(N_("Bản ghi này đang bị ẩn: hãy bỏ ẩn nó trước"))


def _reviewed(session: Session, *, actor: Actor, public_id: str, version: int | None) -> Listing:
    policies.require_review(actor)
    listing = locked_listing(session, actor=actor, public_id=public_id)
    if version is not None and listing.version != version:
        raise StaleVersion(version=listing.version)
    return listing


def _checked_reasons(reasons: Mapping[str, str], *, kind: str) -> dict[str, str]:
    given = {path: text for path, raw in reasons.items() if (text := tidy(raw))}
    wrong: dict[str, str] = {}
    known = INPUTS[kind].model_fields.keys() | {"files", "confidential"}
    for path, text in given.items():
        if path.partition(".")[0] not in known:
            wrong[path] = N_("Không có mục nào mang tên này.")
        elif len(text) > _LONGEST_REASON:
            wrong[path] = N_("Lý do quá dài, tối đa 1.000 ký tự.")
    if len(given) > _MOST_REASONS:
        wrong["note"] = N_("Quá nhiều mục cần sửa: hãy gộp lại.")
    if wrong:
        raise Invalid(wrong)
    return given


def _account(session: Session, listing: Listing, *, actor: Actor, action: str, now: datetime, **data: Any) -> None:
    audit.record(
        session,
        actor=actor,
        action=action,
        entity="listing",
        entity_id=listing.id,
        now=now,
        data={"version": listing.version, **data},
    )
