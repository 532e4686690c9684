"""Text on its way in, and slugs."""

import unicodedata

import pytest

from app.text import language_of, mend_vietnamese, one_line, slug, tidy


def test_text_is_composed_and_holds_nothing_invisible() -> None:
    decomposed = unicodedata.normalize("NFD", "Máy sấy")
    assert tidy(f"\ufeff {decomposed}\u200b\r\nbơm\x00 nhiệt\u00ad \u2028") == "Máy sấy\nbơm nhiệt"
    assert tidy("half \ud800 pair") == "half  pair"
    assert one_line(" a\t b\n\nc\N{NO-BREAK SPACE}d ") == "a b c d"


@pytest.mark.parametrize(
    ("broken", "mended"),
    [("ðiện ñộng lực", "điện động lực"), ("ÑẠI HỌC", "ĐẠI HỌC"), ("señor", "señor"), ("cao ðộ", "cao độ")],
)
def test_letters_of_old_encodings_are_mended(broken: str, mended: str) -> None:
    assert mend_vietnamese(broken) == mended


@pytest.mark.parametrize(
    ("title", "made"),
    [
        ("Máy sấy bơm nhiệt 50 kW", "may-say-bom-nhiet-50-kw"),
        ("Đường ĐÔI – ½ giá", "duong-doi-1-2-gia"),
        ("日本語", ""),
        ("a" * 100, "a" * 80),
        ("từ " * 40, "-".join(["tu"] * 27)),
    ],
)
def test_slugs(title: str, made: str) -> None:
    assert slug(title) == made


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Bảo hành mấy năm?", "vi"),
        ("MÁY SẤY", "vi"),
        (unicodedata.normalize("NFD", "Câu hỏi"), "vi"),
        ("How long?", "en"),
        ("Café Zoë", "en"),
    ],
)
def test_vietnamese_is_known_by_its_letters(text: str, language: str) -> None:
    assert language_of(text, otherwise="en") == language
    assert language_of("OK", otherwise="vi") == "vi"
