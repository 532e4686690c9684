"""/exchange/v1/inbox: partners push signed records; pulling stays what counts, pushing only makes it quick.

{"items": [envelope …]} with at most a hundred records, answered with a receipt that says what became of each.
"""

import functools
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import clock
from app.database import Database
from app.dependencies import AppSettings, ReadSession, get_database
from app.errors import BadRequest, Conflict, NotFound, TooLarge
from app.exchange.taking.holdable import read_json, storable
from app.exchange.taking.protocols import envelope_raw
from app.exchange.taking.signatures import Message, Signer, oldest_kept, signers_of
from app.exchange.taking.singly import take_each
from app.exchange.taking.sources import source_of
from app.exchange.taking.writing import terms_of
from app.features.accounts.tokens import new_token
from app.features.partners.runs import end_run
from app.i18n import N_
from app.identity import uuid7
from app.jobs import JobContext, every
from app.models.inbox import InboxNonce, InboxReceipt
from app.models.partners import Partner
from app.models.taking import TakingRun
from app.settings import Settings

router = APIRouter()

MOST: Final = 100
_LONGEST_BODY: Final = 5 * 1024 * 1024
_RECEIPTS_KEPT: Final = timedelta(days=90)


@router.post("/exchange/v1/inbox", name="exchange_inbox")
async def inbox(request: Request, settings: AppSettings) -> Response:
    """Take what a partner pushes; 202 with the receipt."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_BODY:
            raise TooLarge
    headers = dict(request.headers.items())
    query = f"?{request.url.query}" if request.url.query else ""
    message = Message(request.method, f"{settings.base_url}{request.url.path}{query}", headers)
    said = await run_in_threadpool(
        functools.partial(take_push, get_database(request), settings, message, bytes(body), now=clock.now())
    )
    return JSONResponse(said, 202, headers={"Location": said["receipt"], "Cache-Control": "no-store"})


@router.get("/exchange/v1/receipts/{receipt_id}", name="exchange_receipt")
def receipt(session: ReadSession, receipt_id: str) -> Response:
    """What became of a push."""
    found = session.get(InboxReceipt, receipt_id)
    if found is None:
        raise NotFound
    said = {"received": found.received_at.isoformat(), "items": found.outcomes}
    return JSONResponse(said, headers={"Cache-Control": "no-store"})


def take_push(
    database: Database, settings: Settings, message: Message, body: bytes, *, now: datetime
) -> dict[str, Any]:
    """Check who pushed, use up the nonce, take the records, leave a receipt.

    Raises:
        BadPush: the signature. Conflict: the nonce was used before. BadRequest: the body is none of ours.
    """
    with database.read_only() as session:
        signers = signers_of(session, message, body, now=now)
    items = _items(body)
    # With a key that two say is theirs, it is the one whose records these are.
    said = {raw.body["key"]["authority"] for raw in map(envelope_raw, items) if "key" in raw.body}
    signer = next((one for one in signers if one.partner.authority in said), signers[0])
    use_up(database, signer, now=now)
    return _take(database, settings, signer, items, now=now)


def use_up(database: Database, signer: Signer, *, now: datetime) -> None:
    """In a transaction of its own, so that what fails afterwards cannot be played again."""
    with database.unit_of_work() as session:
        fresh = session.execute(
            insert(InboxNonce)
            .values(partner_id=signer.partner.id, nonce=signer.nonce, at=now)
            .on_conflict_do_nothing()
            .returning(InboxNonce.nonce)
        ).first()
    if fresh is None:
        raise Conflict(N_("Yêu cầu này đã được gửi trước đó (nonce đã dùng)"))


def _take(database: Database, settings: Settings, signer: Signer, items: list[Any], *, now: datetime) -> dict[str, Any]:
    with database.unit_of_work() as session:
        partner = session.get_one(Partner, signer.partner.id)
        run = TakingRun(id=uuid7(), partner_id=partner.id, kind="inbox", started_at=now)
        session.add(run)
        session.flush()
        outcomes: dict[str, Mapping[str, str]] = {}
        raws = [envelope_raw(one) for one in items]
        counts = take_each(
            session,
            partner=partner,
            source=source_of(session, partner, now=now),
            raws=raws,
            terms=terms_of(partner, own=settings.authority),
            run_id=run.id,
            now=now,
            outcomes=outcomes,
        )
        for name in ("seen", "created", "changed", "unchanged", "gone", "skipped", "quarantined"):
            setattr(run, name, getattr(counts, name))
        run.requests = run.pages = 1
        end_run(session, run, state="done", now=now)
        said = storable([{"id": raw.source_id, **outcomes.get(raw.source_id, {"outcome": "skipped"})} for raw in raws])
        made = InboxReceipt(id=new_token(), partner_id=partner.id, run_id=run.id, received_at=now, outcomes=said)
        session.add(made)
    return {"receipt": f"{settings.base_url}/exchange/v1/receipts/{made.id}", "items": said}


def _items(body: bytes) -> list[Any]:
    try:
        said = read_json(body)
        items = said["items"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadRequest(N_("Thân yêu cầu phải là JSON có “items”")) from None
    if not isinstance(items, list) or not 1 <= len(items) <= MOST:
        raise BadRequest(N_("“items” cần có từ 1 đến 100 bản ghi"))
    return items


@every(timedelta(hours=1), "partners.sweep_inbox")
def forget_used_up(context: JobContext, _payload: dict[str, Any]) -> None:
    """Forget nonces whose signatures are too old by now, and receipts of long ago."""
    with context.database.unit_of_work() as session:
        session.execute(delete(InboxNonce).where(InboxNonce.at < oldest_kept(context.now)))
        session.execute(delete(InboxReceipt).where(InboxReceipt.received_at < context.now - _RECEIPTS_KEPT))
