"""Judging kept pairs again when a fact about their holder changed and no text did: no engine is asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from app.i18n.formats import local_date
from app.matching_weights import WEIGHTS, Weights
from app.models.enquiries import QuoteRequest
from app.models.journal import JournalEntry
from app.models.listings import Listing
from app.models.matching import ListingMatch
from app.search import match_store
from app.search.documents import documents_of
from app.search.matching import match
from app.search.reasons import from_store, to_store
from app.search.records import records_of

_BATCH: Final = 500


def rejudge_holders(
    session: Session, entries: Sequence[JournalEntry], *, now: datetime, weights: Weights = WEIGHTS
) -> int:
    """Judge again the pairs of organisations that changed, or whose record of answering did; returns how many.

    A pair keeps its texts' ratio. One that falls below the least score leaves; none comes in by so small a change.
    """
    holders = {entry.entity_id for entry in entries if entry.entity == "organisation"}
    requests = {entry.entity_id for entry in entries if entry.entity == "quote_request"}
    if requests:
        holders.update(
            session.scalars(select(QuoteRequest.holder_organisation_id).where(QuoteRequest.id.in_(requests)))
        )
    return _rejudge_all(session, Listing.organisation_id.in_(holders), now=now, weights=weights) if holders else 0


def rejudge_offers(session: Session, listing_ids: Sequence[UUID], *, now: datetime, weights: Weights = WEIGHTS) -> int:
    """Judge again the pairs of these offers, in the same way."""
    return _rejudge_all(session, Listing.id.in_(listing_ids), now=now, weights=weights)


def _rejudge_all(session: Session, offers: ColumnElement[bool], *, now: datetime, weights: Weights) -> int:
    done = 0
    after: UUID | None = None
    while True:
        asked = (
            select(ListingMatch)
            .join(Listing, Listing.id == ListingMatch.offer_id)
            .where(offers, ListingMatch.left_at.is_(None))
            .order_by(ListingMatch.id)
            .limit(_BATCH)
        )
        pairs = session.scalars(asked.where(ListingMatch.id > after) if after is not None else asked).all()
        if not pairs:
            return done
        after = pairs[-1].id
        done += len(pairs)
        _rejudge(session, pairs, now=now, weights=weights)


def _rejudge(session: Session, pairs: Sequence[ListingMatch], *, now: datetime, weights: Weights) -> None:
    ids = {one.need_id for one in pairs} | {one.offer_id for one in pairs}
    names = dict(session.execute(select(Listing.public_id, Listing.id).where(Listing.id.in_(ids))).all())
    documents = {names[one.id]: one for one in documents_of(session, listing_ids=sorted(ids), only_public=False)}
    offers = [documents[one.offer_id] for one in pairs]
    records = records_of(session, weights=weights, now=now)
    replies = records.replies({one.organisation_id for one in offers if one.organisation_id})
    leans = records.leans({one.id for one in offers})
    moved: list[UUID] = []
    changes = []
    for one, offer in zip(pairs, offers, strict=True):
        told = [reason for reason in one.reasons if reason["code"] == "shared_text"]
        made = match(
            documents[one.need_id],
            offer,
            text_ratio=one.text_ratio,
            shared=(),
            today=local_date(now),
            weights=weights,
            reply=replies.get(offer.organisation_id or ""),
            lean=leans.get(offer.id, 0.0),
        )
        reasons = told + to_store({"vi": made.reasons})
        if made.score == one.score and from_store(reasons) == from_store(one.reasons):
            continue
        leaves = made.score < weights.least_score
        changes.append(
            {
                "id": one.id,
                "score": made.score,
                "reasons": reasons,
                "left_at": now if leaves else None,
                "judged_at": now,
            }
        )
        moved += [one.need_id, one.offer_id]
    if changes:
        session.execute(update(ListingMatch), changes)
        match_store.note_changed(session, moved, now=now)
