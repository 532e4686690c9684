"""Made-up exchanges of any size: the same listings for the same seed, one at a time, so that a million fit in memory.

A listing reads like those of the demo content: its text is sentences drawn from there, four fifths Vietnamese, about
170 words; title, codes, price and dates are drawn by chance. A mark of its own in every title keeps them different.
"""

import random
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from app.demo import content
from app.search.port import SearchDocument
from app.search.text import fold

SEED: Final = 11
WORDS: Final = 170
_VIETNAMESE: Final = 0.82
_SUBJECTS: Final = (
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
    "vật liệu hấp phụ kim loại nặng",
    "thiết bị thị giác máy phân loại quả",
    "dây chuyền chiết xuất tinh dầu",
    "thuốc trừ sâu sinh học",
    "tua bin gió cỡ nhỏ",
)
_ENGLISH_SUBJECTS: Final = (
    "wireless sensor network",
    "solar water pump",
    "heat pump dryer",
    "membrane filter",
    "machine vision sorter",
    "battery storage system",
)
_PURPOSES: Final = (
    "cho nông sản",
    "trong nhà kính",
    "tại khu công nghiệp",
    "cho doanh nghiệp nhỏ",
    "quy mô hợp tác xã",
    "cho ngành dệt nhuộm",
    "trong chế biến thuỷ sản",
    "cho vùng nước mặn",
)
_ENGLISH_PURPOSES: Final = ("for small factories", "for greenhouses", "for food processing", "in coastal regions")
_KINDS: Final = ("technology", "technology", "equipment", "patent", "service", "need")
_REGIONS: Final = ("79", "01", "48", "75", "92", "31", "80", "86")
_TRANSFERS: Final = ("non_exclusive_licence", "joint_venture", "full_assignment")
_MADE_ON: Final = datetime(2026, 11, 1, tzinfo=UTC)
_SENTENCE: Final = re.compile(r"(?<=[.!?;])\s+|\n+")


@cache
def _sentences(language: str) -> tuple[str, ...]:
    """The sentences of the demo content in one language, each with its number of words small enough to be one."""
    ending = "_en" if language == "en" else ""
    found: dict[str, None] = {}
    for one in (*content.offers(), *content.needs()):
        for text in _texts(one.fields, ending):
            found.update(dict.fromkeys(part.strip() for part in _SENTENCE.split(text) if 4 <= len(part.split()) <= 60))
    return tuple(found)


def _texts(fields: dict[str, Any], ending: str) -> Iterator[str]:
    for name in ("benefit", "summary", "description"):
        if isinstance(text := fields.get(name + ending), str):
            yield text
    if not ending:
        yield from (text for text in fields.get("details", {}).values() if isinstance(text, str))


def listings(count: int, *, seed: int = SEED) -> Iterator[SearchDocument]:
    """`count` documents for an engine; the first ones are the same whatever the count."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be guessed
    for number in range(count):
        yield _listing(chance, number)


def batches(count: int, *, size: int = 500, seed: int = SEED) -> Iterator[Sequence[SearchDocument]]:
    """The same in batches."""
    batch: list[SearchDocument] = []
    for one in listings(count, seed=seed):
        batch.append(one)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _listing(chance: random.Random, number: int) -> SearchDocument:
    language = "vi" if chance.random() < _VIETNAMESE else "en"
    subject = chance.choice(_SUBJECTS if language == "vi" else _ENGLISH_SUBJECTS)
    purpose = chance.choice(_PURPOSES if language == "vi" else _ENGLISH_PURPOSES)
    mark = f"{chance.choice('ABDGHKLMNPST')}{chance.choice('ABDGHKLMNPST')}-{chance.randrange(100, 99_999)}"
    price = chance.randrange(10, 5_000) * 1_000_000
    return SearchDocument(
        id=f"m{number:07}",
        kind=chance.choice(_KINDS),
        state="stale" if chance.random() < 0.05 else "published",
        title=f"{subject} {purpose} {mark}".capitalize(),
        summary=f"{subject.capitalize()} {purpose}.",
        body=_body(chance, _sentences(language)),
        language=language,
        organisation_id=f"o{chance.randrange(number // 10 + 1)}",
        verified=chance.random() < 0.3,
        regions=(chance.choice(_REGIONS),),
        trl=chance.randrange(1, 10),
        fields=(chance.choice("123456"), f"20{chance.randrange(1, 10)}"),
        transfer_forms=(chance.choice(_TRANSFERS),),
        price_kind="indicative",
        price_from=price,
        currency="VND",
        published_at=_MADE_ON - timedelta(seconds=number),
        confirmed_at=_MADE_ON - timedelta(seconds=number),
    )


def _body(chance: random.Random, sentences: Sequence[str]) -> str:
    parts: list[str] = []
    words = 0
    while words < WORDS:
        sentence = chance.choice(sentences)
        parts.append(sentence)
        words += sentence.count(" ") + 1
    return " ".join(parts)


def questions(count: int, *, seed: int = SEED) -> list[str]:
    """Different searches as people type them: part of a subject, with or without a purpose or words of a text; four
    in ten without marks, one in ten with a letter lost."""
    chance = random.Random(seed + 1)  # noqa: S311 - to be repeated, not to be guessed
    found: dict[str, None] = {}
    while len(found) < count:
        found[_question(chance)] = None
    return list(found)


def _question(chance: random.Random) -> str:
    language = "vi" if chance.random() < _VIETNAMESE else "en"
    subject = chance.choice(_SUBJECTS if language == "vi" else _ENGLISH_SUBJECTS).split()
    words = subject[: chance.randrange(2, len(subject) + 1)]
    more = chance.random()
    if more < 0.3:
        words += chance.choice(_PURPOSES if language == "vi" else _ENGLISH_PURPOSES).split()
    elif more < 0.7:
        sentence = chance.choice(_sentences(language)).split()
        start = chance.randrange(len(sentence) - 1)
        words += sentence[start : start + chance.randrange(1, 4)]
    text = " ".join(word.strip('.,;:()“”"') for word in words).strip()
    if chance.random() < 0.4:
        text = fold(text)
    if chance.random() < 0.1 and len(text) > 8:
        place = chance.randrange(3, len(text) - 1)
        text = text[:place] + text[place + 1 :]
    return " ".join(text.split())
