"""The two forms records are given in: oai_dc (Dublin Core, for everybody) and techmart (all of it, signed)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from app.exchange.elements import element
from app.exchange.xml import NAMESPACE, to_xml

OAI: Final = "http://www.openarchives.org/OAI/2.0/"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
OAI_DC: Final = "http://www.openarchives.org/OAI/2.0/oai_dc/"
DC: Final = "http://purl.org/dc/elements/1.1/"
PROVENANCE: Final = "http://www.openarchives.org/OAI/2.0/provenance"
RIGHTS: Final = "http://www.openarchives.org/OAI/2.0/rights/"
_XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
SCHEMA_LOCATION: Final = f"{{{XSI}}}schemaLocation"
SCHEMA_PATH: Final = "/exchange/schemas/techmart-1.0.xsd"

_TYPES: Final = {
    "technology": "technology offer",
    "equipment": "equipment offer",
    "patent": "intellectual property offer",
    "service": "service offer",
    "need": "technology need",
}
_LICENCES: Final = {"CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/"}
_CC: Final = re.compile(r"CC-(BY(?:-NC)?(?:-SA|-ND)?)-([1-4]\.\d)")

Envelope = Mapping[str, Any]
# The label of a classification code in a language, for subjects.
Label = Callable[[str, str, str], str]


@dataclass(frozen=True, slots=True)
class Format:
    """A metadata format as ListMetadataFormats tells it. `schema` may hold {base}, the address of this exchange."""

    prefix: str
    schema: str
    namespace: str
    make: Callable[[Envelope, Label], etree._Element]


def dublin_core(envelope: Envelope, label: Label) -> etree._Element:
    """Unqualified Dublin Core of a record (the 15 elements of DCMES 1.1)."""
    root = element(f"{{{OAI_DC}}}dc", {"oai_dc": OAI_DC, "dc": DC, "xsi": XSI})
    root.set(SCHEMA_LOCATION, f"{OAI_DC} http://www.openarchives.org/OAI/2.0/oai_dc.xsd")
    content, language = envelope["content"], envelope["lang"]
    english = content.get("english", {})
    organisation = content.get("organisation")
    _say(root, "title", content["title"], language)
    _say(root, "title", english.get("title"), "en")
    if organisation is not None:
        _say(root, "creator", organisation["name"])
    for word in content.get("keywords", ()):
        _say(root, "subject", word, language)
    for code in content.get("classifications", ()):
        _say(root, "subject", code.get("label") or label(code["scheme"], code["code"], language), language)
    for name in ("benefit", "summary", "description"):
        _say(root, "description", content.get(name), language)
        _say(root, "description", english.get(name), "en")
    _say(root, "date", content.get("published_at"))
    _say(root, "type", _TYPES[envelope["kind"]])
    _say(root, "identifier", envelope["origin"]["landing"])
    for one in envelope.get("identifiers", ()):
        _say(root, "identifier", f"{one['scheme']}:{one['value']}")
    _say(root, "language", language)
    if "region" in content:
        _say(root, "coverage", label("region", content["region"], language))
    rights = envelope["rights"]
    _say(root, "rights", licence_address(rights.get("licence")))
    _say(root, "rights", rights.get("attribution"))
    return root


def techmart(envelope: Envelope, _label: Label) -> etree._Element:
    """The whole envelope, losing nothing."""
    return to_xml(envelope)


FORMATS: Final[Mapping[str, Format]] = {
    one.prefix: one
    for one in (
        Format("oai_dc", "http://www.openarchives.org/OAI/2.0/oai_dc.xsd", OAI_DC, dublin_core),
        Format("techmart", "{base}" + SCHEMA_PATH, NAMESPACE, techmart),
    )
}


def rights_container(envelope: Envelope) -> etree._Element | None:
    """The terms of the metadata itself, by the OAI-PMH guideline on rights; None where no known licence is named."""
    address = licence_address(envelope["rights"].get("licence"))
    if address is None or not address.startswith("http"):
        return None
    root = element(f"{{{RIGHTS}}}rights", {"": RIGHTS, "xsi": XSI})
    root.set(SCHEMA_LOCATION, f"{RIGHTS} http://www.openarchives.org/OAI/2.0/rights.xsd")
    etree.SubElement(root, f"{{{RIGHTS}}}rightsReference").set("ref", address)
    return root


def provenance_container(envelope: Envelope, source: str | None) -> etree._Element | None:
    """Where a record of another exchange was taken from, by the OAI-PMH guideline on provenance; None for our own.

    Args:
        source: the address it was harvested at.
    """
    if not source or not envelope.get("via"):
        return None
    root = element(f"{{{PROVENANCE}}}provenance", {"": PROVENANCE, "xsi": XSI})
    root.set(SCHEMA_LOCATION, f"{PROVENANCE} http://www.openarchives.org/OAI/2.0/provenance.xsd")
    origin = etree.SubElement(root, f"{{{PROVENANCE}}}originDescription")
    # Content is passed on as its origin signed it.
    origin.set("harvestDate", envelope["via"][-1]["received"])
    origin.set("altered", "false")
    key = envelope["key"]
    for name, text in (
        ("baseURL", source),
        ("identifier", f"oai:{key['authority']}:{key['local_id']}"),
        ("datestamp", envelope["origin"]["modified"]),
        ("metadataNamespace", NAMESPACE),
    ):
        etree.SubElement(origin, f"{{{PROVENANCE}}}{name}").text = text
    return root


def licence_address(licence: str | None) -> str | None:
    """The page of a licence known by its SPDX name, or the licence as it was named."""
    if licence and (found := _CC.fullmatch(licence)) is not None:
        return f"https://creativecommons.org/licenses/{found[1].lower()}/{found[2]}/"
    return _LICENCES.get(licence, licence) if licence else None


def _say(root: etree._Element, name: str, text: str | None, language: str | None = None) -> None:
    if text:
        made = etree.SubElement(root, f"{{{DC}}}{name}")
        made.text = text
        if language:
            made.set(_XML_LANG, language)
