"""How answers of the exchange leave: tagged, 304 where the tag is known, packed where the reader can unpack."""

import gzip
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

_WORTH_PACKING: Final = 1_000


def answer(request: Request, body: bytes, *, media_type: str, tag: str, status: int = 200) -> Response:
    """An answer with its ETag.

    Args:
        tag: names what the answer says; bytes that differ only in the time they tell may share it.
    """
    etag = f'W/"{tag}"'
    headers = {"ETag": etag, "Cache-Control": "public, no-cache", "Vary": "Accept-Encoding"}
    if status == 200 and _known(request, etag):
        return Response(status_code=304, headers=headers)
    if len(body) > _WORTH_PACKING and "gzip" in request.headers.get("accept-encoding", "").lower():
        body = gzip.compress(body, compresslevel=5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, status, headers, media_type=f"{media_type}; charset=utf-8")


def _known(request: Request, etag: str) -> bool:
    named = [one.strip() for one in request.headers.get("if-none-match", "").split(",")]
    return request.method in {"GET", "HEAD"} and ("*" in named or etag in named or etag.removeprefix("W/") in named)
