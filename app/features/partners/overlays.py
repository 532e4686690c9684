"""What the operator lays over a record of another exchange: a translation, another classification, hiding it.

Kept apart from what the origin says, applied again with every change of it, and never given on as the origin's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, Invalid, NotFound
from app.features.listings.fields import Line, LongText, Paragraph
from app.features.listings.foreign import TRANSLATED, texts_over
from app.features.listings.import_lines import codes_of
from app.features.listings.placing import find_classification
from app.features.listings.states import transition
from app.features.moderation import audit
from app.features.partners.policies import require_dealing
from app.i18n import N_
from app.identity import Actor
from app.models.audit import AuditEntry
from app.models.listings import PUBLIC_STATES, Listing, ListingClassification, ListingHistory
from app.models.taking import TakenOverlay, TakenRecord
from app.reference.current import refresh

_MOST_CODES: Final = 40


class OverlayInput(BaseModel):
    """An overlay. Texts are in the language that the record is not in; no codes leave the origin's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Line = None
    benefit: Line = None
    summary: Paragraph = None
    description: LongText = None
    codes: list[Annotated[str, StringConstraints(max_length=200)]] = Field(default_factory=list, max_length=_MOST_CODES)
    hidden: bool = False
    note: Annotated[str, StringConstraints(max_length=2_000)] = ""


@dataclass(frozen=True, slots=True)
class Overlaid:
    """A record with what lies over it. `original` are the origin's columns."""

    record: TakenRecord
    listing: Listing
    overlay: TakenOverlay | None
    original: Mapping[str, Any]


def find_overlaid(session: Session, *, actor: Actor, public_id: str) -> Overlaid:
    """The record behind a listing of another exchange.

    Raises:
        Forbidden; NotFound: there is no such listing, or it is our own.
    """
    require_dealing(actor)
    row = session.execute(
        select(TakenRecord, Listing, TakenOverlay)
        .join(Listing, Listing.id == TakenRecord.listing_id)
        .outerjoin(TakenOverlay, TakenOverlay.taken_id == TakenRecord.id)
        .where(Listing.public_id == public_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    record, listing, overlay = row
    return Overlaid(record, listing, overlay, original_texts(record.envelope))


def original_texts(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """The origin's texts as columns of `listing`, from what is kept of the record."""
    content = envelope.get("content", {})
    english = content.get("english", {})
    language = envelope.get("lang") or content.get("language") or "vi"
    made: dict[str, Any] = {"language": "en" if language == "en" else "vi"}
    for name in TRANSLATED:
        made[name] = content.get(name) or ""
        made[f"{name}_en"] = english.get(name) or content.get(f"{name}_en")
    if made["language"] == "en":
        made |= {f"{name}_en": None for name in TRANSLATED}
    return made


def lay_over(session: Session, *, actor: Actor, public_id: str, data: OverlayInput, now: datetime) -> TakenOverlay:
    """Set what lies over a record, and show it so at once.

    Raises:
        Forbidden, NotFound; Conflict: the record is gone; Invalid: at `codes`, one that no table knows, and at `note`,
        hiding without a reason.
    """
    require_dealing(actor)
    record = session.scalars(
        select(TakenRecord)
        .join(Listing, Listing.id == TakenRecord.listing_id)
        .where(Listing.public_id == public_id)
        .with_for_update(of=TakenRecord)
    ).one_or_none()
    if record is None:
        raise NotFound
    if record.deleted:
        raise Conflict(N_("Bản ghi này đã mất ở sàn gốc"))
    refresh(session)
    _require_known(data)
    if data.hidden and not data.note:
        raise Invalid({"note": N_("Hãy ghi lý do ẩn.")})
    listing = session.scalars(select(Listing).where(Listing.id == record.listing_id).with_for_update()).one()
    texts = {name: text for name in TRANSLATED if (text := getattr(data, name))}
    overlay = session.get(TakenOverlay, record.id)
    was_hidden = overlay is not None and overlay.hidden
    if overlay is None:
        overlay = TakenOverlay(taken_id=record.id, texts={}, codes=None, hidden=False, note="", updated_at=now)
        session.add(overlay)
    overlay.texts, overlay.codes = texts, list(data.codes) or None
    overlay.hidden, overlay.note = data.hidden, data.note
    overlay.updated_at, overlay.updated_by_id = now, actor.person_id
    original = original_texts(record.envelope)
    for name, value in (original | texts_over(original, texts)).items():
        setattr(listing, name, value)
    _classify(session, listing, overlay, record)
    listing.version += 1
    listing.updated_at = now
    journal.append(session, entity="listing", entity_id=listing.id, action="imported", actor_id=actor.person_id, at=now)
    if data.hidden and listing.state in PUBLIC_STATES:
        transition(session, listing, move="suspend", actor=actor, now=now, note=data.note)
    elif was_hidden and not data.hidden:
        _show_again(session, listing, record, actor=actor, now=now)
    facts = {"texts": sorted(texts), "codes": list(data.codes), "hidden": data.hidden}
    audit.record(
        session, actor=actor, action="partner.overlay", entity="listing", entity_id=listing.id, now=now, data=facts
    )
    return overlay


def _show_again(session: Session, listing: Listing, record: TakenRecord, *, actor: Actor, now: datetime) -> None:
    """Show what hiding alone kept from being shown: not what moderation took down, nor whose source is silent."""
    if listing.state == "suspended" and _was_hidden_by_overlay(session, listing):
        transition(session, listing, move="reinstate", actor=actor, now=now)
    elif (
        listing.state in {"withdrawn", "archived"}
        and record.stale_since is None
        and (listing.expires_at is None or listing.expires_at > now)
    ):
        transition(session, listing, move="reappear", actor=actor, now=now)


def _was_hidden_by_overlay(session: Session, listing: Listing) -> bool:
    """Whether the last suspension was made by laying an overlay over it: both are noted at the same moment."""
    suspended_at = (
        select(func.max(ListingHistory.at))
        .where(ListingHistory.listing_id == listing.id, ListingHistory.move == "suspend")
        .scalar_subquery()
    )
    found = select(AuditEntry.id).where(
        AuditEntry.entity == "listing",
        AuditEntry.entity_id == listing.id,
        AuditEntry.action == "partner.overlay",
        AuditEntry.at == suspended_at,
    )
    return session.scalars(found.limit(1)).first() is not None


def _require_known(data: OverlayInput) -> None:
    for one in data.codes:
        scheme, _colon, code = one.partition(":")
        if find_classification(scheme.strip(), code.strip()) is None:
            raise Invalid({"codes": N_("Có mã không nằm trong bảng phân loại nào: viết như research-field:205.")})


def _classify(session: Session, listing: Listing, overlay: TakenOverlay, record: TakenRecord) -> None:
    content = record.envelope.get("content", {})
    given = overlay.codes if overlay.codes is not None else content.get("classifications", content.get("codes", []))
    session.execute(delete(ListingClassification).where(ListingClassification.listing_id == listing.id))
    rows = [{**one, "listing_id": listing.id} for one in codes_of(given)]
    if rows:
        session.execute(insert(ListingClassification), rows)
