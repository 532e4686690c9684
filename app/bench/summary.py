"""What the figures of a whole exchange say, as the text of docs/benchmarks.md."""

from collections.abc import Sequence

from app.bench.pages import RAW
from app.bench.report import conditions, table, times
from app.bench.scenario import Figures


def summary(figures: Sequence[Figures], *, repeated: str) -> str:
    """The tables for all sizes. Absolute figures are for this machine; the ratios travel."""
    parts = [
        "# What it takes",
        "",
        (f"Written by `techmart bench` ({conditions()}): one serving process and one worker, embedded PostgreSQL, "
        f"{repeated} repeated under new ids. The machine runs the clients too. Absolute figures belong to that machine "
        "and hour; the ratios are what to compare."),
        "",
        "## In",
        "",
        table(
            [
                "listings", "file MiB", "import s", "lines/s", "import peak MiB", "index s", "documents/s",
                "database MiB", "index MiB",
            ],
            [
                [
                    f"{one.listings:,}", one.file_mib, one.imported.seconds, one.listings / one.imported.seconds,
                    one.imported.peak_mib, one.indexed_s, one.listings / one.indexed_s, one.database_mib,
                    one.index_mib,
                ]
                for one in figures
            ],
        ),
        "",
        "From the commit of a change until it is found, right after the import and with others writing:",
        "",
        table(
            ["listings", "changes a second meanwhile", "p50 ms", "p95 ms"],
            [[f"{one.listings:,}", one.written_per_s, *times(one.searchable)] for one in figures],
        ),
        "",
        "## Out",
        "",
        page_text(figures),
        "",
        "Eight clients at once, each asking the same questions in turn:",
        "",
        table(
            ["listings", "what", "requests/s", "p50 ms", "p95 ms", "answers other than 2xx and 3xx"],
            [
                [
                    f"{one.listings:,}", name, load.per_second, load.p50, load.p95,
                    sum(count for status, count in load.statuses.items() if not 200 <= status < 400),
                ]
                for one in figures
                for name, load in one.loads.items()
            ],
        ),
        "",
        "Serving process, worker and supervisor together: "
        + ", ".join(f"{one.serving_mib:,.0f} MiB at {one.listings:,} listings" for one in figures)
        + " (resident, shared pages counted for each).",
        "",
    ]  # fmt: skip
    return "\n".join(parts)


def page_text(figures: Sequence[Figures]) -> str:
    """Pages and API beside the raw call."""
    explained = (
        "One client, one request after the other, in the same minute as the raw call: `engine.search` in a process of "
        "its own with the same words, every facet of the page, and the same twenty hits marked. “Asked again” is a "
        "question whose answer is still known because nothing was written since. Processor time is that of the "
        "answering process; PostgreSQL's is not in it."
    )
    rows: list[list[object]] = []
    for one in figures:
        raw = next(figure for figure in one.pages if figure.name == RAW)
        rows += [
            [
                f"{one.listings:,}", figure.name, *times(figure.wall), figure.wall.p50 / raw.wall.p50,
                figure.processor, figure.processor / raw.processor if raw.processor else "",
            ]
            for figure in one.pages
        ]  # fmt: skip
    columns = ["listings", "what", "p50 ms", "p95 ms", "× raw", "processor ms", "× raw"]
    return f"{explained}\n\n{table(columns, rows)}"
