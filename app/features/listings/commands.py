"""What an organisation does with its listings. Every command locks the row, asks the policy, changes, journals.

`version` is the one the caller saw: with another change in between, StaleVersion. None leaves that unchecked.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion
from app.features.listings import policies
from app.features.listings.anonymity import MESSAGES, given_away
from app.features.listings.completeness import expires_after, gaps
from app.features.listings.placing import classification_rows, region_code, same_classifications
from app.features.listings.schemas import ListingInput, NeedInput, columns_of, parse, stored_values
from app.features.listings.states import EDITABLE_STATES, transition
from app.i18n import N_, _
from app.identity import Actor, new_public_id, uuid7
from app.models.listings import PUBLIC_STATES, Listing, ListingClassification, ListingFile, ListingHistory
from app.models.organisations import Organisation
from app.settings import Settings
from app.text import slug

WITHDRAWAL_REASONS: Final = ("sold", "solved", "changed", "mistake", "other")
_LONGEST_NOTE: Final = 2_000


def create_draft(
    session: Session,
    *,
    actor: Actor,
    organisation_id: UUID,
    data: ListingInput,
    settings: Settings,
    now: datetime,
) -> Listing:
    """A new listing of the organisation, in state draft. Its region is the organisation's unless another is given.

    Raises:
        Forbidden: the actor does not act for the organisation.
        Invalid: an unknown region or code, or an external_id the organisation already uses.
    """
    if not (actor.acts_for(organisation_id) and actor.may("listings:write")):
        raise Forbidden(N_("Hãy chọn một đơn vị mà bạn được đại diện"))
    organisation = session.get_one(Organisation, organisation_id)
    public_id = new_public_id()
    listing = Listing(
        id=uuid7(),
        public_id=public_id,
        authority=settings.authority,
        local_id=public_id,
        kind=data.kind,
        state="draft",
        organisation_id=organisation_id,
        created_by_id=actor.person_id,
        slug=slug(data.title or ""),
        created_at=now,
        updated_at=now,
        **{**columns_of(data), "external_id": _free_external_id(session, organisation_id, data.external_id)},
    )
    listing.region = region_code(session, data.region) or organisation.region
    rows = classification_rows(session, listing.id, data.classifications, labels={})
    session.add(listing)
    session.add(
        ListingHistory(
            listing_id=listing.id,
            sequence=1,
            from_state=None,
            to_state="draft",
            move="create",
            at=now,
            actor_id=actor.person_id,
        )
    )
    session.flush()
    if rows:
        session.execute(insert(ListingClassification), rows)
    _journal(session, listing, action="created", actor=actor, now=now)
    return listing


def update(
    session: Session,
    *,
    actor: Actor,
    public_id: str,
    version: int | None,
    data: ListingInput,
    now: datetime,
) -> Listing:
    """Replace everything said about the listing by `data`; nothing is written when nothing differs.

    A listing the public already sees must stay complete, and is marked for the operator to look at again.

    Raises:
        NotFound, Forbidden, StaleVersion: as in every command here.
        Conflict: its state does not allow changes (submitted: recall it first).
        Invalid: fields that do not hold, by dotted path.
    """
    listing = own_listing(session, actor=actor, public_id=public_id, version=version)
    require_editable(listing)
    if data.kind != listing.kind:
        raise Invalid({"kind": N_("Không đổi được loại của mục đã tạo")})
    present = classifications_of(session, listing.id)
    rows = classification_rows(
        session, listing.id, data.classifications, labels={(one.scheme, one.code): one.label for one in present}
    )
    values = columns_of(data)
    if data.external_id != listing.external_id:
        _free_external_id(session, listing.organisation_id, data.external_id)
    values["region"] = region_code(session, data.region)
    if listing.kind == "patent":
        _keep_spellings(values["details"], listing.details)
    if listing.state in PUBLIC_STATES or listing.state == "suspended":
        require_complete(session, listing, data, now=now)
    differs = {name: value for name, value in values.items() if value != getattr(listing, name)}
    reclassified = not same_classifications(rows, present)
    if not differs and not reclassified:
        return listing
    for name, value in differs.items():
        setattr(listing, name, value)
    if reclassified:
        session.execute(delete(ListingClassification).where(ListingClassification.listing_id == listing.id))
        if rows:
            session.execute(insert(ListingClassification), rows)
    if "title" in differs:
        listing.slug = slug(listing.title)
    touch(listing, now=now)
    if "deadline" in differs and listing.published_at is not None:
        listing.expires_at = expiry_of(listing)
    _journal(session, listing, action="updated", actor=actor, now=now)
    return listing


def submit(session: Session, *, actor: Actor, public_id: str, version: int | None, now: datetime) -> Listing:
    """Hand a draft or returned listing to the operator.

    Raises:
        Invalid: what is missing or does not hold, every field by its dotted path.
        MoveNotAllowed: it is not a draft and was not returned.
    """
    listing = own_listing(session, actor=actor, public_id=public_id, version=version)
    require_complete(session, listing, None, now=now)
    transition(session, listing, move="submit", actor=actor, now=now)
    listing.submitted_at = now
    session.flush()
    return listing


def recall(session: Session, *, actor: Actor, public_id: str, version: int | None = None, now: datetime) -> Listing:
    """Take a submitted listing back to go on working on it."""
    listing = own_listing(session, actor=actor, public_id=public_id, version=version)
    transition(session, listing, move="recall", actor=actor, now=now)
    return listing


def withdraw(
    session: Session,
    *,
    actor: Actor,
    public_id: str,
    version: int | None = None,
    reason: str,
    note: str = "",
    now: datetime,
) -> Listing:
    """Take the listing off the exchange; its record stays, and partners get a tombstone.

    Args:
        reason: one of WITHDRAWAL_REASONS. `note` says more, and must when the reason is "other".

    Raises:
        Invalid: no reason, or "other" without a note.
    """
    listing = own_listing(session, actor=actor, public_id=public_id, version=version)
    if reason not in WITHDRAWAL_REASONS:
        raise Invalid({"reason": N_("Hãy chọn lý do rút")})
    note = checked_note(note, required=reason == "other")
    transition(session, listing, move="withdraw", actor=actor, now=now, note=note, data={"reason": reason})
    listing.recheck_since = None
    session.flush()
    return listing


def archive(session: Session, *, actor: Actor, public_id: str, version: int | None = None, now: datetime) -> Listing:
    """Put a published listing away; it can be opened again."""
    listing = own_listing(session, actor=actor, public_id=public_id, version=version)
    transition(session, listing, move="archive", actor=actor, now=now, data={"reason": "archived"})
    listing.recheck_since = None
    session.flush()
    return listing


def confirm(session: Session, *, actor: Actor, public_id: str, settings: Settings, now: datetime) -> Listing:
    """“Still valid”: the owner confirms the listing, which counts as current again from `now`."""
    listing = own_listing(session, actor=actor, public_id=public_id, version=None)
    if listing.expires_at is not None and listing.expires_at <= now:
        raise Conflict(N_("Mục này đã quá hạn: hãy đổi hạn trước khi xác nhận"))
    transition(session, listing, move="confirm", actor=actor, now=now)
    listing.confirmed_at = now
    listing.confirm_due_at = now + timedelta(days=settings.confirm_after_days)
    session.flush()
    return listing


def reopen(session: Session, *, actor: Actor, public_id: str, version: int | None = None, now: datetime) -> Listing:
    """Make a withdrawn or archived listing a draft again; it is reviewed anew before it is shown."""
    listing = own_listing(session, actor=actor, public_id=public_id, version=version)
    transition(session, listing, move="reopen", actor=actor, now=now)
    listing.expires_at = listing.confirm_due_at = None
    session.flush()
    return listing


def own_listing(session: Session, *, actor: Actor, public_id: str, version: int | None) -> Listing:
    """The listing, locked until the transaction ends, for somebody who acts for its organisation.

    Raises:
        NotFound: it does not exist for this actor.
        Forbidden: it is another organisation's.
        StaleVersion: `version` is given and not the present one.
    """
    listing = locked_listing(session, actor=actor, public_id=public_id)
    policies.require_edit(actor, listing)
    if version is not None and listing.version != version:
        raise StaleVersion(version=listing.version)
    return listing


def locked_listing(session: Session, *, actor: Actor, public_id: str) -> Listing:
    """The listing as this actor may see it, locked until the transaction ends. Raises NotFound."""
    listing = session.scalars(
        policies.visible_to(actor)
        .where(Listing.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if listing is None:
        raise NotFound
    return listing


def require_editable(listing: Listing) -> None:
    """Raises Conflict when the listing's state does not allow its owner to change it."""
    if listing.state == "submitted":
        raise Conflict(N_("Mục này đang chờ duyệt: hãy rút lại bản gửi duyệt trước khi sửa"))
    if listing.state not in EDITABLE_STATES:
        raise Conflict(N_("Mục này đã đóng: hãy mở lại trước khi sửa"))


def touch(listing: Listing, *, now: datetime) -> None:
    """Count a change of what the listing shows; the operator looks again at one the public sees."""
    listing.version += 1
    listing.updated_at = now
    if listing.state in PUBLIC_STATES:
        listing.recheck_since = listing.recheck_since or now


def require_complete(session: Session, listing: Listing, data: ListingInput | None, *, now: datetime) -> None:
    """Check that a listing says all it must, and that an anonymous need betrays nobody.

    Args:
        data: what it is about to say; None for what is stored.

    Raises:
        Invalid: every gap and every betrayal, by dotted path.
    """
    data = data or parse(stored_values(listing, list(classifications_of(session, listing.id))))
    found = gaps(data, now=now)
    if isinstance(data, NeedInput) and data.visibility == "anonymous":
        files = session.scalars(
            select(ListingFile)
            .where(ListingFile.listing_id == listing.id, ListingFile.removed_at.is_(None))
            .order_by(ListingFile.position, ListingFile.id)
        ).all()
        captions = {f"files.{one.public_id}": one.caption for one in files}
        organisation = session.get_one(Organisation, listing.organisation_id)
        found = {**given_away(data, organisation, captions=captions), **found}
        for one in files:
            if one.identifying:
                found.setdefault(f"files.{one.public_id}", _(MESSAGES[one.identifying[0]], found=one.filename))
    if found:
        raise Invalid(found)


def classifications_of(session: Session, listing_id: UUID) -> Sequence[ListingClassification]:
    """The listing's classification codes in their order."""
    return session.scalars(
        select(ListingClassification)
        .where(ListingClassification.listing_id == listing_id)
        .order_by(ListingClassification.position)
        .execution_options(populate_existing=True)
    ).all()


def expiry_of(listing: Listing) -> datetime | None:
    """When the listing stops being shown: a need after its deadline. Offers do not expire by date."""
    return expires_after(listing.deadline) if listing.kind == "need" else None


def checked_note(note: str, *, required: bool) -> str:
    """A note as it is stored. Raises Invalid when it is missing or longer than 2,000 characters."""
    note = note.strip()
    if required and not note:
        raise Invalid({"note": N_("Hãy ghi rõ lý do")})
    if len(note) > _LONGEST_NOTE:
        raise Invalid({"note": _("Không quá %(max_length)s ký tự.", max_length=_LONGEST_NOTE)})
    return note


def _free_external_id(session: Session, organisation_id: UUID, external_id: str | None) -> str | None:
    taken = external_id is not None and session.scalar(
        select(exists().where(Listing.organisation_id == organisation_id, Listing.external_id == external_id))
    )
    if taken:
        raise Invalid({"external_id": N_("Đơn vị đã có một mục mang mã này")})
    return external_id


def _keep_spellings(details: dict[str, Any], before: dict[str, Any]) -> None:
    """A form shows numbers in their one spelling: saving it again must not lose the spelling given first."""
    kept = {
        name: given
        for name, given in before.get("as_given", {}).items()
        if details.get(name) and details[name] == before.get(name)
    }
    spellings = {**kept, **details.get("as_given", {})}
    if spellings:
        details["as_given"] = spellings


def _journal(session: Session, listing: Listing, *, action: str, actor: Actor, now: datetime) -> None:
    journal.append(session, entity="listing", entity_id=listing.id, action=action, actor_id=actor.person_id, at=now)
