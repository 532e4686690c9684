"""Where a Dublin Core record is to be read at its source, and the numbers that name it. Pure.

Repositories differ in where they say it: DSpace tells the page in dc:identifier, EPrints in dc:relation, with the file,
a citation and a bare number in dc:identifier.
"""

import re
from collections.abc import Collection, Iterator
from typing import Final
from urllib.parse import urlsplit

from app.features.partners.dublin_core_texts import Values, texts_of

_DOI: Final = re.compile(r"\b(10\.\d{4,9}/[^\s\"<>]+)", re.IGNORECASE)
_HANDLE: Final = re.compile(r"(?:hdl\.handle\.net/|^hdl:|^info:hdl/)(\d[\d.]*/\S+)", re.IGNORECASE)
# The number and nothing else: in a sentence of dc:relation it names another's work.
_DOI_ALONE: Final = re.compile(
    r"(?:https?://(?:dx\.|www\.)?doi\.org/|doi:\s*|info:doi/|info:eu-repo/semantics/altidentifier/doi/)?"
    r"(10\.\d{4,9}/[^\s\"<>]+)",
    re.IGNORECASE,
)
_HANDLE_ALONE: Final = re.compile(
    r"(?:https?://hdl\.handle\.net/|hdl:\s*|info:hdl/|info:eu-repo/semantics/altidentifier/hdl/)(\d[\d.]*/\S+)",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(r"https?://[^\s\"<>]+", re.IGNORECASE)
_FILE: Final = re.compile(
    r"\.(?:pdf|docx?|odt|rtf|txt|pptx?|odp|xlsx?|ods|csv|zip|rar|7z|t?gz|tar|epub|djvu|ps|tex|xml|json|jpe?g|png|gif|"
    r"tiff?|svg|mp[34]|wav|avi|mov)$|/bitstreams?/|/download(?:/|$)",
    re.IGNORECASE,
)
_RESOLVERS: Final = frozenset(("doi.org", "dx.doi.org", "hdl.handle.net"))
_SOURCES: Final = ("identifier", "relation", "source")
_LONGEST_ADDRESS: Final = 2_000


def hosts_of(authority: str, address: str) -> frozenset[str]:
    """The hosts whose pages are a partner's own: its authority's, and where it is asked."""
    return frozenset(one for one in (_plain_host(authority), _host(address)) if one)


def identifiers_of(values: Values) -> list[dict[str, str]]:
    """Strong identifiers among the record's: DOIs and handles, in their plain form.

    dc:relation counts where dc:identifier tells none of the scheme, and where it names one only, by itself: several, or
    one in a sentence, are other works.
    """
    found: dict[tuple[str, str], None] = {}
    for text, _lang in texts_of(values, "identifier"):
        for doi in _DOI.findall(text):
            found["doi", _trimmed(doi).lower()] = None
        for handle in _HANDLE.findall(text):
            found["handle", _trimmed(handle)] = None
    told = {scheme for scheme, _value in found}
    for scheme, shape in (("doi", _DOI_ALONE), ("handle", _HANDLE_ALONE)):
        related = {
            _trimmed(one[1]) if scheme == "handle" else _trimmed(one[1]).lower()
            for text, _lang in texts_of(values, "relation")
            if (one := shape.fullmatch(text)) is not None
        }
        if scheme not in told and len(related) == 1:
            found[scheme, related.pop()] = None
    return [{"scheme": scheme, "value": value} for scheme, value in found]


def landing_of(values: Values, hosts: Collection[str]) -> str:
    """The page to read the record at; "" where it tells none.

    Best is a page at the partner's own hosts, then a DOI or handle, then a page elsewhere; a file only where there is
    nothing else. Among equals dc:identifier comes before dc:relation and that before dc:source.
    """
    ranked = [(_rank(address, hosts), address) for address in _addresses(values)]
    for one in identifiers_of(values):
        base = "https://doi.org/" if one["scheme"] == "doi" else "https://hdl.handle.net/"
        ranked.append((1, base + one["value"]))
    return min(ranked, key=lambda one: one[0], default=(0, ""))[1]


def _addresses(values: Values) -> Iterator[str]:
    for name in _SOURCES:
        for text, _lang in texts_of(values, name):
            for found in _ADDRESS.findall(text):
                address = _trimmed(found)
                # A part of an address leads nowhere.
                if _host(address) and len(address) <= _LONGEST_ADDRESS:
                    yield address


def _rank(address: str, hosts: Collection[str]) -> int:
    host = _host(address)
    if host in _RESOLVERS:
        return 1
    if _FILE.search(urlsplit(address).path):
        return 3
    return 0 if any(host == own or host.endswith(f".{own}") for own in hosts) else 2


def _host(address: str) -> str:
    try:
        return _plain_host(urlsplit(address).hostname or "")
    except ValueError:
        return ""


def _plain_host(name: str) -> str:
    return name.lower().removeprefix("www.").rstrip(".")


def _trimmed(text: str) -> str:
    """Without the marks of the sentence it stood in."""
    text = text.rstrip(".,;")
    return text.rstrip(".,;)") if text.endswith(")") and text.count("(") < text.count(")") else text
