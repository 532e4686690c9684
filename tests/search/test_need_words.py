"""A need typed into the search box is told from the name of a thing, and its sums are read."""

import pytest

from app.search.need_words import NeedWords, read_need


def test_everything_in_one_sentence() -> None:
    assert read_need("cần máy sấy nông sản 200 kg/h giá dưới 500 triệu") == NeedWords(
        text="cần máy sấy nông sản 200 kg/h giá dưới 500 triệu",
        subject="máy sấy nông sản 200 kg/h",
        budget_max=500_000_000,
        budget="giá dưới 500 triệu",
        quantity="200 kg/h",
    )


@pytest.mark.parametrize(
    ("typed", "subject"),
    [
        ("cần máy sấy nông sản", "máy sấy nông sản"),
        ("can may say nong san", "may say nong san"),
        ("Tìm công nghệ xử lý nước thải dệt nhuộm", "xử lý nước thải dệt nhuộm"),
        ("tim giai phap giam hao dien lo hoi", "giam hao dien lo hoi"),
        ("Công ty chúng tôi đang cần giải pháp truy xuất nguồn gốc", "truy xuất nguồn gốc"),
        ("HTX cần mua dây chuyền đóng gói xoài", "dây chuyền đóng gói xoài"),
        ("We need a dryer for mangoes", "a dryer for mangoes"),
        ("we are looking for cold storage monitoring", "cold storage monitoring"),
        ("Looking for membrane wastewater treatment", "membrane wastewater treatment"),
        ("làm thế nào để giảm tỷ lệ trứng vỡ", "giảm tỷ lệ trứng vỡ"),
    ],
)
def test_a_sentence_that_asks_is_a_need(typed: str, subject: str) -> None:
    read = read_need(typed)
    assert read is not None
    assert read.subject == subject


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "máy sấy",
        "may say nong san",
        "máy sấy bơm nhiệt cho trái cây và rau củ",
        "cần trục tháp tự nâng 10 tấn",
        "cân điện tử phân tích bốn số lẻ",
        "xử lý nước thải dệt nhuộm bằng màng sinh học",
        "cần cẩu",
        "1-2019-01234",
        "giá thể trồng nấm từ mùn cưa",
        "vật liệu chịu nhiệt đến 1.200 độ",
        "nồi hơi 500 kg/h dưới 10 bar",
        "heat pump dryer for fruit and vegetables",
        "need-based irrigation controller",
    ],
)
def test_the_name_of_a_thing_is_none(typed: str) -> None:
    assert read_need(typed) is None


def test_a_long_description_is_a_need_whatever_it_begins_with() -> None:
    typed = "Xưởng sấy chuối của hợp tác xã hao điện nhiều và sản phẩm không đều màu mỗi khi trời ẩm kéo dài"
    read = read_need(typed)
    assert read == NeedWords(text=typed, subject=typed)


@pytest.mark.parametrize(
    ("said", "low", "high"),
    [
        ("ngân sách 1,5 tỷ", None, 1_500_000_000),
        ("ngân sách khoảng 2 tỷ rưỡi", None, 2_500_000_000),
        ("không quá 500.000.000 đồng", None, 500_000_000),
        ("giá tối đa 800tr", None, 800_000_000),
        ("từ 300 đến 500 triệu", 300_000_000, 500_000_000),
        ("giá 300-500 triệu", 300_000_000, 500_000_000),
        ("800 triệu – 1,2 tỷ", 800_000_000, 1_200_000_000),
        ("under 300 million VND", None, 300_000_000),
        ("kinh phi duoi 90 trieu", None, 90_000_000),
    ],
)
def test_sums_as_people_write_them(said: str, low: int | None, high: int) -> None:
    read = read_need(f"cần máy ép dầu lạc, {said}")
    assert read is not None
    assert (read.budget_min, read.budget_max) == (low, high)
    assert read.subject == "máy ép dầu lạc"
    assert read.budget


@pytest.mark.parametrize(
    "typed",
    [
        "cần kho lạnh nhiệt độ dưới 5 độ",
        "cần máy đóng gói 20-30 gói mỗi phút",
        "tìm giải pháp giảm hao hụt xuống dưới 3 %",
        "cần lò sấy dưới 1.200 độ",
        "cần máy nén khí tối đa 8 bar",
        "cần cáp quang dài dưới 500 m",
        "cần dây chuyền tối đa 500.000 sản phẩm mỗi năm",
        "cần máy đếm từ 1 đến 2 triệu con giống",
        "cần trạm trộn dưới 2 triệu tấn/năm",
    ],
)
def test_numbers_that_are_no_money(typed: str) -> None:
    read = read_need(typed)
    assert read is not None
    assert (read.budget_min, read.budget_max, read.budget) == (None, None, "")


def test_odd_input_does_no_harm() -> None:
    long_number = "cần 1" + "0" * 400 + " triệu máy sấy"
    for typed in (
        "cần " + "a " * 600,
        "giá " * 200,
        long_number,
        "từ " * 300,
        "công ty " * 100,
        "\x00 cần gì đó ở đây",
    ):
        read_need(typed)
