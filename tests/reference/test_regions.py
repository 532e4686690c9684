"""Regions as people write them."""

import unicodedata

import pytest

from app.reference.regions import resolve_region
from app.reference.shipped import shipped_tables
from app.reference.tables import ReferenceTable, Term


def region(text: str) -> str | None:
    found = resolve_region(shipped_tables()["region"], text)
    return found.code if found is not None else None


@pytest.mark.parametrize(
    "text",
    [
        "TP.HCM",
        "TP. HCM",
        "TPHCM",
        "tp hcm",
        "T.P Hồ Chí Minh",
        "Thành phố Hồ Chí Minh",
        "Thanh pho Ho Chi Minh",
        "THÀNH PHỐ HỒ CHÍ MINH",
        "Hồ Chí Minh",
        "hochiminh",
        "Ho Chi Minh City",
        "HCMC",
        "HCM City",
        "Sài Gòn",
        "saigon",
        "79",
        "74",
        "77",
        "Bình Dương",
        "Binh Duong",
        "tỉnh Bình Dương",
        "Tỉnh Bình Dương cũ",
        "Binh Duong Province",
        "Bà Rịa - Vũng Tàu",
        "Bà Rịa – Vũng Tàu",
        "BR-VT",
        "Vũng Tàu",
        "Bình Dương, Việt Nam",
        "Bình Dương (nay là TP. Hồ Chí Minh)",
        "Số 12 đường 30/4, phường Phú Hoà, TP. Thủ Dầu Một, tỉnh Bình Dương",
        "KCN VSIP II-A, Tân Uyên - Bình Dương",
        "227 Nguyễn Văn Cừ; Quận 5; TP.HCM; 700000; Việt Nam",
        "Vườn ươm công nghệ (Bình Dương)",
    ],
)
def test_many_spellings_mean_ho_chi_minh_city(text: str) -> None:
    assert region(text) == "79"
    assert region(unicodedata.normalize("NFD", text)) == "79"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Hà Nội", "01"),
        ("Ha Noi", "01"),
        ("Hà Tây", "01"),
        ("Ðà Nẵng", "48"),
        ("ñà nẵng", "48"),
        ("Lâm ñồng", "68"),
        ("Đăk Lăk", "66"),
        ("Đắc Nông", "68"),
        ("Thanh Hóa", "38"),
        ("Thanh Hoá", "38"),
        ("Thừa Thiên - Huế", "46"),
        ("Bắc Ninh", "24"),
        ("Bắc Giang", "24"),
        ("27", "24"),
        ("10", "15"),
        ("Hậu Giang", "92"),
        ("Hà Giang", "08"),
        ("Huế, Quảng Trị", "44"),
    ],
)
def test_other_regions(text: str, code: str) -> None:
    assert region(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        ",,;",
        "Tỉnh",
        "thành phố",
        "Việt Nam",
        "99",
        "12",  # Lai Châu only where a code is meant: see below
        "Công ty Nhựa Bình Dương",
        "đường Nguyễn Huệ",
        "700000",
        "Tokyo, Japan",
        "34, 12",
        "Hà",
    ],
)
def test_what_names_no_region_gives_none(text: str) -> None:
    if text == "12":
        assert region(text) == "12"
        return
    assert region(text) is None


def test_every_name_of_every_region_and_of_every_former_one_is_understood() -> None:
    table = shipped_tables()["region"]
    for term in table:
        for name in (term.label_vi, term.label_en, *term.aliases, f"Tỉnh {term.label_vi}"):
            assert resolve_region(table, name) == term, name
    for former in table.history:
        for name in (former.label_vi, former.label_en, *former.aliases, f"tỉnh {former.label_vi} cũ"):
            expected = next((term for term in table if term.label_vi == former.label_vi), table.get(former.successor))
            assert resolve_region(table, name) == expected, name


def test_with_wards_loaded_an_address_leads_to_the_ward() -> None:
    table = with_wards(
        Term("25747", 2, "Phường Thủ Dầu Một", "Thu Dau Mot Ward", parent="79", aliases=("Thủ Dầu Một",)),
        Term("25750", 2, "Phường Tân An", "Tan An Ward", parent="79", aliases=("Tân An",)),
        Term("31000", 2, "Phường Tân An", "Tan An Ward", parent="92", aliases=("Tân An",)),
        Term("26000", 2, "Xã Long Hải", "Long Hai Commune", parent="79", aliases=("Long Hải",)),
        Term("27001", 2, "Xã Văn Lang", "Van Lang Commune", parent="79", aliases=("Văn Lang",)),
        Term("27002", 2, "Xã Văn Lăng", "Van Lang Commune", parent="79", aliases=("Văn Lăng",)),
        Term("00199", 2, "Phường Văn Miếu - Quốc Tử Giám", "Van Mieu Ward", parent="01"),
        Term("26001", 2, "Phường Long Hải", "Long Hai Ward", parent="79", aliases=("Long Hải",)),
    )
    assert code(table, "Xã Văn Lang, TP.HCM") == "27001", "diacritics decide where nothing else does"
    assert code(table, "VĂN LĂNG - TP.HCM") == "27002"
    assert code(table, "Van Lang, TP.HCM") == "79"
    assert code(table, "Phường Văn Miếu - Quốc Tử Giám, Hà Nội") == "00199"
    assert code(table, "12 Yersin, P. Thủ Dầu Một, TP.HCM") == "25747"
    assert code(table, "phường Thủ Dầu Một, Bình Dương") == "25747"
    assert code(table, "Tân An, Cần Thơ") == "31000"
    assert code(table, "phường Tân An, TP.HCM") == "25750"
    assert code(table, "xã Long Hải, TP.HCM") == "26000"
    assert code(table, "phường Long Hải, TP.HCM") == "26001"
    assert code(table, "Long Hải, TP.HCM") == "79", "two units of one name: only the province is certain"
    assert code(table, "TP. Thủ Dầu Một, Bình Dương") == "79", "the former city is not today's ward"
    assert code(table, "phường Tân An") is None, "a ward alone may be in any province"


def code(table: ReferenceTable, text: str) -> str | None:
    found = resolve_region(table, text)
    return found.code if found is not None else None


def with_wards(*wards: Term) -> ReferenceTable:
    shipped = shipped_tables()["region"]
    return ReferenceTable(shipped.manifest, (*shipped.terms, *wards), shipped.history)
