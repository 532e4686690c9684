"""The manifest of a table file: what the table is, and which of the file's columns hold what."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from app.i18n import _
from app.reference.faults import Findings, refuse
from app.reference.rows import Row
from app.reference.tables import Level, Manifest, Status


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(str(error)) from error
    return pattern


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Scheme = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[a-z][a-z0-9-]{1,39}$")]
Version = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]{0,39}$")]


class LevelFile(BaseModel):
    """[[levels]] of a manifest; see app.reference.tables.Level."""

    model_config = ConfigDict(extra="forbid")

    level: int = Field(ge=1, le=20)
    title_vi: str = ""
    title_en: str = ""
    pattern: Annotated[str, AfterValidator(_compiles)] = ""
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()


class ManifestFile(BaseModel):
    """A manifest as written. What it leaves out is taken from the scheme's present version.

    `columns` names the file's column for each of the general ones, `defaults` gives a value to a column that the file
    lacks; `extends` adds the file's rows to the present version instead of replacing it. That is how a file of another
    layout (wards below provinces) is loaded without being rewritten.
    """

    model_config = ConfigDict(extra="forbid")

    scheme: Scheme | None = None
    version: Version | None = None
    title_vi: Text | None = None
    title_en: Text | None = None
    source: Text | None = None
    licence: Text | None = None
    status: Status | None = None
    prefix_codes: bool | None = None
    levels: tuple[LevelFile, ...] = ()
    extends: bool = False
    columns: dict[str, str] = Field(default_factory=dict)
    defaults: dict[str, str | int] = Field(default_factory=dict)

    def complete(self, *, source: str, base: Manifest | None) -> Manifest:
        """The full manifest, with the scheme's present one filling the gaps.

        Raises:
            TableFaults: something is said neither here nor there. The version must always be said: labels may only be
                corrected within a version that is named.
        """
        given = {name: value for name in _FILLED if (value := getattr(self, name)) is not None}
        known = {name: getattr(base, name) for name in _FILLED if base is not None and name != "version"}
        both = {"prefix_codes": False} | known | given
        findings = Findings()
        for name in _FILLED:
            if name not in both:
                findings.add(source, 0, name, _("Bảng mô tả thiếu mục này"))
        findings.stop_if_any()
        levels = tuple(Level(**level.model_dump()) for level in self.levels) or (base.levels if base else ())
        return Manifest(**both, levels=levels)


_FILLED = ("scheme", "version", "title_vi", "title_en", "source", "licence", "status", "prefix_codes")


def read_manifest(path: Path) -> ManifestFile:
    """A manifest from a TOML file.

    Raises:
        TableFaults: not TOML, or a key that is unknown or wrongly filled.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise refuse(path.name, _("Không đọc được bảng mô tả (%(reason)s)", reason=error)) from error
    return check_manifest(path.name, content)


def manifest_of_rows(source: str, rows: list[Row]) -> ManifestFile:
    """A manifest from a sheet of two columns, key and value; only the plain keys, not levels or columns.

    Raises:
        TableFaults: a key that is unknown or wrongly filled.
    """
    content = {row.cells[0]: row.cells[1] for row in rows if len(row.cells) > 1 and row.cells[0] and row.cells[1]}
    return check_manifest(source, content)


def check_manifest(source: str, content: dict[str, Any]) -> ManifestFile:
    """The manifest in a mapping.

    Raises:
        TableFaults: a key that is unknown or wrongly filled.
    """
    try:
        return ManifestFile.model_validate(content)
    except ValidationError as error:
        findings = Findings()
        for one in error.errors(include_url=False):
            column = ".".join(map(str, one["loc"]))
            findings.add(source, 0, column, _("Giá trị trong bảng mô tả không hợp lệ (%(reason)s)", reason=one["msg"]))
        findings.stop_if_any()
        raise
