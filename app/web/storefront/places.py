"""Provinces to choose from: by part of the country, found by today's names and by those of before July 2025."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from app.i18n import N_, _, current_locale
from app.reference.current import current_table, version_mark
from app.reference.regions import resolve_region
from app.reference.tables import Term
from app.search.text import fold

# The six socio-economic regions of Resolution 306/NQ-CP (2025), by code of the province.
_PARTS: Final = (
    (N_("Trung du và miền núi phía Bắc"), "04 08 11 12 14 15 19 20 25"),
    (N_("Đồng bằng sông Hồng"), "01 22 24 31 33 37"),
    (N_("Bắc Trung Bộ"), "38 40 42 44 46"),
    (N_("Duyên hải Nam Trung Bộ và Tây Nguyên"), "48 51 52 56 66 68"),
    (N_("Đông Nam Bộ"), "75 79 80"),
    (N_("Đồng bằng sông Cửu Long"), "82 86 91 92 96"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A province. `former`: names of what became part of it; `words`: all names, folded, to be found by."""

    code: str
    name: str
    former: str
    words: str


def place_groups() -> Sequence[tuple[str, Sequence[Place]]]:
    """Every province by part of the country, in the language of the moment, in the order of their names."""
    return _groups(current_locale(), version_mark())


@lru_cache(maxsize=8)
def _groups(locale: str, _mark: str) -> Sequence[tuple[str, Sequence[Place]]]:
    table = current_table("region")
    places = [_place(term, locale) for term in table.by_name(locale) if term.level == 1]
    groups = [(_(title), [one for one in places if one.code in members.split()]) for title, members in _PARTS]
    placed = {one.code for _title, members in groups for one in members}
    groups.append((_("Nơi khác"), [one for one in places if one.code not in placed]))
    return tuple((title, tuple(members)) for title, members in groups if members)


def _place(term: Term, locale: str) -> Place:
    own = term.label(locale)
    former = [one for one in current_table("region").former_codes(term.code) if one.label(locale) != own]
    shown = dict.fromkeys(one.label(locale) for one in former)
    known = [term.label_vi, term.label_en, *term.aliases]
    known += [name for one in former for name in (one.label_vi, one.label_en, *one.aliases)]
    return Place(term.code, own, ", ".join(shown), folded(" / ".join(dict.fromkeys(known))))


def folded(text: str) -> str:
    """Small letters without diacritics, dots and dashes as spaces: the page's own script reads what is typed alike."""
    return " ".join(fold(text).replace(".", " ").replace("-", " ").replace("–", " ").split())


def named_place(text: str) -> tuple[str, str] | None:
    """The code of the region meant by a name of any year, with the former name where it was one, else ""."""
    found = resolve_region(current_table("region"), text)
    if found is None:
        return None
    typed = folded(text)
    former = next(
        (
            one.label(current_locale())
            for one in current_table("region").former_codes(found.code)
            if typed in {folded(name) for name in (one.label_vi, one.label_en, *one.aliases)}
        ),
        "",
    )
    own = {folded(name) for name in (found.label_vi, found.label_en)}
    return found.code, "" if folded(former) in own else former
