"""The numbers by which others know what a listing is about, in one spelling: what two listings of one subject share.

A tax code is not among them: it says whose a listing is, and one firm offers many things.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

Identifier = tuple[str, str]
_APPLICATION: Final = re.compile(r"[1-9]-\d{4}-\d{5}")
_GRANT: Final = re.compile(r"[1-9]-\d{7}")
# What an office adds tells the stage of one document (EP1234567A1, then EP1234567B1).
_FOREIGN: Final = re.compile(r"([A-Z]{2}\d{4,15})(?:[A-Z]\d?)?")
_DOI: Final = re.compile(r"10\.\d{4,9}/\S{1,300}")
_HANDLE: Final = re.compile(r"[\w.]+/\S{1,300}")
_BEFORE: Final = re.compile(
    r"^(?:https?://(?:dx\.)?doi\.org/|https?://hdl\.handle\.net/|doi:|hdl:|info:doi/|info:hdl/)\s*"
)
# DSpace numbers records under this prefix until its house has one of its own: then it names nothing outside.
_NOBODYS: Final = "123456789/"
_OWN_SERIES: Final = frozenset({"plant_variety", "software_copyright"})
_SORTS: Final = ("application", "publication", "grant")


def identifiers_of(kind: str, details: Mapping[str, Any], given: Iterable[Any] = ()) -> frozenset[Identifier]:
    """The strong identifiers of a listing as (scheme, value).

    Args:
        kind, details: the listing's; numbers in its details are in their one spelling already.
        given: the identifiers of a taken record's envelope, {"scheme", "value"} each; others are left out.
    """
    if kind == "need":
        # A need asks for something that no number names yet.
        return frozenset()
    found: set[Identifier | None] = set()
    if kind == "patent":
        for sort in _SORTS:
            found.add(_patent(sort, details.get(f"{sort}_number"), str(details.get("ip_kind") or "")))
    for one in given:
        if not isinstance(one, Mapping):
            continue
        scheme, value = str(one.get("scheme", "")).lower(), one.get("value")
        if scheme in {"doi", "handle"}:
            found.add(_link(scheme, value))
        elif scheme.startswith("vn-patent-"):
            found.add(_patent(scheme.removeprefix("vn-patent-"), value, ""))
    return frozenset(one for one in found if one is not None)


def _patent(sort: str, value: Any, ip_kind: str) -> Identifier | None:
    if not isinstance(value, str) or not value.strip():
        return None
    number = value.strip()
    if ip_kind in _OWN_SERIES:
        return (f"{ip_kind}-{sort}", "".join(number.split()).casefold()[:300])
    if _APPLICATION.fullmatch(number) and sort in {"application", "publication"}:
        # The office publishes an application under its number.
        return ("patent-application", number)
    if _GRANT.fullmatch(number) and sort == "grant":
        return ("patent-grant", number)
    foreign = _FOREIGN.fullmatch(number)
    if foreign:
        return ("patent-application" if sort == "application" else "patent-document", foreign[1])
    # The gazette's own numbers repeat from year to year.
    return None


def _link(scheme: str, value: Any) -> Identifier | None:
    if not isinstance(value, str):
        return None
    bare = _BEFORE.sub("", value.strip().lower())
    shape = _DOI if scheme == "doi" else _HANDLE
    if not shape.fullmatch(bare) or (scheme == "handle" and bare.startswith(_NOBODYS)):
        return None
    return (scheme, bare)
