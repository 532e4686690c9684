"""A reference table in memory: immutable, built once, asked many times.

Codes are keyed by scheme and version, because the same code may mean another thing in the next version. History says
which term took the place of a code of an earlier version.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal, TypeVar

from app.i18n.collation import sort_key
from app.reference.names import name_key, spelling, words

Status = Literal["official", "2nd-hand", "own"]
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a table, 1 being the top. `pattern` is a regular expression its codes match in full ("" for any).

    `prefixes` and `suffixes` are the words for a unit that people put before or after a name ("tỉnh", "province").
    """

    level: int
    title_vi: str = ""
    title_en: str = ""
    pattern: str = ""
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()

    def title(self, locale: str) -> str:
        return self.title_en if locale == "en" else self.title_vi


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a table is: its scheme and version, and where it comes from.

    `status`: official (the official text itself), 2nd-hand (read in a digest or another's copy), own (official codes
    with titles written for this product). `prefix_codes`: a code begins with its parent's code, as in the IPC.
    """

    scheme: str
    version: str
    title_vi: str
    title_en: str
    source: str
    licence: str
    status: Status
    prefix_codes: bool = False
    levels: tuple[Level, ...] = ()

    def title(self, locale: str) -> str:
        return self.title_en if locale == "en" else self.title_vi

    def level(self, number: int) -> Level:
        """The description of a level; an empty one where the manifest says nothing of it."""
        return next((level for level in self.levels if level.level == number), Level(number))


@dataclass(frozen=True, slots=True)
class Term:
    """One code with its place and its labels. `aliases` are other names it is known by, for finding only."""

    code: str
    level: int
    label_vi: str
    label_en: str
    parent: str | None = None
    note_vi: str = ""
    note_en: str = ""
    aliases: tuple[str, ...] = ()

    def label(self, locale: str) -> str:
        return self.label_en if locale == "en" else self.label_vi

    def note(self, locale: str) -> str:
        return self.note_en if locale == "en" else self.note_vi


@dataclass(frozen=True, slots=True)
class FormerCode:
    """A code of an earlier version and the present term it became. `until`: the first day it was not in force."""

    version: str
    code: str
    successor: str
    label_vi: str
    label_en: str
    until: date | None = None
    aliases: tuple[str, ...] = ()

    def label(self, locale: str) -> str:
        return self.label_en if locale == "en" else self.label_vi


@dataclass(frozen=True, eq=False)
class ReferenceTable:
    """One version of one table. Build it from checked rows (app/reference/files.py does): parents before children.

    Raises:
        ValueError: a code stands twice, or a parent or successor is missing. A file is told so line by line before.
    """

    manifest: Manifest
    terms: tuple[Term, ...]
    history: tuple[FormerCode, ...] = ()

    def __post_init__(self) -> None:
        if len(self._by_code) != len(self.terms):
            raise ValueError(f"a code stands twice in {self.scheme} {self.version}")
        named = {term.parent for term in self.terms if term.parent is not None}
        named |= {former.successor for former in self.history}
        missing = sorted(named - self._by_code.keys())
        if missing:
            raise ValueError(f"codes named but not present in {self.scheme} {self.version}: {missing}")

    @cached_property
    def _by_code(self) -> Mapping[str, Term]:
        return {term.code: term for term in self.terms}

    @cached_property
    def _children(self) -> Mapping[str | None, tuple[Term, ...]]:
        return _grouped((term.parent, term) for term in self.terms)

    @cached_property
    def _by_former(self) -> Mapping[str, tuple[FormerCode, ...]]:
        return _grouped((former.code, former) for former in self.history)

    @cached_property
    def _by_successor(self) -> Mapping[str, tuple[FormerCode, ...]]:
        return _grouped((former.successor, former) for former in self.history)

    @property
    def scheme(self) -> str:
        return self.manifest.scheme

    @property
    def version(self) -> str:
        return self.manifest.version

    def __len__(self) -> int:
        return len(self.terms)

    def __iter__(self) -> Iterator[Term]:
        return iter(self.terms)

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def get(self, code: str) -> Term | None:
        """The term of exactly this code in this version."""
        return self._by_code.get(code)

    def find(self, code: str, *, version: str | None = None) -> Term | None:
        """The present term for a code as given by somebody else; None when there is none, or more than one.

        Spaces and case are forgiven ("a01b" finds A01B where it is there). A code of this version means its term of
        this version; a code that is not, or that comes with an earlier `version`, is followed to its successor. A
        code that was split has several successors: see `successors`.
        """
        for candidate in _spellings(code):
            if version in (None, "", self.version) and candidate in self._by_code:
                return self._by_code[candidate]
            followed = self.successors(candidate, version=version if version != self.version else None)
            if len(followed) == 1:
                return followed[0]
            if followed:
                return None
        return None

    def successors(self, code: str, *, version: str | None = None) -> tuple[Term, ...]:
        """The present terms that took the place of a former code, of any earlier version or of the one given."""
        found = [former.successor for former in self._by_former.get(code, ()) if version in (None, "", former.version)]
        return tuple(self._by_code[one] for one in dict.fromkeys(found))

    def former_codes(self, code: str) -> tuple[FormerCode, ...]:
        """The former codes that became this term, in the order of the history file."""
        return self._by_successor.get(code, ())

    def nearest(self, code: str) -> Term | None:
        """The term of this code, or of the closest code above it that the table has ("A01B 3/00" → A01).

        Only where codes begin with their parent's code; elsewhere the same as `find`.
        """
        found = self.find(code)
        if found is not None or not self.manifest.prefix_codes:
            return found
        for candidate in _spellings(code):
            for length in range(len(candidate) - 1, 0, -1):
                if candidate[:length] in self._by_code:
                    return self._by_code[candidate[:length]]
        return None

    def label(self, code: str, locale: str, *, version: str | None = None) -> str:
        """The label in a language. A code of an earlier version keeps the label it had; an unknown code is given back.

        A page must show something for every code that was ever accepted, so this never fails.
        """
        if version in (None, "", self.version):
            term = self._by_code.get(code)
            if term is not None:
                return term.label(locale)
        for former in self._by_former.get(code, ()):
            if version in (None, "", former.version):
                return former.label(locale)
        term = self.find(code, version=version)
        return code if term is None else term.label(locale)

    def chain(self, code: str) -> tuple[Term, ...]:
        """The term with all above it, the top first; empty for an unknown code."""
        chain: list[Term] = []
        term = self._by_code.get(code)
        while term is not None:
            chain.append(term)
            term = self._by_code[term.parent] if term.parent is not None else None
        return tuple(reversed(chain))

    def children(self, code: str | None = None) -> tuple[Term, ...]:
        """The terms right below a code, or the top level, in the order of the table."""
        return self._children.get(code, ())

    def by_name(self, locale: str, *, within: str | None = None) -> tuple[Term, ...]:
        """The children of a code, or the top level, in the order of their names as Vietnamese puts them.

        A word for the unit before a name does not count: TP. Hồ Chí Minh stands under H.
        """
        return tuple(sorted(self.children(within), key=lambda term: (sort_key(self._bare(term, locale)), term.code)))

    def _bare(self, term: Term, locale: str) -> str:
        label = term.label(locale)
        spoken = words(label)
        for prefix in self._unit_words.get(term.level, ((), ()))[0]:
            if spoken.startswith(f"{prefix} "):
                return label.split(maxsplit=prefix.count(" ") + 1)[-1]
        return label

    def subtree(self, code: str) -> frozenset[str]:
        """The code and all codes below it: what a filter on `code` lets through. Empty for an unknown code."""
        if code not in self._by_code:
            return frozenset()
        found, waiting = set(), [code]
        while waiting:
            one = waiting.pop()
            found.add(one)
            waiting += [child.code for child in self.children(one)]
        return frozenset(found)

    def resolve(self, text: str, *, within: str | None = None) -> Term | None:
        """The term meant by a name, an alias, a former name or a code; None when nothing or more than one fits.

        Case, diacritics, spaces and words for the kind of unit do not matter, unless diacritics alone tell two names
        apart. Looked for right below `within`, or on the top level.
        """
        levels = {child.level for child in self.children(within)}
        for key in self._keys(text, levels):
            codes = self._names.get((within, key))
            if codes:
                return self._the_one(codes, text)
        term = self.find(text) if text.strip() else None
        return term if term is not None and term.parent == within else None

    def _the_one(self, codes: frozenset[str], text: str) -> Term | None:
        terms = [self._by_code[code] for code in codes]
        if len(terms) > 1:
            spelt = spelling(text)
            terms = [term for term in terms if spelt in map(spelling, (term.label_vi, term.label_en, *term.aliases))]
        return terms[0] if len(terms) == 1 else None

    def _keys(self, text: str, levels: Iterable[int]) -> tuple[str, ...]:
        """The keys a text may be known by: as it stands first, then without the words for a unit of these levels."""
        keys = [name_key(text)]
        for number in levels:
            prefixes, suffixes = self._unit_words.get(number, ((), ()))
            if prefixes or suffixes:
                keys.append(name_key(text, prefixes=prefixes, suffixes=suffixes))
        return tuple(key for key in dict.fromkeys(keys) if key)

    @cached_property
    def _unit_words(self) -> Mapping[int, tuple[tuple[str, ...], tuple[str, ...]]]:
        return {
            level.level: (tuple(map(words, level.prefixes)), tuple(map(words, level.suffixes)))
            for level in self.manifest.levels
        }

    @cached_property
    def _names(self) -> Mapping[tuple[str | None, str], frozenset[str]]:
        """(parent, key) → codes. Built when a name is first asked for: most tables are only ever asked for codes."""
        present: dict[tuple[str | None, str], set[str]] = {}
        for term in self.terms:
            for name in (term.label_vi, term.label_en, *term.aliases):
                for key in self._keys(name, (term.level,)):
                    present.setdefault((term.parent, key), set()).add(term.code)
        # A present name goes before a former one: Bắc Ninh means today's Bắc Ninh.
        past: dict[tuple[str | None, str], set[str]] = {}
        for former in self.history:
            successor = self._by_code[former.successor]
            for name in (former.label_vi, former.label_en, *former.aliases):
                for key in self._keys(name, (successor.level,)):
                    if (successor.parent, key) not in present:
                        past.setdefault((successor.parent, key), set()).add(successor.code)
        return {place: frozenset(codes) for place, codes in (present | past).items()}

    def content_sha256(self) -> str:
        """A digest of terms and history in their order: equal digests, equal content."""
        content = {
            "terms": [
                [t.code, t.parent, t.level, t.label_vi, t.label_en, t.note_vi, t.note_en, list(t.aliases)]
                for t in self.terms
            ],
            "history": [
                [f.version, f.code, f.successor, f.label_vi, f.label_en, str(f.until or ""), list(f.aliases)]
                for f in self.history
            ],
        }
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def _spellings(code: str) -> Sequence[str]:
    """How a code may be written in the table, given how somebody wrote it."""
    plain = unicodedata.normalize("NFKC", code).strip()
    tight = "".join(plain.split())
    return list(dict.fromkeys(one for one in (plain, tight, tight.upper(), tight.lower()) if one))


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    groups: dict[K, list[V]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in groups.items()}
