"""Letters to both sides about each step. They say what happened and where to read it, never what is confidential.

A letter to the recipient of an agreement about an anonymous need never names its owner, also not after the owner told
its name: the name stands on the page, for the two sides only.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.features.listings.notices import people_of
from app.features.messages import send_message
from app.features.ndas.states import Side
from app.models import Nda, Person


def tell_both(session: Session, nda: Nda, *, event: str, now: datetime, by: Side | None = None, **facts: Any) -> None:
    """Ask for the letters about one step, each in its reader's language (template mail/nda_<event>.txt).

    The agreement's version names the step, so a step that is recorded once is told once.

    Args:
        by: the side that did it, None for time.
        facts: what the template needs more, as dates and short texts.
    """
    sides: dict[Side, Any] = {
        "discloser": nda.discloser_organisation_id,
        "recipient": nda.recipient_organisation_id,
    }
    people = people_of(session, list(sides.values()))
    for reader, organisation_id in sides.items():
        hidden = nda.anonymous and reader == "recipient"
        for person in people.get(organisation_id, []):
            send_message(
                session,
                to=person,
                template=f"nda_{event}",
                context={
                    "number": nda.number,
                    "listing_title": nda.listing_title,
                    "discloser_name": "" if hidden else nda.discloser_name,
                    "recipient_name": nda.recipient_name,
                    "reader": reader,
                    "by": by or "",
                    **facts,
                },
                key=f"nda:{nda.id}:{event}:{nda.version}:{reader}:{person.id}",
                now=now,
            )
    if event == "requested" and nda.discloser_organisation_id not in people:
        _tell_operators(session, nda, now=now)


def _tell_operators(session: Session, nda: Nda, *, now: datetime) -> None:
    """Nobody acts for the discloser yet: a request never waits unseen."""
    for operator in session.scalars(
        select(Person).where(Person.is_operator, Person.confirmed_at.is_not(None), Person.disabled_at.is_(None))
    ):
        send_message(
            session,
            to=operator,
            template="nda_unattended",
            context={
                "number": nda.number,
                "listing_title": nda.listing_title,
                "discloser_name": nda.discloser_name,
                "recipient_name": nda.recipient_name,
            },
            key=f"nda:{nda.id}:unattended:{operator.id}",
            now=now,
        )
