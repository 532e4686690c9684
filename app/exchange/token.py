"""/exchange/v1/token: client credentials in exchange for a token (RFC 6749, sections 4.4 and 5)."""

import base64
import binascii
from urllib.parse import parse_qs, unquote_plus

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import clock
from app.dependencies import AppSettings, ReadSession
from app.exchange.caller import TOKEN_LIFE_S, make_token
from app.exchange.keys import signing_key
from app.features.partners.credentials import sight_of_client

router = APIRouter()
_LONGEST_BODY = 8_192
_NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@router.post("/exchange/v1/token", name="exchange_token")
async def token(request: Request, session: ReadSession, settings: AppSettings) -> Response:
    """{"access_token", "token_type": "Bearer", "expires_in"}, or {"error"} as RFC 6749 has it."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_BODY:
            return _refused("invalid_request", 400)
    try:
        form = parse_qs(body.decode("utf-8", "replace"), max_num_fields=20)
    except ValueError:
        return _refused("invalid_request", 400)
    if form.get("grant_type") != ["client_credentials"]:
        return _refused("unsupported_grant_type", 400)
    client_id, secret = _client(request, form)
    if "\x00" in client_id or "\x00" in secret:
        return _refused("invalid_request", 400)
    if not client_id or not secret:
        return _refused("invalid_client", 401)
    now = clock.now()
    found = await run_in_threadpool(sight_of_client, session, client_id=client_id, secret=secret, now=now)
    if found is None:
        return _refused("invalid_client", 401)
    made = make_token(found.credential_id, key=signing_key(settings), now=now)
    said = {"access_token": made, "token_type": "Bearer", "expires_in": TOKEN_LIFE_S}
    return JSONResponse(said, headers=_NOT_KEPT)


def _client(request: Request, form: dict[str, list[str]]) -> tuple[str, str]:
    """Client id and secret, from HTTP Basic or, less well, from the body; empty where there are none."""
    scheme, _space, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", [""])[0], form.get("client_secret", [""])[0]
    try:
        text = base64.b64decode(given.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    name, _colon, secret = text.partition(":")
    return unquote_plus(name), unquote_plus(secret)


def _refused(error: str, status: int) -> Response:
    headers = _NOT_KEPT | ({"WWW-Authenticate": 'Basic realm="techmart"'} if status == 401 else {})
    return JSONResponse({"error": error}, status, headers=headers)
