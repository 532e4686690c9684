"""Handing files out: public ones to whoever may see their listing, confidential ones to its own people only."""

from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from app.dependencies import AppSettings, ReadSession
from app.errors import NotFound
from app.features.listings import confidential as confidential_part
from app.features.listings.files import public_file
from app.integrations.storage import Area, store_from
from app.integrations.storage.pictures import MEDIA_TYPES
from app.settings import Settings
from app.web.auth import CurrentActor

root_router = APIRouter()

# A picture's bytes never change under its address; how long after a withdrawal a cache may still show it is the limit.
_PUBLIC = "public, max-age=3600"
_PRIVATE = "private, no-store"


@root_router.get("/files/confidential/{public_id}", name="confidential_file")
def confidential_file(public_id: str, session: ReadSession, actor: CurrentActor, settings: AppSettings) -> Response:
    """A confidential file, for the listing's own organisation; nobody else learns that it exists."""
    found = confidential_part.file(session, actor=actor, file_id=public_id)
    return _sent(
        settings,
        "confidential",
        found.storage_key,
        media_type=found.media_type,
        filename=found.filename,
        cache=_PRIVATE,
    )


@root_router.get("/files/{public_id}/{variant}", name="file")
def public(public_id: str, variant: str, session: ReadSession, actor: CurrentActor, settings: AppSettings) -> Response:
    """A picture in one of its sizes ("640.webp", "640.jpg"), or a document ("document")."""
    found, is_public = public_file(session, actor=actor, file_id=public_id)
    cache = _PUBLIC if is_public else _PRIVATE
    if found.kind == "document":
        if variant != "document":
            raise NotFound
        return _sent(
            settings,
            "public",
            found.storage_key,
            media_type=found.media_type,
            filename=found.filename,
            cache=cache,
        )
    rendition = found.variants.get(variant)
    ending = variant.rpartition(".")[2]
    if rendition is None or ending not in MEDIA_TYPES:
        raise NotFound
    return _sent(settings, "public", rendition["key"], media_type=MEDIA_TYPES[ending], filename="", cache=cache)


def _sent(settings: Settings, area: Area, key: str, *, media_type: str, filename: str, cache: str) -> Response:
    """The bytes with headers that let a browser neither guess nor run them. Documents are saved, pictures shown."""
    try:
        path = store_from(settings).path(area, key)
    except FileNotFoundError:
        raise NotFound from None
    headers = {
        "Cache-Control": cache,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Disposition": disposition(filename) if filename else "inline",
    }
    return FileResponse(path, media_type=media_type, headers=headers)


def disposition(filename: str) -> str:
    """Content-Disposition for a download (RFC 6266): an ASCII name for old programs, the real one in UTF-8."""
    plain = "".join(sign if sign.isascii() and sign.isprintable() and sign not in '"\\' else "_" for sign in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
