"""How answers of the exchange leave: tagged, 304 where the tag is known, packed where the reader can unpack."""

import gzip
import hashlib
import json
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from app.exchange.reader import Reader

_WORTH_PACKING: Final = 1_000


def answer(
    request: Request, body: bytes, *, media_type: str, tag: str, status: int = 200, reader: Reader | None = None
) -> Response:
    """An answer with its ETag.

    Args:
        tag: names what the answer says; bytes that differ only in the time they tell may share it.
        reader: for whom it was made, where that makes a difference.
    """
    etag = f'W/"{tag}"'
    headers = {"ETag": etag, "Cache-Control": "public, no-cache", "Vary": "Accept-Encoding"}
    if reader is not None:
        headers["Vary"] = "Accept-Encoding, Authorization"
        if reader.partner is not None:
            headers["Cache-Control"] = "private, no-cache"
    if status == 200 and _known(request, etag):
        return Response(status_code=304, headers=headers)
    if len(body) > _WORTH_PACKING and "gzip" in request.headers.get("accept-encoding", "").lower():
        body = gzip.compress(body, compresslevel=5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, status, headers, media_type=f"{media_type}; charset=utf-8")


def json_answer(
    request: Request,
    said: Any,
    *,
    status: int = 200,
    media_type: str = "application/json",
    reader: Reader | None = None,
) -> Response:
    """`said` as JSON, tagged by what it says."""
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    return answer(request, body, media_type=media_type, tag=tag_of(body), status=status, reader=reader)


def tag_of(body: bytes) -> str:
    """A tag that names exactly these bytes."""
    return hashlib.sha256(body).hexdigest()[:32]


def _known(request: Request, etag: str) -> bool:
    named = [one.strip() for one in request.headers.get("if-none-match", "").split(",")]
    return request.method in {"GET", "HEAD"} and ("*" in named or etag in named or etag.removeprefix("W/") in named)
