"""Loading a reference table into the database: as a new version, or as a correction of one that is there.

Within a version the labels may be corrected and codes added; a code that goes, or moves to another place, makes
another version, because listings are keyed by version and code.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from app import journal
from app.database import Database
from app.errors import Conflict, Forbidden
from app.i18n import N_, _
from app.identity import SYSTEM, Actor, uuid7
from app.models.reference import ReferenceFormerCode, ReferenceScheme, ReferenceTerm
from app.reference import current
from app.reference.files import build_table, read_source
from app.reference.shipped import shipped_tables
from app.reference.store import describe, insert_history, insert_terms, read_current, read_version, term_row
from app.reference.tables import ReferenceTable

Origin = Literal["shipped", "file"]


class VersionTaken(Conflict):
    """The version is there with other codes; the file needs a version name of its own."""

    code = "reference-version-taken"


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What loading did, or with `checked_only` would do, beside the scheme's current version of before.

    `added`, `changed` (label, note, alias or place) and `removed` are codes in the order of the tables.
    `without_successor` are removed codes whose place nothing takes: listings that carry them keep the old code.
    `untranslated` counts terms whose English is the Vietnamese text.
    """

    scheme: str
    version: str
    before: str | None
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    without_successor: tuple[str, ...]
    unchanged: int
    untranslated: int
    is_current: bool
    nothing_new: bool
    checked_only: bool = False

    def lines(self, *, most: int = 20) -> list[str]:
        """The report in words, in the current language; long lists of codes end after `most`."""
        title = _("Bảng %(scheme)s, phiên bản %(version)s", scheme=self.scheme, version=self.version)
        if self.nothing_new:
            return [title, _("Nội dung đã có sẵn, không có gì thay đổi")]
        said = [title]
        if self.checked_only:
            said.append(_("Chỉ kiểm tra, chưa ghi vào cơ sở dữ liệu"))
        for name, codes in (
            (_("Mã thêm"), self.added),
            (_("Mã đổi"), self.changed),
            (_("Mã bỏ"), self.removed),
            (_("Mã bỏ mà chưa có mã kế thừa"), self.without_successor),
        ):
            if codes:
                shown = ", ".join(codes[:most]) + (" …" if len(codes) > most else "")
                said.append(f"{name} ({len(codes)}): {shown}")
        said.append(_("Giữ nguyên: %(count)s", count=self.unchanged))
        if self.untranslated:
            said.append(_("Chưa có tên tiếng Anh: %(count)s", count=self.untranslated))
        if not self.is_current:
            said.append(_("Phiên bản hiện hành vẫn là %(version)s", version=self.before))
        return said


def load_file(
    session: Session,
    *,
    path: Path,
    actor: Actor,
    now: datetime,
    manifest: Path | None = None,
    scheme: str | None = None,
    version: str | None = None,
    make_current: bool = True,
    check_only: bool = False,
) -> LoadReport:
    """Load a CSV or XLSX table file (docs/reference-tables.md says how it looks). The same file again changes nothing.

    Args:
        manifest: the .toml that describes the file, where it does not lie beside it.
        scheme, version: go before what the manifest says.
        make_current: whether pages and search use this version from now on.
        check_only: find faults and report, write nothing.

    Raises:
        Forbidden: the actor is neither an operator nor the system.
        TableFaults: faults in the file, with line numbers.
        VersionTaken: the version is there with codes that this file lacks or puts elsewhere.
    """
    _only_operators(actor)
    source = read_source(path, manifest=manifest)
    name = scheme or source.manifest.scheme or ""
    _one_at_a_time(session, name)
    wanted = version or source.manifest.version
    base = (read_version(session, scheme=name, version=wanted) if wanted else None) or read_current(
        session, scheme=name
    )
    table = build_table(source, scheme=scheme, version=version, base=base)
    return load_table(
        session,
        table=table,
        origin="file",
        actor=actor,
        now=now,
        make_current=make_current,
        check_only=check_only,
    )


def load_table(
    session: Session,
    *,
    table: ReferenceTable,
    origin: Origin,
    actor: Actor,
    now: datetime,
    make_current: bool = True,
    check_only: bool = False,
) -> LoadReport:
    """Write a checked table as its version. Raises as `load_file` does, but for TableFaults."""
    _only_operators(actor)
    _one_at_a_time(session, table.scheme)
    before = read_current(session, scheme=table.scheme)
    stored = read_version(session, scheme=table.scheme, version=table.version)
    turns_current = make_current and (before is None or before.version != table.version)
    same = stored is not None and _same(stored, table)
    report = _compare(
        before,
        table,
        is_current=make_current or (before is not None and before.version == table.version),
        nothing_new=same and not turns_current,
        check_only=check_only,
    )
    if stored is not None and not same:
        _check_correction(stored, table)
    if check_only or report.nothing_new:
        return report
    if stored is None:
        scheme_id = _insert(session, table=table, origin=origin, actor=actor, now=now)
    else:
        scheme_id = _correct(session, stored=stored, table=table, origin=origin, actor=actor, now=now)
    _note(session, entity_id=scheme_id, action="loaded", table=table, actor=actor, now=now)
    if turns_current:
        _turn_current(session, table=table, actor=actor, now=now)
    current.refresh_after_commit(session)
    return report


def load_shipped(session: Session, *, now: datetime) -> list[LoadReport]:
    """Bring the tables that come with the product into the database: after each migration, quick when nothing is new.

    What the operator loaded from a file stays: a version of the same name is left alone, and a current version that
    came from a file stays the current one.
    """
    reports = []
    for table in shipped_tables().values():
        versions = session.scalars(select(ReferenceScheme).where(ReferenceScheme.scheme == table.scheme)).all()
        own = [version for version in versions if version.origin == "file"]
        if any(version.version == table.version for version in own):
            continue
        make_current = not any(version.is_current for version in own)
        reports.append(
            load_table(session, table=table, origin="shipped", actor=SYSTEM, now=now, make_current=make_current)
        )
    return reports


def admin_load(
    database: Database,
    *,
    path: Path,
    now: datetime,
    manifest: Path | None = None,
    scheme: str | None = None,
    version: str | None = None,
    make_current: bool = True,
    check_only: bool = False,
) -> LoadReport:
    """`techmart admin reference load FILE`: `load_file` as the system, in one unit of work."""
    with database.unit_of_work() as session:
        return load_file(
            session,
            path=path,
            actor=SYSTEM,
            now=now,
            manifest=manifest,
            scheme=scheme,
            version=version,
            make_current=make_current,
            check_only=check_only,
        )


def _only_operators(actor: Actor) -> None:
    if not (actor.is_operator or actor.is_system):
        raise Forbidden(N_("Chỉ đơn vị vận hành sàn được nạp bảng tham chiếu"))


def _one_at_a_time(session: Session, scheme: str) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"reference:{scheme}"})


def _same(stored: ReferenceTable, table: ReferenceTable) -> bool:
    return stored.manifest == table.manifest and stored.content_sha256() == table.content_sha256()


def _compare(
    before: ReferenceTable | None, table: ReferenceTable, *, is_current: bool, nothing_new: bool, check_only: bool
) -> LoadReport:
    old = {term.code: term for term in before.terms} if before is not None else {}
    removed = tuple(code for code in old if code not in table)
    followed = {former.code for former in table.history if before is not None and former.version == before.version}
    changed = tuple(term.code for term in table if term.code in old and old[term.code] != term)
    added = tuple(term.code for term in table if term.code not in old)
    return LoadReport(
        scheme=table.scheme,
        version=table.version,
        before=before.version if before is not None else None,
        added=added,
        changed=changed,
        removed=removed,
        without_successor=tuple(code for code in removed if code not in followed),
        unchanged=len(table) - len(added) - len(changed),
        untranslated=sum(term.label_en == term.label_vi for term in table),
        is_current=is_current,
        nothing_new=nothing_new,
        checked_only=check_only,
    )


def _check_correction(stored: ReferenceTable, table: ReferenceTable) -> None:
    """Raises VersionTaken when more than labels, notes, history and additional codes differ."""
    gone = [term.code for term in stored if term.code not in table]
    moved = [term.code for term in stored if (now := table.get(term.code)) and now.parent != term.parent]
    if gone or moved:
        raise VersionTaken(
            _(
                "Bảng %(scheme)s đã có phiên bản %(version)s, và tệp này bỏ hoặc chuyển chỗ %(count)s mã của phiên bản "
                "đó (%(codes)s); hãy đặt tên phiên bản khác",
                version=table.version,
                scheme=table.scheme,
                count=len(gone) + len(moved),
                codes=", ".join([*gone, *moved][:10]),
            )
        )


def _insert(session: Session, *, table: ReferenceTable, origin: Origin, actor: Actor, now: datetime) -> UUID:
    scheme = ReferenceScheme(
        id=uuid7(),
        scheme=table.scheme,
        version=table.version,
        origin=origin,
        is_current=False,
        loaded_at=now,
        loaded_by_id=actor.person_id,
        content_sha256=table.content_sha256(),
        **describe(table),
    )
    session.add(scheme)
    session.flush()
    insert_terms(session, table, table.terms)
    insert_history(session, table)
    return scheme.id


def _correct(
    session: Session, *, stored: ReferenceTable, table: ReferenceTable, origin: Origin, actor: Actor, now: datetime
) -> UUID:
    scheme = session.get_one(ReferenceScheme, (table.scheme, table.version))
    for name, value in describe(table).items():
        setattr(scheme, name, value)
    scheme.content_sha256 = table.content_sha256()
    scheme.origin = origin
    scheme.loaded_at = now
    scheme.loaded_by_id = actor.person_id
    session.flush()
    places = {term.code: place for place, term in enumerate(stored)}
    insert_terms(session, table, [term for term in table if term.code not in stored])
    changed = [
        row
        for place, term in enumerate(table)
        if term.code in stored and (stored.get(term.code) != term or places[term.code] != place)
        for row in [term_row(table, term, place)]
    ]
    if changed:
        session.execute(update(ReferenceTerm), changed)
    session.execute(
        delete(ReferenceFormerCode).where(
            ReferenceFormerCode.scheme == table.scheme, ReferenceFormerCode.version == table.version
        )
    )
    insert_history(session, table)
    return scheme.id


def _turn_current(session: Session, *, table: ReferenceTable, actor: Actor, now: datetime) -> None:
    # One after the other: the unique index allows one current version of a scheme at every moment.
    for last in session.scalars(
        select(ReferenceScheme).where(ReferenceScheme.scheme == table.scheme, ReferenceScheme.is_current)
    ).all():
        last.is_current = False
        _note(session, entity_id=last.id, action="superseded", table=table, actor=actor, now=now)
    scheme = session.get_one(ReferenceScheme, (table.scheme, table.version))
    scheme.is_current = True
    session.flush()


def _note(
    session: Session, *, entity_id: UUID, action: str, table: ReferenceTable, actor: Actor, now: datetime
) -> None:
    journal.append(
        session,
        entity="reference_scheme",
        entity_id=entity_id,
        action=action,
        actor_id=actor.person_id,
        at=now,
        data={"scheme": table.scheme, "version": table.version},
    )
