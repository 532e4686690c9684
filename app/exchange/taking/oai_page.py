"""Reading what an OAI-PMH source answers: strictly where it matters, patiently where it does not.

No DOCTYPE, UTF-8 only, well-formed to the end tag. A record that cannot be read is told as such; the page goes on.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from lxml import etree

from app.exchange.oai.formats import DC, OAI
from app.exchange.taking.asking import AskAnew, SourceFault
from app.exchange.taking.incoming import KEPT_OF_UNREADABLE, Raw
from app.exchange.xml import NAMESPACE, NotARecord, from_xml
from app.features.partners.dublin_core import ELEMENTS

_ROOT: Final = re.compile(rb"<[A-Za-z_]")
_ENCODING: Final = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']""")
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_LONGEST_IDENTIFIER: Final = 1_000
_LONGEST_TOKEN: Final = 4_000


@dataclass(frozen=True, slots=True)
class Identity:
    """What Identify tells. `asked_at` is the source's own time; `granularity` "second" or "day"."""

    name: str
    asked_at: datetime
    deletions: str
    granularity: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of records or headers.

    Attributes:
        token: what to go on with; None at the end.
        whole: the size of the list, where it is told.
        place: where to go on in a later run, where the source has such a thing.
        at: of records out of a snapshot's file, how far in it they reach: files and lines of the next that are done.
        left_out: how many records beside these are of other exchanges whose records the source may not bring.
    """

    raws: tuple[Raw, ...]
    token: str | None
    whole: int | None
    place: str = ""
    at: tuple[int, int] | None = None
    left_out: int = 0


def read_identity(body: bytes) -> Identity:
    """What the source says of itself.

    Raises:
        SourceFault: this is no Identify of OAI-PMH 2.0.
    """
    root = parse(body)
    _raise_errors(root)
    said = root.find(_oai("Identify"))
    if said is None:
        raise SourceFault("no Identify in the answer")
    if _text(said, "protocolVersion") not in {"2.0", ""}:
        raise SourceFault(f"protocol version {_text(said, 'protocolVersion')}")
    asked_at = moment(_text(root, "responseDate"))
    if asked_at is None:
        raise SourceFault("no responseDate: without the time of the source nothing can be asked since then")
    deletions = _text(said, "deletedRecord")
    return Identity(
        name=_text(said, "repositoryName")[:300],
        asked_at=asked_at,
        deletions=deletions if deletions in {"no", "transient", "persistent"} else "no",
        granularity="second" if "hh" in _text(said, "granularity").lower() else "day",
    )


def read_page(body: bytes, *, verb: str, techmart: bool) -> Page:
    """A page of ListRecords or ListIdentifiers.

    Raises:
        SourceFault: no such page, or an error that asking again cannot mend.
        AskAnew: badResumptionToken.
    """
    root = parse(body)
    if _raise_errors(root, fine="noRecordsMatch"):
        return Page((), None, 0)
    said = root.find(_oai(verb))
    if said is None:
        raise SourceFault(f"no {verb} in the answer")
    raws = [_record(child, techmart=techmart) for child in said.iterchildren(_oai("record"), _oai("header"))]
    told = said.find(_oai("resumptionToken"))
    token, whole = None, None
    if told is not None:
        token = (told.text or "").strip() or None
        size = told.get("completeListSize", "").strip()
        whole = int(size) if size.isascii() and size.isdecimal() and len(size) < 10 else None
    if token is not None and len(token) > _LONGEST_TOKEN:
        raise SourceFault("a resumption token of such a length")
    return Page(tuple(raws), token, whole)


def parse(body: bytes) -> etree._Element:
    """The root of an answer.

    Raises:
        SourceFault: a DOCTYPE, another encoding than UTF-8, or not well-formed to the end.
    """
    named = _ENCODING.match(body)
    if named is not None and named[1].lower() not in {b"utf-8", b"us-ascii"}:
        raise SourceFault(f"encoding {named[1].decode()}; OAI-PMH wants UTF-8")
    begin = _ROOT.search(body)
    if begin is None or b"<!DOCTYPE" in body[: begin.start()]:
        raise SourceFault("no XML, or with a DOCTYPE, which is not read")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        raise SourceFault(f"not well-formed: {fault}") from fault
    document = root.getroottree().docinfo
    if document.internalDTD is not None or document.doctype:
        raise SourceFault("with a DOCTYPE, which is not read")
    if root.tag != _oai("OAI-PMH"):
        raise SourceFault(f"{root.tag} is no answer of OAI-PMH")
    return root


def moment(text: str) -> datetime | None:
    """A datestamp, by seconds or by day; None for what is none."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _raise_errors(root: etree._Element, fine: str = "") -> bool:
    """Whether the source told the error that is fine here.

    Raises:
        AskAnew, SourceFault: another one.
    """
    errors = root.findall(_oai("error"))
    if not errors:
        return False
    codes = [one.get("code", "") for one in errors]
    if "badResumptionToken" in codes:
        raise AskAnew
    if codes == [fine]:
        return True
    words = " ".join((errors[0].text or "").split())[:200]
    raise SourceFault(f"{codes[0]}: {words}")


def _record(node: etree._Element, *, techmart: bool) -> Raw:
    header = node if node.tag == _oai("header") else node.find(_oai("header"))
    form: Any = "envelope" if techmart else "dublin_core"
    identifier = _text(header, "identifier") if header is not None else ""
    if header is None or not identifier:
        text = etree.tostring(node, encoding="unicode")
        name = f"?{hashlib.sha256(text.encode()).hexdigest()[:24]}"
        return Raw(form, name, body={"text": text[:KEPT_OF_UNREADABLE]}, fault="a record without identifier")
    stamped = moment(_text(header, "datestamp"))
    if len(identifier) > _LONGEST_IDENTIFIER:
        name = f"{identifier[:200]}…{hashlib.sha256(identifier.encode()).hexdigest()[:24]}"
        return _unreadable(form, node, name, stamped, f"an identifier of {len(identifier)} signs")
    if header.get("status") == "deleted":
        inside = _inside(node)
        # Our own format tells why, signed, in a tombstone beside the header.
        if techmart and inside is not None:
            return _envelope(inside, identifier, stamped)
        return Raw(form, identifier, stamped, deleted=True)
    if node is header:
        return Raw(form, identifier, stamped)
    inside = _inside(node)
    if inside is None:
        return Raw(form, identifier, stamped, fault="no metadata")
    return _envelope(inside, identifier, stamped) if techmart else _dublin_core(inside, identifier, stamped)


def _inside(node: etree._Element) -> etree._Element | None:
    metadata = node.find(_oai("metadata"))
    if metadata is None:
        return None
    return next(iter(metadata.iterchildren("{*}*")), None)


def _envelope(node: etree._Element, identifier: str, stamped: datetime | None) -> Raw:
    if etree.QName(node).namespace != NAMESPACE:
        return _unreadable("envelope", node, identifier, stamped, f"{node.tag} is not of our format")
    try:
        body = from_xml(node)
    except (NotARecord, ValueError) as fault:
        return _unreadable("envelope", node, identifier, stamped, str(fault))
    return Raw("envelope", identifier, stamped, body=body)


def _dublin_core(node: etree._Element, identifier: str, stamped: datetime | None) -> Raw:
    found: dict[str, list[list[str]]] = {}
    for child in node.iter("{" + DC + "}*"):
        name = etree.QName(child).localname
        text = "".join(map(str, child.itertext())).strip()
        if name in ELEMENTS and text:
            found.setdefault(name, []).append([text, child.get(_LANG, "")])
    if not found:
        return _unreadable("dublin_core", node, identifier, stamped, "no element of Dublin Core")
    return Raw("dublin_core", identifier, stamped, body=found)


def _unreadable(form: Any, node: etree._Element, identifier: str, stamped: datetime | None, fault: str) -> Raw:
    text = etree.tostring(node, encoding="unicode")[:KEPT_OF_UNREADABLE]
    return Raw(form, identifier, stamped, body={"text": text}, fault=fault)


def _oai(name: str) -> str:
    return f"{{{OAI}}}{name}"


def _text(node: etree._Element | None, name: str) -> str:
    found = node.find(_oai(name)) if node is not None else None
    return (found.text or "").strip() if found is not None else ""
