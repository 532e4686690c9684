"""Letters to both sides about each step. They say what happened and where to read it, never texts, prices or files."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.features.enquiries.records import carried_of
from app.features.enquiries.states import DECLINE_REASON_NAMES, REJECT_REASON_NAMES, Side
from app.features.listings.notices import people_of
from app.features.messages import send_message
from app.models import Person, QuoteRequest


def tell_both(
    session: Session,
    request: QuoteRequest,
    *,
    event: str,
    now: datetime,
    reason: str | None = None,
    skip: UUID | None = None,
    **facts: Any,
) -> None:
    """Ask for the letters about one step, each in its reader's language (template mail/enquiry_<event>.txt).

    The request's version names the step, so a step that is recorded once is told once. Where nobody acts for the
    holder yet, the operators are told instead, so that a request never waits unseen.

    Args:
        reason: a decline or reject reason, told by its name.
        skip: somebody who need not hear of it: the author of a message.
        facts: what the template needs more, as dates and short texts.
    """
    carried = carried_of(session, request.id)
    context = {
        "number": request.number,
        "listing_title": request.listing_title,
        "buyer_name": request.buyer_name,
        "holder_name": request.holder_name,
        "reason": {**DECLINE_REASON_NAMES, **REJECT_REASON_NAMES}.get(reason or "", ""),
        "exchange": carried.exchange_name if carried is not None else "",
        **facts,
    }
    sides = {"buyer": request.buyer_organisation_id, "holder": request.holder_organisation_id}
    people = people_of(session, list(sides.values()))
    for reader, organisation_id in sides.items():
        for person in people.get(organisation_id, []):
            if person.id == skip:
                continue
            send_message(
                session,
                to=person,
                template=f"enquiry_{event}",
                context={**context, "reader": reader, "thread": [request.public_id, reader]},
                key=f"enquiry:{request.id}:{request.version}:{reader}:{person.id}",
                now=now,
            )
    at_home = carried is None or carried.direction == "in"
    if event == "sent" and at_home and request.holder_organisation_id not in people:
        for operator in session.scalars(
            select(Person).where(Person.is_operator, Person.confirmed_at.is_not(None), Person.disabled_at.is_(None))
        ):
            send_message(
                session,
                to=operator,
                template="enquiry_unattended",
                context=context,
                key=f"enquiry:{request.id}:unattended:{operator.id}",
                now=now,
            )


def remind(session: Session, request: QuoteRequest, *, side: Side, kind: str, now: datetime, day: date | None) -> None:
    """Ask for the letters that remind one side (template mail/enquiry_reminder.txt), once per `kind`.

    Args:
        kind: what is coming or late; before a colon, the template's word for it.
        day: the day it is about, if there is one.
    """
    organisation_id = request.buyer_organisation_id if side == "buyer" else request.holder_organisation_id
    carried = carried_of(session, request.id)
    for person in people_of(session, [organisation_id]).get(organisation_id, []):
        send_message(
            session,
            to=person,
            template="enquiry_reminder",
            context={
                "number": request.number,
                "listing_title": request.listing_title,
                "buyer_name": request.buyer_name,
                "holder_name": request.holder_name,
                "reason": "",
                "exchange": carried.exchange_name if carried is not None else "",
                "reader": side,
                "kind": kind.partition(":")[0],
                "day": day,
                "thread": [request.public_id, side],
            },
            key=f"enquiry:{request.id}:reminder:{kind}:{person.id}",
            now=now,
        )
