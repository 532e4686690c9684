"""Codes of the reference tables as requests may use them: one rule for checking them and for the OpenAPI document."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.features.listings.placing import SCHEMES
from app.i18n import N_
from app.reference.current import current_tables
from app.reference.tables import ReferenceTable

# The document lists the codes of a table up to this many; of a larger one it states only their form.
_MOST_LISTED: Final = 5_000
_ANY: Final = "^.+$"
# The scheme whose classes are in the table and whose codes below them are taken too.
_BELOW_TABLE: Final = "ipc"
# What may follow an IPC class that is in the table: subclass, main group, subgroup.
_BELOW_CLASS: Final = "([A-Z]( ?[0-9]{1,4}/[0-9]{2,6})?)?"
_IPC: Final = "^[A-H]([0-9]{2}([A-Z]( ?[0-9]{1,4}/[0-9]{2,6})?)?)?$"

_UNKNOWN_CODE: Final = N_("Bảng phân loại không có mã này")
_UNKNOWN_SCHEME: Final = N_("Không có bảng phân loại này")
_OTHER_VERSION: Final = N_("Hãy bỏ trống, hoặc ghi phiên bản hiện hành của bảng")


def code_schema(table: ReferenceTable) -> dict[str, Any]:
    """The JSON Schema of the codes that listings may have of a table."""
    if table.scheme == _BELOW_TABLE:
        deepest = max((term.level for term in table.terms), default=1)
        heads = [term.code for term in table.terms if term.level == deepest]
        if deepest != 2 or len(heads) > _MOST_LISTED:
            return {"type": "string", "pattern": _IPC}
        above = "|".join(re.escape(term.code) for term in table.terms if term.level < deepest)
        return {"type": "string", "pattern": f"^({above}|({'|'.join(map(re.escape, heads))}){_BELOW_CLASS})$"}
    if len(table.terms) > _MOST_LISTED:
        return {"type": "string", "pattern": _ANY}
    return {"type": "string", "enum": [term.code for term in table.terms]}


def region_schema() -> dict[str, Any]:
    """The JSON Schema of a region."""
    table = current_tables().get("region")
    return code_schema(table) if table is not None else {"type": "string"}


def classification_schema() -> dict[str, Any]:
    """The JSON Schema of one classification: the scheme decides what its codes are."""
    tables = [table for scheme in SCHEMES if (table := current_tables().get(scheme)) is not None]
    return {
        "title": "Classification",
        "description": "A code of one of the schemes under /api/v1/reference. The exchange adds the version itself.",
        "oneOf": [
            {
                "title": table.manifest.title_en,
                "type": "object",
                "properties": {
                    "scheme": {"const": table.scheme, "type": "string"},
                    "code": code_schema(table),
                    "version": {"anyOf": [{"const": table.version, "type": "string"}, {"type": "null"}]},
                },
                "required": ["scheme", "code"],
                "additionalProperties": False,
            }
            for table in tables
        ],
    }


def refused_codes(sent: Mapping[str, Any], *, present: Sequence[tuple[str, str]] = ()) -> dict[str, str]:
    """What of the codes in a request no table has, by dotted path.

    Args:
        sent: the body, as it was sent.
        present: (scheme, code) of what the listing has already, which may stay though no table here has it.
    """
    found: dict[str, str] = {}
    tables = current_tables()
    region = sent.get("region")
    if region is not None and "region" in tables and region not in tables["region"]:
        found["region"] = _UNKNOWN_CODE
    for number, one in enumerate(sent.get("classifications") or ()):
        if (one["scheme"], one["code"]) in present:
            continue
        table = tables.get(one["scheme"]) if one["scheme"] in SCHEMES else None
        path = f"classifications.{number}"
        if table is None:
            found[f"{path}.scheme"] = _UNKNOWN_SCHEME
        elif not _has(table, one["code"]):
            found[f"{path}.code"] = _UNKNOWN_CODE
        elif one.get("version") not in {None, table.version}:
            found[f"{path}.version"] = _OTHER_VERSION
    return found


def _has(table: ReferenceTable, code: str) -> bool:
    if code in table:
        return True
    return table.scheme == _BELOW_TABLE and bool(re.fullmatch(_IPC, code)) and code[:3] in table
