"""What the form's lists offer: regions, countries, readiness levels, classification codes, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from babel import Locale

from app.i18n import N_, _, current_locale
from app.i18n.collation import sort_key
from app.reference.current import current_tables
from app.reference.tables import ReferenceTable

Choices = Sequence[tuple[str, str]]
Grouped = Sequence[tuple[str, Choices]]


@dataclass(frozen=True)
class CodeList:
    """One classification in the form: several lists to choose one from, or boxes to tick. `groups` for lists only."""

    scheme: str
    title: str
    groups: Grouped = ()
    boxes: Choices = ()
    lists: int = 0

    @property
    def values(self) -> frozenset[str]:
        """Every value it offers."""
        return frozenset(
            value for value, _label in [*self.boxes, *(choice for _name, group in self.groups for choice in group)]
        )


_TITLES = {
    "priority-field": N_("Lĩnh vực ưu tiên"),
    "sector": N_("Ngành chuyển đổi số"),
    "research-field": N_("Lĩnh vực nghiên cứu"),
    "vsic": N_("Ngành kinh tế (VSIC)"),
}


def regions() -> Choices:
    """Provinces and cities, by name."""
    table = current_tables().get("region")
    if table is None:
        return ()
    locale = current_locale()
    return sorted(((term.code, term.label(locale)) for term in table.children()), key=lambda one: sort_key(one[1]))


def readiness_levels() -> Choices:
    """The nine levels with what each means."""
    table = current_tables().get("trl")
    locale = current_locale()
    return [] if table is None else [(term.code, f"{term.code} – {term.label(locale)}") for term in table.children()]


@cache
def _countries(locale: str) -> Choices:
    names = Locale(locale).territories
    known = [(code, str(name)) for code, name in names.items() if len(code) == 2 and code.isalpha() and code != "ZZ"]
    return tuple(sorted(known, key=lambda one: (one[0] != "VN", sort_key(one[1]))))


def countries() -> Choices:
    """Countries by name, Viet Nam first."""
    return _countries(current_locale())


def code_lists() -> list[CodeList]:
    """The classifications people choose from in the form. IPC is typed."""
    tables = current_tables()
    made: list[CodeList] = []
    for scheme in ("priority-field", "sector"):
        table = tables.get(scheme)
        if table is not None:
            made.append(CodeList(scheme, _(_TITLES[scheme]), boxes=_options(table, None)))
    for scheme, lists in (("research-field", 3), ("vsic", 2)):
        table = tables.get(scheme)
        if table is not None:
            made.append(CodeList(scheme, _(_TITLES[scheme]), groups=_groups(table), lists=lists))
    return made


def _options(table: ReferenceTable, parent: str | None) -> Choices:
    locale = current_locale()
    return [(f"{table.scheme}:{term.code}", term.label(locale)) for term in table.children(parent)]


def _groups(table: ReferenceTable) -> Grouped:
    """Each top code as a group with itself first and the level below; one group where there is no level below."""
    locale = current_locale()
    tops = table.children()
    if not any(table.children(top.code) for top in tops):
        return [(table.manifest.title(locale), _options(table, None))]
    return [
        (
            f"{top.code} {top.label(locale)}",
            [(f"{table.scheme}:{top.code}", top.label(locale)), *_options(table, top.code)],
        )
        for top in tops
    ]


def offered_codes(lists: Sequence[CodeList]) -> frozenset[str]:
    """Every value the form offers; a listing may carry others, which stay unless somebody takes them off."""
    return frozenset(value for one in lists for value in one.values)
