"""Quantities and numbers of rights: one sign however they are written."""

import random

import pytest

from app.search import quantities
from app.search.quantities import ipc_signs, level_sign, measures, signs


@pytest.mark.parametrize(
    ("ways", "sign"),
    [
        (("200 kg/h", "200kg/h", "200 kg/giờ", "200 KG / giờ", "0,2 tấn/giờ", "200 kg per hour"), "qkgphv200"),
        (("1,5 tấn/giờ", "1.5 t/h", "1.500 kg/h", "1,500 kg/h", "1 500 kg/giờ", "1.5 tph"), "qkgphv1500"),
        (("5 m³", "5 m3", "5m3", "5.000 lít", "5 mét khối", "5 cubic metres"), "qlv5000"),
        (("35 kW", "35kw", "35.000 W", "0.035 MW"), "qwv35000"),
        (("60°C", "60 ºC", "60 ℃", "60 độ C", "60oC"), "qdegcv60"),
        (("40 %", "40%", "40 phần trăm", "40,0 percent"), "qpcv40"),
        (("1.234.567 kg", "1,234,567 kg"), "qkgv1235000"),
        (("1.234,5 m2", "1,234.5 m²"), "qm2v1234"),
        (("2.000 m",), "qmv2000"),
        (("120 m³/ngày đêm", "5 m3/h", "120 m3/day"), "qlphv5000"),
        (("TRL 7", "TRL7", "trl-7", "TRL: 7", "mức sẵn sàng công nghệ 7", "Technology readiness level 7"), "qtrl7"),
        (("1-2019-01234", "VN 1-2019-01234", "1201901234", "1/2019/01234"), "qpa1201901234"),
        (("1-0026606", "1-26606", "10026606", "VN 1-0026606"), "qpg10026606"),
        (("US 10,123,456 B2", "us10123456b2", "US-10123456"), "qpfus10123456"),
        (("F26B 3/00", "f26b3/00"), "qipcf26b3x00"),
    ],
)
def test_ways_of_writing_one_thing_have_one_sign(ways: tuple[str, ...], sign: str) -> None:
    assert {way: signs(f"có {way}, theo đề bài") for way in ways} == {way: [sign] for way in ways}


@pytest.mark.parametrize(
    "text", ["in 1950 a group", "2 con tan", "năm 2019", "ISO 9001:2015", "10 mà", "TRL 12", "abc200 kg", "5", "m3", ""]
)
def test_what_is_no_quantity_has_no_sign(text: str) -> None:
    assert measures(text) == []


def test_a_range_is_found_by_its_ends_and_as_a_whole() -> None:
    assert (
        signs("30–35 kW") == signs("30 - 35kW") == signs("30 đến 35 kW") == ["qwv30000to35000", "qwv30000", "qwv35000"]
    )
    assert signs("TRL 6-8") == ["qtrl6", "qtrl7", "qtrl8"]


def test_units_that_are_other_words_need_their_marks_where_marks_are_written() -> None:
    assert signs("200 tấn") == signs("200 tan") == ["qkgv200000"]
    assert signs("200 tán") == []
    assert signs("5 MW") == ["qwv5000000"]
    assert signs("5 mW") == ["qwv0d005"]


def test_places_point_into_the_text_as_it_was_written() -> None:
    text = "Công suất 30–35 kW, sấy ở 60 ℃."
    assert [text[one.start : one.end] for one in measures(text)] == ["30–35 kW", "60 ℃"]


def test_a_document_has_the_signs_of_its_level_and_its_classification() -> None:
    assert level_sign(7) == "qtrl7"
    assert ipc_signs(("F", "F26", "F26B", "F26B 3/00")) == ["qipcf26b", "qipcf26b3x00"]


PIECES = (
    *(
        "vn",
        "vn ",
        "vn-",
        "vn -",
        "us",
        "us ",
        "ep-",
        " ",
        "-",
        "–",
        "/",
        ".",
        ",",
        "a",
        "x",
        "_",
        "(",
        "1",
        "4",
        "5",
        "9",
    ),
    *(
        "1-2019-01234",
        "1201901234",
        "10026606",
        "1-26606",
        "0026606",
        "12345",
        "10,123,456",
        "30",
        "35.5",
        "1.500",
        "1 500",
    ),
    *(" kg", "kg/h", " kw", "%", "m3", "to ", "den ", "/h", "tph", "b2", " per hour"),
)


def test_looking_where_digits_stand_finds_what_looking_everywhere_does() -> None:
    chance = random.Random(0)
    found = 0
    for _ in range(1_500):
        text = "".join(chance.choices(PIECES, k=chance.randint(2, 12)))
        runs = [one.span() for one in quantities._DIGITS_IN_A_ROW.finditer(text)]
        for pattern in (quantities._APPLICATION, quantities._GRANT):
            everywhere = [one.span() for one in pattern.finditer(text)]
            assert [one.span() for one in quantities._rights_here(pattern, text, runs)] == everywhere, text
            found += len(everywhere)
        numbers = quantities._FOREIGN.finditer(text)
        foreign = [one.span() for one in numbers if sum(sign.isdigit() for sign in one[2]) >= 5]
        said = [one for one in quantities._rights(text, runs) if one.signs[0].startswith("qpf")]
        assert [(one.start, one.end) for one in said] == foreign, text
        with_units = [one.span() for one in quantities._QUANTITY.finditer(text)]
        kept = [(one.start, one.end) for one in quantities._quantities(text, text, runs)]
        assert kept == [one for one in with_units if one in kept], text
        found += len(foreign) + len(with_units)
    assert found > 400
