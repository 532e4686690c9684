"""The table of `techmart bench taking`."""

from collections.abc import Sequence

from app.bench.report import conditions, table
from app.bench.taking import Taken


def taking_text(sizes: Sequence[Sequence[Taken]]) -> str:
    """Each way at each size as a row, beside the first of its size: the bare INSERT."""
    explained = (
        f"Taken by `techmart harvest` from a server on the same machine ({conditions()}), which has a serving process "
        "and a worker: the demo content shared as usual, then copied under new names and signed anew. Seconds are "
        "from the start of the process to its end; processor seconds and memory, at its highest, are those of that "
        "process alone."
    )
    rows: list[list[object]] = []
    for ways in sizes:
        bare = ways[0].records / ways[0].seconds
        for one in ways:
            rate = one.records / one.seconds
            used = one.records / one.processor_s if one.processor_s else "–"
            rows.append([f"{one.records:,}", one.way, one.seconds, rate, rate / bare, used, one.peak_mib or "–"])
    columns = ["records", "way", "s", "records/s", "× bare", "records per processor second", "peak MiB"]
    return f"{explained}\n\n{table(columns, rows)}"
