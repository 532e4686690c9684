"""Listings of other exchanges, as rows of `listing` with their origin's key, so that search and pages show them.

Written by what takes from partners (app/exchange/taking), in batches. Nobody here edits them; nobody is asked whether
they are still valid (no `confirm_due_at`): their origin is. They are never given on as ours (`share` "none").
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, case, delete, insert, select, update
from sqlalchemy.orm import Session

from app import journal
from app.features.listings.schemas import ListingInput, columns_of
from app.features.listings.states import MOVES, note_moves
from app.i18n.collation import sort_key
from app.identity import new_public_id, uuid7
from app.models.listings import PUBLIC_STATES, Listing, ListingClassification
from app.models.organisations import Organisation
from app.text import slug


@dataclass(frozen=True, slots=True)
class ForeignOrganisation:
    """Whose listing it is, by the key its exchange gave it."""

    authority: str
    local_id: str
    name: str
    name_en: str | None
    type: str
    region: str | None


@dataclass(frozen=True, slots=True)
class ForeignListing:
    """A listing of another exchange, checked.

    Args:
        classifications: rows of `listing_classification` without the listing's id.
        beside: operator's own texts and codes (columns of `listing`), laid over what came.
    """

    authority: str
    local_id: str
    data: ListingInput
    organisation: ForeignOrganisation
    region: str | None
    classifications: tuple[dict[str, Any], ...]
    source: str
    licence: str | None
    published_at: datetime | None
    confirmed_at: datetime | None
    expires_at: datetime | None
    beside: Mapping[str, Any] | None = None

    def columns(self) -> dict[str, Any]:
        """Columns of `listing` but for keys, state and times of its own."""
        said = columns_of(self.data)
        said |= {
            "external_id": None,
            "region": self.region,
            "source": self.source,
            "licence": self.licence,
            "share": "none",
            "confirmed_at": self.confirmed_at,
            "expires_at": self.expires_at,
            **(self.beside or {}),
        }
        said["slug"] = slug(said["title"])
        return said


TRANSLATED: Final = ("title", "benefit", "summary", "description")
# What the operator decided outlives the record: its origin must not undo it by deleting it and sending it anew.
_DECIDED: Final = ("suspended", "returned")
# What stays of a listing that is gone: its key and state. What it said goes.
_EMPTY: Final[Mapping[str, Any]] = {
    "title": "",
    "benefit": "",
    "summary": "",
    "description": "",
    "title_en": None,
    "benefit_en": None,
    "summary_en": None,
    "description_en": None,
    "keywords": [],
    "region": None,
    "country": None,
    "trl": None,
    "transfer_forms": [],
    "payment_forms": [],
    "territory": None,
    "price_kind": None,
    "price_from": None,
    "price_to": None,
    "price_currency": None,
    "price_unit": None,
    "deadline": None,
    "owners": [],
    "details": {},
    "slug": "",
}


def bring_organisations(
    session: Session, wanted: Sequence[ForeignOrganisation], *, now: datetime
) -> dict[tuple[str, str], UUID]:
    """See that every organisation is there and says what its exchange says of it; returns their ids by key.

    The caller must be the only one that does so at a time.
    """
    by_key = {(one.authority, one.local_id): one for one in wanted}
    if not by_key:
        return {}
    present = {
        (one.authority, one.local_id): one
        for one in session.scalars(
            select(Organisation).where(
                Organisation.authority.in_({authority for authority, _ in by_key}),
                Organisation.local_id.in_({local_id for _, local_id in by_key}),
            )
        )
    }
    changed: list[UUID] = []
    for key, one in by_key.items():
        known = present.get(key)
        if known is None:
            continue
        said = {"name": one.name, "name_en": one.name_en, "type": one.type, "region": one.region}
        if any(getattr(known, name) != value for name, value in said.items()):
            for name, value in said.items():
                setattr(known, name, value)
            known.version += 1
            known.updated_at = now
            changed.append(known.id)
    made = {key: uuid7() for key in by_key if key not in present}
    if made:
        session.execute(insert(Organisation), [_organisation_row(made[key], by_key[key], now) for key in made])
    journal.append_many(
        session, entity="organisation", entity_ids=[*changed, *made.values()], action="imported", at=now
    )
    return {key: one.id for key, one in present.items() if key in by_key} | made


def _organisation_row(organisation_id: UUID, one: ForeignOrganisation, now: datetime) -> dict[str, Any]:
    public_id = new_public_id()
    return {
        "id": organisation_id,
        "public_id": public_id,
        "authority": one.authority,
        "local_id": one.local_id,
        "slug": slug(one.name) or public_id,
        "name": one.name,
        "name_key": sort_key(one.name),
        "name_en": one.name_en,
        "type": one.type,
        "region": one.region,
        "sectors": [],
        "imported": True,
        "version": 1,
        "created_at": now,
        "updated_at": now,
    }


def insert_foreign(
    session: Session,
    fresh: Sequence[tuple[UUID, ForeignListing]],
    *,
    organisations: Mapping[tuple[str, str], UUID],
    review: bool,
    held: Mapping[UUID, str] | None = None,
    now: datetime,
) -> None:
    """New listings, under the ids given: shown at once, or submitted for the operator to look at.

    Args:
        held: those to be looked at whatever `review` says, with a note why.
    """
    if not fresh:
        return
    held = held or {}
    waiting = {listing_id for listing_id, _ in fresh if review or listing_id in held}
    rows = [
        {
            **one.columns(),
            "id": listing_id,
            "public_id": new_public_id(),
            "authority": one.authority,
            "local_id": one.local_id,
            "kind": one.data.kind,
            "state": "submitted" if listing_id in waiting else "published",
            "organisation_id": organisations[one.organisation.authority, one.organisation.local_id],
            "created_at": now,
            "updated_at": now,
            "submitted_at": now if listing_id in waiting else None,
            "published_at": None if listing_id in waiting else min(one.published_at or now, now),
            "confirm_due_at": None,
        }
        for listing_id, one in fresh
    ]
    session.execute(insert(Listing).execution_options(render_nulls=True), rows)
    _classify(session, fresh)
    ids = [listing_id for listing_id, _ in fresh]
    for state, moved in (
        ("published", [one for one in ids if one not in waiting]),
        ("submitted", [one for one in ids if one in waiting and one not in held]),
    ):
        note_moves(session, moved=dict.fromkeys(moved), to_state=state, move="import", now=now)
    for note in sorted(set(held.values())):
        why = dict.fromkeys(one for one in ids if held.get(one) == note)
        note_moves(session, moved=why, to_state="submitted", move="import", now=now, note=note)
    journal.append_many(session, entity="listing", entity_ids=ids, action="imported", at=now)


def update_foreign(
    session: Session,
    changed: Sequence[tuple[UUID, ForeignListing]],
    *,
    organisations: Mapping[tuple[str, str], UUID],
    review: bool,
    hidden: Collection[UUID] = (),
    held: Mapping[UUID, str] | None = None,
    now: datetime,
) -> None:
    """Listings that say something else now. One that was gone or hidden as its source was silent is shown again.

    What the operator suspended stays so; what was returned to be mended is looked at again, and what waits for the
    operator goes on waiting; with `review` what was gone waits again. What was published here says its origin's day.

    Args:
        hidden: those that the operator's overlay hides: none of them is shown again.
        held: those that wait instead of being shown again, with a note why.
    """
    if not changed:
        return
    held = held or {}
    ids = [listing_id for listing_id, _ in changed]
    present = _locked(session, ids)
    rows: list[dict[str, Any]] = []
    back: dict[UUID, str] = {}
    waiting: dict[UUID, str] = {}
    for listing_id, one in changed:
        known = present[listing_id]
        state, shown_since = known.state, known.published_at
        if shown_since is not None and one.published_at is not None:
            shown_since = min(one.published_at, now)
        row = {
            **one.columns(),
            "id": listing_id,
            # Details and everything else come of the same record, so they fit whatever kind it became.
            "kind": one.data.kind,
            "version": known.version + 1,
            "updated_at": now,
            "published_at": shown_since,
            "organisation_id": organisations[one.organisation.authority, one.organisation.local_id],
        }
        if state in MOVES["reappear"].sources and listing_id not in hidden:
            if listing_id in held or (review and state == "withdrawn"):
                waiting[listing_id] = state
                row |= {"state": "submitted", "submitted_at": now}
            else:
                back[listing_id] = state
                row |= {"state": "published", "published_at": min(one.published_at or now, now)}
        if state == "returned":
            waiting[listing_id] = state
            row |= {"state": "submitted", "submitted_at": now}
        if review and (state in PUBLIC_STATES or listing_id in back):
            row["recheck_since"] = now
        rows.append(row)
    for group in _alike(rows):
        session.execute(update(Listing), group)
    session.execute(delete(ListingClassification).where(ListingClassification.listing_id.in_(ids)))
    _classify(session, changed)
    note_moves(session, moved=back, to_state="published", move="reappear", now=now)
    for note in sorted({held.get(one, "") for one in waiting}):
        why = {one: state for one, state in waiting.items() if held.get(one, "") == note}
        note_moves(session, moved=why, to_state="submitted", move="import", now=now, note=note)
    journal.append_many(session, entity="listing", entity_ids=[one for one in ids if one not in back],
                        action="imported", at=now)  # fmt: skip
    journal.append_many(session, entity="listing", entity_ids=list(back), action="reappear", at=now)


def clear_foreign(session: Session, *, listing_ids: Sequence[UUID], now: datetime) -> None:
    """Listings that are gone at their origin: withdrawn here, and emptied of what they said.

    One that the operator suspended or returned is emptied only.
    """
    if not listing_ids:
        return
    present = _locked(session, listing_ids)
    moved = {one: row.state for one, row in present.items() if row.state in MOVES["withdraw"].sources}
    decided = [one for one, state in moved.items() if state in _DECIDED]
    for one in decided:
        del moved[one]
    session.execute(delete(ListingClassification).where(ListingClassification.listing_id.in_(listing_ids)))
    session.execute(
        update(Listing)
        .where(Listing.id.in_(listing_ids))
        .values(
            state=case((Listing.state.in_(_DECIDED), Listing.state), else_="withdrawn"),
            version=Listing.version + 1,
            updated_at=now,
            recheck_since=None,
            **_EMPTY,
        )
        .execution_options(synchronize_session=False)
    )
    note_moves(session, moved=moved, to_state="withdrawn", move="withdraw", now=now)
    ended = [one for one in present if one not in decided]
    journal.append_many(session, entity="listing", entity_ids=ended, action="withdraw", at=now,
                        data={"reason": "origin"})  # fmt: skip
    journal.append_many(session, entity="listing", entity_ids=decided, action="imported", at=now)


def texts_over(said: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """Columns that an operator's translation sets, over what the origin says.

    Args:
        said: the origin's columns: language, the texts, and those with _en.
        texts: title, benefit, summary, description in the other language: English beside Vietnamese; of an English
            record Vietnamese, which then is its language, with the origin's own beside it.
    """
    given = {name: text for name, text in texts.items() if name in TRANSLATED and text}
    if not given:
        return {}
    if said["language"] != "en":
        return {f"{name}_en": text for name, text in given.items()}
    made: dict[str, Any] = {"language": "vi"}
    for name in TRANSLATED:
        made[name] = given.get(name) or said[name]
        made[f"{name}_en"] = said[name] or None
    return made


def laid_over(
    listing: ForeignListing, *, texts: Mapping[str, str], codes: Sequence[dict[str, Any]] | None
) -> ForeignListing:
    """The listing with the operator's own translation and classification in place of what came."""
    beside = texts_over(listing.columns(), texts)
    if not beside and codes is None:
        return listing
    return replace(
        listing, beside=beside, classifications=tuple(codes) if codes is not None else listing.classifications
    )


def _locked(session: Session, listing_ids: Sequence[UUID]) -> dict[UUID, Row[UUID, str, int, datetime | None]]:
    """What is there of these listings: id, state, version, published_at."""
    rows = session.execute(
        select(Listing.id, Listing.state, Listing.version, Listing.published_at)
        .where(Listing.id.in_(listing_ids))
        .order_by(Listing.id)
        .with_for_update()
    )
    return {row.id: row for row in rows}


def _alike(rows: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rows in groups that name the same columns, each one statement."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(sorted(row)), []).append(row)
    return list(groups.values())


def _classify(session: Session, listings: Sequence[tuple[UUID, ForeignListing]]) -> None:
    codes = [{**one, "listing_id": listing_id} for listing_id, listing in listings for one in listing.classifications]
    if codes:
        session.execute(insert(ListingClassification), codes)
