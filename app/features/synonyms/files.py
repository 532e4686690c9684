"""Pairs of terms as a CSV file: vi, en, field, state ("" or "in use", "retired")."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TextIO

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import journal
from app.features.accounts.policies import require_operator
from app.features.moderation import audit
from app.features.synonyms.schemas import PairInput
from app.i18n.validation import explain
from app.identity import Actor, uuid7
from app.models.synonyms import SynonymPair, folded_pair, pair_key
from app.reference.current import refresh_after_commit
from app.reference.synonyms import next_revision

COLUMNS = ("vi", "en", "field", "state")
RETIRED = "retired"
_STATES = {"": False, "in use": False, RETIRED: True}


@dataclass(slots=True)
class ImportReport:
    """What an import did: counts of pairs, and (line number, what is wrong) of lines that were left out."""

    added: int = 0
    changed: int = 0
    retired: int = 0
    same: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Line:
    pair: PairInput
    retired: bool


def import_pairs(session: Session, *, actor: Actor, lines: Iterable[str], now: datetime) -> ImportReport:
    """Take the pairs of a file into the table; pairs that it does not name stay as they are.

    A line whose state is "retired" retires its pair, any other takes it into use. The same file twice changes nothing.

    Raises:
        Forbidden: the actor is no operator.
        ValueError: it lacks the columns vi and en.
    """
    require_operator(actor)
    report = ImportReport()
    revision = next_revision(session)
    known = {pair.key: pair for pair in session.scalars(select(SynonymPair))}
    touched: list[SynonymPair] = []
    for key, line in _read(lines, report).items():
        pair = known.get(key)
        if pair is None:
            if line.retired:
                report.same += 1
                continue
            pair = _new(line.pair, key, now)
            session.add(pair)
            report.added += 1
        elif (pair.retired_at is not None) != line.retired:
            pair.retired_at = now if line.retired else None
            report.retired += line.retired
            report.changed += not line.retired
        elif (pair.vi, pair.en, pair.field) != (line.pair.vi, line.pair.en, line.pair.field):
            report.changed += 1
        else:
            report.same += 1
            continue
        pair.vi, pair.en, pair.field = line.pair.vi, line.pair.en, line.pair.field
        pair.revision, pair.updated_at = revision, now
        touched.append(pair)
    if touched:
        session.flush()
        facts: dict[str, Any] = {"added": report.added, "changed": report.changed, "retired": report.retired}
        audit.record(
            session,
            actor=actor,
            action="synonym.imported",
            entity="synonym_pair",
            entity_id=touched[0].id,
            now=now,
            data=facts,
        )
        journal.append_many(
            session,
            entity="synonym_pair",
            entity_ids=[pair.id for pair in touched],
            action="imported",
            actor_id=actor.person_id,
            at=now,
        )
        refresh_after_commit(session)
    return report


def export_pairs(pairs: Iterable[SynonymPair], to: TextIO) -> int:
    """Write pairs as a file that `import_pairs` reads; returns how many."""
    writer = csv.writer(to, lineterminator="\n")
    writer.writerow(COLUMNS)
    written = 0
    for pair in pairs:
        writer.writerow((pair.vi, pair.en, pair.field, RETIRED if pair.retired_at else ""))
        written += 1
    return written


def _read(lines: Iterable[str], report: ImportReport) -> dict[str, _Line]:
    """The good lines by key, the later of two winning; faults go to the report."""
    reader = csv.DictReader(_without_mark(lines))
    if not {"vi", "en"} <= set(reader.fieldnames or ()):
        raise ValueError("the first line must name the columns vi, en and, if you like, field and state")
    found: dict[str, _Line] = {}
    for row in reader:
        given = {name: value for name in ("vi", "en", "field") if (value := row.get(name))}
        state = (row.get("state") or "").strip().lower()
        try:
            pair = PairInput.model_validate(given)
        except ValidationError as fault:
            error = fault.errors(include_url=False)[0]
            report.bad.append((reader.line_num, f"{error['loc'][0]}: {explain(error)}"))
            continue
        if state not in _STATES or pair.vi.lower() == pair.en.lower():
            reason = f"state: {state}" if state not in _STATES else f"vi = en: {pair.vi}"
            report.bad.append((reader.line_num, reason))
            continue
        found[pair_key(pair.vi, pair.en)] = _Line(pair, _STATES[state])
    return found


def _without_mark(lines: Iterable[str]) -> Iterator[str]:
    """The lines without the byte order mark that spreadsheets put in front."""
    for number, line in enumerate(lines):
        yield line.removeprefix("\ufeff") if number == 0 else line


def _new(data: PairInput, key: str, now: datetime) -> SynonymPair:
    return SynonymPair(
        id=uuid7(),
        vi=data.vi,
        en=data.en,
        field=data.field,
        key=key,
        folded=folded_pair(data.vi, data.en),
        origin="operator",
        created_at=now,
    )
