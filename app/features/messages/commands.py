"""Asking for a letter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app import jobs
from app.features.messages.values import pack
from app.models import Person


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Somebody who has no account, or not yet."""

    email: str
    name: str = ""
    locale: str = "vi"


def send_message(
    session: Session,
    *,
    to: Person | Recipient,
    template: str,
    context: Mapping[str, Any] | None = None,
    key: str,
    at_most_once: bool = False,
    now: datetime | None = None,
) -> bool:
    """Have a letter sent once per `key`, when this transaction commits; False when that key was asked for before.

    The template is frontend/templates/mail/<template>.txt, rendered in the recipient's language. A person is looked
    up again when the letter is sent: one who was disabled meanwhile gets none.

    Args:
        context: what the template needs: texts, numbers, dates, instants, lists and mappings of these. Never anything
            confidential: a letter passes through other people's machines. Never a secret link either; a template that
            needs one has it made when the letter is sent (app.features.messages.prepares).
        key: names the occasion ("quote_sent:<id>:2"), so that a repeated command sends nothing twice.
        at_most_once: rather lose the letter than send it twice, when the worker dies (or the line breaks) in the very
            moment of handing it over. For letters that one can do without; others are sent again in that case.
    """
    recipient = (
        {"person_id": str(to.id)}
        if isinstance(to, Person)
        else {"email": to.email, "name": to.name, "locale": to.locale}
    )
    return jobs.enqueue(
        session,
        kind="mail.send",
        payload={
            "template": template,
            "to": recipient,
            "context": pack(dict(context or {})),
            **({"at_most_once": True} if at_most_once else {}),
        },
        key=f"mail:{key}",
        now=now,
    )
