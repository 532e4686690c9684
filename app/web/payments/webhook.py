"""Where Stripe tells what happened. The signature is checked over the raw body; what is genuine is stored and answered.

Nothing is decided here: the worker handles what was stored. So the answer is quick, and a fault of ours is no fault of
the delivery.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Header
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import clock
from app.dependencies import AppSettings, WriteSession
from app.errors import BadRequest, NotFound, TooLarge
from app.features.payments.inbox import store_event
from app.integrations.payments import BadSignature, read_event

router = APIRouter()

_LARGEST = 512 * 1024


async def _raw_body(request: Request) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > _LARGEST:
        raise TooLarge
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST:
            raise TooLarge
    return bytes(body)


@router.post("/payments/stripe/webhook", name="stripe_webhook")
def webhook(
    *,
    session: WriteSession,
    settings: AppSettings,
    body: Annotated[bytes, Depends(_raw_body)],
    stripe_signature: Annotated[str, Header()] = "",
) -> Response:
    """Store an event once; told again it is known. 404 where card payments are off, 400 for what is not signed."""
    if settings.stripe_key is None:
        raise NotFound
    try:
        event = read_event(body, stripe_signature, secrets=settings.stripe_webhook_secrets, now=clock.now())
    except BadSignature as fault:
        raise BadRequest from fault
    return JSONResponse({"new": store_event(session, event, now=clock.now())})
