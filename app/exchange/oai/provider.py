"""The endpoint /oai, by GET and POST: reads the request, asks for records, writes the answer."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Depends
from lxml import etree
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.dependencies import ReadSession
from app.exchange.answers import answer
from app.exchange.elements import element
from app.exchange.envelope import stamp
from app.exchange.keys import SigningKey, signing_key
from app.exchange.oai import records
from app.exchange.oai.formats import FORMATS, OAI, SCHEMA_LOCATION, XSI, Format, provenance_container, rights_container
from app.exchange.oai.request import OaiFault, OaiRequest, read_request, read_set, read_window
from app.exchange.oai.sets import set_title
from app.exchange.oai.tokens import Place, read_token, write_token
from app.exchange.outbox import horizon
from app.exchange.reader import ReadBy, Reader
from app.models.exchange import ExchangeRecord
from app.reference.current import label, refresh

router = APIRouter()

PATH: Final = "/oai"
_PAGE: Final = {"ListRecords": 100, "ListIdentifiers": 500}
_FORM: Final = "application/x-www-form-urlencoded"
_LARGEST_FORM: Final = 20_000


async def _pairs(request: Request) -> list[tuple[str, str]]:
    """The arguments: of the query by GET, of the form by POST."""
    if request.method != "POST":
        return parse_qsl(request.url.query, keep_blank_values=True)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return []
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM:
            return []
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


Pairs = Annotated[list[tuple[str, str]], Depends(_pairs)]


@router.api_route(PATH, methods=["GET", "POST"], name="oai")
def oai(request: Request, session: ReadSession, reader: ReadBy, pairs: Pairs) -> Response:
    provider = _Provider(session, reader, horizon(session, now=reader.asked_at))
    return answer(request, provider.answer(pairs), media_type="text/xml", tag=provider.tag, reader=reader)


class _Provider:
    """One answer in the making. `now` is the answer's responseDate: the harvester's next `from`."""

    def __init__(self, session: Session, reader: Reader, now: datetime) -> None:
        self.session, self.reader, self.now = session, reader, now
        self.settings = settings = reader.settings
        self.base = settings.base_url
        self.key: SigningKey = signing_key(settings)
        self.tag = ""

    def answer(self, pairs: Sequence[tuple[str, str]]) -> bytes:
        root = element(_oai("OAI-PMH"), {"": OAI, "xsi": XSI})
        root.set(SCHEMA_LOCATION, f"{OAI} http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd")
        _text(root, "responseDate", stamp(self.now))
        asked = _text(root, "request", self.base + PATH)
        request: OaiRequest | None = None
        try:
            request = read_request(pairs)
            said = self._verbs[request.verb](self, request)
        except OaiFault as fault:
            said = etree.Element(_oai("error"), {"code": str(fault.code)})
            said.text = fault.message
            if fault.code in {"badVerb", "badArgument"}:
                request = None
        # Of a request that could not be read no arguments are repeated.
        if request is not None:
            for name, value in (("verb", request.verb), *request.arguments.items()):
                asked.set(name, value)
        root.append(said)
        # What was asked and what is answered, but not the time of the answer.
        self.tag = hashlib.sha256(b"".join(etree.tostring(one) for one in (asked, said))).hexdigest()[:32]
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")

    def _identify(self, _request: OaiRequest) -> etree._Element:
        made = etree.Element(_oai("Identify"))
        first = records.earliest(self.session)
        _text(made, "repositoryName", self.settings.site_name)
        _text(made, "baseURL", self.base + PATH)
        _text(made, "protocolVersion", "2.0")
        _text(made, "adminEmail", self.settings.operator_email)
        _text(made, "earliestDatestamp", stamp(first or self.now))
        _text(made, "deletedRecord", "persistent")
        _text(made, "granularity", "YYYY-MM-DDThh:mm:ssZ")
        _text(made, "compression", "gzip")
        namespace = "http://www.openarchives.org/OAI/2.0/oai-identifier"
        described = element(f"{{{namespace}}}oai-identifier", {"": namespace}, _text(made, "description"))
        described.set(SCHEMA_LOCATION, f"{namespace} http://www.openarchives.org/OAI/2.0/oai-identifier.xsd")
        authority = self.settings.authority
        for name, value in (
            ("scheme", "oai"),
            ("repositoryIdentifier", authority),
            ("delimiter", ":"),
            ("sampleIdentifier", f"oai:{authority}:v1d740j3m13j"),
        ):
            etree.SubElement(described, f"{{{namespace}}}{name}").text = value
        return made

    def _formats(self, request: OaiRequest) -> etree._Element:
        identifier = request.arguments.get("identifier")
        if identifier is not None and self.reader.is_gone(self._record(identifier)):
            raise OaiFault("noMetadataFormats", "This record is no more")
        made = etree.Element(_oai("ListMetadataFormats"))
        for one in FORMATS.values():
            listed = _text(made, "metadataFormat")
            _text(listed, "metadataPrefix", one.prefix)
            _text(listed, "schema", one.schema.format(base=self.base))
            _text(listed, "metadataNamespace", one.namespace)
        return made

    def _sets(self, request: OaiRequest) -> etree._Element:
        if request.token is not None:
            raise OaiFault("badResumptionToken", "The list of sets comes in one page")
        refresh(self.session)
        made = etree.Element(_oai("ListSets"))
        for name in records.set_names(self.session, reader=self.reader):
            one = _text(made, "set")
            _text(one, "setSpec", name)
            _text(one, "setName", set_title(name))
        return made

    def _get(self, request: OaiRequest) -> etree._Element:
        found = self._record(request.arguments["identifier"])
        form = _format(request.arguments["metadataPrefix"])
        refresh(self.session)
        made = etree.Element(_oai("GetRecord"))
        made.append(self._whole(found, form))
        return made

    def _list(self, request: OaiRequest) -> etree._Element:
        place = self._place(request)
        form = _format(place.prefix)
        asked = records.in_window(
            self.reader,
            low=_moment(place.low) if place.low else None,
            high=_moment(place.high),
            set_name=place.set or None,
        )
        after = (_moment(place.datestamp), UUID(place.id)) if place.id else None
        size = _PAGE[request.verb]
        found = records.page(self.session, asked, after=after, limit=size + 1)
        shown, more = found[:size], len(found) > size
        if not shown and not place.id:
            raise OaiFault("noRecordsMatch", "No record has changed in that time and set")
        total = place.total or (records.how_many(self.session, asked) if more else len(shown))
        refresh(self.session)
        made = etree.Element(_oai(request.verb))
        for one in shown:
            made.append(self._whole(one, form) if request.verb == "ListRecords" else self._header(one))
        given = place.given + len(shown)
        if more or place.id:
            token = _text(made, "resumptionToken")
            # What changed meanwhile has left the window: at the end the list is as long as it turned out to be.
            token.set("completeListSize", str(max(total, given + 1) if more else given))
            token.set("cursor", str(place.given))
            if more:
                last = shown[-1]
                token.text = write_token(
                    Place(request.verb, place.prefix, place.low, place.high, place.set, stamp(last.datestamp),
                          str(last.id), given, total), self.key)  # fmt: skip
        return made

    def _place(self, request: OaiRequest) -> Place:
        if request.token is not None:
            return read_token(request.token, verb=request.verb, key=self.key)
        low, high = read_window(request.arguments)
        set_name = read_set(request.arguments)
        # The window ends where everything is sure to be seen, however late the harvester would have it end.
        high = self.now if high is None else min(high, self.now)
        begin = stamp(low) if low is not None else ""
        return Place(
            request.verb, request.arguments["metadataPrefix"], begin, stamp(high), set_name or "", "", "", 0, 0
        )

    def _record(self, identifier: str) -> ExchangeRecord:
        scheme, _colon, rest = identifier.partition(":")
        authority, _colon, local_id = rest.partition(":")
        found = None
        if scheme == "oai":
            found = records.one_record(self.session, reader=self.reader, authority=authority, local_id=local_id)
        if found is None:
            raise OaiFault("idDoesNotExist", "No record of this exchange has this identifier")
        return found

    def _whole(self, record: ExchangeRecord, form: Format) -> etree._Element:
        made = etree.Element(_oai("record"))
        made.append(self._header(record))
        if not self.reader.is_gone(record):
            envelope = self.reader.envelope(record)
            _text(made, "metadata").append(form.make(envelope, _label))
            for one in (rights_container(envelope), provenance_container(envelope, record.source_address)):
                if one is not None:
                    _text(made, "about").append(one)
        return made

    def _header(self, record: ExchangeRecord) -> etree._Element:
        made = etree.Element(_oai("header"))
        if self.reader.is_gone(record):
            made.set("status", "deleted")
        _text(made, "identifier", f"oai:{record.authority}:{record.local_id}")
        _text(made, "datestamp", stamp(record.datestamp))
        for name in record.sets:
            _text(made, "setSpec", name)
        return made

    _verbs: Final[dict[str, Callable[["_Provider", OaiRequest], etree._Element]]] = {
        "Identify": _identify,
        "ListMetadataFormats": _formats,
        "ListSets": _sets,
        "GetRecord": _get,
        "ListIdentifiers": _list,
        "ListRecords": _list,
    }


def _format(prefix: str) -> Format:
    found = FORMATS.get(prefix)
    if found is None:
        raise OaiFault("cannotDisseminateFormat", f"There are {' and '.join(FORMATS)}")
    return found


def _label(scheme: str, code: str, language: str) -> str:
    return label(scheme, code, "en" if language == "en" else "vi")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _oai(name: str) -> str:
    return f"{{{OAI}}}{name}"


def _text(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    made = etree.SubElement(parent, _oai(name))
    made.text = text
    return made
