"""What `techmart bench search` and `bench match` say: tables and plots, written into a document where it has room."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from app.bench.engine_load import WRITES_PER_S, EngineFigures
from app.bench.match_load import MatchFigures
from app.bench.pages import FRESH_API, FRESH_PAGE, RAW
from app.bench.plot import bars
from app.bench.quality import Judged
from app.bench.report import conditions, table, times
from app.bench.scenario import Figures
from app.bench.summary import page_text

_VARIANTS: Final = {
    "": "as given",
    "nodiac": "without marks",
    "typo": "mistyped",
    "telex": "raw Telex",
    "tcvn3": "TCVN3",
}


def quality_text(judged: Sequence[Judged], *, engine: str) -> str:
    """How well is found, beside plain BM25 where it was computed."""
    plain = bool(judged) and bool(judged[0].plain)
    columns = ["set", "questions", "nDCG@10", "MRR@10", "found in 10", "recall at 100", "p50 ms"]
    if plain:
        columns += ["plain BM25, exact words", "folded words", "better than the better one by"]
    rows: list[list[object]] = []
    for one in judged:
        asked = ", ".join(part for part in (_VARIANTS.get(one.variant, one.variant), one.way) if part)
        ours = one.ours
        row: list[object] = [
            f"{one.set_name} ({one.questions:,} questions, {one.documents:,} documents)", asked, _share(ours.ndcg),
            _share(ours.reciprocal), _share(ours.found), _share(ours.recall), one.took.p50,
        ]  # fmt: skip
        if plain:
            exact, folded = one.plain["exact"].ndcg, one.plain["folded"].ndcg
            row += [_share(exact), _share(folded), f"{(ours.ndcg / max(exact, folded, 1e-9) - 1) * 100:+.1f} %"]
        rows.append(row)
    beside = (
        " Plain BM25 (nDCG@10) is computed in the same run by bm25s, over words as written and without diacritics."
        if plain
        else ""
    )
    return (
        f"Judged sets, {engine} engine ({conditions()}). Every ranking is written as a run file and judged by nDCG@10 "
        f"from there.{beside}\n\n{table(columns, rows)}"
    )


def engine_text(figures: Sequence[EngineFigures]) -> str:
    """The engine by itself at all sizes."""
    first = figures[0]
    parts = [
        (
            f"Made-up listings of about 170 words, {first.engine} engine ({conditions()}). The raw call is "
            "`engine.search` with words, every facet of the results page, and twenty hits marked. Wall time, and the "
            "processor time of the searching process, which says more on a busy machine."
        ),
        table(
            ["listings", "what", "p50 ms", "p95 ms", "processor p50 ms"],
            [
                [f"{one.listings:,}", asked.name, *times(asked.wall), asked.processor.p50]
                for one in figures
                for asked in one.asked
            ],
        ),
        (
            "Raw calls a second by so many processes at once, and what the largest of them holds: all that is mapped, "
            "and what it shares with nobody."
        ),
        table(
            ["listings", "processes", "calls/s", "resident MiB", "own MiB"],
            [
                [f"{one.listings:,}", many.processes, many.per_second, many.resident_mib, many.own_mib]
                for one in figures
                for many in one.throughput
            ],
        ),
        (
            "Building the index, and from handing one change over until it is found, with "
            f"{WRITES_PER_S} other changes a second to be written."
        ),
        table(
            [
                "listings", "built in s", "documents/s", "per processor second", "peak MiB", "index MiB",
                "found p50 ms", "p95 ms",
            ],
            [
                [
                    f"{one.listings:,}", one.built_s, one.listings / one.built_s,
                    one.listings / one.built_processor_s, one.build_peak_mib, one.index_mib,
                    *times(one.searchable),
                ]
                for one in figures
            ],
        ),
    ]  # fmt: skip
    return "\n\n".join(parts)


def exchange_text(figures: Sequence[Figures]) -> str:
    """Pages and API over a whole exchange, and changes through database, journal and worker."""
    parts = [
        (
            f"Through a whole exchange ({conditions()}): the demo content repeated, PostgreSQL, one serving "
            f"process and one worker, which has nothing left to do when pages are asked. {page_text(figures)}"
        ),
        (
            "The index built from the database once PostgreSQL has cleaned up behind the import; and from the commit "
            "of a change until it is found, the worker still signing the records of the import, others writing."
        ),
        table(
            ["listings", "documents/s", "changes a second meanwhile", "found p50 ms", "p95 ms"],
            [
                [f"{one.listings:,}", one.listings / one.indexed_s, one.written_per_s, *times(one.searchable)]
                for one in figures
            ],
        ),
    ]
    return "\n\n".join(parts)


def change_text(one: MatchFigures) -> str:
    """What one change costs."""
    explained = (
        f"One change among {one.offers:,} offers and {one.needs:,} needs, the demo content repeated ({conditions()}): "
        "the matches of the changed listing worked out and kept, without the time of the search index. The lists of "
        f"the {one.lists:,} needs near the changed offers were made before, {one.lists / one.lists_s:,.1f} a second."
    )
    columns = ["changed", "p50 ms", "p95 ms", "processor p50 ms", "p95 ms"]
    rows = [
        ["an offer", *times(one.offer_wall), *times(one.offer_processor)],
        ["a need", *times(one.need_wall), *times(one.need_processor)],
    ]
    return f"{explained}\n\n{table(columns, rows)}"


def pictures(engines: Sequence[EngineFigures], exchanges: Sequence[Figures]) -> dict[str, str]:
    """The plots, by file name; those there are figures for."""
    made: dict[str, str] = {}
    if engines:
        made["search-latency.svg"] = bars(
            "Raw search call",
            {
                f"{one.listings:,} listings": {
                    "p50": one.raw.wall.p50,
                    "p95": one.raw.wall.p95,
                    "processor p50": one.raw.processor.p50,
                }
                for one in engines
            },
            up="ms",
        )
        made["search-throughput.svg"] = bars(
            "Raw search calls by processes at once",
            {
                f"{one.listings:,} listings": {
                    f"{many.processes} process{'es' * (many.processes > 1)}": many.per_second for many in one.throughput
                }
                for one in engines
            },
            up="calls a second",
        )
    if exchanges:
        made["search-pages.svg"] = bars(
            "Page and API beside the raw call",
            {f"{one.listings:,} listings": _medians(one) for one in exchanges},
            up="p50 in ms",
        )
    return made


def _medians(one: Figures) -> Mapping[str, float]:
    shown = {RAW, FRESH_PAGE, FRESH_API, f"{FRESH_PAGE}, asked again"}
    return {figure.name: figure.wall.p50 for figure in one.pages if figure.name in shown}


def _share(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def write_into(path: Path, name: str, text: str) -> None:
    """Put `text` into a file: between its marks `<!-- name -->` and `<!-- /name -->`, or as the whole file."""
    marks = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- /{re.escape(name)} -->)", re.DOTALL)
    known = path.read_text(encoding="utf-8") if path.exists() else ""
    if marks.search(known):
        text = marks.sub(lambda found: f"{found[1]}\n{text}\n\n{found[2]}", known)
    else:
        text = f"{text}\n"
    path.write_text(text, encoding="utf-8")
