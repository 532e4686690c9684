"""What the worker does for accounts."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.features.accounts.attempts import sweep_windows
from app.features.accounts.commands import send_reset, sweep_accounts
from app.features.accounts.links import LIFETIMES, Purpose, issue_link
from app.features.messages import prepares
from app.jobs import JobContext, every, job
from app.models import Person


@job("accounts.reset_asked")
def reset_asked(context: JobContext, payload: dict[str, Any]) -> None:
    """Look up the account and have the link sent, where nobody can measure how long it takes."""
    with context.database.unit_of_work() as session:
        send_reset(session, email=payload["email"], now=context.now)


@every(timedelta(hours=6), "accounts.sweep")
def sweep(context: JobContext, _payload: dict[str, Any]) -> None:
    """Forget what is over."""
    with context.database.unit_of_work() as session:
        sweep_windows(session, now=context.now)
        sweep_accounts(session, now=context.now)


@prepares("account_confirm")
def _confirmation(session: Session, context: Mapping[str, Any], now: datetime) -> Mapping[str, Any] | None:
    person = session.get(Person, UUID(context["person_id"]))
    if person is None or person.confirmed_at is not None:
        return None
    return _link(session, person=person, purpose="confirm", now=now)


@prepares("account_reset")
def _reset(session: Session, context: Mapping[str, Any], now: datetime) -> Mapping[str, Any] | None:
    person = session.get(Person, UUID(context["person_id"]))
    return None if person is None else _link(session, person=person, purpose="reset", now=now)


def _link(session: Session, *, person: Person, purpose: Purpose, now: datetime) -> Mapping[str, Any]:
    token = issue_link(session, person_id=person.id, purpose=purpose, now=now)
    return {"token": token, "good_until": now + LIFETIMES[purpose]}
