"""Letters to both sides of a payment. They say what happened and where to read it, never an account or an amount."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.features.listings.notices import people_of
from app.features.messages import send_message
from app.features.payments.states import Side
from app.models.payments import Payment


def tell_both(
    session: Session,
    payment: Payment,
    *,
    event: str,
    now: datetime,
    by: Side | None = None,
    key: str = "",
    **facts: Any,
) -> None:
    """Ask for the letters about one step, each in its reader's language (template mail/payment_<event>.txt).

    The payment's version names the step, so a step that is recorded once is told once; `key` names what time does.
    """
    sides: dict[Side, Any] = {"buyer": payment.buyer_organisation_id, "holder": payment.holder_organisation_id}
    people = people_of(session, list(sides.values()))
    for reader, organisation_id in sides.items():
        for person in people.get(organisation_id, []):
            send_message(
                session,
                to=person,
                template=f"payment_{event}",
                context={
                    "number": payment.number,
                    "kind": payment.kind,
                    "listing_title": payment.listing_title,
                    "mine": payment.buyer_name if reader == "buyer" else payment.holder_name,
                    "other": payment.holder_name if reader == "buyer" else payment.buyer_name,
                    "reader": reader,
                    "by": by or "",
                    **facts,
                },
                key=f"payment:{payment.id}:{event}:{key or payment.version}:{reader}:{person.id}",
                now=now,
            )
