"""The worker's part in carrying: sending what waits, and asking how our buyers' requests stand at their homes.

What is asked for counts; what is brought only makes it quick. So nothing is lost where the other exchange cannot reach
us, or where its word came to nothing.
"""

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.database import Database
from app.errors import TechmartError
from app.exchange.keys import signing_key
from app.exchange.signing import signed_headers
from app.exchange.taking.holdable import read_json, storable, unholdable
from app.features.carrying import wire
from app.features.carrying.following import follow
from app.features.carrying.outgoing import (
    Outcome,
    begin_attempt,
    end_attempt,
    home_of,
    tell_soon,
)
from app.features.enquiries.crossing import DELIVER
from app.features.enquiries.states import OPEN_STATES
from app.integrations.outgoing import Answer, AskFault, Bounds, ask
from app.jobs import JobContext, every, job
from app.journal import consume
from app.models.carrying import CarriedRequest
from app.models.enquiries import QuoteRequest
from app.models.journal import JournalEntry
from app.models.partners import Partner
from app.settings import Settings

log = logging.getLogger(__name__)

CONSUMER: Final = "carrying"
_BOUNDS: Final = Bounds(connect_s=5, silence_s=15, whole_s=30, sent=6 * 1024 * 1024, unpacked=6 * 1024 * 1024)
_MOST_AT_ONCE: Final = 200
_SLOWEST: Final = timedelta(hours=6)
_AFTER_ACCEPTANCE: Final = timedelta(days=60)
# How long an e-mail that came along is kept after the request has closed.
_EMAIL_KEPT: Final = timedelta(days=90)


def carrying_consumer(database: Database) -> int:
    """The reader of the journal that has changes of requests that came in told to the exchange of their buyer."""

    def handler(session: Session, entries: Sequence[JournalEntry]) -> None:
        touched = {one.entity_id for one in entries if one.entity == "quote_request"}
        if not touched:
            return
        now = clock.now()
        rows = session.execute(
            select(CarriedRequest, QuoteRequest.version)
            .join(QuoteRequest, QuoteRequest.id == CarriedRequest.request_id)
            .where(
                CarriedRequest.request_id.in_(touched),
                CarriedRequest.direction == "in",
                CarriedRequest.answers_to != "",
                QuoteRequest.version > CarriedRequest.seen_version,
            )
            .order_by(CarriedRequest.request_id)
            .with_for_update(of=CarriedRequest)
        ).all()
        for carried, version in rows:
            tell_soon(session, carried, version=version, now=now)

    return consume(database, consumer=CONSUMER, handler=handler)


@job(DELIVER)
def deliver(context: JobContext, payload: dict[str, Any]) -> None:
    """Make one try at what waits. A worker that dies in between leaves a try without an end; it is made again."""
    settings = context.settings
    delivery_id, attempt, round_ = UUID(payload["delivery"]), int(payload["attempt"]), int(payload["round"])
    with context.database.unit_of_work() as session:
        tried = begin_attempt(
            session,
            delivery_id,
            attempt=attempt,
            round_=round_,
            again=context.attempt > 1,
            base_url=settings.base_url,
            now=clock.now(),
        )
    if tried is None:
        return
    answer, outcome = None, Outcome(None, "the agreement is paused")
    if tried.url:
        answer, outcome = _send(tried.url, tried.body, settings)
    with context.database.unit_of_work() as session:
        carried = end_attempt(session, tried, outcome, now=clock.now())
        told = carried is not None and carried.direction == "out"
    if told and answer is not None and carried is not None:
        follow_answer(context.database, carried.request_id, answer.body)


@every(timedelta(minutes=1), "carrying.pull")
def pull(context: JobContext, _payload: dict[str, Any]) -> None:
    """Ask the homes of our buyers' requests that are due, each in transactions of its own."""
    with context.database.read_only() as session:
        due = session.execute(
            select(CarriedRequest.request_id, CarriedRequest.carry_id, Partner)
            .join(Partner, Partner.id == CarriedRequest.partner_id)
            .where(
                CarriedRequest.direction == "out",
                CarriedRequest.next_pull_at <= context.now,
                Partner.state == "live",
            )
            .order_by(CarriedRequest.next_pull_at)
            .limit(_MOST_AT_ONCE)
        ).all()
    for request_id, carry_id, partner in due:
        answer, outcome = _send(f"{home_of(partner)}/{carry_id}", None, context.settings)
        good = outcome.arrived and answer is not None
        if good and answer is not None:
            good = follow_answer(context.database, request_id, answer.body)
        elif not outcome.arrived:
            log.warning("carried request %s: its home did not tell: %s %s", carry_id, outcome.status, outcome.fault)
        with context.database.unit_of_work() as session:
            _plan(session, request_id, good=good, now=context.now)


@every(timedelta(hours=24), "carrying.forget")
def forget_addresses(context: JobContext, _payload: dict[str, Any]) -> None:
    """Forget the e-mails that came along with requests that closed long ago."""
    closed = select(QuoteRequest.id).where(QuoteRequest.closed_at < context.now - _EMAIL_KEPT)
    with context.database.unit_of_work() as session:
        session.execute(
            update(CarriedRequest)
            .where(CarriedRequest.request_id.in_(closed), CarriedRequest.contact_email != "")
            .values(contact_email="")
        )


def follow_answer(database: Database, request_id: UUID, body: bytes) -> bool:
    """Make our copy stand as an answer of its home says; False where that cannot be done, which is logged."""
    try:
        said = read_json(body)
        if unholdable(said) or storable(said) != said:
            raise ValueError("it cannot be kept")
        told = wire.State.model_validate(said)
        with database.unit_of_work() as session:
            session.execute(select(QuoteRequest.id).where(QuoteRequest.id == request_id).with_for_update())
            carried = session.get_one(CarriedRequest, request_id, with_for_update=True, populate_existing=True)
            follow(session, carried, told, now=clock.now())
    except (ValueError, RecursionError, TechmartError) as fault:
        what = f"{fault.error_count()} faults" if isinstance(fault, ValidationError) else str(fault)
        log.warning("carried request %s: what its home says is not understood: %s", request_id, what)
        return False
    return True


def _plan(session: Session, request_id: UUID, *, good: bool, now: datetime) -> None:
    """When the home is asked next: often at first, ever more seldom, and never once nothing more can come."""
    request = session.get_one(QuoteRequest, request_id, with_for_update=True, populate_existing=True)
    carried = session.get_one(CarriedRequest, request_id, with_for_update=True, populate_existing=True)
    if not good:
        carried.pull_failures += 1
        carried.next_pull_at = now + min(timedelta(minutes=15) * 2 ** min(carried.pull_failures - 1, 10), _SLOWEST)
        return
    carried.pull_failures = 0
    since = now - request.sent_at
    if request.state in OPEN_STATES:
        wait = timedelta(minutes=15) if since < timedelta(days=1) else timedelta(hours=1)
        carried.next_pull_at = now + (wait if since < timedelta(days=7) else _SLOWEST)
    elif request.state == "accepted" and (request.closed_at is None or now - request.closed_at < _AFTER_ACCEPTANCE):
        carried.next_pull_at = now + timedelta(hours=24)
    else:
        carried.next_pull_at = None


def _send(url: str, body: dict[str, Any] | None, settings: Settings) -> tuple[Answer | None, Outcome]:
    """One signed request: a POST of `body`, or a GET."""
    address = f"{url}{'&' if '?' in url else '?'}from={quote(settings.authority)}"
    sent = b"" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    method = "GET" if body is None else "POST"
    headers = dict(signed_headers(signing_key(settings), method=method, url=address, body=sent, at=clock.now()))
    if body is not None:
        headers["Content-Type"] = "application/json"
    try:
        answer = ask(
            address, settings=settings, method=method, headers=headers, body=sent if body is not None else None,
            bounds=_BOUNDS,
        )  # fmt: skip
    except AskFault as fault:
        return None, Outcome(None, f"{type(fault).__name__}: {fault}"[:500])
    return answer, Outcome(answer.status, "" if 200 <= answer.status < 300 else _why(answer.body))


def _why(body: bytes) -> str:
    """What a problem (RFC 9457) says was wrong."""
    try:
        said = read_json(body[:20_000])
        told = f"{said.get('type', '')} {said.get('detail') or said.get('title') or ''}"
    except (ValueError, AttributeError, RecursionError):
        return ""
    return str(storable(told)).strip()[:500]
