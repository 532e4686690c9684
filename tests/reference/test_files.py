"""Table files as they really arrive: exported by spreadsheets, half filled, wrongly typed."""

import datetime as dt
from pathlib import Path

import pytest
from openpyxl import Workbook

from app.i18n import use_locale
from app.reference import rows
from app.reference.faults import MOST_PROBLEMS, TableFaults
from app.reference.files import read_table
from app.reference.shipped import DATA, LAYOUTS, shipped_tables
from app.reference.tables import ReferenceTable

MANIFEST = """
scheme = "trade"
version = "2025"
title_vi = "Nghề"
title_en = "Trades"
source = "kiểm thử"
licence = "none"
status = "own"
"""
HEADER = "code,parent,level,label_vi,label_en\n"


@pytest.fixture
def read(tmp_path: Path) -> "Reader":
    return Reader(tmp_path)


class Reader:
    """Writes a file with its manifest, reads it, and gives the table or what was said to be wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self,
        content: str | bytes,
        *,
        manifest: str = MANIFEST,
        history: str = "",
        base: ReferenceTable | None = None,
        version: str | None = None,
    ) -> ReferenceTable:
        path = self.folder / "trade.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.with_suffix(".toml").write_text(manifest, "utf-8")
        if history:
            path.with_suffix(".history.csv").write_text(history, "utf-8")
        return read_table(path, base=base, version=version)

    def faults(self, content: str | bytes, **given: object) -> list[str]:
        with use_locale("en"), pytest.raises(TableFaults) as caught:
            self(content, **given)  # type: ignore[arg-type]
        assert caught.value.total >= len(caught.value.problems)
        assert caught.value.fields
        return [str(problem) for problem in caught.value.problems]


def test_a_file_of_codes_and_names_is_enough(read: Reader) -> None:
    table = read("code,label_vi\nA,Đúc\nB,Dệt\n")
    assert [(term.code, term.level, term.parent, term.label_vi, term.label_en) for term in table] == [
        ("A", 1, None, "Đúc", "Đúc"),
        ("B", 1, None, "Dệt", "Dệt"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_spreadsheets_write_csv_in_many_ways(read: Reader, encoding: str, delimiter: str, ending: str) -> None:
    lines = [("code", "label_vi", "label_en"), ("01", "Đúc", '"Casting, of iron; and steel"'), ("", "", "")]
    text = ending.join(delimiter.join(line) for line in lines) + ending
    table = read(text.encode(encoding))
    assert [(term.code, term.label_vi, term.label_en) for term in table] == [
        ("01", "Đúc", "Casting, of iron; and steel")
    ]


def test_text_is_stored_composed_and_without_stray_space(read: Reader) -> None:
    decomposed = "Điện, điện tử"
    table = read(f'code,label_vi\n A ,"  {decomposed}\u00a0 \n và\u200b tin học "\n')
    assert table.terms[0].code == "A"
    assert table.terms[0].label_vi == "Điện, điện tử và tin học"


def test_parents_and_levels_are_worked_out_from_prefixes(read: Reader) -> None:
    manifest = MANIFEST + "prefix_codes = true\n"
    table = read(
        "code,label_vi\n10101,Đại số\n1,Tự nhiên\n101,Toán\n2,Kỹ thuật\n20203,Tự động hoá\n", manifest=manifest
    )
    places = {term.code: (term.parent, term.level) for term in table}
    assert places == {
        "10101": ("101", 3),
        "1": (None, 1),
        "101": ("1", 2),
        "2": (None, 1),
        "20203": ("2", 2),  # its sector is not in the file: the nearest code above takes it
    }
    assert [term.code for term in table] == ["10101", "1", "101", "2", "20203"], "the order of the file stays"


def test_every_fault_is_told_with_its_line(read: Reader) -> None:
    manifest = MANIFEST + "[[levels]]\nlevel = 1\npattern = '[A-Z]'\n[[levels]]\nlevel = 2\npattern = '[A-Z]\\d'\n"
    content = (
        HEADER
        + "A,,1,Đúc,Casting\n"
        + "A,,1,Đúc,Casting\n"  # 3: twice
        + "B,,1,,Weaving\n"  # 4: no name
        + ",,1,Dệt,Weaving\n"  # 5: no code
        + "C1,Z,2,Sơn,Painting\n"  # 6: no such parent
        + "D1,,2,Mạ,Plating\n"  # 7: no parent
        + "A2,A,1,Hàn,Welding\n"  # 8: as high as its parent
        + "A3,A,x,Tiện,Turning\n"  # 9: no level
        + "AA,,1,Mài,Grinding\n"  # 10: not a code of level 1
        + "A4,A,3,Cắt,Cutting\n"  # 11: no such level
        + "E,,1,Rèn, nguội,Forging\n"  # 12: an unquoted comma
        + "F,,1,Ti\ufffd\ufffdn,Turning\n"  # 13: broken
        + "\n"
        + f"G,,1,{'x' * 501},Long\n"  # 15
        + "H,H,,Tự,Self\n"  # 16: its own parent
    )
    assert read.faults(content, manifest=manifest) == [
        "trade.csv, line 3, column code: The code is already on line 2",
        "trade.csv, line 4, column label_vi: A required cell is empty",
        "trade.csv, line 5, column code: A required cell is empty",
        "trade.csv, line 12: More cells than the header has; a cell with a comma needs quotation marks",
        "trade.csv, line 13, column label_vi: Broken characters; check the encoding of the file",
        "trade.csv, line 15, column label_vi: The cell is longer than 500 characters",
        "trade.csv, line 6, column parent: There is no parent code Z",
        "trade.csv, line 7, column parent: A code of level 2 needs a parent code",
        "trade.csv, line 8, column level: Level 1 must be deeper than level 1 of the parent code",
        "trade.csv, line 9, column level: The level must be a whole number from 1",
        "trade.csv, line 10, column code: A code of level 1 must look like [A-Z]",
        "trade.csv, line 11, column level: This table has no level 3",
        "trade.csv, line 16, column level: Level 1 must be deeper than level 1 of the parent code",
    ]


def test_faults_are_told_in_the_readers_language(read: Reader) -> None:
    with pytest.raises(TableFaults) as caught:
        read("code,label_vi\nA,\n")
    assert [str(problem) for problem in caught.value.problems] == [
        "trade.csv, dòng 2, cột label_vi: Cột bắt buộc đang trống"
    ]
    assert caught.value.fields == {"lines.2.label_vi": "Cột bắt buộc đang trống"}


def test_a_ring_of_parents_is_refused(read: Reader) -> None:
    assert read.faults(HEADER + "A,B,,a,a\nB,A,,b,b\n") == [
        "trade.csv, line 2, column level: Level 2 must be deeper than level 2 of the parent code",
        "trade.csv, line 3, column level: Level 2 must be deeper than level 2 of the parent code",
    ]


def test_a_file_wrong_on_every_line_is_told_so_a_hundred_times(read: Reader) -> None:
    content = "code,label_vi\n" + "".join(f"A{number},\n" for number in range(1000))
    with pytest.raises(TableFaults) as caught:
        read(content)
    assert len(caught.value.problems) == MOST_PROBLEMS == 100
    assert caught.value.total == 1000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "The table file has no lines"),
        ("code,label_vi\n", "The table file has no lines"),
        ("\n\n ,\n", "The table file has no lines"),
        ("code,name\nA,Đúc\n", "column label_vi: This column is required and missing"),
        ("code,label_vi,lable_en\nA,Đúc,x\n", "column lable_en: The format has no such column"),
        ("code,label_vi\nA,Ban\n".encode("utf-16-le"), "line 1: The file is not UTF-8; save it as “CSV UTF-8”"),
        (b"code,label_vi\nA,\xd0\xfac\n", "line 2: The file is not UTF-8; save it as “CSV UTF-8”"),
        (b'code,label_vi\nA,"unfinished\n', "line 2: Quotation marks are not closed"),
    ],
)
def test_files_that_cannot_be_read(read: Reader, content: str | bytes, said: str) -> None:
    found = read.faults(content)
    assert any(said in one for one in found), found


def test_a_missing_or_foreign_file_is_refused(tmp_path: Path) -> None:
    for name in ("absent.csv", "table.xls", "table.pdf"):
        if name != "absent.csv":
            (tmp_path / name).write_bytes(b"x")
        with pytest.raises(TableFaults):
            read_table(tmp_path / name)


def test_a_file_with_too_many_lines_is_refused(read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST_ROWS", 3)
    assert len(read("code,label_vi\nA,a\nB,b\nC,c\n")) == 3
    assert read.faults("code,label_vi\nA,a\nB,b\nC,c\nD,d\n") == [
        "trade.csv, line 5: The file has too many lines (3 at most)"
    ]


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("scheme = ", "The manifest cannot be read"),
        ("scheme = 'Trade Marks'", "column scheme: The manifest has a wrong value here"),
        ("schema = 'trade'", "column schema: The manifest has a wrong value here"),
        ("scheme = 'trade'\nversion = '1'\nstatus = 'sure'", "column status: The manifest has a wrong value here"),
        ("[[levels]]\nlevel = 1\npattern = '['", "column levels.0.pattern: The manifest has a wrong value here"),
        ("scheme = 'trade'\nversion = '1'", "column title_vi: The manifest lacks this entry"),
        (MANIFEST + "extends = true", "column extends: There is no current version to add to"),
    ],
)
def test_manifests_are_checked(read: Reader, manifest: str, said: str) -> None:
    assert any(said in one for one in read.faults("code,label_vi\nA,a\n", manifest=manifest))


def test_what_a_manifest_leaves_out_comes_from_the_present_version(read: Reader) -> None:
    base = shipped_tables()["vsic"]
    table = read(
        "code,label_vi\nA,Nông nghiệp\n", manifest="scheme = 'vsic'\nsource = 'mới'", base=base, version="2030"
    )
    assert (table.version, table.manifest.source) == ("2030", "mới")
    assert table.manifest.title_en == base.manifest.title_en
    assert table.manifest.levels == base.manifest.levels
    assert "column version" in read.faults("code,label_vi\nA,a\n", manifest="scheme = 'vsic'", base=base)[0]


def test_names_that_did_not_change_keep_their_english(read: Reader) -> None:
    base = read(HEADER + "A,,1,Đúc,Casting\nB,,1,Dệt,Weaving\n")
    table = read("code,label_vi\nA,Đúc\nB,Dệt may\n", base=base, version="2026")
    assert [(term.label_vi, term.label_en) for term in table] == [("Đúc", "Casting"), ("Dệt may", "Dệt may")]


def test_history_is_read_checked_and_handed_on(read: Reader) -> None:
    history = "version,code,label_vi,label_en,successor,until,aliases\n2018,X,Kim khí,Metal,A,2025-11-15,Sắt|Thép\n"
    first = read(HEADER + "A,,1,Đúc,Casting\nB,,1,Dệt,Weaving\n", history=history)
    assert first.history[0].until == dt.date(2025, 11, 15)
    assert first.history[0].aliases == ("Sắt", "Thép")
    # The next version merges A into B: what led to A leads to B from now on.
    history = "version,code,label_vi,successor\n2025,A,Đúc,B\n"
    second = read(HEADER + "B,,1,Dệt,Weaving\n", history=history, base=first, version="2030")
    assert [(former.version, former.code, former.successor) for former in second.history] == [
        ("2025", "A", "B"),
        ("2018", "X", "B"),
    ]
    # And one that drops B without saying where it went ends the line.
    (read.folder / "trade.history.csv").unlink()
    third = read(HEADER + "C,,1,Sơn,Painting\n", base=second, version="2035")
    assert third.history == ()


def test_history_faults_are_told_with_their_lines(read: Reader) -> None:
    history = (
        "version,code,label_vi,successor,until\n"
        "2018,X,Kim khí,A,15/11/2025\n"
        "2018,Y,Vải,Z,2025-11-15\n"
        "2018,X,Kim khí,A,\n"
        "2018,,Kim khí,A,\n"
    )
    assert read.faults("code,label_vi\nA,Đúc\n", history=history) == [
        "trade.history.csv, line 2, column until: A date is year-month-day, such as 2025-07-01",
        "trade.history.csv, line 3, column successor: The table has no successor code Z",
        "trade.history.csv, line 4, column code: This line stands above already",
        "trade.history.csv, line 5, column code: A required cell is empty",
    ]


def workbook(path: Path, sheets: dict[str, list[list[object]]], formats: dict[str, str] | None = None) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, lines in sheets.items():
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(line)
        for place, number_format in (formats or {}).items():
            sheet[place].number_format = number_format
    book.save(path)
    return path


def test_a_workbook_holds_table_history_and_manifest(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "bang.xlsx",
        {
            "Bảng": [
                ["code", "level", "label_vi", "label_en"],
                [1, 1, "Hà Nội", "Hanoi"],
                ["04", 1.0, "Cao Bằng", "Cao Bang"],
                [None, None, None, None],
                [8, 1, "  Tuyên\nQuang ", None],
            ],
            "History": [
                ["version", "code", "label_vi", "successor", "until"],
                ["2004", "02", "Hà Giang", "08", dt.datetime(2025, 7, 1, tzinfo=None)],  # noqa: DTZ001
            ],
            "manifest": [
                ["scheme", "province"],
                ["version", 2025],
                ["title_vi", "Tỉnh"],
                ["title_en", "Provinces"],
                ["source", "kiểm thử"],
                ["licence", "none"],
                ["status", "own"],
            ],
        },
        {"A2": "00", "A5": "00"},
    )
    table = read_table(path)
    assert (table.scheme, table.version) == ("province", "2025")
    assert [(term.code, term.label_vi, term.label_en) for term in table] == [
        ("01", "Hà Nội", "Hanoi"),
        ("04", "Cao Bằng", "Cao Bang"),
        ("08", "Tuyên Quang", "Tuyên Quang"),
    ]
    assert [(former.code, former.successor, former.until) for former in table.history] == [
        ("02", "08", dt.date(2025, 7, 1))
    ]


def test_a_spreadsheets_lost_zero_is_caught_by_the_pattern(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "vsic.xlsx", {"1": [["code", "parent", "label_vi"], ["A", None, "Nông"], [1, "A", "Lúa"]]}
    )
    with use_locale("en"), pytest.raises(TableFaults) as caught:
        read_table(path, version="2025.1", scheme="vsic", base=shipped_tables()["vsic"])
    assert [str(problem) for problem in caught.value.problems] == [
        "vsic.xlsx, line 3, column code: A code of level 2 must look like \\d{2}"
    ]


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04 torn"])
def test_a_broken_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.xlsx").write_bytes(content)
    with use_locale("en"), pytest.raises(TableFaults, match="XLSX file cannot be read"):
        read_table(tmp_path / "x.xlsx")


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_MOST_UNPACKED", 100)
    path = workbook(tmp_path / "x.xlsx", {"1": [["code", "label_vi"], ["A", "Đúc"]]})
    with use_locale("en"), pytest.raises(TableFaults, match="too large"):
        read_table(path)


WARDS = """code,name,name_en,full_name,full_name_en,code_name,province_code
00004,Ba Đình,Ba Dinh,Phường Ba Đình,Ba Dinh Ward,ba_dinh,01
25747,Thủ Dầu Một,Thu Dau Mot,Phường Thủ Dầu Một,Thu Dau Mot Ward,thu_dau_mot,79
26732,Côn Đảo,Con Dao,Đặc khu Côn Đảo,Con Dao Special Administrative Region,con_dao,79
"""


def test_wards_of_another_layout_go_below_the_provinces(tmp_path: Path) -> None:
    path = tmp_path / "wards.csv"
    path.write_text(WARDS, "utf-8")
    shipped = shipped_tables()["region"]
    table = read_table(path, manifest=LAYOUTS / "wards.toml", version="2025+wards", base=shipped)
    assert (len(table), table.version) == (37, "2025+wards")
    assert [term.code for term in table.chain("26732")] == ["79", "26732"]
    assert table.label("26732", "vi") == "Đặc khu Côn Đảo"
    assert table.history == shipped.history
    found = table.resolve("Côn Đảo", within="79")
    assert found is not None and found.code == "26732"  # noqa: PT018


def test_a_ward_of_no_province_is_told(tmp_path: Path) -> None:
    path = tmp_path / "wards.csv"
    path.write_text(WARDS.replace("ba_dinh,01", "ba_dinh,02"), "utf-8")
    with use_locale("en"), pytest.raises(TableFaults, match="line 2, column parent: There is no parent code 02"):
        read_table(path, manifest=LAYOUTS / "wards.toml", version="x", base=shipped_tables()["region"])


def test_shipped_files_can_be_read_back_from_a_workbook(tmp_path: Path) -> None:
    """What an operator edits in a spreadsheet and saves is the same table."""
    import csv

    with (DATA / "ipc.csv").open(encoding="utf-8", newline="") as stream:
        lines: list[list[object]] = [list(line) for line in csv.reader(stream)]
    path = workbook(tmp_path / "ipc.xlsx", {"ipc": lines})
    table = read_table(path, manifest=DATA / "ipc.toml")
    assert table.content_sha256() == shipped_tables()["ipc"].content_sha256()


def test_the_manifest_shown_in_the_documentation_works(read: Reader) -> None:
    text = (DATA.parents[2] / "docs" / "reference-tables.md").read_text("utf-8")
    shown = [
        line[4:] for line in text.splitlines() if line.startswith("    ") and " = " in line and "import" not in line
    ]
    table = read(
        "code,parent,label_vi\nA,,Nông nghiệp\n01,A,Lúa\n011,,Lúa nước\n",
        manifest="\n".join(shown),
        base=shipped_tables()["vsic"],
    )
    assert (table.version, table.manifest.status) == ("2025-full", "official")
    assert [term.code for term in table.chain("011")] == ["A", "01", "011"]
