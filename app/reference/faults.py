"""What is wrong with a table file, said to the person who can mend it: which line, which column, why."""

from dataclasses import dataclass, field

from app.errors import Invalid
from app.i18n import N_, _

# A file that is wrong on every line is told so a hundred times, not a hundred thousand.
MOST_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault, in the language it was found in. `line` counts from 1 with the header, 0 when no line is meant.

    `place` says where in words: the file or sheet, the line, the column.
    """

    line: int
    column: str
    message: str
    place: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


def _problem(source: str, line: int, column: str, message: str) -> Problem:
    place = source
    if line:
        place += ", " + _("dòng %(line)s", line=line)
    if column:
        place += ", " + _("cột %(column)s", column=column)
    return Problem(line, column, message, place)


class TableFaults(Invalid):
    """A table file that cannot be loaded. `problems` holds at most 100 of the `total`; nothing was changed."""

    code = "table-faults"
    title = N_("Tệp bảng tham chiếu chưa hợp lệ")

    def __init__(self, problems: tuple[Problem, ...], total: int) -> None:
        fields: dict[str, str] = {}
        for problem in problems:
            path = ".".join(part for part in ("lines", str(problem.line), problem.column) if part)
            fields.setdefault(path if problem.line else problem.column or "file", problem.message)
        super().__init__(fields, "\n".join(map(str, problems)))
        self.problems = problems
        self.total = total


@dataclass(slots=True)
class Findings:
    """Faults found so far, so that all of them are told at once."""

    problems: list[Problem] = field(default_factory=list)
    total: int = 0

    def add(self, source: str, line: int, column: str, message: str) -> None:
        self.total += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(_problem(source, line, column, message))

    def stop_if_any(self) -> None:
        """Raises TableFaults when anything was found."""
        if self.total:
            raise TableFaults(tuple(self.problems), self.total)


def refuse(source: str, message: str, *, line: int = 0, column: str = "") -> TableFaults:
    """The error for a single fault that ends reading at once."""
    return TableFaults((_problem(source, line, column, message),), 1)
