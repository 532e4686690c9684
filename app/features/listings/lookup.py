"""Finding listings by the names their organisations gave them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.features.listings.policies import publicly_visible
from app.models.cluster_heads import stands_for
from app.models.listings import Listing


def public_ids_by_external_id(session: Session, external_ids: Sequence[str]) -> list[str]:
    """Public ids of the visible listings with one of these external ids, newest first.

    Several organisations may use the same one. An anonymous need is never found by it, or the name would tell whose
    it is.
    """
    asked = publicly_visible().where(Listing.visibility == "public", Listing.external_id.in_(external_ids))
    return list(
        session.scalars(
            asked.with_only_columns(Listing.public_id).order_by(Listing.published_at.desc(), Listing.id.desc())
        )
    )


def found_by(session: Session, public_ids: Sequence[str]) -> dict[str, str]:
    """By which public id a search index holds each of these listings: that of what stands for it."""
    head = aliased(Listing)
    rows = session.execute(
        select(Listing.public_id, head.public_id)
        .join(head, head.id == stands_for(Listing.id))
        .where(Listing.public_id.in_(public_ids))
    )
    return dict(rows.all())
