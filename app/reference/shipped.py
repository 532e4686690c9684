"""The tables that come with the product: what a fresh database starts with, and the fall-back before it is read."""

import functools
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from app.reference.files import read_table
from app.reference.tables import ReferenceTable

DATA = Path(__file__).resolve().parent / "data"
LAYOUTS = Path(__file__).resolve().parent / "layouts"

# In the order people meet them.
SHIPPED_SCHEMES = ("region", "research-field", "vsic", "ipc", "trl", "priority-field", "sector")


@functools.cache
def shipped_tables() -> Mapping[str, ReferenceTable]:
    """The shipped tables by scheme, read and checked once per process (about 50 ms)."""
    return MappingProxyType({scheme: read_table(DATA / f"{scheme}.csv") for scheme in SHIPPED_SCHEMES})
