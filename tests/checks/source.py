"""The checks on our own source, as functions that take a folder, so that each is shown a good and a bad example too."""

import ast
from collections.abc import Iterator
from pathlib import Path

LONGEST_FILE = 400
_CODE = {".py", ".html", ".css", ".js", ".mjs"}
_NOT_OURS = {"node_modules", "built", "vendor", "__pycache__", "data"}

# The two places that end transactions: the unit of work, and the migration runner on its own connection.
MAY_COMMIT = {"database.py", "migrate.py"}
_ENDS_TRANSACTION = {"commit", "rollback"}
_MAKES_SESSION = {"Session", "sessionmaker", "scoped_session"}


def code_files(*folders: Path) -> Iterator[Path]:
    """Every file of ours that people read as code."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in _CODE and path.is_file() and not _NOT_OURS & set(path.relative_to(folder).parts):
                yield path


def too_long(*folders: Path) -> list[str]:
    """“path: N lines” for every file past the length at which it wants to be two."""
    found = []
    for path in code_files(*folders):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST_FILE:
            found.append(f"{path}: {lines} lines")
    return found


def ends_transactions(folder: Path) -> list[str]:
    """“path:line: what” wherever code under `folder` commits, rolls back or makes a session of its own."""
    found = []
    for path in code_files(folder):
        if path.suffix != ".py" or str(path.relative_to(folder)) in MAY_COMMIT:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            if isinstance(called, ast.Attribute) and called.attr in _ENDS_TRANSACTION:
                if _is_index_writer(called.value):
                    continue
                found.append(f"{path}:{node.lineno}: {called.attr}()")
            elif isinstance(called, ast.Name) and called.id in _MAKES_SESSION:
                found.append(f"{path}:{node.lineno}: {called.id}()")
    return found


def _is_index_writer(receiver: ast.expr) -> bool:
    """Whether what is committed is a search index (`writer.commit()`), which has nothing to do with the database."""
    name = receiver.id if isinstance(receiver, ast.Name) else getattr(receiver, "attr", "")
    return name.lstrip("_") == "writer"


def job_modules(folder: Path, *, package: str) -> set[str]:
    """Dotted names of the modules under `folder` that register a job handler by @job(…) or @every(…)."""
    found = set()
    for path in code_files(folder):
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id in {"job", "every"}
                for mark in node.decorator_list
            ):
                found.add(".".join([package, *path.relative_to(folder).with_suffix("").parts]))
    return found
