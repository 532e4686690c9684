"""/exchange/v1/enquiries and /exchange/v1/answers: partners bring requests, decide, ask how one stands, and answer.

Every call is signed like a push to the inbox, the reading ones too, and says in `from` which partner it is. Who is not
let in is told why and leaves a line in the log; nothing of what it said is kept.
"""

import functools
import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar

from fastapi import APIRouter
from pydantic import BaseModel, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import clock
from app.database import Database
from app.dependencies import AppSettings, get_database
from app.errors import BadRequest, Gone, Invalid, NotFound, TechmartError, TooLarge
from app.exchange.partner_limits import count
from app.exchange.reader import Reader
from app.exchange.taking.holdable import read_json, storable, unholdable
from app.exchange.taking.inbox import use_up
from app.exchange.taking.signatures import BadPush, Message, Signer, signers_of
from app.features.carrying import wire
from app.features.carrying.following import follow, followed
from app.features.carrying.receiving import OTHERS, known_request, receive_act, receive_ask, require_agreed
from app.features.carrying.telling import state_of
from app.features.partners.credentials import sight
from app.i18n import N_
from app.models.carrying import CarriedRequest
from app.models.exchange import ExchangeRecord
from app.models.listings import Listing
from app.models.partners import Partner
from app.settings import Settings

log = logging.getLogger(__name__)
router = APIRouter()

_LONGEST_ASK: Final = 512 * 1024
# All revisions and messages of a request.
_LONGEST_STATE: Final = 5 * 1024 * 1024
ModelT = TypeVar("ModelT", bound=BaseModel)
# Given a session and the partner's row in it, does the work and gives what to answer.
Work = Callable[[Session, Partner], tuple[int, dict[str, Any]]]


@router.post("/exchange/v1/enquiries", name="exchange_ask")
async def ask(request: Request, settings: AppSettings) -> Response:
    """A buyer's quote request about a listing of ours: 201, or 200 where it is here already, with how it stands."""
    return await _answered(request, settings, _LONGEST_ASK, functools.partial(_asking, settings))


@router.get("/exchange/v1/enquiries/{carry_id}", name="exchange_enquiry")
async def enquiry(request: Request, settings: AppSettings, carry_id: str) -> Response:
    """How a request that the partner brought stands now."""

    def begin(_body: bytes) -> Work:
        def work(session: Session, partner: Partner) -> tuple[int, dict[str, Any]]:
            return 200, state_of(session, known_request(session, partner, carry_id))

        return work

    return await _answered(request, settings, 0, begin)


@router.post("/exchange/v1/enquiries/{carry_id}/acts", name="exchange_act")
async def act(request: Request, settings: AppSettings, carry_id: str) -> Response:
    """What its buyer decided or says: withdraw, accept, reject, message. Answered with how it stands then."""

    def begin(body: bytes) -> Work:
        said = _read({"said": _json(body)}, wire.ActBody).said

        def work(session: Session, partner: Partner) -> tuple[int, dict[str, Any]]:
            carried = receive_act(session, partner=partner, carry_id=carry_id, act=said, now=clock.now())
            return 200, _told(session, carried)

        return work

    return await _answered(request, settings, _LONGEST_ASK, begin)


@router.post("/exchange/v1/answers", name="exchange_answer")
async def answer(request: Request, settings: AppSettings) -> Response:
    """How a request of ours stands at the listing's home, brought by it."""

    def begin(body: bytes) -> Work:
        told = _read(_json(body), wire.State)

        def work(session: Session, partner: Partner) -> tuple[int, dict[str, Any]]:
            carried = followed(session, partner, told.id)
            follow(session, carried, told, now=clock.now())
            return 200, {"version": carried.seen_version}

        return work

    return await _answered(request, settings, _LONGEST_STATE, begin)


def _asking(settings: Settings, body: bytes) -> Work:
    said = _read(_json(body), wire.Ask)

    def work(session: Session, partner: Partner) -> tuple[int, dict[str, Any]]:
        require_agreed(partner)
        listing = _shared(session, partner, said.listing, settings)
        carried, fresh = receive_ask(session, partner=partner, ask=said, listing=listing, now=clock.now())
        return 201 if fresh else 200, _told(session, carried)

    return work


def _told(session: Session, carried: CarriedRequest) -> dict[str, Any]:
    """How it stands now. Whoever gets this answer knows it, and need not be told again."""
    session.flush()
    told = state_of(session, carried)
    carried.seen_version = told["version"]
    return told


def _shared(session: Session, partner: Partner, key: wire.ListingKey, settings: Settings) -> Listing:
    """A listing of our own that this partner is given, as it is given now.

    Raises:
        NotFound: another exchange's, or none that this partner ever had. Gone: it is given no more.
    """
    if key.authority != settings.authority:
        raise NotFound(OTHERS)
    now = clock.now()
    reader = Reader(sight(partner, credential_id=partner.id, now=now), settings, now)
    record = session.scalars(
        select(ExchangeRecord).where(
            ExchangeRecord.authority == key.authority, ExchangeRecord.local_id == key.local_id, reader.sees()
        )
    ).one_or_none()
    if record is None:
        raise NotFound
    if reader.is_gone(record):
        raise Gone
    return session.scalars(
        select(Listing)
        .where(Listing.authority == key.authority, Listing.local_id == key.local_id)
        .with_for_update(read=True)
    ).one()


async def _answered(request: Request, settings: Settings, longest: int, begin: Callable[[bytes], Work]) -> Response:
    try:
        body = await _body(request, longest)
        status, said = await run_in_threadpool(_let_in, request, settings, body, begin)
    except TechmartError as fault:
        log.warning(
            "carried request refused: from %.100r at %s: %s %s",
            request.query_params.get("from", ""), request.url.path, fault.code, fault,
        )  # fmt: skip
        raise
    return JSONResponse(said, status, {"Cache-Control": "no-store"})


async def _body(request: Request, longest: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > longest:
            raise TooLarge
    return bytes(body)


def _let_in(
    request: Request, settings: Settings, body: bytes, begin: Callable[[bytes], Work]
) -> tuple[int, dict[str, Any]]:
    """Check who sends, count it, use up the nonce, read what is said, and do it."""
    now = clock.now()
    database: Database = get_database(request)
    query = f"?{request.url.query}" if request.url.query else ""
    message = Message(request.method, f"{settings.base_url}{request.url.path}{query}", dict(request.headers.items()))
    named = request.query_params.get("from", "")
    with database.read_only() as session:
        signers = signers_of(session, message, body, now=now, whoever=True)
    signer = _named(signers, named)
    count(request, sight(signer.partner, credential_id=signer.partner.id, now=now), settings)
    use_up(database, signer, now=now)
    work = begin(body)
    with database.unit_of_work() as session:
        return work(session, session.get_one(Partner, signer.partner.id))


def _named(signers: list[Signer], authority: str) -> Signer:
    """The one who says to be the sender, among those who could have signed."""
    for one in signers:
        if one.partner.authority == authority:
            return one
    raise BadPush("`from` has to name the partner whose key it is signed with")


def _json(body: bytes) -> Any:
    fault = N_("Thân yêu cầu phải là JSON đúng chuẩn, lồng không quá sâu")
    try:
        said = read_json(body)
    except (ValueError, RecursionError):
        raise BadRequest(fault) from None
    if unholdable(said) or storable(said) != said:
        raise BadRequest(fault)
    return said


def _read(said: Any, model: type[ModelT]) -> ModelT:
    try:
        return model.model_validate(said)
    except ValidationError as fault:
        raise Invalid(
            {".".join(map(str, one["loc"])): one["msg"] for one in fault.errors(include_url=False)[:20]}
        ) from None
