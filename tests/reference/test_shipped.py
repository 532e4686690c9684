"""The tables that come with the product, held against facts counted elsewhere."""

import csv
import os
from pathlib import Path

import pytest

from app.reference.shipped import DATA, SHIPPED_SCHEMES, shipped_tables
from app.reference.tables import ReferenceTable


@pytest.fixture(params=SHIPPED_SCHEMES)
def table(request: pytest.FixtureRequest) -> ReferenceTable:
    return shipped_tables()[request.param]


def codes(scheme: str, level: int = 1) -> list[str]:
    return [term.code for term in shipped_tables()[scheme] if term.level == level]


def test_the_tables_are_as_large_as_their_sources_say() -> None:
    sizes = {
        scheme: {level: len(codes(scheme, level)) for level in {term.level for term in table}}
        for scheme, table in shipped_tables().items()
    }
    assert sizes == {
        "region": {1: 34},
        "research-field": {1: 6, 2: 46},
        "vsic": {1: 22},
        "ipc": {1: 8, 2: 132},
        "trl": {1: 9},
        "priority-field": {1: 4},
        "sector": {1: 9},
    }


def test_every_data_file_belongs_to_a_shipped_table() -> None:
    named = {f"{scheme}{ending}" for scheme in SHIPPED_SCHEMES for ending in (".csv", ".toml")}
    assert {path.name for path in DATA.iterdir()} == named | {"region.history.csv"}


def test_every_term_has_a_name_in_both_languages(table: ReferenceTable) -> None:
    for term in table:
        assert term.label_vi, term
        assert term.label_en, term
        assert bool(term.note_vi) == bool(term.note_en), term
    # Place names are the same in English but for their diacritics; anything else left in Vietnamese is an oversight.
    untranslated = [term.code for term in table if term.label_en == term.label_vi]
    assert untranslated == (["52", "91"] if table.scheme == "region" else [])


def test_names_are_told_apart_among_siblings(table: ReferenceTable) -> None:
    for locale in ("vi", "en"):
        for parent in {term.parent for term in table}:
            labels = [term.label(locale) for term in table.children(parent)]
            assert len(set(labels)) == len(labels), (parent, locale)


def test_every_manifest_says_where_its_table_comes_from_and_how_sure_that_is(table: ReferenceTable) -> None:
    described = table.manifest
    assert described.scheme in SHIPPED_SCHEMES
    assert all([described.title_vi, described.title_en, described.source, described.licence])
    assert described.status in {"2nd-hand", "own"}, "nobody here has read an official text"
    assert {term.level for term in table} <= {level.level for level in described.levels}


def test_research_fields_carry_their_sectors() -> None:
    table = shipped_tables()["research-field"]
    assert [len(table.children(field.code)) for field in table.children()] == [7, 12, 6, 7, 9, 5]
    assert [term.code for term in table.chain("211")] == ["2", "211"]
    assert table.label("211", "vi") == "Kỹ thuật thực phẩm và đồ uống"
    assert table.label("211", "en") == "Food and beverage engineering"
    assert all(term.code.startswith(term.parent or "") for term in table)


def test_industries_are_lettered_as_in_the_2025_decision() -> None:
    assert "".join(codes("vsic")) == "ABCDEFGHIJKLMNOPQRSTUV"
    # K was finance in VSIC 2018 and is telecommunications and computing now.
    assert "Telecommunications" in shipped_tables()["vsic"].label("K", "en")


def test_patent_classes_include_physics_and_electricity() -> None:
    table = shipped_tables()["ipc"]
    assert {section.code: len(table.children(section.code)) for section in table.children()} == {
        "A": 16,
        "B": 38,
        "C": 21,
        "D": 9,
        "E": 8,
        "F": 18,
        "G": 15,
        "H": 7,
    }


def test_readiness_levels_are_explained_in_one_sentence_each() -> None:
    for term in shipped_tables()["trl"]:
        for note in (term.note_vi, term.note_en):
            assert note.endswith(".")
            assert ". " not in note


def test_63_provinces_became_34() -> None:
    table = shipped_tables()["region"]
    joined = [former for former in table.history if former.code != "28"]
    assert len(joined) == 63
    assert {former.version for former in joined} == {"2004"}
    assert {former.successor for former in joined} == {term.code for term in table}
    unchanged = {term.code for term in table if len([f for f in joined if f.successor == term.code]) == 1}
    assert sorted(unchanged) == ["01", "04", "11", "12", "14", "20", "22", "38", "40", "42", "46"]
    assert [f.label_vi for f in table.former_codes("79")] == ["Bình Dương", "Bà Rịa – Vũng Tàu", "TP. Hồ Chí Minh"]


def test_a_reused_code_leads_to_the_region_that_took_its_former_holder_in() -> None:
    """15 was Yên Bái and is Lào Cai, which took Yên Bái in: read either way, the code means the same region."""
    table = shipped_tables()["region"]
    reused = {former.code: former for former in table.history if former.code in table}
    assert {code for code, former in reused.items() if former.label_vi != table.label(code, "vi")} == {
        "15",
        "24",
        "44",
        "46",
        "52",
        "80",
        "82",
        "91",
    }
    for code, former in reused.items():
        assert former.successor == code, former


@pytest.mark.skipif(
    "TECHMART_TRIAL_DATA" not in os.environ, reason="needs TECHMART_TRIAL_DATA: a folder with official tables to load"
)
def test_regions_and_patent_classes_agree_with_the_trial_data() -> None:
    import gzip

    folder = Path(os.environ["TECHMART_TRIAL_DATA"])
    with (folder / "regions" / "provinces.csv").open(encoding="utf-8") as stream:
        provinces = {row["code"]: row for row in csv.DictReader(stream)}
    table = shipped_tables()["region"]
    assert provinces.keys() == {term.code for term in table}
    for term in table:
        row = provinces[term.code]
        for spelling in (row["name"], row["full_name"], row["name_en"], row["full_name_en"]):
            assert table.resolve(spelling) == term, spelling
        assert row["full_name"].startswith("Thành phố") == term.note_vi.startswith("Thành phố")
    with gzip.open(folder / "ipc" / "ipc_titles.csv.gz", "rt", encoding="utf-8") as stream:
        classes = {row["symbol"][:3] for row in csv.DictReader(stream) if row["level"] != "1"}
    assert classes == set(codes("ipc", 2))
