"""What this exchange offers as open data, for data portals: a catalogue by DCAT-AP 3, as Turtle and as JSON-LD.

One data set per kind of listing that is given to everybody, each to be had by OAI-PMH and from the feed of changes;
and, once there is one, the snapshot of all kinds. Every node has an address, so the same state gives the same text.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, XSD, Namespace
from rdflib.term import Node
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.dependencies import AppSettings, ReadSession
from app.exchange.answers import answer, tag_of
from app.exchange.oai.formats import licence_address
from app.exchange.reader import everybody
from app.exchange.snapshots import latest
from app.models.exchange import ExchangeRecord
from app.settings import Settings

router = APIRouter()

SPDX: Final = Namespace("http://spdx.org/rdf/terms#")
_TITLES: Final[Mapping[str, tuple[str, str]]] = {
    "technology": ("Công nghệ chào bán, chuyển giao", "Technologies on offer"),
    "equipment": ("Thiết bị công nghệ chào bán", "Technological equipment on offer"),
    "patent": ("Sáng chế và tài sản trí tuệ chào chuyển giao", "Patents and other intellectual property on offer"),
    "service": ("Dịch vụ khoa học và công nghệ", "Scientific and technological services"),
    "need": ("Nhu cầu công nghệ", "Technology needs"),
}
_EU: Final = "http://publications.europa.eu/resource/authority/"
_MEDIA: Final = "https://www.iana.org/assignments/media-types/"
Statement = tuple[Node, Any]


@router.get("/exchange/v1/catalogue.ttl", name="exchange_catalogue_turtle")
def turtle(request: Request, session: ReadSession, settings: AppSettings) -> Response:
    body = catalogue(session, settings).serialize(format="turtle", encoding="utf-8")
    return answer(request, body, media_type="text/turtle", tag=tag_of(body))


@router.get("/exchange/v1/catalogue.jsonld", name="exchange_catalogue_json")
def json_ld(request: Request, session: ReadSession, settings: AppSettings) -> Response:
    body = catalogue(session, settings).serialize(format="json-ld", encoding="utf-8", auto_compact=True, sort_keys=True)
    return answer(request, body, media_type="application/ld+json", tag=tag_of(body))


def catalogue(session: Session, settings: Settings) -> Graph:
    """The catalogue as a graph."""
    graph = Graph()
    base = settings.base_url
    home = URIRef(f"{base}/exchange/v1/catalogue")
    publisher, service = URIRef(f"{home}#publisher"), URIRef(f"{home}#oai-pmh")
    terms = _terms(settings)
    site = settings.site_name
    _say(graph, home, DCAT.Catalog, _both(DCTERMS.title, f"Dữ liệu mở của {site}", f"Open data of {site}"))
    told = (f"Những tin mà {site} chia sẻ với mọi người.", f"Listings that {site} shares with everybody.")
    _say(graph, home, DCAT.Catalog, _both(DCTERMS.description, *told), terms)
    languages = ((DCTERMS.language, URIRef(f"{_EU}language/{one}")) for one in ("VIE", "ENG"))
    page = (FOAF.homepage, URIRef(f"{base}/vi/exchange"))
    _say(graph, home, DCAT.Catalog, languages, [(DCTERMS.publisher, publisher), (DCAT.service, service), page])
    names = _both(FOAF.name, settings.operator_name, settings.operator_name_en)
    _say(graph, publisher, FOAF.Agent, names, [(FOAF.mbox, URIRef(f"mailto:{settings.operator_email}"))])
    asked = [(DCAT.endpointURL, URIRef(f"{base}/oai")), (DCAT.endpointDescription, URIRef(f"{base}/oai?verb=Identify"))]
    _say(graph, service, DCAT.DataService, [(DCTERMS.title, Literal("OAI-PMH 2.0"))], asked)
    for kind, (count, changed) in _kinds(session, settings).items():
        data = URIRef(f"{home}#{kind}")
        graph.add((home, DCAT.dataset, data))
        graph.add((service, DCAT.servesDataset, data))
        numbers = (f"{count} tin đang có hiệu lực.", f"{count} listings in force.")
        _data_set(graph, data, publisher, title=_TITLES[kind], told=numbers, changed=changed.isoformat())
        graph.add((data, DCTERMS.accrualPeriodicity, URIRef(f"{_EU}frequency/CONT")))
        oai, feed = URIRef(f"{data}-oai"), URIRef(f"{data}-changes")
        harvest = f"{base}/oai?verb=ListRecords&metadataPrefix=oai_dc&set=kind:{kind}"
        _distribution(graph, data, oai, title="OAI-PMH", address=harvest, media_type="text/xml", terms=terms)
        graph.add((oai, DCAT.accessService, service))
        changes = f"{base}/exchange/v1/changes"
        _distribution(graph, data, feed, title="JSON", address=changes, media_type="application/json", terms=terms)
    found = latest(settings, audience="all")
    if found is not None:
        data = URIRef(f"{home}#snapshot")
        graph.add((home, DCAT.dataset, data))
        _snapshot(graph, data, publisher, found=found, base=base, terms=terms)
    return graph


def _snapshot(
    graph: Graph, data: URIRef, publisher: URIRef, *, found: Mapping[str, Any], base: str, terms: list[Statement]
) -> None:
    numbers = (f"{found['records']} tin, {found['taken']}.", f"{found['records']} listings, {found['taken']}.")
    title = ("Toàn bộ dữ liệu", "Everything as files")
    _data_set(graph, data, publisher, title=title, told=numbers, changed=found["taken"])
    graph.add((data, DCTERMS.accrualPeriodicity, URIRef(f"{_EU}frequency/DAILY")))
    address = f"{base}/exchange/v1/snapshots/latest"
    for part in found["parts"]:
        file = URIRef(f"{base}/exchange/v1/snapshots/{found['name']}/{part['file']}")
        one, checksum = URIRef(f"{file}#distribution"), URIRef(f"{file}#checksum")
        media_type = "application/x-ndjson"
        _distribution(graph, data, one, title=part["file"], address=address, media_type=media_type, terms=terms)
        graph.add((one, DCAT.downloadURL, file))
        graph.add((one, DCAT.compressFormat, URIRef(f"{_MEDIA}application/gzip")))
        graph.add((one, DCAT.byteSize, Literal(part["bytes"], datatype=XSD.nonNegativeInteger)))
        graph.add((one, SPDX.checksum, checksum))
        value = Literal(part["sha256"], datatype=XSD.hexBinary)
        _say(
            graph,
            checksum,
            SPDX.Checksum,
            [(SPDX.algorithm, SPDX.checksumAlgorithm_sha256), (SPDX.checksumValue, value)],
        )


def _data_set(
    graph: Graph, data: URIRef, publisher: URIRef, *, title: tuple[str, str], told: tuple[str, str], changed: str
) -> None:
    _say(graph, data, DCAT.Dataset, _both(DCTERMS.title, *title), _both(DCTERMS.description, *told))
    moment = Literal(changed, datatype=XSD.dateTime)
    named = [(DCTERMS.identifier, Literal(str(data))), (DCTERMS.publisher, publisher), (DCTERMS.modified, moment)]
    _say(graph, data, DCAT.Dataset, named, [(DCAT.theme, URIRef(f"{_EU}data-theme/TECH"))])


def _distribution(
    graph: Graph, data: URIRef, one: URIRef, *, title: str, address: str, media_type: str, terms: list[Statement]
) -> None:
    graph.add((data, DCAT.distribution, one))
    media = (DCAT.mediaType, URIRef(_MEDIA + media_type))
    _say(
        graph,
        one,
        DCAT.Distribution,
        [(DCTERMS.title, Literal(title)), (DCAT.accessURL, URIRef(address)), media],
        terms,
    )


def _say(graph: Graph, subject: URIRef, kind: URIRef, *statements: Iterable[Statement]) -> None:
    graph.add((subject, RDF.type, kind))
    for some in statements:
        for predicate, value in some:
            graph.add((subject, predicate, value))


def _both(predicate: URIRef, vietnamese: str, english: str) -> list[Statement]:
    return [(predicate, Literal(vietnamese, lang="vi")), (predicate, Literal(english, lang="en"))]


def _terms(settings: Settings) -> list[Statement]:
    address = licence_address(settings.exchange_licence) or ""
    return [(DCTERMS.license, URIRef(address))] if address.startswith("http") else []


def _kinds(session: Session, settings: Settings) -> dict[str, tuple[int, datetime]]:
    """How many records of each kind everybody can have, and when one last changed."""
    rows = session.execute(
        select(ExchangeRecord.kind, func.count(), func.max(ExchangeRecord.datestamp))
        .where(everybody(settings).sees(), ExchangeRecord.deleted.is_(False), ExchangeRecord.share != "partners")
        .group_by(ExchangeRecord.kind)
        .order_by(ExchangeRecord.kind)
    )
    return {kind: (count, changed) for kind, count, changed in rows}
