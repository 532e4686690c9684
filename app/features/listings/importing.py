"""Bringing a file of listings in: JSONL, CSV or XLSX, in batches, each its own transaction.

A bad line is told with its number and reason, the rest goes in. The key of a listing is (organisation, external_id);
a line that says what it said before changes nothing.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import clock, journal
from app.database import Database
from app.features.listings.anonymity import given_away
from app.features.listings.exchange_rows import ReadRow, open_rows
from app.features.listings.import_lines import BadLine, ImportedLine, check_line
from app.features.listings.import_organisations import Organisations
from app.features.listings.schemas import NeedInput
from app.features.listings.states import note_moves
from app.i18n import N_, _
from app.identity import new_public_id, uuid7
from app.models.listings import Listing, ListingClassification
from app.models.organisations import Organisation
from app.reference.current import refresh
from app.settings import Settings

log = logging.getLogger(__name__)

BATCH: Final = 500
_MOST_TOLD: Final = 1_000

_TWICE: Final = N_("external_id này đã có ở dòng %(line)s của cùng tệp")
_REFUSED: Final = N_("cơ sở dữ liệu không nhận dòng này: %(reason)s")


@dataclass(frozen=True, slots=True)
class ToldLine:
    """A line that did not go in, and why."""

    line: int
    reason: str


@dataclass(slots=True)
class ImportReport:
    """What became of a file. `told` holds the first thousand bad lines, `bad` counts them all."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    bad: int = 0
    organisations: int = 0
    told: list[ToldLine] = field(default_factory=list)

    def refuse(self, line: int, reason: str) -> None:
        self.bad += 1
        if len(self.told) < _MOST_TOLD:
            self.told.append(ToldLine(line, reason))


# Called after every batch with the report so far and the bytes of the file read so far.
Progress = Callable[[ImportReport, int], None]


def import_file(
    database: Database,
    path: Path,
    *,
    settings: Settings,
    publish: bool = False,
    organisation: str = "",
    progress: Progress | None = None,
    now: datetime | None = None,
) -> ImportReport:
    """Import a file.

    Args:
        publish: show the listings at once; else they wait as drafts (and drafts of an earlier import are published).
        organisation: whose the lines are that name nobody; else they are the operator's.

    Raises:
        Invalid: at "file", when the file as a whole cannot be read.
    """
    report = ImportReport()
    seen: dict[int, int] = {}
    with database.unit_of_work() as session:
        refresh(session)
    organisations = Organisations(settings=settings, default=organisation or settings.operator_name)
    with open_rows(path) as (rows, position):
        while batch := list(islice(rows, BATCH)):
            lines = [line for row in batch if (line := _checked(row, report)) is not None]
            lines = _each_once(lines, seen, organisations, report)
            at = now or clock.now()
            _write(database, lines, organisations, report, settings=settings, publish=publish, now=at)
            if progress is not None:
                progress(report, position())
    return report


def _checked(row: ReadRow, report: ImportReport) -> ImportedLine | None:
    report.read += 1
    if row.data is None:
        report.refuse(row.line, row.fault)
        return None
    try:
        return check_line(row.line, row.data)
    except BadLine as fault:
        report.refuse(row.line, str(fault))
        return None


def _each_once(
    lines: Iterable[ImportedLine], seen: dict[int, int], organisations: Organisations, report: ImportReport
) -> list[ImportedLine]:
    """The lines whose key did not stand in the file before. Only a number is kept of each key."""
    kept: list[ImportedLine] = []
    for line in lines:
        key = hash((organisations.name_of(line), line.external_id))
        if key in seen:
            report.refuse(line.line, _(_TWICE, line=seen[key]))
        else:
            seen[key] = line.line
            kept.append(line)
    return kept


def _write(
    database: Database,
    lines: Sequence[ImportedLine],
    organisations: Organisations,
    report: ImportReport,
    **how: Any,
) -> None:
    """Write a batch; should the database refuse it, each line by itself, so that only the culprit stays out."""
    if not lines:
        return
    try:
        with database.unit_of_work() as session:
            outcome = _write_batch(session, lines, organisations, **how)
    except DBAPIError as fault:
        organisations.forget()
        if len(lines) == 1:
            reason = str(fault.orig).strip().partition("\n")[0]
            log.warning("import: line %s refused by the database: %s", lines[0].line, reason)
            report.refuse(lines[0].line, _(_REFUSED, reason=reason))
            return
        for line in lines:
            _write(database, [line], organisations, report, **how)
        return
    report.created += outcome.created
    report.updated += outcome.updated
    report.unchanged += outcome.unchanged
    report.organisations += outcome.organisations
    for number, reason in outcome.refused:
        report.refuse(number, reason)


@dataclass(slots=True)
class _Outcome:
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    organisations: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def _write_batch(
    session: Session,
    lines: Sequence[ImportedLine],
    organisations: Organisations,
    *,
    settings: Settings,
    publish: bool,
    now: datetime,
) -> _Outcome:
    outcome = _Outcome()
    outcome.organisations = organisations.bring_in(session, lines, now=now)
    kept = [line for line in lines if not _betrays(session, line, organisations, outcome)]
    present = _present(session, kept, organisations)
    fresh: list[tuple[ImportedLine, UUID]] = []
    changed: list[tuple[ImportedLine, Any]] = []
    publishing: list[UUID] = []
    for line in kept:
        owner = organisations.id_of(line)
        row = present.get((owner, line.external_id))
        if row is None:
            fresh.append((line, owner))
            continue
        appears = publish and row.state == "draft"
        if row.import_sha256 == line.digest and row.kind == line.data.kind and not appears:
            outcome.unchanged += 1
            continue
        if row.kind != line.data.kind:
            outcome.refused.append((line.line, _("mục mang external_id này đã có và thuộc loại khác")))
            continue
        changed.append((line, row))
        if appears:
            publishing.append(row.id)
    _insert(session, fresh, settings=settings, publish=publish, now=now)
    _update(session, changed, publishing, settings=settings, now=now)
    outcome.created, outcome.updated = len(fresh), len(changed)
    return outcome


def _betrays(session: Session, line: ImportedLine, organisations: Organisations, outcome: _Outcome) -> bool:
    if not isinstance(line.data, NeedInput) or line.data.visibility != "anonymous":
        return False
    found = given_away(line.data, session.get_one(Organisation, organisations.id_of(line)))
    if found:
        outcome.refused.append((line.line, "; ".join(f"{path}: {message}" for path, message in found.items())))
    return bool(found)


def _present(
    session: Session, lines: Sequence[ImportedLine], organisations: Organisations
) -> Mapping[tuple[UUID, str], Any]:
    """What is there already of these lines' keys, locked until the batch is written."""
    rows = session.execute(
        select(
            Listing.id,
            Listing.organisation_id,
            Listing.external_id,
            Listing.kind,
            Listing.state,
            Listing.version,
            Listing.import_sha256,
        )
        .where(
            Listing.organisation_id.in_({organisations.id_of(line) for line in lines}),
            Listing.external_id.in_([line.external_id for line in lines]),
        )
        .order_by(Listing.id)
        .with_for_update()
    )
    return {(row.organisation_id, row.external_id or ""): row for row in rows}


def _shown(line: ImportedLine, *, settings: Settings, now: datetime) -> dict[str, Any]:
    """The columns of a listing that is published by the import."""
    confirmed = line.confirmed_at or now
    return {
        "state": "published",
        "published_at": min(line.published_at or now, now),
        "confirmed_at": confirmed,
        "confirm_due_at": now + timedelta(days=settings.confirm_after_days),
    }


def _insert(
    session: Session, fresh: Sequence[tuple[ImportedLine, UUID]], *, settings: Settings, publish: bool, now: datetime
) -> None:
    if not fresh:
        return
    rows: list[dict[str, Any]] = []
    codes: list[dict[str, Any]] = []
    for line, organisation_id in fresh:
        listing_id, public_id = uuid7(), new_public_id()
        rows.append(
            {
                **line.columns,
                "id": listing_id,
                "public_id": public_id,
                "authority": settings.authority,
                "local_id": public_id,
                "kind": line.data.kind,
                "state": "draft",
                "organisation_id": organisation_id,
                "created_at": now,
                "updated_at": now,
                "import_sha256": line.digest,
                "published_at": None,
                "confirmed_at": None,
                "confirm_due_at": None,
                **(_shown(line, settings=settings, now=now) if publish else {}),
            }
        )
        codes += [{**one, "listing_id": listing_id} for one in line.classifications]
    # With its empty columns said, every row has the same ones, and all go in one statement in place of hundreds.
    session.execute(insert(Listing).execution_options(render_nulls=True), rows)
    if codes:
        session.execute(insert(ListingClassification), codes)
    ids = [row["id"] for row in rows]
    note_moves(session, moved=dict.fromkeys(ids), to_state="published" if publish else "draft", move="import", now=now)
    journal.append_many(session, entity="listing", entity_ids=ids, action="imported", at=now)


def _update(
    session: Session,
    changed: Sequence[tuple[ImportedLine, Any]],
    publishing: Sequence[UUID],
    *,
    settings: Settings,
    now: datetime,
) -> None:
    if not changed:
        return
    appearing = dict.fromkeys(publishing, "draft")
    rows = [
        {
            **line.columns,
            "id": row.id,
            "updated_at": now,
            "version": row.version + 1,
            "import_sha256": line.digest,
            **(_shown(line, settings=settings, now=now) if row.id in appearing else {}),
        }
        for line, row in changed
    ]
    session.execute(update(Listing), rows)
    ids = [row.id for _line, row in changed]
    session.execute(delete(ListingClassification).where(ListingClassification.listing_id.in_(ids)))
    codes = [{**one, "listing_id": row.id} for line, row in changed for one in line.classifications]
    if codes:
        session.execute(insert(ListingClassification), codes)
    note_moves(session, moved=appearing, to_state="published", move="import", now=now)
    journal.append_many(session, entity="listing", entity_ids=ids, action="imported", at=now)
