"""Subjects: axes learnt from an exchange's own listings, on which texts without a word in common may lie near."""

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest

from app.database import Database
from app.search import subjects
from app.search.embedded import EmbeddedEngine
from app.search.indexer import search_consumer
from app.search.meilisearch_index import kept_of, read_kept
from app.search.port import CandidateQuery, Changes, Eq
from app.search.subjects import (
    FEWEST_TEXTS,
    NO_SUBJECTS,
    Counts,
    Learner,
    Subjects,
    counts_of,
    nearness,
    read_subjects,
)
from tests import factories
from tests.search.samples import document


@pytest.fixture(autouse=True)
def few_axes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The made-up exchange has three subjects, and noise that would lie on further axes."""
    monkeypatch.setattr(subjects, "DIMENSIONS", 8)


# Words that are said of drying, of welding and of water; each text says some of one kind.
KINDS = {
    "drying": "máy sấy nông sản buồng nhiệt độ ẩm cà phê hạt tiêu bơm nhiệt mẻ sấy khay sấy",
    "welding": "rô bốt hàn cánh tay mối hàn que hàn khung thép hồ quang điện cực khí argon bàn hàn",
    "water": "nước thải màng lọc bùn vi sinh sục khí bể lắng hoá chất keo tụ trạm xử lý lưu lượng",
}


def texts(number: int = 600) -> list[tuple[str, str]]:
    """Kind and text of made-up listings, the same every time."""
    chance = random.Random(7)
    made = []
    for place in range(number):
        kind = list(KINDS)[place % 3]
        words = KINDS[kind].split()
        said = [f"{one} {other}" for one, other in itertools.pairwise(words)]
        # Words of no subject, so that there are more terms than axes.
        noise = [f"mẫu{chance.randrange(400)}" for _ in range(6)]
        made.append((kind, " ".join(chance.sample(said, 5) + noise)))
    return made


def learnt(number: int = 600) -> Subjects:
    learner = Learner()
    for _, text in texts(number):
        learner.add(counts_of("", text))
    return learner.learn()


def near(axes: Subjects, one: str, other: str) -> float:
    cosine = nearness(axes.place(counts_of("", one)), [axes.place(counts_of("", other))])[0]
    assert cosine is not None
    return cosine


def test_texts_of_one_subject_are_near_without_a_word_in_common() -> None:
    axes = learnt()
    assert not set(counts_of("", "bơm nhiệt")) & set(counts_of("", "khay sấy"))
    assert near(axes, "bơm nhiệt", "khay sấy") > 0.4
    assert near(axes, "bơm nhiệt", "hồ quang") < 0.2


def test_what_was_learnt_is_the_same_every_time_and_when_read_again() -> None:
    first, second = learnt(), learnt()
    assert list(first.terms) == list(second.terms)
    np.testing.assert_allclose(np.abs(first.axes), np.abs(second.axes), atol=1e-5)
    again = read_subjects(first.written())
    assert (list(again.terms), again.learnt_from) == (list(first.terms), 600)
    assert near(again, "bơm nhiệt", "khay sấy") == pytest.approx(near(first, "bơm nhiệt", "khay sấy"), abs=0.02)


def test_of_few_texts_nothing_is_learnt_and_nothing_is_near() -> None:
    axes = learnt(FEWEST_TEXTS - 1)
    assert (axes.terms, axes.learnt_from) == ({}, FEWEST_TEXTS - 1)
    assert axes.place(counts_of("", "máy sấy")) == b""
    assert nearness(b"", [b"\x01" * 8]) == [None]
    assert nearness(b"\x01" * 8, [b"", b"\x01" * 8]) == [None, pytest.approx(1.0)]


def test_unknown_words_have_no_place() -> None:
    assert learnt().place(counts_of("Zyzzogeton", "")) == b""


@pytest.mark.parametrize(
    ("learnt_from", "documents", "outgrown"),
    [(0, 299, False), (0, 300, True), (200, 799, False), (200, 800, True), (5_000, 1_000_000, False)],
)
def test_an_exchange_outgrows_what_was_learnt_from_it(learnt_from: int, documents: int, *, outgrown: bool) -> None:
    assert replace(NO_SUBJECTS, learnt_from=learnt_from).outgrown(documents) is outgrown


def test_terms_are_stems_and_pairs_of_syllables() -> None:
    counted: Counts = counts_of("Máy sấy", "the dryers and drying")
    assert counted == {"may": 3, "say": 3, "may_say": 3, "dryer": 1, "dri": 1}


def test_of_offers_that_share_as_many_words_the_one_of_the_same_subject_comes_first(engine: EmbeddedEngine) -> None:
    listed = [document(f"w{place}", f"Thiết bị {place}", body=text) for place, (_, text) in enumerate(texts())]
    right = document("right", "Thiết bị buồng kín", body="khay sấy hạt tiêu cho hợp tác xã")
    wrong = document("wrong", "Thiết bị buồng kín", body="khí argon hồ quang cho hợp tác xã")
    asked = CandidateQuery(title="Buồng kín", body="bơm nhiệt cho cà phê", filters=(Eq("id", "right"),))
    both = replace(asked, filters=())

    def score() -> float:
        return engine.candidates(asked).found[0].score

    engine.rebuild([[*listed, wrong, right]], position=1, catch_up=lambda _: None)
    ranked = [one.document.id for one in engine.candidates(both).found]
    assert ranked.index("right") < ranked.index("wrong")
    # A pair has one score, whatever else is asked about.
    alone = score()
    assert next(one.score for one in engine.candidates(both).found if one.document.id == "right") == alone
    # What comes later is placed among the same subjects.
    engine.apply(Changes(upserts=[replace(right, benefit="")], position=2))
    assert score() == pytest.approx(alone, rel=0.1)
    ranked = [one.document.id for one in engine.candidates(both).found]
    assert ranked.index("right") < ranked.index("wrong")


def test_an_exchange_that_grows_is_learnt_from_once(database: Database, embedded: EmbeddedEngine) -> None:
    follow = search_consumer(embedded)
    with database.unit_of_work() as session:
        organisation = factories.organisation(session)
        for _, text in texts(FEWEST_TEXTS):
            factories.listing(session, of=organisation, title="Thiết bị", description=text)
    while follow(database):
        pass
    learnt_from = embedded.health().details["subjects_learnt_from"]
    assert learnt_from == FEWEST_TEXTS
    directory = embedded.health().details["directory"]
    with database.unit_of_work() as session:
        factories.listing(session, of=organisation, title="Thiết bị thêm")
    while follow(database):
        pass
    assert embedded.health().details["directory"] == directory


def test_what_a_server_keeps_is_read_again() -> None:
    axes = learnt()
    again = read_kept([kept_of(axes)])
    assert (list(again.terms), again.learnt_from) == (list(axes.terms), 600)
    too_few = read_kept([kept_of(replace(NO_SUBJECTS, learnt_from=12))])
    assert (too_few.terms, too_few.learnt_from) == ({}, 12)
    assert read_kept([]).learnt_from == 0
