"""What a mapping makes of a repository's Dublin Core."""

import time
from typing import Any

import pytest

from app.features.partners.dublin_core import DublinCoreMapping, MappingFault, map_record
from app.features.partners.dublin_core_texts import plain


def record(**given: Any) -> dict[str, list[list[str]]]:
    """Elements by name: a text, or texts, each with its language behind “@”."""
    made = {}
    for name, texts in given.items():
        pairs = [
            text.rpartition("@") if "@" in text else (text, "", "")
            for text in ([texts] if isinstance(texts, str) else texts)
        ]
        made[name] = [[before or after, after if before else ""] for before, _at, after in pairs]
    return made


THESIS = record(
    title=["Máy sấy bơm nhiệt cho thanh long@vi", "A heat pump dryer for dragon fruit@en"],
    creator="Nguyễn Thị Hoa",
    subject=["Sấy; Bơm nhiệt", "Nông sản"],
    description=["Giảm 40 % điện.", "Thử ở Bình Thuận."],
    publisher="Trường Đại học Nông Lâm",
    date=["2024", "2024-05-02T03:04:05Z", "2023-11-20"],
    type="Thesis",
    identifier=["123", "https://doi.org/10.1234/ABC.5", "http://hdl.handle.net/11742/77"],
    rights="Theo http://creativecommons.org/licenses/by-nc/4.0/",
)


def test_a_record_becomes_a_listing_without_its_people() -> None:
    made = map_record(THESIS, {})
    assert made.said == {
        "kind": "technology",
        "language": "vi",
        "title": "Máy sấy bơm nhiệt cho thanh long",
        "title_en": "A heat pump dryer for dragon fruit",
        "description": "Giảm 40 % điện.\n\nThử ở Bình Thuận.",
        "keywords": ["Sấy", "Bơm nhiệt", "Nông sản"],
    }
    assert made.organisation == "Trường Đại học Nông Lâm"
    assert made.licence == "CC-BY-NC-4.0"
    assert made.landing == "https://doi.org/10.1234/ABC.5"
    assert made.published_at == "2023-11-20T00:00:00+07:00"
    assert made.identifiers == [
        {"scheme": "doi", "value": "10.1234/abc.5"},
        {"scheme": "handle", "value": "11742/77"},
    ]
    assert "Hoa" not in str(made)


def test_words_tell_the_kind_and_what_is_left_out() -> None:
    rules = {"words": [{"word": "luận văn", "kind": ""}, {"word": "Patent", "kind": "patent"}], "kind": "technology"}
    assert map_record(record(title="A", type="patent application"), rules).said["kind"] == "patent"
    assert map_record(record(title="A", type="Article"), rules).said["kind"] == "technology"
    assert map_record(record(title="A", type="info:eu-repo/semantics/patent"), rules).said["kind"] == "patent"
    # Written in either way of composing letters, with or without marks.
    for written in ("Luận văn", "luận văn"):
        with pytest.raises(MappingFault, match="leaves records"):
            map_record(record(title="A", type=written), rules)
    with pytest.raises(MappingFault):
        map_record(record(title="A", type="Article"), {"kind": ""})


def test_a_record_without_title_makes_none() -> None:
    with pytest.raises(MappingFault, match="no title"):
        map_record(record(title="<b></b>", description="x"), {})


def test_an_english_repository() -> None:
    made = map_record(record(title=["Tiêu đề@vi", "A title@en"]), {"language": "en"})
    assert (made.said["title"], "title_en" in made.said) == ("A title", False)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("<p>Giảm <b>40 %</b> điện</p>", "Giảm 40 % điện"),
        ("<script>alert(1)</script>Máy", "Máy"),
        ("&lt;img src=x onerror=alert(1)&gt;Máy", "Máy"),
        ("a < b & c", "a < b & c"),
        ("Tiế\u00adng", "Tiếng"),
        ("<jats:p>Một</jats:p><jats:p>Hai</jats:p>", "Một\n\nHai"),
        ("<mml:math><mml:mi>x</mml:mi></mml:math> = <span style='color:red'>1</span>", "x = 1"),
        ('<style>p{}</style><!-- c --><a href="http://a.test/">Máy</a>', "Máy"),
        ("H<sub>2</sub>O <i>in vitro</i>", "H2O in vitro"),
    ],
)
def test_markup_of_others_is_not_shown(text: str, made: str) -> None:
    assert plain(text) == made


@pytest.mark.parametrize(
    "text",
    [
        "SCARA khi a<b và c>d",
        "k<n và m>p … T<Tmax, nếu T>Tmin",
        "khi a<b or c>d; a<b>c",
        "p < 0,05, q > 3",
        "<Tmax> là nhiệt độ",
        "https://a.test/?a=1&section=2&copy=3",
    ],
)
def test_what_only_looks_like_markup_stays(text: str) -> None:
    assert plain(text) == text
    # Beside real markup too.
    assert plain(f"<p>{text}</p>") == text


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("phương pháp sol–gel.<br>Diện tích", "phương pháp sol–gel.\nDiện tích"),
        ("<p>Dòng hai</p><p>Dòng ba</p>", "Dòng hai\n\nDòng ba"),
        ("<ul><li>một</li><li>hai</li></ul>", "một\n\nhai"),
    ],
)
def test_lines_and_blocks_stay_apart(text: str, made: str) -> None:
    assert plain(text) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("T &lt; 5 &amp; &#x1ebf;", "T < 5 & ế"),
        ("&amp;lt;", "&lt;"),
        ("<p>thẻ &lt;table&gt;</p>", "thẻ <table>"),
        ("&lt;p&gt;R&amp;amp;D&lt;/p&gt;", "R&D"),
    ],
)
def test_entities_are_decoded_once(text: str, made: str) -> None:
    assert plain(text) == made


@pytest.mark.parametrize("evil", ["<script>", '<p a="', "<p a='<p b=\"", "<!--", "<p ", "<"])
def test_markup_without_end_takes_no_time(evil: str) -> None:
    begun = time.process_time()
    plain(evil * (400_000 // len(evil)))
    assert time.process_time() - begun < 3


def test_a_mapping_that_names_what_there_is_not_is_refused() -> None:
    for wrong in (
        {"organisation": "author"},
        {"kind": "thesis"},
        {"unknown": 1},
        {"words": [{"word": "", "kind": ""}]},
    ):
        with pytest.raises(ValueError, match="validation error"):
            DublinCoreMapping.model_validate(wrong)
