"""How well and how quickly the search engine finds, on judged sets and on made-up exchanges of any size.

    python scripts/measure_search.py --data FOLDER            quality, on FOLDER/eval-dev
    python scripts/measure_search.py --documents 10000        latency and indexing rate

A judged set is a folder with queries.jsonl (id, text), qrels.tsv (query, 0, document, grade) and corpus.jsonl.gz
(id, title, text), or a file CORPUS naming the folder that has the corpus. Figures of one run are comparable with each
other, not with those of another machine.
"""

import argparse
import gzip
import json
import math
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from app.search.embedded import EmbeddedEngine
from app.search.port import CandidateQuery, Changes, Eq, In, Range, SearchDocument, SearchQuery, Sort

T = TypeVar("T")
Ranking = Callable[[EmbeddedEngine, dict[str, Any]], list[str]]
BATCH = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder with eval-dev")
    parser.add_argument("--documents", type=int, default=0, help="size of the made-up exchange")
    asked = parser.parse_args()
    if asked.data is not None:
        quality(asked.data / "eval-dev")
    if asked.documents:
        latency(asked.documents)


# Quality


def quality(folder: Path) -> None:
    print(f"{'set':24}{'queries':10}{'nDCG@10':>9}{'S@10':>7}{'R@100':>7}{'p50 ms':>8}")
    with tempfile.TemporaryDirectory() as place:
        engine = built(Path(place), folder / "xquad-vi")
        for variant in ("", "-nodiac", "-typo", "-telex", "-tcvn3"):
            report(engine, folder / "xquad-vi", variant, searched)
    for name in ("need-offer-sbir-en", "similar-offer-sbir-en"):
        with tempfile.TemporaryDirectory() as place:
            report(built(Path(place), folder / name), folder / name, "", proposed)


def built(place: Path, folder: Path) -> EmbeddedEngine:
    named = folder / "CORPUS"
    source = folder / named.read_text().strip() if named.exists() else folder
    with gzip.open(source / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    documents = [
        SearchDocument(id=row["id"], kind="technology", state="published", title=row["title"], body=row["text"])
        for row in rows
    ]
    engine = EmbeddedEngine(place)
    engine.rebuild(batches(documents), position=0, catch_up=lambda _: None)
    return engine


def searched(engine: EmbeddedEngine, query: dict[str, Any]) -> list[str]:
    answer = engine.search(SearchQuery(text=query["text"], limit=100, highlight=False))
    return [hit.id for hit in answer.hits]


def proposed(engine: EmbeddedEngine, query: dict[str, Any]) -> list[str]:
    title, body = query["text"], query.get("description", "")
    if not body:
        title, _, body = title.partition(". ")
    return [one.document.id for one in engine.candidates(CandidateQuery(title=title, body=body, limit=101)).found]


def report(engine: EmbeddedEngine, folder: Path, variant: str, ranking: Ranking) -> None:
    relevant: dict[str, dict[str, int]] = defaultdict(dict)
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        query, _, identifier, grade = line.split("\t")
        relevant[query][identifier] = int(grade)
    lines = (folder / f"queries{variant}.jsonl").read_text(encoding="utf-8").splitlines()
    gains, found, recalled, spent = [], [], [], []
    for one in map(json.loads, lines):
        begun = time.perf_counter()
        ranked = ranking(engine, one)
        spent.append(time.perf_counter() - begun)
        ranked = [identifier for identifier in ranked if identifier != one.get("exclude")]
        good = {identifier: grade for identifier, grade in relevant[one["id"]].items() if grade > 0}
        gains.append(ndcg(ranked[:10], good))
        found.append(any(identifier in good for identifier in ranked[:10]))
        recalled.append(sum(identifier in good for identifier in ranked[:100]) / len(good))
    figures = f"{statistics.mean(gains):9.4f}{statistics.mean(found):7.3f}{statistics.mean(recalled):7.3f}"
    print(f"{folder.name:24}{variant or 'as given':10}{figures}{statistics.median(spent) * 1000:8.1f}")


def ndcg(ranked: Sequence[str], good: dict[str, int]) -> float:
    gained: float = sum((2 ** good.get(one, 0) - 1) / math.log2(place + 2) for place, one in enumerate(ranked))
    ideal = sorted(good.values(), reverse=True)[:10]
    best: float = sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(ideal))
    return gained / best


# Latency

SUBJECTS = (
    "máy sấy bơm nhiệt",
    "hệ thống xử lý nước thải",
    "cảm biến độ ẩm không dây",
    "phần mềm quản lý sản xuất",
    "lò nung gốm tiết kiệm gas",
    "giống lúa chịu mặn",
    "chế phẩm vi sinh phân giải rơm",
    "màng lọc nano",
    "robot hàn tự động",
    "pin lưu trữ năng lượng",
    "bộ kít xét nghiệm nhanh",
    "wireless sensor network",
    "solar water pump",
)
PURPOSES = (
    "cho nông sản",
    "trong nhà kính",
    "tại khu công nghiệp",
    "cho doanh nghiệp nhỏ",
    "quy mô hợp tác xã",
    "for small factories",
    "cho ngành dệt nhuộm",
)
VIETNAMESE = """
công nghệ giảm chi phí vận hành tăng năng suất tiết kiệm điện nước đo kiểm tra tự động điều khiển nhiệt độ ẩm áp suất
dữ liệu người dùng kỹ sư bảo trì thay thế nhập khẩu trong nước kết quả thử nghiệm hiện trường mẫu phân tích chứng nhận
tiêu chuẩn chuyển giao đào tạo lắp đặt hướng dẫn nguyên liệu sản phẩm chất lượng ổn định thời gian thu hồi vốn
"""
ENGLISH = """
the system reduces energy use and improves yield with sensors for continuous control of temperature pressure and
humidity tested in field trials certified for industrial operation with training and maintenance included
"""
QUERIES = ("máy sấy", "xu ly nuoc thai", "cảm biến độ ẩm", "phần mềm quản lý", "solar pump", "tiết kiệm điện nước")
REGIONS = ("79", "01", "48", "75", "92", "31", "80", "86")
MADE_ON = datetime(2026, 11, 1, tzinfo=UTC)


def made_up(count: int) -> Iterator[SearchDocument]:
    """Listings of about 170 words, four fifths of them Vietnamese; the same ones every time."""
    chance = random.Random(11)
    words = {"vi": VIETNAMESE.split(), "en": ENGLISH.split()}
    for number in range(count):
        language = "vi" if chance.random() < 0.82 else "en"
        subject, purpose = chance.choice(SUBJECTS), chance.choice(PURPOSES)
        yield SearchDocument(
            id=f"m{number:07}",
            kind=chance.choice(("technology", "technology", "equipment", "patent", "service", "need")),
            state="stale" if chance.random() < 0.05 else "published",
            title=f"{subject} {purpose} mẫu {number % 997}".capitalize(),
            summary=f"{subject.capitalize()} {purpose}.",
            body=" ".join(chance.choices(words[language], k=150)),
            language=language,
            organisation_id=f"o{chance.randrange(count // 10 + 1)}",
            verified=chance.random() < 0.3,
            regions=(chance.choice(REGIONS),),
            trl=chance.randrange(1, 10),
            fields=(chance.choice("123456"), f"20{chance.randrange(1, 10)}"),
            transfer_forms=(chance.choice(("non_exclusive_licence", "joint_venture", "full_assignment")),),
            price_from=chance.randrange(10, 5_000) * 1_000_000,
            currency="VND",
            published_at=MADE_ON - timedelta(minutes=number),
        )


def latency(count: int) -> None:
    documents = list(made_up(count))
    with tempfile.TemporaryDirectory() as place:
        engine = EmbeddedEngine(Path(place))
        begun, used = time.perf_counter(), time.process_time()
        engine.rebuild(batches(documents), position=0, catch_up=lambda _: None)
        spent, used = time.perf_counter() - begun, time.process_time() - used
        size = sum(path.stat().st_size for path in Path(place).rglob("*") if path.is_file())
        print(f"{count} documents: built in {spent:.1f} s ({count / spent:.0f}/s), processor {used:.1f} s")
        print(f"{size / 1e6:.0f} MB on disk")
        facets = ("kind", "trl", "region", "field", "transfer_form")
        narrow = (In("kind", ("technology", "equipment")), Range("trl", 4, 9), Eq("verified", "true"))
        sorts: tuple[Sort, ...] = ("relevance", "newest", "price")
        full = [SearchQuery(text, narrow, facets, sort) for text in QUERIES for sort in sorts]
        needs = [CandidateQuery(one.title, one.body) for one in documents if one.kind == "need"][:20]
        timed("search: text, 3 filters, 5 facets, 20 hits marked", engine.search, full)
        timed("search: text alone", engine.search, [SearchQuery(text) for text in QUERIES])
        timed("search: nothing typed, 5 facets", engine.search, [SearchQuery(facets=facets)])
        timed("search: mistyped", engine.search, [SearchQuery("máy xấy thăng hoaa")])
        timed("suggest", engine.suggest, ["may s", "xử l", "phan mem", "so"])
        timed("candidates of a whole need", engine.candidates, needs)
        timed("one change, until it is found", lambda size: changed(engine, documents[:size]), [1] * 20, rounds=1)
        timed(f"{BATCH} changes", lambda size: changed(engine, documents[:size]), [BATCH] * 3, rounds=1)


def changed(engine: EmbeddedEngine, documents: Sequence[SearchDocument]) -> None:
    engine.apply(Changes(upserts=documents))
    engine.search(SearchQuery(filters=(Eq("id", documents[0].id),)))


def timed(what: str, call: Callable[[T], object], given: Sequence[T], *, rounds: int = 8) -> None:
    """Wall time, and processor time of all threads: on a busy machine the second says more."""
    wall, processor = [], []
    for turn in range(rounds + 1):
        for one in given:
            begun, used = time.perf_counter(), time.process_time()
            call(one)
            # The first round warms the caches.
            if turn:
                wall.append((time.perf_counter() - begun) * 1000)
                processor.append((time.process_time() - used) * 1000)
    wall.sort()
    figures = f"p50 {statistics.median(wall):7.1f} ms   p95 {wall[int(len(wall) * 0.95)]:7.1f} ms"
    print(f"  {what:52}{figures}   processor {statistics.median(processor):7.1f} ms")


def batches(documents: Sequence[SearchDocument]) -> Iterator[Sequence[SearchDocument]]:
    for start in range(0, len(documents), BATCH):
        yield documents[start : start + BATCH]


if __name__ == "__main__":
    main()
