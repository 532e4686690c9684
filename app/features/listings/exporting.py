"""Writing what everybody may see into a file: JSONL (plain or gzip), CSV, XLSX. `techmart import` reads all of them.

Anonymous needs are in it without whose they are; the confidential part is not asked for at all.
"""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database import Database
from app.errors import Invalid
from app.features.listings import queries
from app.features.listings.details import DETAILS
from app.features.listings.policies import publicly_visible
from app.features.listings.records import detail_record, flat
from app.i18n import N_
from app.models.listings import Listing
from app.models.organisations import Organisation

BATCH: Final = 500
_UNKNOWN_FORMAT: Final = N_("Chỉ ghi được tệp .jsonl, .jsonl.gz, .csv hoặc .xlsx")
_UNKNOWN_ORGANISATION: Final = N_("Không có đơn vị nào mang tên này")
_NO_FOLDER: Final = N_("Không có thư mục này, hoặc không ghi được vào đó")

# Signs that make a spreadsheet take a text for a formula: such a cell gets a ' before it, which import takes off again.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

Progress = Callable[[int, int], None]
Write = Callable[[dict[str, Any]], None]


def export_file(
    database: Database,
    path: Path,
    *,
    kinds: Sequence[str] = (),
    organisation: str = "",
    progress: Progress | None = None,
) -> int:
    """Write every public listing, oldest id first; returns how many. The file appears when it is complete.

    Args:
        kinds: only these kinds; all when empty.
        organisation: only this organisation's, by its exact name. Its anonymous needs are left out.
        progress: called after every batch with how many are written and how many there are.

    Raises:
        Invalid: at "file" or "organisation".
    """
    ending = next((one for one in (".jsonl.gz", ".jsonl", ".csv", ".xlsx") if path.name.lower().endswith(one)), "")
    if not ending:
        raise Invalid({"file": _UNKNOWN_FORMAT})
    asked = publicly_visible()
    if kinds:
        asked = asked.where(Listing.kind.in_(kinds))
    written = 0
    unfinished = path.with_name(f".{path.name}.part")
    try:
        # The session ends first: packing a large sheet takes longer than a transaction may lie idle.
        with _writer(unfinished, ending) as write, database.read_only() as session:
            if organisation:
                wanted = select(Organisation.id).where(Organisation.name == organisation)
                if session.scalar(wanted.limit(1)) is None:
                    raise Invalid({"organisation": _UNKNOWN_ORGANISATION})
                asked = asked.where(Listing.organisation_id.in_(wanted), Listing.visibility == "public")
            total = session.scalar(select(func.count()).select_from(asked.subquery())) or 0
            for ids in _batches(session, asked):
                for detail in queries.details(session, ids=ids):
                    write(detail_record(detail))
                    written += 1
                if progress is not None:
                    progress(written, total)
        unfinished.replace(path)
    except OSError as fault:
        raise Invalid({"file": _NO_FOLDER}) from fault
    finally:
        unfinished.unlink(missing_ok=True)
    return written


def _batches(session: Session, asked: Any) -> Iterator[list[UUID]]:
    after: UUID | None = None
    while True:
        page = asked if after is None else asked.where(Listing.id > after)
        ids = list(session.scalars(page.with_only_columns(Listing.id).order_by(Listing.id).limit(BATCH)))
        if not ids:
            return
        yield ids
        after = ids[-1]


@contextmanager
def _writer(path: Path, ending: str) -> Iterator[Write]:
    if ending == ".xlsx":
        yield from _sheet(path)
        return
    with path.open("wb") as raw:
        if ending == ".jsonl.gz":
            # No time and no name inside: the same listings give the same bytes.
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed:
                yield lambda record: _json_line(packed, record)
        elif ending == ".jsonl":
            yield lambda record: _json_line(raw, record)
        else:
            text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
            table = csv.DictWriter(text, fieldnames=columns(), extrasaction="ignore")
            table.writeheader()
            yield lambda record: table.writerow({name: _guarded(cell) for name, cell in flat(record).items()})
            text.flush()
            text.detach()


def _json_line(stream: Any, record: dict[str, Any]) -> None:
    stream.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")


def _sheet(path: Path) -> Iterator[Write]:
    import openpyxl
    from openpyxl.cell import WriteOnlyCell

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("listings")
    names = columns()
    sheet.append(names)

    def write(record: dict[str, Any]) -> None:
        cells = flat(record)
        row = []
        for name in names:
            cell = WriteOnlyCell(sheet, value=_for_sheet(cells.get(name, "")))
            cell.data_type = "s"  # a text that begins with “=” stays a text
            row.append(cell)
        sheet.append(row)

    yield write
    book.save(path)


def columns() -> list[str]:
    """The columns of a table with every kind's details, in a fixed order."""
    common = [
        "kind", "title", "description", "external_id", "public_id", "organisation", "language", "benefit", "summary",
        "title_en", "benefit_en", "summary_en", "description_en", "keywords", "classifications", "region", "country",
        "trl", "transfer_forms", "payment_forms", "territory", "price.kind", "price.from", "price.to",
        "price.currency", "price.unit", "deadline", "visibility", "owners", "posted_as", "ip_status", "state", "source",
        "licence", "published_at", "confirmed_at", "expires_at", "updated_at", "version", "authority", "local_id",
    ]  # fmt: skip
    names = dict.fromkeys(name for model in DETAILS.values() for name in model.model_fields if name != "as_given")
    return common + [f"details.{name}" for name in names]


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _for_sheet(text: str) -> str:
    # A cell of Excel holds 32,767 characters at most.
    return text[:32_767]
