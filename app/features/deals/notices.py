"""Letters to both sides of a deal. They say what happened and where to read it, never prices or texts."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.features.deals.states import Side
from app.features.listings.notices import people_of
from app.features.messages import send_message
from app.models.deals import Deal


def tell_both(
    session: Session, deal: Deal, *, event: str, now: datetime, by: Side | None = None, key: str = "", **facts: Any
) -> None:
    """Ask for the letters about one step, each in its reader's language (template mail/deal_<event>.txt).

    Args:
        by: the side that did it, None for time.
        key: names the occasion where the deal's version does not.
    """
    sides: dict[Side, Any] = {"buyer": deal.buyer_organisation_id, "holder": deal.holder_organisation_id}
    people = people_of(session, list(sides.values()))
    for reader, organisation_id in sides.items():
        for person in people.get(organisation_id, []):
            send_message(
                session,
                to=person,
                template=f"deal_{event}",
                context={
                    "number": deal.number,
                    "listing_title": deal.listing_title,
                    "mine": deal.buyer_name if reader == "buyer" else deal.holder_name,
                    "other": deal.holder_name if reader == "buyer" else deal.buyer_name,
                    "reader": reader,
                    "by": by or "",
                    **facts,
                },
                key=f"deal:{deal.id}:{event}:{key or deal.version}:{reader}:{person.id}",
                now=now,
            )
