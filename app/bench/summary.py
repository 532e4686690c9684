"""What the figures say, as the text of docs/benchmarks.md."""

import os
import platform
from collections.abc import Sequence

from app import clock
from app.bench.report import table
from app.bench.scenario import Figures


def summary(figures: Sequence[Figures], *, repeated: str) -> str:
    """The tables for all sizes. Absolute figures are for this machine; the ratios travel."""
    parts = [
        "# What it takes",
        "",
        (f"Written by `techmart bench` on {clock.now():%Y-%m-%d}: {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, one serving process and one worker, embedded PostgreSQL, {repeated} repeated "
        "under new ids. The machine runs the clients too. Absolute figures belong to that machine and hour; the "
        "ratios are what to compare."),
        "",
        "## In",
        "",
        table(
            [
                "listings", "file MiB", "import s", "lines/s", "import peak MiB", "index s", "documents/s",
                "database MiB", "index MiB", "a change searchable after s",
            ],
            [
                [
                    f"{one.listings:,}", one.file_mib, one.imported.seconds, one.listings / one.imported.seconds,
                    one.imported.peak_mib, one.indexed_s, one.listings / one.indexed_s, one.database_mib,
                    one.index_mib, one.searchable_s,
                ]
                for one in figures
            ],
        ),
        "",
        "## Out",
        "",
        ("One client, one request after the other; then eight clients at once. A bare SELECT 1 and a raw call of the "
        "search engine (the same words, all facets, highlighting) ran in the same round."),
        "",
        table(
            [
                "listings", "what", "p50 ms", "p95 ms", "× raw search", "× bare SELECT", "8 clients: requests/s",
                "p95 ms", "answers other than 2xx",
            ],
            [row for one in figures for row in _rows(one)],
        ),
        "",
        "Serving process, worker and supervisor together: "
        + ", ".join(f"{one.serving_mib:,.0f} MiB at {one.listings:,} listings" for one in figures)
        + " (resident, shared pages counted for each).",
        "",
    ]  # fmt: skip
    return "\n".join(parts)


def _rows(one: Figures) -> list[list[object]]:
    rows: list[list[object]] = [
        [f"{one.listings:,}", "bare SELECT 1", one.bare_select.p50, one.bare_select.p95, "", 1, "", "", ""],
        [
            f"{one.listings:,}", "raw search", one.raw_engine.p50, one.raw_engine.p95, 1,
            one.raw_engine.p50 / one.bare_select.p50, "", "", "",
        ],
    ]  # fmt: skip
    for name, page in one.pages.items():
        load = one.loads[name]
        others = sum(count for status, count in load.statuses.items() if not 200 <= status < 300)
        rows.append(
            [
                f"{one.listings:,}", name, page.p50, page.p95, page.p50 / one.raw_engine.p50,
                page.p50 / one.bare_select.p50, load.per_second, load.p95, others,
            ]
        )  # fmt: skip
    return rows
