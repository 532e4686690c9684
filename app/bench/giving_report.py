"""The table of `techmart bench exchange`."""

from collections.abc import Sequence

from app.bench.giving import Given
from app.bench.report import conditions, table


def giving_text(figures: Sequence[Given]) -> str:
    """Each way as a row, beside the first: the bare SELECT."""
    bare = figures[0].records / figures[0].seconds
    explained = (
        f"{figures[0].records:,} records ({conditions()}): the demo content shared as usual and then copied under new "
        "names. One client, one request after the other, which reads bytes and looks for the token; supervisor, one "
        "serving process and the worker share the machine with it. Memory is theirs together, at its highest."
    )
    rows: list[list[object]] = []
    for one in figures:
        rate = one.records / one.seconds
        rows.append([one.way, one.seconds, rate, rate / bare, one.sent_mib, one.peak_mib or "–"])
    return f"{explained}\n\n{table(['way', 's', 'records/s', '× bare', 'MiB sent', 'peak MiB'], rows)}"
