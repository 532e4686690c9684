"""Which offers of the demo answer which need, by what the texts say: for the demo's own tests and for matching's.

`FITS`: what a broker would put before the buyer, best first. `NEARLY`: near in subject, but wrong in something that
matters (stage, size, purpose, form), so a good match list shows it lower or with a reason against.
"""

from typing import Final

FITS: Final[dict[str, tuple[str, ...]]] = {
    "NC-001": ("CN-003", "DV-008"),
    "NC-002": ("CN-001", "TB-002", "SC-001", "DV-003"),
    "NC-003": ("CN-004", "CN-005", "DV-013", "SC-002", "TB-009"),
    "NC-004": ("CN-007", "TB-007", "DV-009", "SC-003"),
    "NC-005": ("CN-009", "SC-004"),
    "NC-006": ("CN-011", "SC-005", "DV-003"),
    "NC-007": ("CN-012", "TB-011"),
    "NC-008": ("CN-013", "CN-014", "SC-007", "DV-006", "TB-015", "SC-012"),
    "NC-009": ("CN-015", "TB-010", "SC-014"),
    "NC-010": ("CN-016", "DV-008"),
    "NC-011": ("CN-017", "SC-015", "TB-014"),
    "NC-012": ("CN-018", "DV-007"),
    "NC-013": ("CN-019", "DV-005"),
    "NC-014": ("CN-020", "TB-016", "DV-010"),
    "NC-015": ("CN-021", "SC-013"),
    "NC-016": ("SC-016",),
}

NEARLY: Final[dict[str, tuple[str, ...]]] = {
    "NC-001": ("TB-002", "CN-002"),
    "NC-002": ("CN-002", "TB-001"),
    "NC-003": ("CN-006", "TB-008", "SC-011"),
    "NC-004": ("CN-008",),
    "NC-005": ("CN-010", "TB-003"),
    "NC-006": ("CN-020", "SC-010"),
    "NC-007": ("CN-030",),
    "NC-008": ("CN-024",),
    "NC-009": ("CN-023",),
    "NC-010": ("CN-015",),
    "NC-011": ("CN-008", "CN-025"),
    "NC-012": ("TB-003",),
    "NC-013": ("TB-013",),
    "NC-014": ("CN-022",),
    "NC-015": ("CN-031",),
    "NC-016": ("CN-027",),
}
