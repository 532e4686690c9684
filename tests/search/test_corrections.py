"""Did you mean: what is offered, and what is left alone."""

import pytest

from app.search.port import Changes, SearchEngine, SearchQuery
from tests.search.samples import document


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        # Marks that make another word.
        ("mấy sấy bơm nhiệt", "máy sấy bơm nhiệt"),
        ("nông sãn", "nông sản"),
        ("Xữ lý nước thải", "Xử lý nước thải"),
        # Sounds.
        ("sử lý nước thải", "xử lý nước thải"),
        # Letters.
        ("hummidity", "humidity"),
        ("wireles humidty", "wireless humidity"),
        # A space left out, or a word wrong among right ones.
        ("maysay", "máy sấy"),
        ("heatpump", "heat pump"),
        ("nhà kính, cảm biiến", "nhà kính, cảm biến"),
    ],
)
def test_a_better_spelling_is_offered(filled: SearchEngine, typed: str, meant: str) -> None:
    answer = filled.search(SearchQuery(text=typed, as_typed=True))
    assert answer.did_you_mean == meant
    # What is offered is itself found, and nothing better is offered for it.
    again = filled.search(SearchQuery(text=meant))
    assert again.total > 0
    assert again.did_you_mean is None


@pytest.mark.parametrize(
    "typed",
    [
        "máy sấy",
        "may say",
        "hoa qua",
        "xử lí nước thải",
        "zzzzqqq",
        "humidity sensor",
        "sensors",
        "200 kg/h",
        "nhu cầu lạ chưa ai có",
        "",
        " ".join(["máy"] * 30),
    ],
)
def test_what_is_right_or_beyond_help_is_left_alone(filled: SearchEngine, typed: str) -> None:
    assert filled.search(SearchQuery(text=typed)).did_you_mean is None


def test_marks_are_mended_though_no_text_found_shows_them(engine: SearchEngine) -> None:
    others = [document(f"d{number}", "Máy sấy", summary="x " * number) for number in range(12)]
    engine.apply(Changes(upserts=[*others, document("p", "Sản phẩm")]))
    assert engine.search(SearchQuery(text="máy sấy sãn")).did_you_mean == "máy sấy sản"


def test_nothing_is_offered_on_later_pages_or_without_a_page(filled: SearchEngine) -> None:
    assert filled.search(SearchQuery(text="nông sãn", limit=0)).did_you_mean is None
    assert filled.search(SearchQuery(text="nông sãn", offset=1)).did_you_mean is None


def test_a_word_that_many_hold_as_typed_is_not_exchanged(engine: SearchEngine) -> None:
    engine.apply(
        Changes(
            upserts=[
                *(document(f"a{number}", "Bản đồ số") for number in range(5)),
                document("b", "Bán đồ gỗ"),
            ]
        )
    )
    assert engine.search(SearchQuery(text="bán đồ")).did_you_mean is None
    assert engine.search(SearchQuery(text="bàn đồ")).did_you_mean == "bản đồ"
