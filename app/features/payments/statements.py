"""Matching a seller's bank statement with what was asked for: first shown, then applied as the seller ticks it.

A line fits when its text holds the reference of one of the organisation's payments. What was applied once is known by
its fingerprint, whichever file it comes in, so the same file twice changes nothing.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NotFound, RateLimited
from app.features.accounts.attempts import Limit, count_attempt
from app.features.accounts.policies import require_in_person
from app.features.payments import ledger
from app.features.payments.ledger import Movement, add_up
from app.features.payments.policies import statements_visible_to
from app.features.payments.statement_file import StatementLine, StatementRefused, read_statement
from app.features.payments.states import PAYABLE, Sums
from app.i18n import N_
from app.i18n.formats import HERE
from app.identity import Actor, new_public_id
from app.models.payments import BankStatement, BankStatementRow, Payment, PaymentEntry
from app.text import fold

MOST_AT_ONCE = 200
MOST_A_DAY = 50
UPLOADS = Limit("statement:organisation", 30, timedelta(hours=1))
_REFERENCE = re.compile(r"(?=(TT[0-9A-Z]{8}))")

# What each verdict may do: be ticked beforehand, be ticked at all.
TICKED = frozenset({"full"})
TICKABLE = frozenset({"full", "part", "over", "settled", "closed"})


@dataclass(frozen=True, slots=True)
class Judged:
    """A line with what it may be. `outstanding` is what its payment still waits for, in đồng."""

    row: BankStatementRow
    verdict: str
    payment: Payment | None
    outstanding: int


@dataclass(frozen=True, slots=True)
class StatementRecord:
    """A statement with its lines in the order of the file."""

    statement: BankStatement
    rows: Sequence[Judged]


def count_upload(session: Session, *, actor: Actor, organisation_id: UUID, now: datetime) -> None:
    """Count a file that came, readable or not; called outside of what is undone when it is refused.

    Raises:
        SignInRequired, NotFound; RateLimited: too many within the hour.
    """
    require_in_person(actor)
    if not actor.acts_for(organisation_id):
        raise NotFound
    wait = count_attempt(session, UPLOADS, subject=str(organisation_id), now=now)
    if wait:
        raise RateLimited(wait)


def upload_statement(
    session: Session, *, actor: Actor, organisation_id: UUID, filename: str, content: bytes, now: datetime
) -> BankStatement:
    """Read a statement and keep its lines for looking at; nothing is applied. The same file is the same statement.

    Raises:
        SignInRequired, NotFound, RateLimited; Invalid at `file`: it cannot be read.
    """
    person_id = require_in_person(actor)
    if not actor.acts_for(organisation_id):
        raise NotFound
    digest = hashlib.sha256(content).hexdigest()
    before = session.scalars(
        select(BankStatement).where(BankStatement.organisation_id == organisation_id, BankStatement.sha256 == digest)
    ).one_or_none()
    if before is not None:
        return before
    today = session.scalar(
        select(func.count()).where(
            BankStatement.organisation_id == organisation_id, BankStatement.uploaded_at > now - timedelta(days=1)
        )
    )
    if (today or 0) >= MOST_A_DAY:
        raise RateLimited(3600)
    try:
        read = read_statement(content)
    except StatementRefused as fault:
        raise Invalid({"file": fault.message}, line=fault.line) from fault
    statement = BankStatement(
        public_id=new_public_id(),
        organisation_id=organisation_id,
        sha256=digest,
        filename=filename[:200],
        layout=read.layout,
        uploaded_by_id=person_id,
        uploaded_at=now,
    )
    session.add(statement)
    session.flush()
    payments = _payments_named(session, organisation_id, [line.text for line in read.lines])
    alike: Counter[str] = Counter()
    for line in read.lines:
        key = _key(line)
        alike[key] += 1
        named = [payments[found] for found in references_in(line.text) if found in payments]
        session.add(
            BankStatementRow(
                statement_id=statement.id,
                line=line.line,
                booked_on=line.booked_on,
                amount=line.amount,
                text=line.text,
                fingerprint=hashlib.sha256(f"{organisation_id}|{key}|{alike[key]}".encode()).hexdigest(),
                # Two references in one text are for a person to sort out.
                payment_id=named[0] if len(named) == 1 else None,
            )
        )
    session.flush()
    return statement


def references_in(text: str) -> list[str]:
    """What may be a reference in a transfer's text; banks cut it with spaces and marks where they like."""
    return list(dict.fromkeys(_REFERENCE.findall(re.sub(r"[^A-Z0-9]", "", fold(text).upper()))))


def statement_record(session: Session, *, actor: Actor, public_id: str) -> StatementRecord:
    """A statement with its lines judged as things stand now. Four queries.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    statement = session.scalars(statements_visible_to(actor).where(BankStatement.public_id == public_id)).one_or_none()
    if statement is None:
        raise NotFound
    return StatementRecord(statement, _judged(session, statement))


def list_statements(session: Session, *, actor: Actor, organisation_id: UUID, limit: int = 20) -> list[BankStatement]:
    """The newest statements of an organisation. One query."""
    return list(
        session.scalars(
            statements_visible_to(actor)
            .where(BankStatement.organisation_id == organisation_id)
            .order_by(BankStatement.uploaded_at.desc(), BankStatement.id.desc())
            .limit(limit)
        )
    )


def apply_statement(session: Session, *, actor: Actor, public_id: str, lines: Collection[int], now: datetime) -> int:
    """Write the ticked lines into the ledgers; returns how many were new. Applied lines are left alone.

    Raises:
        NotFound; Conflict: too many at once; Invalid at `lines`: a line that fits no payment.
    """
    require_in_person(actor)
    if len(lines) > MOST_AT_ONCE:
        raise Conflict(N_("Mỗi lần chỉ ghi được 200 dòng"))
    statement = session.scalars(
        statements_visible_to(actor).where(BankStatement.public_id == public_id).with_for_update()
    ).one_or_none()
    if statement is None:
        raise NotFound
    # In the order of their ids, as everybody who locks several does.
    wanted = [row.payment_id for row in _rows(session, statement) if row.line in lines and row.payment_id]
    session.scalars(select(Payment).where(Payment.id.in_(wanted)).order_by(Payment.id).with_for_update()).all()
    judged = {one.row.line: one for one in _judged(session, statement)}
    if any(line not in judged for line in lines):
        raise Invalid({"lines": N_("Sao kê này không có dòng đó.")})
    new = 0
    for line in sorted(lines):
        one = judged[line]
        if one.verdict == "known":
            continue
        if one.verdict not in TICKABLE or one.payment is None:
            raise Invalid({"lines": N_("Dòng được chọn không khớp với đề nghị thanh toán nào.")})
        new += _apply(session, one, actor=actor, now=now)
    statement.applied_at = statement.applied_at or now
    session.flush()
    return new


def _apply(session: Session, one: Judged, *, actor: Actor, now: datetime) -> bool:
    assert one.payment is not None  # noqa: S101 - checked by the caller
    external_id = one.row.fingerprint
    written = ledger.enter(
        session,
        one.payment,
        movement=Movement(
            kind="charge",
            amount=one.row.amount,
            currency="VND",
            source="statement",
            external_id=external_id,
            happened_at=datetime.combine(one.row.booked_on, time(12), HERE),
        ),
        actor=actor,
        now=now,
    )
    one.row.entry_id = session.scalars(
        select(PaymentEntry.id).where(PaymentEntry.source == "statement", PaymentEntry.external_id == external_id)
    ).one()
    return written


def _key(line: StatementLine) -> str:
    digits = re.sub(r"[^0-9]", "", line.balance)
    return f"{line.booked_on}|{line.amount}|{line.bank_reference}|{digits}|{line.text}"


def _payments_named(session: Session, organisation_id: UUID, texts: Sequence[str]) -> Mapping[str, UUID]:
    """The organisation's payments that any of the texts names, by reference. One query."""
    named = {found for text in texts for found in references_in(text)}
    rows = session.execute(
        select(Payment.reference, Payment.id).where(
            Payment.holder_organisation_id == organisation_id, Payment.reference.in_(named)
        )
    )
    return {row.reference: row.id for row in rows}


def _rows(session: Session, statement: BankStatement) -> Sequence[BankStatementRow]:
    return session.scalars(
        select(BankStatementRow).where(BankStatementRow.statement_id == statement.id).order_by(BankStatementRow.line)
    ).all()


def _judged(session: Session, statement: BankStatement) -> list[Judged]:
    rows = _rows(session, statement)
    ids = {row.payment_id for row in rows if row.payment_id is not None}
    payments = {one.id: one for one in session.scalars(select(Payment).where(Payment.id.in_(ids)))}
    sums: dict[UUID, Sums] = {}
    entered: dict[UUID, list[tuple[str, int]]] = {}
    for payment_id, kind, amount in session.execute(
        select(PaymentEntry.payment_id, PaymentEntry.kind, func.sum(PaymentEntry.amount))
        .where(PaymentEntry.payment_id.in_(ids))
        .group_by(PaymentEntry.payment_id, PaymentEntry.kind)
    ):
        entered.setdefault(payment_id, []).append((kind, int(amount)))
    known = set(
        session.scalars(
            select(PaymentEntry.external_id).where(
                PaymentEntry.source == "statement",
                PaymentEntry.external_id.in_([row.fingerprint for row in rows]),
            )
        )
    )
    sums = {payment_id: add_up(amounts) for payment_id, amounts in entered.items()}
    # What earlier lines of this file will bring is no longer outstanding for later ones.
    coming: Counter[UUID] = Counter()
    judged = []
    for row in rows:
        payment = payments.get(row.payment_id) if row.payment_id else None
        outstanding = 0
        if payment is not None:
            outstanding = sums.get(payment.id, Sums()).outstanding(payment.amount) - coming[payment.id]
        verdict = _verdict(row, payment, max(0, outstanding), known=row.fingerprint in known)
        if payment is not None and verdict in {"full", "part"}:
            coming[payment.id] += row.amount
        judged.append(Judged(row, verdict, payment, max(0, outstanding)))
    return judged


def _verdict(row: BankStatementRow, payment: Payment | None, outstanding: int, *, known: bool) -> str:
    if known:
        return "known"
    if row.amount <= 0:
        return "outgoing"
    if payment is None or payment.currency != "VND":
        return "unknown"
    if payment.state not in PAYABLE:
        return "closed" if payment.state == "cancelled" else "settled"
    if not outstanding:
        return "settled"
    if row.amount == outstanding:
        return "full"
    return "part" if row.amount < outstanding else "over"
