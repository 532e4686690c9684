"""Judging one pair, and finding the best of many."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.i18n import use_locale
from app.matching_weights import WEIGHTS
from app.search.embedded import EmbeddedEngine
from app.search.matches import find_matches
from app.search.matching import Reason, match
from app.search.phrases import shared_phrases
from app.search.port import Changes, SearchDocument, SearchEngine
from app.search.reasons import reason_text
from tests.search.samples import DOCUMENTS, document

TODAY = date(2026, 11, 23)
NEED = document(
    "need",
    "Cần sấy chuối và xoài",
    kind="need",
    trl=7,
    fields=("2", "203"),
    industries=("C",),
    transfer_forms=("non_exclusive_licence", "with_technical_services"),
    price_from=350_000_000,
    price_to=650_000_000,
    currency="VND",
    regions=("79",),
    deadline=date(2026, 12, 31),
)
OFFER = document(
    "offer",
    "Máy sấy bơm nhiệt",
    trl=8,
    fields=("2", "203"),
    industries=("C",),
    transfer_forms=("non_exclusive_licence",),
    price_from=420_000_000,
    currency="VND",
    regions=("79",),
    verified=True,
    confirmed_at=datetime(2026, 11, 1, tzinfo=UTC),
)


def reasons(need: SearchDocument = NEED, **offer: Any) -> dict[str, bool]:
    """Code → whether it speaks for the match, for the offer with some facts changed."""
    made = match(need, replace(OFFER, **offer), text_ratio=2.0, shared=(), today=TODAY)
    return {one.code: one.favourable for one in made.reasons}


def score(text_ratio: float = 2.0, need: SearchDocument = NEED, **offer: Any) -> int:
    return match(need, replace(OFFER, **offer), text_ratio=text_ratio, shared=(), today=TODAY).score


def test_everything_that_fits_is_told() -> None:
    assert reasons() == {
        "same_field": True,
        "trl_reached": True,
        "within_budget": True,
        "cooperation_fits": True,
        "same_region": True,
        "verified": True,
        "confirmed": True,
    }


def test_everything_that_does_not_fit_is_told_and_lowers_the_score() -> None:
    against: dict[str, Any] = {
        "fields": ("4", "405"),
        "industries": ("A",),
        "trl": 4,
        "price_from": 2_000_000_000,
        "transfer_forms": ("full_assignment",),
        "regions": ("01",),
        "verified": False,
        "state": "stale",
    }
    assert reasons(**against) == {
        "other_field": False,
        "trl_short": False,
        "over_budget": False,
        "cooperation_differs": False,
        "not_confirmed": False,
    }
    assert score(**against) < 20
    assert score() > 60


def test_what_is_not_known_says_nothing() -> None:
    unknown: dict[str, Any] = {
        "fields": (),
        "industries": (),
        "trl": None,
        "price_from": None,
        "transfer_forms": (),
        "regions": (),
        "verified": False,
        "confirmed_at": None,
    }
    assert reasons(**unknown) == {}


@pytest.mark.parametrize(
    ("offered", "wanted", "code"),
    [(7, 7, "trl_reached"), (9, 7, "trl_reached"), (6, 7, "trl_short"), (1, 7, "trl_short")],
)
def test_readiness_is_asked_for_at_least(offered: int, wanted: int, code: str) -> None:
    assert code in reasons(replace(NEED, trl=wanted), trl=offered)


def test_one_level_short_weighs_less_than_three() -> None:
    assert score(trl=7) > score(trl=6) > score(trl=5) > score(trl=4) == score(trl=2)


@pytest.mark.parametrize(
    ("price", "currency", "code"),
    [
        (650_000_000, "VND", "within_budget"),
        (650_000_001, "VND", "over_budget"),
        (420_000_000, "USD", None),
        # A price per cubic metre says nothing about the budget of a project.
        (9_000, "VND", None),
    ],
)
def test_price_against_budget(price: int, currency: str, code: str | None) -> None:
    told = reasons(price_from=price, currency=currency)
    assert {one for one in told if one.endswith("_budget")} == ({code} if code else set())


def test_a_deeper_branch_in_common_weighs_more() -> None:
    assert score(fields=("2", "203")) > score(fields=("2", "211")) > score(fields=(), industries=())
    made = match(NEED, OFFER, text_ratio=2.0, shared=(), today=TODAY)
    assert next(one for one in made.reasons if one.code == "same_field").params == {
        "scheme": "research-field",
        "code": "203",
    }


def test_having_no_priority_field_in_common_is_not_held_against_it() -> None:
    need = replace(NEED, fields=(), industries=(), priority_fields=("digital",))
    assert "other_field" not in reasons(need, fields=(), industries=(), priority_fields=("environment",))


def test_no_heap_of_facts_lifts_a_text_that_has_nothing_to_do_with_it() -> None:
    assert score(text_ratio=0.8) < WEIGHTS.least_score
    assert score(text_ratio=0.0) == score(text_ratio=-1.0) == 0


def test_the_better_the_text_the_higher_the_score() -> None:
    scores = [score(text_ratio=ratio / 10) for ratio in range(5, 60, 5)]
    assert scores == sorted(scores)
    assert scores[0] < 20
    assert scores[-1] > 95


def test_both_ways_weigh_the_same_facts() -> None:
    from_need = match(NEED, OFFER, text_ratio=2.0, shared=(), today=TODAY)
    from_offer = match(OFFER, NEED, text_ratio=2.0, shared=(), today=TODAY)
    facts = {"same_field", "trl_reached", "within_budget", "cooperation_fits", "same_region"}
    assert facts <= {one.code for one in from_need.reasons} & {one.code for one in from_offer.reasons}


def test_a_need_past_its_deadline_is_hardly_a_match() -> None:
    late = replace(NEED, deadline=date(2026, 11, 22))
    assert score(need=late) < score() - 15
    assert not reasons(late)["deadline_passed"]
    assert "deadline_passed" not in reasons(replace(NEED, deadline=TODAY))


def test_the_same_input_gives_the_same_answer() -> None:
    assert match(NEED, OFFER, text_ratio=2.0, shared=("a",), today=TODAY) == match(
        NEED, OFFER, text_ratio=2.0, shared=("a",), today=TODAY
    )
    heavier = replace(WEIGHTS, region=2.0)
    assert match(NEED, OFFER, text_ratio=2.0, shared=(), today=TODAY, weights=heavier).score > score()


# In words


@pytest.mark.parametrize(
    ("reason", "vietnamese", "english"),
    [
        (
            Reason("shared_text", True, 1, {"phrases": ("sấy nông sản", "bơm nhiệt")}),
            "Giải quyết cùng bài toán: sấy nông sản, bơm nhiệt",
            "Solves the same problem: sấy nông sản, bơm nhiệt",
        ),
        (
            Reason("trl_reached", True, 1, {"offered": 8, "wanted": 6}),
            "TRL 8 ≥ yêu cầu 6",
            "TRL 8 ≥ the 6 asked for",
        ),
        (
            Reason("over_budget", False, 1, {"price": 900_000_000, "budget": 650_000_000, "currency": "VND"}),
            "Giá từ 900\u00a0triệu\u00a0₫, vượt ngân sách 650\u00a0triệu\u00a0₫",
            "Price from 900\u00a0million\u00a0₫, above the budget of 650\u00a0million\u00a0₫",
        ),
        (
            Reason("same_field", True, 1, {"scheme": "research-field", "code": "203"}),
            "Cùng lĩnh vực: Kỹ thuật cơ khí",
            "Same field: Mechanical engineering",
        ),
        (
            Reason("cooperation_fits", True, 1, {"forms": ("joint_venture",)}),
            "Hình thức hợp tác phù hợp: Liên doanh",
            "Cooperation fits: Joint venture",
        ),
        (
            Reason("deadline_passed", False, 1, {"deadline": date(2026, 11, 22)}),
            "Đã quá hạn 22/11/2026",
            "Deadline passed on 22 Nov 2026",
        ),
    ],
)
def test_reasons_in_words(reason: Reason, vietnamese: str, english: str) -> None:
    assert reason_text(reason) == vietnamese
    with use_locale("en"):
        assert reason_text(reason) == english


def test_every_reason_has_words() -> None:
    told = {one.code for one in match(NEED, OFFER, text_ratio=2, shared=("x",), today=TODAY).reasons}
    stale = replace(
        OFFER,
        state="stale",
        trl=1,
        price_from=10**12,
        transfer_forms=("full_assignment",),
        fields=("1",),
        industries=(),
    )
    late = replace(NEED, deadline=date(2020, 1, 1))
    made = match(late, stale, text_ratio=2, shared=(), today=TODAY)
    for reason in (*match(NEED, OFFER, text_ratio=2, shared=("x",), today=TODAY).reasons, *made.reasons):
        assert "%(" not in reason_text(reason)
        told.add(reason.code)
    assert len(told) == 14


# Shared phrases

RARITY = {"may": 1.0, "say": 2.0, "nong": 2.0, "san": 2.0, "bom": 3.0, "nhiet": 3.0, "dich": 1.0, "vu": 1.0}


def phrases(asked: str, held: str, weights: dict[str, float] | None = None) -> tuple[str, ...]:
    return shared_phrases([(asked, 1.0)], [held], weights=RARITY if weights is None else weights)


def test_phrases_stand_together_on_both_sides() -> None:
    assert phrases("Cần máy sấy nông sản", "Bán máy sấy nông sản bơm nhiệt") == ("máy sấy nông sản",)
    assert phrases("bơm rồi nhiệt", "bơm nhiệt") == ()


def test_a_phrase_keeps_its_marks_apart() -> None:
    assert phrases("máy sấy", "máy say") == ()


def test_phrases_end_at_punctuation_and_function_words() -> None:
    assert phrases("máy sấy, nông sản", "máy sấy nông sản") == ("nông sản", "máy sấy")
    assert phrases("máy sấy của nông sản", "máy sấy của nông sản") == ("nông sản", "máy sấy")


def test_halves_of_words_figures_and_units_are_cut_off() -> None:
    loose = RARITY | {"vu_may": 6.0, "may_say": 2.1}
    assert phrases("nghiệp vụ máy sấy 40 kg", "dịch vụ máy sấy 40 kg", loose) == ("máy sấy",)


def test_a_title_counts_more_than_a_description() -> None:
    told = shared_phrases([("bơm nhiệt", 1.0), ("nông sản", 2.0)], ["nông sản bằng bơm nhiệt"], weights=RARITY, limit=1)
    assert told == ("nông sản",)


# Of many


@pytest.fixture
def exchange(engine: SearchEngine) -> SearchEngine:
    other = [document(f"noise{number}", f"Phần mềm kế toán số {number}", body="Sổ sách, thuế") for number in range(30)]
    engine.apply(Changes(upserts=[*DOCUMENTS, *other]))
    return engine


def by_id(identifier: str) -> SearchDocument:
    return next(one for one in DOCUMENTS if one.id == identifier)


def test_who_speaks_and_sums_of_money_are_no_subject() -> None:
    weights = dict.fromkeys(["chung", "toi", "trieu", "dong", "cam", "bien", "rung"], 2.0)
    asked = "Chúng tôi mất 420 triệu đồng, cần cảm biến rung."
    held = "Cảm biến rung giá 350 triệu đồng; chúng tôi lắp đặt."
    assert shared_phrases([(asked, 1.0)], [held], weights=weights) == ("cảm biến rung",)


def test_a_need_is_answered_by_offers(exchange: SearchEngine) -> None:
    best = find_matches(exchange, by_id("nhu-cau-say"), today=TODAY)
    assert best[0].document.id == "say-bom-nhiet"
    assert all(one.document.kind != "need" for one in best)
    assert [one.score for one in best] == sorted((one.score for one in best), reverse=True)
    assert best[0].reasons[0].code == "shared_text"
    assert "nông sản" in best[0].reasons[0].params["phrases"]


def test_an_offer_finds_the_needs_that_wait_for_it(exchange: SearchEngine) -> None:
    best = find_matches(exchange, by_id("say-bom-nhiet"), today=TODAY)
    assert best[0].document.id == "nhu-cau-say"
    assert all(one.document.kind == "need" for one in best)


def test_needs_whose_deadline_has_passed_are_not_proposed(exchange: SearchEngine) -> None:
    offer = document("x", "Phần mềm quản lý kho lạnh")
    assert "nhu-cau-cu" not in {one.document.id for one in find_matches(exchange, offer, today=TODAY)}
    before = find_matches(exchange, offer, today=date(2019, 12, 31))
    assert before[0].document.id == "nhu-cau-cu"


def test_a_draft_finds_matches_without_being_in_the_index(exchange: SearchEngine) -> None:
    draft = document("draft", "Cần cảm biến đo độ ẩm nhà kính", kind="need", state="draft")
    assert find_matches(exchange, draft, today=TODAY)[0].document.id == "cam-bien"


def test_limits(exchange: SearchEngine) -> None:
    need = by_id("nhu-cau-say")
    assert len(find_matches(exchange, need, today=TODAY, limit=1)) == 1
    assert all(one.score >= 60 for one in find_matches(exchange, need, today=TODAY, least_score=60))
    assert find_matches(exchange, document("empty", "", kind="need"), today=TODAY) == []


def test_phrases_are_told_in_the_readers_language(exchange: SearchEngine) -> None:
    offer = replace(by_id("cam-bien"), body_en="Humidity sensors for greenhouses and dryers")
    need = document(
        "en-need",
        "Cần đo độ ẩm",
        kind="need",
        title_en="Humidity sensors for greenhouses",
        summary="Đo độ ẩm không khí",
    )
    exchange.apply(Changes(upserts=[need, offer]))
    english = find_matches(exchange, need, today=TODAY, language="en")[0].reasons[0].params["phrases"]
    vietnamese = find_matches(exchange, need, today=TODAY, language="vi")[0].reasons[0].params["phrases"]
    assert "humidity sensors" in [phrase.lower() for phrase in english]
    assert "độ ẩm" in " ".join(vietnamese)


def test_a_need_meets_an_offer_in_the_other_language_among_many_of_its_own(embedded: EmbeddedEngine) -> None:
    engine = embedded
    """Candidates are measured by what usual ones of their own language reach."""
    english = [
        document(f"e{number}", f"Conveyor number {number}", body="Drying line for boards.", language="en")
        for number in range(40)
    ]
    others = [document(f"v{number}", f"Máy ép số {number}", body="Sấy khô ván.") for number in range(30)]
    offer = document("o", "Máy sấy bơm nhiệt", body="Sấy gỗ bằng bơm nhiệt, thu hồi nhiệt thải.")
    need = document(
        "n", "Heat pump dryer for wood drying", body="Waste heat recovery wanted.", language="en", kind="need"
    )
    engine.apply(Changes(upserts=[*english, *others, offer], position=1))
    found = find_matches(engine, need, today=TODAY, least_score=WEIGHTS.least_score)
    assert [one.document.id for one in found][:1] == ["o"]
