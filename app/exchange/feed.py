"""For programs that prefer JSON: the ordered feed of changes, single records, and where everything is.

The feed holds each record once, at the place of its last change. Who reads it from a cursor to its end knows all that
changed since, whatever happens meanwhile; who begins without a cursor gets everything there is, tombstones too.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import __version__
from app.dependencies import AppSettings, ReadSession
from app.errors import NotFound
from app.exchange.answers import answer, json_answer, tag_of
from app.exchange.cursors import PATTERN, cursor_of, position_of
from app.exchange.keys import published_keys
from app.exchange.oai import records
from app.exchange.oai.formats import SCHEMA_PATH
from app.exchange.reader import ReadBy, Reader
from app.exchange.xml import schema
from app.models.exchange import ExchangeRecord
from app.models.partners import Partner

router = APIRouter()

MOST: Final = 100


@router.get("/exchange/v1/changes", name="exchange_changes")
def changes(
    request: Request,
    session: ReadSession,
    reader: ReadBy,
    cursor: Annotated[str, Query(pattern=PATTERN)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
) -> Response:
    """{"items": [envelope …], "next_cursor", "more"}. Keep `next_cursor` even when there is nothing more for now."""
    after = position_of(cursor)
    found = session.scalars(
        select(ExchangeRecord)
        .where(reader.sees(), ExchangeRecord.position > after)
        .order_by(ExchangeRecord.position)
        .limit(limit + 1)
    ).all()
    shown = found[:limit]
    place = shown[-1].position if shown else after
    said = {
        "items": [reader.envelope(one) for one in shown],
        "next_cursor": cursor_of(place),
        "more": len(found) > limit,
    }
    return json_answer(request, said, reader=reader)


@router.get("/exchange/v1/records/{authority}/{local_id}", name="exchange_record")
def record(request: Request, session: ReadSession, reader: ReadBy, authority: str, local_id: str) -> Response:
    """The envelope of one record; 410 with its tombstone when it is gone, 404 when there never was one."""
    found = records.one_record(session, reader=reader, authority=authority, local_id=local_id)
    if found is None:
        raise NotFound
    return json_answer(request, reader.envelope(found), status=410 if reader.is_gone(found) else 200, reader=reader)


@router.get("/.well-known/techmart-exchange", name="exchange_discovery")
def discovery(request: Request, session: ReadSession, settings: AppSettings, reader: ReadBy) -> Response:
    """Who this exchange is, where it gives, and on what terms; to a partner also what is carried to and from it."""
    base = settings.base_url
    return json_answer(
        request,
        {
            "authority": settings.authority,
            "name": settings.site_name,
            "operator": {
                "name": settings.operator_name,
                "name_en": settings.operator_name_en,
                "email": settings.operator_email,
            },
            "software": {"name": "techmart", "version": __version__},
            "endpoints": {
                "oai": f"{base}/oai",
                "changes": f"{base}/exchange/v1/changes",
                "records": f"{base}/exchange/v1/records/{{authority}}/{{local_id}}",
                "snapshot": f"{base}/exchange/v1/snapshots/latest",
                "subscriptions": f"{base}/exchange/v1/subscriptions",
                "token": f"{base}/exchange/v1/token",
                "inbox": f"{base}/exchange/v1/inbox",
                "schema": base + SCHEMA_PATH,
                "openapi": f"{base}/exchange/v1/openapi.json",
                "api": f"{base}/api/v1/openapi.json",
                "atom": f"{base}/exchange/v1/feed.atom",
                "json_feed": f"{base}/exchange/v1/feed.json",
                "catalogue": f"{base}/exchange/v1/catalogue.ttl",
                **_carrying(session, reader, base),
            },
            "keys": f"{base}/.well-known/jwks.json",
            "policies": {
                "licence": settings.exchange_licence,
                "deletions": "persistent",
                "privacy": f"{base}/vi/privacy",
                "regulation": f"{base}/vi/regulation",
            },
        },
        reader=reader,
    )


def _carrying(session: Session, reader: Reader, base: str) -> dict[str, str]:
    """Where quote requests cross, as far as it was agreed with this reader."""
    partner = session.get(Partner, reader.partner.partner_id) if reader.partner is not None else None
    if partner is None or partner.state != "live":
        return {}
    said = {"enquiries": f"{base}/exchange/v1/enquiries"} if partner.enquiries_in else {}
    return said | ({"answers": f"{base}/exchange/v1/answers"} if partner.enquiries_out else {})


@router.get("/.well-known/jwks.json", name="exchange_keys")
def key_set(request: Request, settings: AppSettings) -> Response:
    """The public keys of this exchange (RFC 7517)."""
    return json_answer(request, {"keys": published_keys(settings)}, media_type="application/jwk-set+json")


@router.get(SCHEMA_PATH, name="exchange_schema")
def xml_schema(request: Request) -> Response:
    """The XSD of the techmart metadata format."""
    body = schema()
    return answer(request, body, media_type="application/xml", tag=tag_of(body))
