"""What pages about one record are made of: its state, facts, files and conversation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from markupsafe import Markup

from app.web.views.basics import Badge


@dataclass(frozen=True)
class Step:
    """One step of a life or a process. `note` says who or why."""

    label: str
    state: Literal["done", "current", "coming", "refused"] = "coming"
    at: datetime | date | None = None
    note: str = ""


@dataclass(frozen=True)
class Definition:
    """A term and what it is; several values stand below each other. Values may be Markup."""

    term: str
    values: Sequence[str | Markup]
    language: str = ""

    @classmethod
    def of(cls, term: str, *values: str | Markup, language: str = "") -> "Definition":
        """The shorter spelling: Definition.of("Model", "HP-40")."""
        return cls(term, values, language)


@dataclass(frozen=True)
class Figure:
    """A number that means something, and what it counts."""

    value: str
    label: str
    href: str = ""


@dataclass(frozen=True)
class FileItem:
    """A file to open; `size` is in bytes. `note` says what it is or who may see it."""

    name: str
    href: str
    size: int | None = None
    note: str = ""

    @property
    def ending(self) -> str:
        """The type people know it by: “PDF”."""
        return self.name.rpartition(".")[2].upper()[:5] if "." in self.name else ""


@dataclass(frozen=True)
class Message:
    """One entry of a conversation. `mine` puts it on the reader's side; events have no author and stand between."""

    text: str
    at: datetime
    author: str = ""
    organisation: str = ""
    mine: bool = False
    files: Sequence[FileItem] = ()
    badge: Badge | None = None
    language: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table. Numbers are set right-aligned."""

    label: str
    numeric: bool = False


@dataclass(frozen=True)
class Table:
    """Rows and columns; on a phone every row becomes a card that repeats the columns' names.

    The first cell of each row is its heading. Cells may be Markup.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str | Markup]]
    caption_seen: bool = False


@dataclass(frozen=True)
class Tab:
    """One of several views of the same thing, each with its own address."""

    label: str
    href: str
    current: bool = False
    count: int | None = None
