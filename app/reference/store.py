"""Reference tables as rows: reading them from the database and writing them to it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ScalarSelect, case, func, insert, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from app.models.reference import ReferenceFormerCode, ReferenceScheme, ReferenceTerm
from app.reference.synonyms import pairs_mark
from app.reference.tables import FormerCode, Level, Manifest, ReferenceTable, Status, Term

_CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Edition:
    """A version of a scheme as the database has it: equal as long as nothing new was loaded into it."""

    scheme: str
    version: str
    is_current: bool
    origin: str
    content_sha256: str
    loaded_at: datetime


def mark() -> ScalarSelect[str]:
    """A subquery for a short text that differs after every load; a caller may make it part of a query of its own."""
    line = func.concat_ws(
        ":",
        ReferenceScheme.scheme,
        ReferenceScheme.version,
        ReferenceScheme.is_current,
        ReferenceScheme.content_sha256,
        func.extract("epoch", ReferenceScheme.loaded_at),
    )
    lines = func.string_agg(line, aggregate_order_by(literal_column("','"), line))
    # Terms in two languages are read with the tables, and again when any pair changed.
    tables = select(func.coalesce(func.md5(lines), "")).scalar_subquery()
    pairs = pairs_mark()
    return select(case((pairs > 0, func.concat(tables, "/", pairs)), else_=tables)).scalar_subquery()


def pairs_revision(mark: str) -> int:
    """The revision of the pairs of terms that a mark was made at; 0 where there are none."""
    _, stroke, revision = mark.rpartition("/")
    return int(revision) if stroke else 0


def editions(session: Session) -> tuple[Edition, ...]:
    """Every version of every scheme: one query of a few rows."""
    rows = session.execute(
        select(
            ReferenceScheme.scheme,
            ReferenceScheme.version,
            ReferenceScheme.is_current,
            ReferenceScheme.origin,
            ReferenceScheme.content_sha256,
            ReferenceScheme.loaded_at,
        ).order_by(ReferenceScheme.scheme, ReferenceScheme.version)
    )
    return tuple(Edition(*row) for row in rows)


def read_current(session: Session, *, scheme: str) -> ReferenceTable | None:
    """The scheme's current version; None when none was ever loaded."""
    found = session.scalars(
        select(ReferenceScheme).where(ReferenceScheme.scheme == scheme, ReferenceScheme.is_current)
    ).one_or_none()
    return _table(session, found) if found is not None else None


def read_version(session: Session, *, scheme: str, version: str) -> ReferenceTable | None:
    """A version of a scheme, current or not; None when it was never loaded."""
    found = session.get(ReferenceScheme, (scheme, version))
    return _table(session, found) if found is not None else None


def _table(session: Session, scheme: ReferenceScheme) -> ReferenceTable:
    terms = session.execute(
        select(
            ReferenceTerm.code,
            ReferenceTerm.level,
            ReferenceTerm.label_vi,
            ReferenceTerm.label_en,
            ReferenceTerm.parent,
            ReferenceTerm.note_vi,
            ReferenceTerm.note_en,
            ReferenceTerm.aliases,
        )
        .where(ReferenceTerm.scheme == scheme.scheme, ReferenceTerm.version == scheme.version)
        .order_by(ReferenceTerm.position)
    )
    history = session.execute(
        select(
            ReferenceFormerCode.former_version,
            ReferenceFormerCode.code,
            ReferenceFormerCode.successor,
            ReferenceFormerCode.label_vi,
            ReferenceFormerCode.label_en,
            ReferenceFormerCode.until,
            ReferenceFormerCode.aliases,
        )
        .where(ReferenceFormerCode.scheme == scheme.scheme, ReferenceFormerCode.version == scheme.version)
        .order_by(ReferenceFormerCode.position)
    )
    return ReferenceTable(
        manifest=Manifest(
            scheme=scheme.scheme,
            version=scheme.version,
            title_vi=scheme.title_vi,
            title_en=scheme.title_en,
            source=scheme.source,
            licence=scheme.licence,
            status=cast(Status, scheme.status),
            prefix_codes=scheme.prefix_codes,
            levels=tuple(
                Level(**{**level, "prefixes": tuple(level["prefixes"]), "suffixes": tuple(level["suffixes"])})
                for level in scheme.levels
            ),
        ),
        terms=tuple(Term(*row[:-1], aliases=tuple(row.aliases)) for row in terms),
        history=tuple(FormerCode(*row[:-1], aliases=tuple(row.aliases)) for row in history),
    )


def describe(table: ReferenceTable) -> dict[str, Any]:
    """The manifest as columns of ReferenceScheme, but for scheme and version."""
    manifest = table.manifest
    return {
        "title_vi": manifest.title_vi,
        "title_en": manifest.title_en,
        "source": manifest.source,
        "licence": manifest.licence,
        "status": manifest.status,
        "prefix_codes": manifest.prefix_codes,
        "levels": [_level_row(level) for level in manifest.levels],
    }


def _level_row(level: Level) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(level).items()}


def insert_terms(session: Session, table: ReferenceTable, terms: Sequence[Term]) -> None:
    """Write these terms of the table, each at its place in it."""
    wanted = {term.code for term in terms}
    rows = [term_row(table, term, place) for place, term in enumerate(table) if term.code in wanted]
    # Parents first: each chunk is one statement, checked against what is there.
    rows.sort(key=lambda row: row["level"])
    for start in range(0, len(rows), _CHUNK):
        session.execute(insert(ReferenceTerm), rows[start : start + _CHUNK])


def term_row(table: ReferenceTable, term: Term, place: int) -> dict[str, Any]:
    """A term as a row of ReferenceTerm."""
    row = asdict(term)
    return {**row, "aliases": list(term.aliases), "scheme": table.scheme, "version": table.version, "position": place}


def insert_history(session: Session, table: ReferenceTable) -> None:
    """Write the whole history of the table."""
    rows = [_history_row(table, former, place) for place, former in enumerate(table.history)]
    for start in range(0, len(rows), _CHUNK):
        session.execute(insert(ReferenceFormerCode), rows[start : start + _CHUNK])


def _history_row(table: ReferenceTable, former: FormerCode, place: int) -> dict[str, Any]:
    row = asdict(former)
    row["former_version"] = row.pop("version")
    return {
        **row,
        "aliases": list(former.aliases),
        "scheme": table.scheme,
        "version": table.version,
        "position": place,
    }
