"""What changed last, for feed readers: Atom (RFC 4287, with the tombstones of RFC 6721) and JSON Feed 1.1.

Only what goes to everybody. Both go on page by page into the past (RFC 5005, section 3; `next_url`).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from lxml import etree
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from app.dependencies import AppSettings, ReadSession
from app.exchange.answers import answer, tag_of
from app.exchange.cursors import PATTERN, cursor_of, position_of
from app.exchange.elements import element
from app.exchange.envelope import stamp
from app.exchange.oai.formats import licence_address
from app.exchange.reader import Reader, everybody
from app.models.exchange import ExchangeRecord
from app.settings import Settings

router = APIRouter()

ATOM: Final = "http://www.w3.org/2005/Atom"
TOMBSTONES: Final = "http://purl.org/atompub/tombstones/1.0"
LENGTH: Final = 50
_ATOM_PATH: Final = "/exchange/v1/feed.atom"
_JSON_PATH: Final = "/exchange/v1/feed.json"
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
Before = Annotated[str, Query(pattern=PATTERN)]
Envelope = Mapping[str, Any]


@router.get(_ATOM_PATH, name="exchange_atom")
def atom(request: Request, session: ReadSession, settings: AppSettings, before: Before = "") -> Response:
    found, more = _page(session, everybody(settings), before)
    root = element(_atom("feed"), {"": ATOM, "at": TOMBSTONES})
    root.set(_LANGUAGE, "vi")
    _text(root, "id", f"tag:{settings.authority},2026:exchange")
    _text(root, "title", _title(settings))
    _text(root, "updated", stamp(found[0][0].datestamp) if found else "1970-01-01T00:00:00Z")
    here = settings.base_url + _ATOM_PATH
    _link(root, "self", f"{here}?before={before}" if before else here, "application/atom+xml")
    _link(root, "alternate", f"{settings.base_url}/vi/exchange", "text/html")
    if more:
        _link(root, "next", f"{here}?before={more}", "application/atom+xml")
    _text(etree.SubElement(root, _atom("author")), "name", settings.operator_name)
    for record, envelope in found:
        if envelope["origin"]["deleted"]:
            gone = etree.SubElement(root, f"{{{TOMBSTONES}}}deleted-entry")
            gone.set("ref", _id(envelope))
            gone.set("when", stamp(record.datestamp))
        else:
            _entry(root, record, envelope)
    body = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return answer(request, body, media_type="application/atom+xml", tag=tag_of(body))


@router.get(_JSON_PATH, name="exchange_json_feed")
def json_feed(request: Request, session: ReadSession, settings: AppSettings, before: Before = "") -> Response:
    found, more = _page(session, everybody(settings), before)
    said: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _title(settings),
        "home_page_url": f"{settings.base_url}/vi/exchange",
        "feed_url": settings.base_url + _JSON_PATH,
        "language": "vi",
        "authors": [{"name": settings.operator_name, "url": settings.base_url}],
        **({"next_url": f"{settings.base_url}{_JSON_PATH}?before={more}"} if more else {}),
        "items": [_item(*one) for one in found if not one[1]["origin"]["deleted"]],
        # An extension, as the format allows: what is gone has no item.
        "_deleted": [
            {"id": _id(envelope), "when": stamp(record.datestamp)}
            for record, envelope in found
            if envelope["origin"]["deleted"]
        ],
    }
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    return answer(request, body, media_type="application/feed+json", tag=tag_of(body))


def _page(session: ReadSession, reader: Reader, before: str) -> tuple[Sequence[tuple[ExchangeRecord, Envelope]], str]:
    """The newest changes before a cursor, and the cursor that the next page begins at ("" at the end)."""
    asked = select(ExchangeRecord).where(reader.sees())
    if before:
        asked = asked.where(ExchangeRecord.position < position_of(before))
    rows = session.scalars(asked.order_by(ExchangeRecord.position.desc()).limit(LENGTH + 1)).all()
    shown = [(one, reader.envelope(one)) for one in rows[:LENGTH]]
    return shown, cursor_of(shown[-1][0].position) if len(rows) > LENGTH else ""


def _title(settings: Settings) -> str:
    return f"{settings.site_name}: thay đổi mới nhất / latest changes"


def _id(envelope: Envelope) -> str:
    return f"tag:{envelope['key']['authority']},2026:{envelope['key']['local_id']}"


def _summary(content: Mapping[str, Any]) -> str:
    return str(content.get("benefit") or content.get("summary") or content["title"])


def _entry(root: etree._Element, record: ExchangeRecord, envelope: Envelope) -> None:
    content = envelope["content"]
    entry = etree.SubElement(root, _atom("entry"))
    entry.set(_LANGUAGE, envelope["lang"])
    _text(entry, "id", _id(envelope))
    _text(entry, "title", content["title"])
    _text(entry, "updated", stamp(record.datestamp))
    if "published_at" in content:
        _text(entry, "published", content["published_at"])
    _link(entry, "alternate", envelope["origin"]["landing"], "text/html")
    if "organisation" in content:
        _text(etree.SubElement(entry, _atom("author")), "name", content["organisation"]["name"])
    etree.SubElement(entry, _atom("category")).set("term", envelope["kind"])
    _text(entry, "summary", _summary(content))
    rights = envelope["rights"]
    terms = " · ".join(filter(None, (licence_address(rights.get("licence")), rights.get("attribution"))))
    if terms:
        _text(entry, "rights", terms)


def _item(record: ExchangeRecord, envelope: Envelope) -> dict[str, Any]:
    content = envelope["content"]
    owner = content.get("organisation")
    return {
        "id": _id(envelope),
        "url": envelope["origin"]["landing"],
        "title": content["title"],
        "content_text": content.get("description") or _summary(content),
        "summary": _summary(content),
        **({"date_published": content["published_at"]} if "published_at" in content else {}),
        "date_modified": stamp(record.datestamp),
        **({"authors": [{"name": owner["name"]}]} if owner is not None else {}),
        "tags": [envelope["kind"], *content.get("keywords", ())],
        "language": envelope["lang"],
    }


def _atom(name: str) -> str:
    return f"{{{ATOM}}}{name}"


def _text(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, _atom(name)).text = text


def _link(parent: etree._Element, relation: str, address: str, media_type: str) -> None:
    made = etree.SubElement(parent, _atom("link"))
    for name, value in (("rel", relation), ("href", address), ("type", media_type)):
        made.set(name, value)
