"""ETag, If-None-Match and If-Match (RFC 9110, sections 8.8 and 13), and the one way a JSON answer is made."""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.errors import BadRequest, PreconditionRequired, StaleVersion
from app.i18n import N_, current_locale

JSON: Final = "application/json"
# For everybody alike: keep it, but ask whether it is still right.
PUBLIC: Final = "public, no-cache"
# The tables change once in years.
LASTING: Final = "public, max-age=3600"
PRIVATE: Final = "private, no-cache"
_TAG: Final = '(?:W/)?"[!#-~]*"'
IF_MATCH: Final = f"^([*]|{_TAG}(?:[ ]*,[ ]*{_TAG})*)?$"
_VERSION_TAG: Final = re.compile(r'"([0-9]{1,9})-[0-9a-f]{12}"')


def answer(
    request: Request,
    body: BaseModel,
    *,
    cache: str = PUBLIC,
    version: int | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The JSON answer with its ETag; 304 without a body to a reader who has this very answer.

    Args:
        cache: Cache-Control; an answer to somebody with a token is private whatever is said here.
        version: of the record; its ETag begins with it, so that If-Match can be compared by it.
    """
    return raw_answer(
        request,
        body.model_dump_json(by_alias=True).encode(),
        cache=cache,
        version=version,
        status=status,
        headers=headers,
    )


def raw_answer(
    request: Request,
    raw: bytes,
    *,
    cache: str = PUBLIC,
    version: int | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The same for JSON that is already written."""
    digest = hashlib.sha256(raw).hexdigest()[:12]
    etag = f'"{version}-{digest}"' if version is not None else f'W/"{digest}"'
    known = {
        "ETag": etag,
        "Cache-Control": PRIVATE if "authorization" in request.headers else cache,
        "Vary": "Accept-Language, Authorization",
        "Content-Language": current_locale(),
        **(headers or {}),
    }
    if status == 200 and request.method in {"GET", "HEAD"} and _has(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=known)
    return Response(raw, status_code=status, media_type=JSON, headers=known)


def _has(if_none_match: str, etag: str) -> bool:
    """Weak comparison, as If-None-Match asks for."""
    if if_none_match.strip() == "*":
        return True
    return etag.removeprefix("W/") in {one.removeprefix("W/") for one in re.findall(_TAG, if_none_match)}


def check_if_match(if_match: str | None, *, version: int, required: bool = False) -> None:
    """Compare If-Match with the version of the record at this moment.

    Only the version in an ETag of ours counts: the rest of it tells languages and readers apart, not changes.

    Raises:
        PreconditionRequired: there is none, and this call asks for it.
        BadRequest: it is not what RFC 9110 calls an entity tag.
        StaleVersion: it names other versions.
    """
    given = (if_match or "").strip()
    if not given:
        if required:
            raise PreconditionRequired
        return
    if not re.fullmatch(IF_MATCH, given):
        raise BadRequest(N_("If-Match phải là một ETag trong ngoặc kép, hoặc *"))
    if given == "*":
        return
    versions = {found[1] for tag in re.findall(_TAG, given) if (found := _VERSION_TAG.fullmatch(tag))}
    if str(version) not in versions:
        raise StaleVersion(version=version)
