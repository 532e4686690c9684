"""The banks that take transfers, as versioned data (data/banks-*.toml)."""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

_FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank: its BIN at NAPAS (six digits), the short name people know it by, and its whole name."""

    bin: str
    short: str
    name: str


@dataclass(frozen=True, slots=True)
class BankList:
    """One state of the list. `second_hand`: not read in the official publication."""

    effective: date
    second_hand: bool
    source: str
    banks: Mapping[str, Bank]


@functools.cache
def bank_list(on: date | None = None) -> BankList:
    """The newest state of the list in force on a day (of all, without one)."""
    states = []
    for path in _FOLDER.glob("banks-*.toml"):
        read = tomllib.loads(path.read_text(encoding="utf-8"))
        banks = {code: Bank(code, short, name) for code, (short, name) in read["banks"].items()}
        states.append(
            BankList(
                effective=read["effective"],
                second_hand=read["second_hand"],
                source=read["source"],
                banks=dict(sorted(banks.items(), key=lambda pair: pair[1].short.lower())),
            )
        )
    return max((one for one in states if on is None or one.effective <= on), key=lambda one: one.effective)


def bank_name(code: str) -> str:
    """What people call the bank with this BIN; the BIN itself for one that left the list."""
    found = bank_list().banks.get(code)
    return f"{found.short} – {found.name}" if found else code
