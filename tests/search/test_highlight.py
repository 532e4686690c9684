"""Marks in the original text, and never any markup that was not ours."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from app.search.highlight import Wanted, highlight, plain_text, snippet

WANTED = frozenset({"may", "say"})


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Máy sấy lạnh", "<mark>Máy sấy</mark> lạnh"),
        ("may-say", "<mark>may-say</mark>"),
        ("Máy tính, máy in", "<mark>Máy</mark> tính, <mark>máy</mark> in"),
        ("không có gì", "không có gì"),
        ("<b>máy</b> & 'sấy'", "&lt;b&gt;<mark>máy</mark>&lt;/b&gt; &amp; &#x27;<mark>sấy</mark>&#x27;"),
        ("\ue000máy\ue001", "<mark>máy</mark>"),
        ("", ""),
    ],
)
def test_wanted_words_are_marked_as_they_were_written(text: str, marked: str) -> None:
    assert highlight(text, WANTED) == Markup(marked)


def test_phrases_are_marked_only_where_their_words_stand_side_by_side() -> None:
    wanted = Wanted(words=frozenset({"dryer"}), phrases=frozenset({("may", "say"), ("bom", "nhiet")}))
    assert highlight("Máy tính, máy sấy; bơm, nhiệt: dryer", wanted) == Markup(
        "Máy tính, <mark>máy sấy</mark>; <mark>bơm</mark>, <mark>nhiệt</mark>: <mark>dryer</mark>"
    )
    assert highlight("máy in sấy", wanted) == Markup("máy in sấy")


def test_quantities_are_marked_whole_in_any_unit() -> None:
    wanted = Wanted(signs=frozenset({"qkgphv200"}))
    assert highlight("Đạt 0,2 tấn/giờ (200 kg/h), không phải 200 kg", wanted) == Markup(
        "Đạt <mark>0,2 tấn/giờ</mark> (<mark>200 kg/h</mark>), không phải 200 kg"
    )


def test_decomposed_text_is_marked_without_being_changed() -> None:
    text = unicodedata.normalize("NFD", "Máy sấy")
    assert highlight(text, WANTED) == Markup(f"<mark>{text}</mark>")


@given(st.text(max_size=60), st.sampled_from(["máy", "sấy", "<mark>", "&", "\ue000", "\ue001"]))
def test_without_our_marks_the_markup_is_the_escaped_text(text: str, extra: str) -> None:
    whole = text + extra + text
    shown = str(highlight(whole, WANTED))
    bare = shown.replace("<mark>", "").replace("</mark>", "")
    assert bare == str(escape(whole.replace("\ue000", "").replace("\ue001", ""))).replace("&#34;", "&quot;").replace(
        "&#39;", "&#x27;"
    )
    assert shown.count("<mark>") == shown.count("</mark>")


def test_a_snippet_shows_the_place_that_holds_most_of_what_is_wanted() -> None:
    text = "máy " + "lời dẫn dài " * 40 + "ở đây có máy sấy nông sản " + "phần sau cũng dài " * 40
    shown = snippet(text, WANTED, length=120)
    assert "<mark>máy sấy</mark> nông sản" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(re.sub("<[^>]*>", "", shown)) <= 125


def test_a_snippet_of_a_text_without_anything_wanted_is_its_beginning() -> None:
    shown = snippet("Một hai ba bốn. " * 50, WANTED, length=60)
    assert shown.startswith("Một hai ba bốn.")
    assert shown.endswith("…")
    assert "<mark>" not in shown


def test_markdown_signs_are_left_out() -> None:
    text = "# Đầu đề\n\n* **máy** [sấy](https://example.test)\n> trích `mã`"
    assert plain_text(text) == "Đầu đề máy sấy trích mã"
