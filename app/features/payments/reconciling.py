"""Comparing our ledger with the provider's own list, once a day. Every difference is reported, none mended silently."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.features.messages import send_message
from app.features.payments.seeing import SOURCE
from app.identity import uuid7
from app.integrations.payments import PaymentGateway, Seen, gateway_from
from app.jobs import JobContext, every
from app.models.accounts import Person
from app.models.payment_provider import Reconciliation, ReconciliationDifference
from app.models.payments import Payment, PaymentEntry

SPAN = timedelta(days=3)
# What moved just now may still be on its way to us.
SETTLES = timedelta(hours=1)
# One movement may bear two times a little apart (a page that was paid, its payment).
_SLACK = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Ours:
    """An entry of our ledger with the number of its payment."""

    kind: str
    id: str
    amount: int
    currency: str
    number: str
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """`kind` is "missing_here", "missing_there" or "differs"."""

    kind: str
    movement: str
    external_id: str
    number: str
    ours: Ours | None
    theirs: Seen | None


def compare(ours: Iterable[Ours], theirs: Iterable[Seen], *, since: datetime, until: datetime) -> list[Difference]:
    """What the lists do not agree on within [since, until). Both may reach further, which only helps to find pairs."""
    mine: Mapping[tuple[str, str], Ours] = {(one.kind, one.id): one for one in ours}
    other: Mapping[tuple[str, str], Seen] = {(one.kind, one.id): one for one in theirs}
    found = []
    for key, seen in other.items():
        entry = mine.get(key)
        if entry is None:
            if since <= seen.created < until:
                found.append(Difference("missing_here", seen.kind, seen.id, seen.number, None, seen))
        elif (entry.amount, entry.currency) != (seen.amount, seen.currency) or (
            seen.number and seen.number != entry.number
        ):
            found.append(Difference("differs", seen.kind, seen.id, entry.number, entry, seen))
    found += [
        Difference("missing_there", entry.kind, entry.id, entry.number, entry, None)
        for key, entry in mine.items()
        if key not in other and since <= entry.happened_at < until
    ]
    return sorted(found, key=lambda one: (one.kind, one.movement, one.external_id))


def reconcile(context: JobContext, gateway: PaymentGateway) -> Reconciliation:
    """Ask the provider for its list, compare, keep and report what differs."""
    until = context.now - SETTLES
    since = until - SPAN
    listed = list(gateway.movements(since - _SLACK, context.now))
    with context.database.unit_of_work() as session:
        mine = _ours(session, since=since - _SLACK, theirs=listed)
        # Fees of the operator, and payments of another exchange on the same account, are not between our parties.
        authority = context.settings.authority
        own = {one.id for one in mine if one.kind == "charge"}
        own |= {one.id for one in listed if one.kind == "charge" and one.number and one.authority == authority}
        theirs = [one for one in listed if one.charge in own]
        differences = compare(mine, theirs, since=since, until=until)
        kept = Reconciliation(
            id=uuid7(),
            source=SOURCE,
            since=since,
            until=until,
            at=context.now,
            compared=len({(one.kind, one.id) for one in mine} | {(one.kind, one.id) for one in theirs}),
            differences=len(differences),
        )
        session.add(kept)
        session.flush()
        session.add_all(
            ReconciliationDifference(
                reconciliation_id=kept.id,
                line=line,
                kind=one.kind,
                movement=one.movement,
                external_id=one.external_id,
                payment_number=one.number,
                our_amount=one.ours.amount if one.ours else None,
                our_currency=one.ours.currency if one.ours else None,
                their_amount=one.theirs.amount if one.theirs else None,
                their_currency=one.theirs.currency if one.theirs else None,
            )
            for line, one in enumerate(differences, start=1)
        )
        if differences:
            _tell_operators(session, kept, now=context.now)
    return kept


def _ours(session: Session, *, since: datetime, theirs: Sequence[Seen]) -> list[Ours]:
    """Our entries of that time, and those they name whatever their time. One query."""
    named = {one.id for one in theirs} | {one.charge for one in theirs}
    rows = session.execute(
        select(PaymentEntry, Payment.number)
        .join(Payment, Payment.id == PaymentEntry.payment_id)
        .where(
            PaymentEntry.source == SOURCE,
            PaymentEntry.kind.in_(["charge", "refund", "dispute"]),
            (PaymentEntry.happened_at >= since) | PaymentEntry.external_id.in_(named),
        )
    ).all()
    return [
        Ours(entry.kind, entry.external_id, entry.amount, entry.currency, number, entry.happened_at)
        for entry, number in rows
    ]


def _tell_operators(session: Session, kept: Reconciliation, *, now: datetime) -> None:
    for operator in session.scalars(
        select(Person).where(Person.is_operator, Person.confirmed_at.is_not(None), Person.disabled_at.is_(None))
    ):
        send_message(
            session,
            to=operator,
            template="payment_differences",
            context={"count": kept.differences, "compared": kept.compared, "since": kept.since, "until": kept.until},
            key=f"reconciliation:{kept.id}:{operator.id}",
            now=now,
        )


@every(timedelta(hours=24), "payments.reconcile")
def reconcile_daily(context: JobContext, _payload: dict[str, Any]) -> None:
    """Once a day; nothing where card payments are off."""
    gateway = gateway_from(context.settings)
    if gateway is not None:
        reconcile(context, gateway)
