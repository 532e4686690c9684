"""Reading the body of a request: bounded, of a type we read, as raw bytes. The endpoint says what must be in it."""

from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import Request

from app.api.faults import UnsupportedMediaType
from app.errors import TooLarge

LARGEST: Final = 1024 * 1024
JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"


async def _read(request: Request) -> bytes:
    """The whole body.

    Raises:
        TooLarge: it is larger than a mebibyte.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)


RawBody = Annotated[bytes, Depends(_read)]


def require_type(request: Request, *accepted: str) -> None:
    """Raises UnsupportedMediaType unless the body says it is of one of these types."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in accepted:
        raise UnsupportedMediaType(", ".join(accepted))
