"""The figures as Markdown: tables, and the line that says where they come from."""

import os
import platform
from collections.abc import Sequence

from app import clock
from app.bench.measure import Timing


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; numbers are shown with what precision they deserve."""
    lines = ["| " + " | ".join(columns) + " |", "| " + " | ".join("---" for _ in columns) + " |"]
    lines += ["| " + " | ".join(_shown(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        if cell >= 100:
            return f"{cell:,.0f}"
        return f"{cell:.1f}" if cell >= 10 else f"{cell:.2f}"
    return str(cell)


def times(figure: Timing) -> tuple[float, float]:
    """The two columns p50 and p95, in milliseconds."""
    return figure.p50, figure.p95


def conditions() -> str:
    """Machine, day and load: what absolute figures belong to."""
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    return f"{clock.now():%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}{load}"
