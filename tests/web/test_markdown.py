"""Markdown that people wrote comes out as safe HTML."""

import pytest

from app.web.markdown import markdown, plain


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**Tiết kiệm** 42 %", "<p><strong>Tiết kiệm</strong> 42 %</p>\n"),
        ("một\nhai", "<p>một<br>\nhai</p>\n"),
        ("# To\n\n## Nhỏ", "<h3>To</h3>\n<h4>Nhỏ</h4>\n"),
        ("### Nhỏ", "<h3>Nhỏ</h3>\n"),
        (
            "[sàn](https://example.vn)",
            '<p><a href="https://example.vn" rel="nofollow ugc noopener">sàn</a></p>\n',
        ),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        ("![ảnh](https://example.vn/a.png)", "<p></p>\n"),
        ("", ""),
        (None, ""),
    ],
)
def test_markdown(text: str | None, html: str) -> None:
    assert str(markdown(text)) == html


def test_tables_scroll_in_their_own_box() -> None:
    html = markdown("| a | b |\n| --- | --- |\n| 1 | 2 |")
    assert html.startswith('<div class="scroll" tabindex="0"><table>')
    assert html.rstrip().endswith("</table></div>")


def test_headings_start_where_they_are_put() -> None:
    assert str(markdown("## Chương\n\n### Điều", 2)) == "<h2>Chương</h2>\n<h3>Điều</h3>\n"


def test_plain_text_is_cut_at_a_word() -> None:
    assert plain("**Máy** sấy & *quạt* < 5") == "Máy sấy & quạt < 5"
    assert plain("Sấy bơm nhiệt lai năng lượng mặt trời", 20) == "Sấy bơm nhiệt lai…"
    assert plain(None) == ""
