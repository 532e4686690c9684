"""Which region a line of an address names."""

import re

from app.reference.names import words
from app.reference.tables import ReferenceTable, Term

_PARTS = re.compile(r"[,;/|\n]")
# A dash parts an address too, but some names have one: Bà Rịa – Vũng Tàu, Chân Mây - Lăng Cô.
_DASHES = re.compile(r"\s[-–—]\s")
_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")


def resolve_region(table: ReferenceTable, text: str) -> Term | None:
    """The region meant by free text: a name ("TP.HCM", "Bình Dương", "Thanh pho Ho Chi Minh") or a whole address.

    An address is read from its end, where the province stands; once that is found, the parts before it are looked for
    below it, so that with wards loaded the answer is the ward. What stands in brackets is read last. Former names
    give today's region. None when nothing, or nothing certain, is named: a firm called "Bình Dương Plastics" is not in
    a place for that.
    """
    whole = table.resolve(text)
    if whole is not None:
        return whole
    outside = _BRACKETS.sub(" ", text)
    inside = [" ".join(found) for found in _BRACKETS.findall(text)]
    for line in (outside, *inside):
        found = _from_the_end(table, line)
        if found is not None:
            return found
    return None


def _from_the_end(table: ReferenceTable, line: str) -> Term | None:
    region = table.resolve(line)
    if region is not None:
        return region
    for part in reversed(_PARTS.split(line)):
        below = _below(table, part, region)
        pieces = [] if below is not None else _DASHES.split(part)
        region = below or region
        for piece in reversed(pieces if len(pieces) > 1 else []):
            region = _below(table, piece, region) or region
    return region


def _below(table: ReferenceTable, part: str, region: Term | None) -> Term | None:
    return table.resolve(part, within=region.code if region else None) if _is_name(part) else None


def _is_name(part: str) -> bool:
    # A part of digits alone is a house number or a postcode, never the code of a region.
    return bool(words(part).replace(" ", "").strip("0123456789"))
