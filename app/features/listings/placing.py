"""Where a listing belongs: its region and classification codes, as the current reference tables know them."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.errors import Invalid
from app.features.listings.schemas import Classification
from app.i18n import N_, _
from app.models.listings import ListingClassification
from app.reference.current import current_tables, refresh
from app.reference.regions import resolve_region
from app.text import one_line

# What people choose from. Other schemes come by import and are kept as they are.
SCHEMES: Final = ("research-field", "vsic", "ipc", "priority-field", "sector")

_UNKNOWN_REGION: Final = N_("Không nhận ra tỉnh, thành phố “%(given)s”")
_UNKNOWN_SCHEME: Final = N_("Không có bảng phân loại “%(scheme)s”")
_UNKNOWN_CODE: Final = N_("Bảng phân loại %(scheme)s không có mã “%(code)s”")


def find_region(given: str | None) -> str | None:
    """The code of the region named by code, name, former name or address; None when none is named."""
    if not given:
        return None
    table = current_tables().get("region")
    if table is None:
        return None
    term = table.get(given.strip()) or resolve_region(table, given)
    return term.code if term is not None else None


def region_code(session: Session, given: str | None) -> str | None:
    """The same for what a person said; nothing stays nothing.

    Raises:
        Invalid: the region is not known.
    """
    if not given:
        return None
    refresh(session)
    code = find_region(given)
    if code is None:
        raise Invalid({"region": _(_UNKNOWN_REGION, given=given)})
    return code


def find_classification(scheme: str, code: str, version: str = "") -> tuple[str, str] | None:
    """(code, version) as the current table writes them; None when the scheme or code is not known.

    A code below what is loaded (IPC main groups) is kept under the version of its class.
    """
    table = current_tables().get(scheme)
    if table is None:
        return None
    term = table.find(code, version=version or None)
    if term is not None:
        return term.code, table.version
    if table.nearest(code) is not None:
        return one_line(code).upper(), table.version
    return None


def classification_rows(
    session: Session, listing_id: UUID, given: Sequence[Classification], *, labels: dict[tuple[str, str], str]
) -> list[dict[str, Any]]:
    """Rows of `listing_classification` for what a person chose, in that order.

    Args:
        labels: what already stands on the listing, (scheme, code) → label; codes of imported schemes may stay.

    Raises:
        Invalid: a scheme or code is not known.
    """
    if given:
        refresh(session)
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for one in given:
        found = find_classification(one.scheme, one.code, one.version) if one.scheme in SCHEMES else None
        if found is None and (one.scheme, one.code) not in labels:
            known = one.scheme in SCHEMES
            message = _(_UNKNOWN_CODE if known else _UNKNOWN_SCHEME, scheme=one.scheme, code=one.code)
            raise Invalid({"classifications": message})
        code, version = found or (one.code, one.version)
        rows[one.scheme, code] = {
            "listing_id": listing_id,
            "scheme": one.scheme,
            "version": version,
            "code": code,
            "label": labels.get((one.scheme, code), ""),
            "position": len(rows),
        }
    return list(rows.values())


def same_classifications(rows: Sequence[dict[str, Any]], present: Sequence[ListingClassification]) -> bool:
    """Whether the rows say what already stands there, in the same order."""
    return [(row["scheme"], row["version"], row["code"]) for row in rows] == [
        (one.scheme, one.version, one.code) for one in present
    ]
