"""What the operator's fees give: a place in a section of the first page that says it is paid for, and a badge.

Nothing here orders results or matches: search and matching know nothing of fees (/ranking promises so). While billing
is off nothing is given and nothing is asked of the database.
"""

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import String, cast, func, or_, select
from sqlalchemy.orm import Session

from app.features.listings.policies import visible_to as listings_visible_to
from app.features.organisations.policies import visible_to as organisations_visible_to
from app.identity import ANONYMOUS, Actor
from app.models.listings import Listing
from app.models.operator_fees import OperatorFee
from app.models.organisations import Organisation
from app.settings import Settings

# Paid for until the provider says otherwise: what could not be collected gives nothing.
_GIVES: Final = "active"


def promoted_ids(
    session: Session, *, settings: Settings, today: date, limit: int, actor: Actor = ANONYMOUS
) -> list[str]:
    """Public ids of listings whose promotion is paid for; a need leaves with its deadline. One query.

    Who comes first changes with the day, by a hash of both: all pay the same, so nobody keeps the first place.
    """
    if not settings.billing:
        return []
    turn = func.md5(func.concat(cast(OperatorFee.id, String), today.isoformat()))
    return list(
        session.scalars(
            listings_visible_to(actor)
            .join(OperatorFee, OperatorFee.listing_id == Listing.id)
            .where(
                OperatorFee.product == "promotion",
                OperatorFee.state == _GIVES,
                or_(Listing.deadline.is_(None), Listing.deadline >= today),
            )
            .with_only_columns(Listing.public_id)
            .order_by(turn)
            .limit(limit)
        )
    )


def is_member(session: Session, *, settings: Settings, organisation_id: UUID, actor: Actor = ANONYMOUS) -> bool:
    """Whether an organisation this actor may know of is a paying member of the exchange. One query."""
    if not settings.billing:
        return False
    pays = (
        select(OperatorFee.id)
        .where(
            OperatorFee.organisation_id == Organisation.id,
            OperatorFee.product == "membership",
            OperatorFee.state == _GIVES,
        )
        .exists()
    )
    found = (
        organisations_visible_to(actor)
        .where(Organisation.id == organisation_id, pays)
        .with_only_columns(Organisation.id)
    )
    return session.scalar(found) is not None
