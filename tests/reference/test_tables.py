"""A table in memory: codes, places in the tree, history."""

from datetime import date

import pytest

from app.reference.shipped import shipped_tables
from app.reference.tables import FormerCode, Manifest, ReferenceTable, Term


def table(*terms: Term, history: tuple[FormerCode, ...] = (), prefix_codes: bool = False) -> ReferenceTable:
    manifest = Manifest("trade", "2", "Nghề", "Trade", "a test", "none", "own", prefix_codes=prefix_codes)
    return ReferenceTable(manifest, terms, history)


CRAFTS = table(
    Term("C", 1, "Chế tạo", "Making"),
    Term("C1", 2, "Đúc", "Casting", parent="C"),
    Term("C11", 3, "Đúc áp lực", "Pressure casting", parent="C1"),
    Term("C2", 2, "Dệt", "Weaving", parent="C"),
    Term("D", 1, "Dịch vụ", "Services"),
    history=(
        FormerCode("1", "M", "C", "Sản xuất", "Production", until=date(2025, 1, 1)),
        FormerCode("1", "D", "C2", "Dệt may", "Textiles"),
        FormerCode("1", "X", "C1", "Kim loại, vải", "Metal, cloth"),
        FormerCode("1", "X", "C2", "Kim loại, vải", "Metal, cloth"),
        FormerCode("0", "Q", "D", "Việc khác", "Other work"),
    ),
    prefix_codes=True,
)


def test_a_code_has_its_place_in_the_tree() -> None:
    assert [term.code for term in CRAFTS.chain("C11")] == ["C", "C1", "C11"]
    assert [term.code for term in CRAFTS.children()] == ["C", "D"]
    assert [term.code for term in CRAFTS.children("C")] == ["C1", "C2"]
    assert CRAFTS.subtree("C") == {"C", "C1", "C11", "C2"}
    assert CRAFTS.subtree("C11") == {"C11"}
    assert CRAFTS.subtree("nothing") == frozenset()
    assert CRAFTS.chain("nothing") == ()
    assert CRAFTS.children("C11") == ()


def test_a_code_is_found_however_it_is_spaced_or_cased() -> None:
    for spelling in ("C11", "c11", " c 11 ", "C11"):
        assert CRAFTS.find(spelling) is CRAFTS.get("C11"), spelling
    assert CRAFTS.find("") is None
    assert CRAFTS.find("   ") is None


def test_the_same_code_means_what_its_version_says() -> None:
    assert CRAFTS.find("D") is CRAFTS.get("D")
    assert CRAFTS.find("D", version="2") is CRAFTS.get("D")
    assert CRAFTS.find("D", version="1") is CRAFTS.get("C2")
    assert CRAFTS.label("D", "vi") == "Dịch vụ"
    assert CRAFTS.label("D", "vi", version="1") == "Dệt may"
    assert CRAFTS.label("D", "en", version="") == "Services"


def test_a_former_code_is_followed_to_its_successor() -> None:
    assert CRAFTS.find("M") is CRAFTS.get("C")
    assert CRAFTS.find("M", version="1") is CRAFTS.get("C")
    assert CRAFTS.find("M", version="0") is None
    assert CRAFTS.label("M", "en") == "Production"
    assert [former.code for former in CRAFTS.former_codes("C2")] == ["D", "X"]


def test_a_split_code_has_no_single_successor() -> None:
    assert CRAFTS.find("X") is None
    assert [term.code for term in CRAFTS.successors("X")] == ["C1", "C2"]
    assert CRAFTS.label("X", "vi") == "Kim loại, vải"


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert CRAFTS.label("Z9", "vi") == "Z9"
    assert CRAFTS.label("C", "vi", version="1") == "C"


def test_the_nearest_code_above_is_found_only_where_codes_begin_with_their_parents() -> None:
    assert CRAFTS.nearest("C19") is CRAFTS.get("C1")
    assert CRAFTS.nearest("c1 1/07") is CRAFTS.get("C11")
    assert CRAFTS.nearest("Z1") is None
    assert table(Term("7", 1, "Bảy", "Seven")).nearest("79") is None
    ipc = shipped_tables()["ipc"]
    assert ipc.nearest("a01b 3/00") is ipc.get("A01")
    assert ipc.nearest("H04L") is ipc.get("H04")
    assert ipc.nearest("A98") is ipc.get("A")


def test_broken_tables_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="twice"):
        table(Term("A", 1, "a", "a"), Term("A", 1, "b", "b"))
    with pytest.raises(ValueError, match="B"):
        table(Term("A", 1, "a", "a", parent="B"))
    with pytest.raises(ValueError, match="B"):
        table(Term("A", 1, "a", "a"), history=(FormerCode("1", "Z", "B", "z", "z"),))


def test_a_table_does_not_change() -> None:
    with pytest.raises(AttributeError):
        CRAFTS.terms = ()  # type: ignore[misc]
    with pytest.raises(AttributeError):
        CRAFTS.terms[0].label_vi = "khác"  # type: ignore[misc]


def test_the_digest_tells_content_apart_and_order_too() -> None:
    one, other = Term("A", 1, "a", "a"), Term("B", 1, "b", "b")
    assert table(one, other).content_sha256() == table(one, other).content_sha256()
    assert table(one, other).content_sha256() != table(other, one).content_sha256()
    assert table(one).content_sha256() != table(one, history=(FormerCode("1", "Z", "A", "z", "z"),)).content_sha256()


def test_names_stand_in_vietnamese_order_without_their_unit() -> None:
    regions = shipped_tables()["region"]
    names = [term.label_vi for term in regions.by_name("vi")]
    assert names[4:8] == ["Cần Thơ", "Đà Nẵng", "Đắk Lắk", "Điện Biên"]
    assert names[names.index("TP. Hồ Chí Minh") - 1 :][:3] == ["Hải Phòng", "TP. Hồ Chí Minh", "Huế"]
    assert [term.code for term in CRAFTS.by_name("vi", within="C")] == ["C2", "C1"]
