"""From a file to a checked ReferenceTable: every fault is found and told with its line before anything is changed."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from app.i18n import _
from app.reference.faults import Findings, refuse
from app.reference.manifests import ManifestFile, manifest_of_rows, read_manifest
from app.reference.rows import MOST_BYTES, Row, read_csv, read_xlsx
from app.reference.tables import FormerCode, Manifest, ReferenceTable, Term

TERM_COLUMNS = ("code", "parent", "level", "label_vi", "label_en", "note", "note_en", "aliases")
HISTORY_COLUMNS = ("version", "code", "label_vi", "label_en", "successor", "until", "aliases")
_NEEDED = {"code", "label_vi"}
_HISTORY_NEEDED = {"version", "code", "label_vi", "successor"}
_LONGEST = {"code": 40, "label_vi": 500, "label_en": 500}
_DEFAULT_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Source:
    """What lies in one file (and beside it) before it is checked."""

    name: str
    terms: list[Row]
    history: list[Row]
    history_name: str
    manifest: ManifestFile


def read_table(
    path: Path,
    *,
    manifest: Path | None = None,
    version: str | None = None,
    scheme: str | None = None,
    base: ReferenceTable | None = None,
) -> ReferenceTable:
    """The table in a CSV or XLSX file, checked: `read_source` and `build_table` in one go."""
    return build_table(read_source(path, manifest=manifest), version=version, scheme=scheme, base=base)


def build_table(
    source: Source,
    *,
    version: str | None = None,
    scheme: str | None = None,
    base: ReferenceTable | None = None,
) -> ReferenceTable:
    """The checked table.

    Args:
        source: what was read. The general columns are code, parent, level, label_vi, label_en, note, note_en and
            aliases (several with | between); only code and label_vi must be there.
        version: goes before the manifest's version, as `scheme` does before its scheme.
        base: the version that this one follows, extends or corrects. It fills the gaps of the manifest, lends its
            English to names that did not change, and hands on its history.

    Raises:
        TableFaults: what is wrong, with line numbers.
    """
    given = source.manifest.model_copy(
        update={name: value for name, value in (("version", version), ("scheme", scheme)) if value}
    )
    if base is not None and given.scheme not in (None, base.scheme):
        base = None
    described = given.complete(source=source.name, base=base.manifest if base else None)
    if given.extends and base is None:
        raise refuse(source.name, _("Chưa có phiên bản hiện hành nào để bổ sung vào"), column="extends")
    findings = Findings()
    terms = _read_terms(source, given, described, findings, base)
    if given.extends and base is not None:
        terms = {term.code: term for term in base.terms} | terms
    history = _read_history(source, findings, terms)
    findings.stop_if_any()
    if base is not None:
        history = [*history, *_carried(base, history, terms)]
    return ReferenceTable(described, tuple(terms.values()), tuple(history))


def read_source(path: Path, *, manifest: Path | None = None) -> Source:
    """The rows of a file, its history and its manifest.

    The manifest is the one given, else a sheet "manifest" of the workbook, else FILE with the ending .toml, else an
    empty one. The history is a sheet "history", else FILE with the ending .history.csv, else none.

    Raises:
        TableFaults: no such file, another kind of file, or one that cannot be read.
    """
    if not path.is_file():
        raise refuse(path.name, _("Không tìm thấy tệp bảng"))
    if path.stat().st_size > MOST_BYTES:
        raise refuse(path.name, _("Tệp bảng quá lớn"))
    history: list[Row] = []
    history_name = f"{path.name}, history"
    described: ManifestFile | None = read_manifest(manifest) if manifest else None
    ending = path.suffix.lower()
    if ending == ".csv":
        terms = read_csv(path, path.read_bytes())
        beside = path.with_suffix(".history.csv")
        if beside.is_file():
            history, history_name = read_csv(beside, beside.read_bytes()), beside.name
    elif ending == ".xlsx":
        sheets = read_xlsx(path)
        history = sheets.pop("history", [])
        manifest_rows = sheets.pop("manifest", None)
        if described is None and manifest_rows is not None:
            described = manifest_of_rows(f"{path.name}, manifest", manifest_rows)
        terms = next(iter(sheets.values()), [])
    else:
        raise refuse(path.name, _("Chỉ nhận tệp .csv hoặc .xlsx"))
    if described is None:
        beside = path.with_suffix(".toml")
        described = read_manifest(beside) if beside.is_file() else ManifestFile()
    if not terms:
        raise refuse(path.name, _("Tệp bảng không có dòng nào"))
    return Source(path.name, terms, history, history_name, described)


def _cells(
    name: str,
    rows: list[Row],
    findings: Findings,
    *,
    known: tuple[str, ...],
    needed: set[str],
    columns: Mapping[str, str],
    defaults: Mapping[str, str],
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row after the header as (line, general column → text), after checks that are the same for all columns."""
    header = [cell.lower() for cell in rows[0].cells]
    wanted = {general: columns.get(general, general).lower() for general in known}
    places = {general: header.index(own) for general, own in wanted.items() if own in header}
    for general in sorted(needed - places.keys() - defaults.keys()):
        findings.add(name, rows[0].line, wanted[general], _("Thiếu cột bắt buộc"))
    if not columns:
        for own in header:
            if own and own not in known:
                findings.add(name, rows[0].line, own, _("Cột này không có trong định dạng"))
    findings.stop_if_any()
    for row in rows[1:]:
        if len(row.cells) > len(header) and any(row.cells[len(header) :]):
            findings.add(name, row.line, "", _("Nhiều ô hơn dòng tiêu đề; ô chứa dấu phẩy phải đặt trong ngoặc kép"))
            continue
        cells = {general: row.cells[place] if place < len(row.cells) else "" for general, place in places.items()}
        cells = {general: cells.get(general, "") or defaults.get(general, "") for general in known}
        if _fits(name, row.line, cells, findings, needed):
            yield row.line, cells


def _fits(name: str, line: int, cells: Mapping[str, str], findings: Findings, needed: set[str]) -> bool:
    before = findings.total
    for column, text in cells.items():
        most = _LONGEST.get(column, _DEFAULT_LONGEST)
        if not text and column in needed:
            findings.add(name, line, column, _("Cột bắt buộc đang trống"))
        elif len(text) > most:
            findings.add(name, line, column, _("Ô dài quá %(most)s ký tự", most=most))
        elif any(sign == "\N{REPLACEMENT CHARACTER}" or unicodedata.category(sign) == "Co" for sign in text):
            findings.add(name, line, column, _("Có ký tự hỏng; kiểm tra lại bảng mã của tệp"))
    return findings.total == before


def _read_terms(
    source: Source, given: ManifestFile, described: Manifest, findings: Findings, base: ReferenceTable | None
) -> dict[str, Term]:
    """Terms by code in the order of the file; what is wrong goes to `findings`."""
    lines: dict[str, tuple[int, dict[str, str]]] = {}
    defaults = {column: str(value) for column, value in given.defaults.items()}
    for line, cells in _cells(
        source.name,
        source.terms,
        findings,
        known=TERM_COLUMNS,
        needed=_NEEDED,
        columns=given.columns,
        defaults=defaults,
    ):
        if cells["code"] in lines:
            first = lines[cells["code"]][0]
            findings.add(source.name, line, "code", _("Mã đã có ở dòng %(line)s", line=first))
        else:
            lines[cells["code"]] = (line, cells)
    if not lines and not findings.total:
        findings.add(source.name, 0, "", _("Tệp bảng không có dòng nào"))
    above = base if given.extends else None
    places = _Places(source.name, lines, described, findings, above)
    return {code: _term(code, cells, places, base) for code, (_line, cells) in lines.items()}


def _term(code: str, cells: Mapping[str, str], places: "_Places", base: ReferenceTable | None) -> Term:
    parent, level = places.of(code)
    known = base.get(code) if base is not None else None
    label_en, note_en = cells["label_en"], cells["note_en"]
    if known is not None and known.label_vi == cells["label_vi"]:
        # Official tables come in Vietnamese only: a name that did not change keeps its English.
        label_en = label_en or known.label_en
    if known is not None and known.note_vi == cells["note"]:
        note_en = note_en or known.note_en
    return Term(
        code=code,
        parent=parent,
        level=level,
        label_vi=cells["label_vi"],
        label_en=label_en or cells["label_vi"],
        note_vi=cells["note"],
        note_en=note_en,
        aliases=_split(cells["aliases"]),
    )


@dataclass(frozen=True, slots=True)
class _Places:
    """Works out parent and level of each code, from what its row says and from the rows of the codes above it."""

    source: str
    lines: Mapping[str, tuple[int, Mapping[str, str]]]
    manifest: Manifest
    findings: Findings
    above: ReferenceTable | None

    def of(self, code: str) -> tuple[str | None, int]:
        """(parent, level) of a code; a fault is noted and a harmless place returned."""
        line, cells = self.lines[code]
        parent = self._parent(code)
        level = self._level(code)
        if cells["level"] and not (cells["level"].isdecimal() and 1 <= int(cells["level"]) <= 20):
            self._fault(line, "level", _("Cấp phải là số nguyên từ 1"))
        elif parent is None and level > 1:
            self._fault(line, "parent", _("Mã cấp %(level)s phải có mã cha", level=level))
        elif parent is not None and not self._knows(parent):
            self._fault(line, "parent", _("Không có mã cha %(parent)s", parent=parent))
        elif parent is not None and level <= (upper := self._level(parent)):
            message = _("Cấp %(level)s phải sâu hơn cấp %(upper)s của mã cha", level=level, upper=upper)
            self._fault(line, "level", message)
        else:
            self._check_pattern(line, code, level)
        return parent, level

    def _check_pattern(self, line: int, code: str, level: int) -> None:
        if not self.manifest.levels:
            return
        described = next((one for one in self.manifest.levels if one.level == level), None)
        if described is None:
            self._fault(line, "level", _("Bảng này không có cấp %(level)s", level=level))
        elif described.pattern and not re.fullmatch(described.pattern, code):
            message = _("Mã cấp %(level)s phải có dạng %(pattern)s", level=level, pattern=described.pattern)
            self._fault(line, "code", message)

    def _knows(self, code: str) -> bool:
        return code in self.lines or (self.above is not None and code in self.above)

    def _parent(self, code: str) -> str | None:
        cells = self.lines[code][1]
        if cells["parent"]:
            return cells["parent"]
        if not self.manifest.prefix_codes or cells["level"] == "1":
            return None
        return next((code[:end] for end in range(len(code) - 1, 0, -1) if self._knows(code[:end])), None)

    def _level(self, code: str) -> int:
        """The level of a code: as stated, else one below its parent. Stops at a ring of parents."""
        passed: set[str] = set()
        deeper = 0
        place: str | None = code
        while place is not None and place not in passed:
            passed.add(place)
            if place not in self.lines:
                term = self.above.get(place) if self.above is not None else None
                return deeper + (term.level if term is not None else 0)
            stated = self.lines[place][1]["level"]
            if stated.isdecimal() and int(stated) >= 1:
                return deeper + int(stated)
            deeper += 1
            place = self._parent(place)
        return deeper

    def _fault(self, line: int, column: str, message: str) -> None:
        self.findings.add(self.source, line, column, message)


def _read_history(source: Source, findings: Findings, terms: Mapping[str, Term]) -> list[FormerCode]:
    if not source.history:
        return []
    found: dict[tuple[str, str, str], FormerCode] = {}
    name = source.history_name
    for line, cells in _cells(
        name, source.history, findings, known=HISTORY_COLUMNS, needed=_HISTORY_NEEDED, columns={}, defaults={}
    ):
        key = (cells["version"], cells["code"], cells["successor"])
        until = _date(cells["until"])
        if cells["until"] and until is None:
            findings.add(name, line, "until", _("Ngày phải có dạng năm-tháng-ngày, ví dụ 2025-07-01"))
        if cells["successor"] not in terms:
            message = _("Không có mã kế thừa %(code)s trong bảng", code=cells["successor"])
            findings.add(name, line, "successor", message)
        if key in found:
            findings.add(name, line, "code", _("Dòng này đã có ở trên"))
        found[key] = FormerCode(
            version=cells["version"],
            code=cells["code"],
            successor=cells["successor"],
            label_vi=cells["label_vi"],
            label_en=cells["label_en"] or cells["label_vi"],
            until=until,
            aliases=_split(cells["aliases"]),
        )
    return list(found.values())


def _carried(base: ReferenceTable, history: list[FormerCode], terms: Mapping[str, Term]) -> Iterator[FormerCode]:
    """The history of the version before, led on to today's codes: 74 → 79 and later 79 → 80 make 74 → 80.

    What the file itself says of a code goes first; what ends nowhere is dropped.
    """
    stated = {(former.version, former.code) for former in history}
    seen: set[tuple[str, str, str]] = set()
    for former in base.history:
        if (former.version, former.code) in stated:
            continue
        onward = [one.successor for one in history if (one.version, one.code) == (base.version, former.successor)]
        for successor in onward or [former.successor]:
            key = (former.version, former.code, successor)
            if successor in terms and key not in seen:
                seen.add(key)
                yield replace(former, successor=successor)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _split(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for one in text.split("|") if (part := one.strip())))
