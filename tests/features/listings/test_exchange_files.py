"""Files in and out: what goes in, what is told, that the same file again changes nothing, that memory stays."""

import csv
import gzip
import json
import tracemalloc
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select, text

from app.errors import Invalid
from app.features.listings import importing, queries
from app.features.listings.exchange_rows import open_rows
from app.features.listings.exporting import columns, export_file
from app.features.listings.import_lines import guessed_type
from app.features.listings.importing import ImportReport, import_file
from app.models import Listing, Organisation
from tests import factories
from tests.factories import NOW
from tests.features.listings.conftest import Scene
from tests.features.listings.inputs import NEED, TECHNOLOGY
from tests.query_budget import count_queries

LEAST = {"kind": "technology", "title": "Máy sấy", "description": "Sấy ở 45 °C"}
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """write(lines, name) makes a JSONL file; texts and bytes among the lines stand as they are."""

    def make(lines: Iterable[dict[str, Any] | str | bytes], name: str = "in.jsonl") -> Path:
        whole = b"\n".join(
            one if isinstance(one, bytes) else (one if isinstance(one, str) else json.dumps(one)).encode()
            for one in lines
        )
        path = tmp_path / name
        path.write_bytes(gzip.compress(whole) if name.endswith(".gz") else whole)
        return path

    return make


def bring(scene: Scene, path: Path, **how: Any) -> ImportReport:
    return import_file(scene.database, path, settings=scene.settings, now=NOW, **how)


def rows(scene: Scene) -> list[Listing]:
    with scene.database.read_only() as session:
        return list(session.scalars(select(Listing).order_by(Listing.id)))


def test_the_least_line_goes_in_for_the_operator_and_can_be_published(scene: Scene, write: Write) -> None:
    report = bring(scene, write([LEAST]))
    assert (report.created, report.bad, report.organisations) == (1, 0, 1)
    (row,) = rows(scene)
    assert (row.state, row.slug, row.language) == ("draft", "may-say", "vi")
    assert row.external_id is not None
    assert row.external_id.startswith("line:")
    report = bring(scene, write([LEAST]), publish=True)
    assert (report.created, report.updated) == (0, 1)
    (row,) = rows(scene)
    assert (row.state, row.published_at) == ("published", NOW)
    assert scene.moves(row.public_id) == ["import", "import"]
    with scene.database.read_only() as session:
        owner = session.get_one(Organisation, row.organisation_id)
        assert (owner.name, owner.imported) == (scene.settings.operator_name, True)


def test_everything_a_line_may_say_is_kept(scene: Scene, write: Write) -> None:
    line = TECHNOLOGY | {
        "external_id": "A-1",
        "organisation": "Trường Đại học Bách khoa",
        "region": "Bình Dương",
        "classifications": [
            {"scheme": "vsic", "code": "C"},
            {"scheme": "SBIR-topic", "code": "03a", "label": "Cyber"},
        ],
        "published_at": "2026-05-01",
        "source": "thử",
        "licence": "CC BY 4.0",
        "year": "2017",
        "keywords": ["sấy", "x" * 500],
        "title": unicodedata.normalize("NFD", "Máy sấy ðiện"),
    }
    bring(scene, write([line]), publish=True)
    (row,) = rows(scene)
    assert (row.title, row.region, row.source, row.licence) == ("Máy sấy điện", "79", "thử", "CC BY 4.0")
    assert row.published_at is not None
    assert row.published_at.isoformat() == "2026-04-30T17:00:00+00:00"
    assert (row.trl, row.keywords, row.details["capacity"]) == (8, ["sấy"], "500 kg/mẻ")
    with scene.database.read_only() as session:
        detail = queries.detail(session, public_id=row.public_id)
    assert [(one.scheme, one.version, one.code, one.label) for one in detail.classifications] == [
        ("vsic", "2025", "C", ""),
        ("SBIR-topic", "", "03a", "Cyber"),
    ]
    assert detail.organisation is not None
    assert (detail.organisation.name, detail.organisation.type) == ("Trường Đại học Bách khoa", "university")


def test_english_lines_are_left_as_they_are_written(scene: Scene, write: Write) -> None:
    bring(scene, write([LEAST | {"language": "en", "title": "The ñandú of Eyjafjörður: ð stays"}]))
    assert rows(scene)[0].title == "The ñandú of Eyjafjörður: ð stays"


def test_the_same_file_again_changes_nothing(scene: Scene, write: Write) -> None:
    lines: list[dict[str, Any]] = [
        LEAST | {"external_id": str(number), "organisation": f"Viện {number % 3}"} for number in range(12)
    ]
    bring(scene, write(lines), publish=True)
    before = scene.traces()
    report = bring(scene, write(lines), publish=True)
    assert (report.created, report.updated, report.unchanged, report.organisations) == (0, 0, 12, 0)
    assert scene.traces() == before
    lines[3] |= {"title": "Máy sấy mới", "classifications": ["vsic:C"]}
    report = bring(scene, write(lines), publish=True)
    assert (report.updated, report.unchanged) == (1, 11)
    changed = next(row for row in rows(scene) if row.external_id == "3")
    assert (changed.title, changed.slug, changed.version) == ("Máy sấy mới", "may-say-moi", 2)


def test_what_its_owner_withdrew_stays_withdrawn(scene: Scene, write: Write) -> None:
    with scene.database.unit_of_work() as session:
        made = factories.listing(session, of=scene.organisation, external_id="A-1", state="withdrawn")
    line = LEAST | {"external_id": "A-1", "organisation": scene.organisation.name, "title": "Khác"}
    assert bring(scene, write([line]), publish=True).updated == 1
    row = scene.row(made.public_id)
    assert (row.state, row.title, row.organisation_id) == ("withdrawn", "Khác", scene.organisation.id)


def test_bad_lines_are_told_with_number_and_reason_and_the_rest_goes_in(scene: Scene, write: Write) -> None:
    lines: list[dict[str, Any] | str | bytes] = [
        LEAST | {"external_id": "1"},
        "not json",
        "",
        "[1, 2]",
        b'{"kind": "technology", "title": "\xff"}',
        LEAST | {"kind": "gift"},
        {"kind": "technology", "title": " ", "description": ""},
        LEAST | {"trl": 12, "price": {"from": 5, "to": 1}},
        LEAST | {"external_id": "1", "title": "Trùng"},
        '{"kind": "technology", "title": "x", "description": "y", "trl": NaN}',
        LEAST | {"title": "\ud800\x00", "description": "a"},
        LEAST | {"external_id": "2"},
    ]
    report = bring(scene, write(lines))
    assert (report.read, report.created, report.bad) == (11, 2, 9)
    told = {one.line: one.reason for one in report.told}
    assert sorted(told) == [2, 4, 5, 6, 7, 8, 9, 10, 11]
    assert told[5] == "Dòng không phải văn bản UTF-8"
    assert told[7] == "thiếu title; thiếu description"
    assert "trl: Không quá 9." in told[8]
    assert "price.to" in told[8]
    assert told[9] == "external_id này đã có ở dòng 1 của cùng tệp"


def test_an_anonymous_need_that_names_its_organisation_is_a_bad_line(scene: Scene, write: Write) -> None:
    line = NEED | {"external_id": "n", "organisation": scene.organisation.name}
    named = line | {"external_id": "m", "description": "Xưởng Cơ điện Minh Long"}
    report = bring(scene, write([line, named]), publish=True)
    assert (report.created, report.bad) == (1, 1)
    assert "description" in report.told[0].reason


def test_a_line_the_database_refuses_stays_out_alone(
    scene: Scene, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importing._insert

    def insert(session: Any, fresh: Any, **how: Any) -> None:
        real(session, fresh, **how)
        if any(line.external_id == "2" for line, _owner in fresh):
            session.execute(text("SELECT 1 / 0"))

    monkeypatch.setattr(importing, "_insert", insert)
    report = bring(scene, write([LEAST | {"external_id": str(number)} for number in range(4)]))
    assert (report.created, report.bad, [one.line for one in report.told]) == (3, 1, [3])
    assert {row.external_id for row in rows(scene)} == {"0", "1", "3"}
    assert scene.journal() == ["imported"] * 3


def test_batches_are_bulk_and_memory_does_not_grow(scene: Scene, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 100)
    positions: list[int] = []
    # Which columns a line leaves empty differs from line to line.
    told: tuple[dict[str, Any], ...] = (
        {},
        {"trl": 7},
        {"summary": "Tóm tắt", "title_en": "Dryer"},
        {"trl": 3, "region": "79"},
    )
    path = write(
        (
            {**LEAST, **told[number % 4], "external_id": str(number), "description": "x" * 3_000}
            for number in range(1_000)
        ),
        "big.jsonl.gz",
    )
    with count_queries(scene.database) as sent:
        tracemalloc.start()
        report = bring(scene, path, publish=True, progress=lambda _report, position: positions.append(position))
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert report.created == 1_000
    assert len(positions) == 10
    assert positions == sorted(positions)
    # Statements for one batch: existing keys, listings, history twice, journal; not one for each line.
    assert len(sent) <= 10 * 8 + 6, len(sent)
    assert peak < 20_000_000
    assert scene.journal() == ["imported"] * 1_000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1258"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_come_in_the_encodings_that_spreadsheets_write(
    encoding: str, delimiter: str, scene: Scene, tmp_path: Path
) -> None:
    path = tmp_path / "bang.csv"
    title = "Máy sấy bơm nhiệt cỡ lớn"
    whole = delimiter.join(["kind", "title", "description", "price.from", "details.offered_for", "classifications"])
    whole += "\r\n" + delimiter.join(["equipment", title, '"hai\ndòng"', "5000000", '"sale; rent"', "vsic:C"]) + "\r\n"
    path.write_bytes(in_windows_1258(whole) if encoding == "cp1258" else whole.encode(encoding))
    report = bring(scene, path)
    assert (report.created, report.told) == (1, [])
    (row,) = rows(scene)
    assert (row.title, row.description, row.price_from) == (title, "hai\ndòng", 5_000_000)
    assert row.details == {"offered_for": ["sale", "rent"]}


def in_windows_1258(text: str) -> bytes:
    """Vowels with their quality are letters there, tones are marks behind them."""
    written = b""
    for letter in text:
        try:
            written += letter.encode("cp1258")
        except UnicodeEncodeError:
            base, *marks = list(unicodedata.normalize("NFD", letter))
            quality = [mark for mark in marks if mark in "\u0302\u0306\u031b"]
            tones = [mark for mark in marks if mark not in quality]
            written += unicodedata.normalize("NFC", "".join([base, *quality])).encode("cp1258")
            written += "".join(tones).encode("cp1258")
    return written


def test_legacy_encodings_that_cannot_be_told_are_refused_as_a_whole(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "tcvn3.csv"
    path.write_bytes(b"kind,title,description\ntechnology,M\xb8y s\xcay,b\xac m nhi\xd6t \xae\xb5 \xd0\n")
    with pytest.raises(Invalid) as caught:
        bring(scene, path)
    assert set(caught.value.fields) == {"file"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("in.txt", b"x"),
        ("in.csv", b"a,b\n1,2\n"),
        ("in.xlsx", b"no archive"),
        ("in.jsonl.gz", b"no gzip"),
        ("cut.jsonl.gz", gzip.compress(b'{"kind": "technology"}\n' * 5_000)[:-20]),
    ],
)
def test_a_file_that_cannot_be_read_says_so(name: str, content: bytes, scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Invalid) as caught:
        bring(scene, path)
    assert set(caught.value.fields) == {"file"}
    with pytest.raises(Invalid):
        bring(scene, tmp_path / "nowhere.jsonl")


def test_a_line_without_end_does_not_fill_the_memory(write: Write) -> None:
    path = write([LEAST, '{"title": "' + "x" * 9_000_000 + '"}', LEAST], "long.jsonl.gz")
    with open_rows(path) as (found, _position):
        assert [row.data is not None for row in found] == [True, False, True]


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.csv", "out.xlsx"])
def test_what_goes_out_comes_back_in(name: str, scene: Scene, write: Write, tmp_path: Path) -> None:
    for number, data in enumerate((TECHNOLOGY, NEED)):
        scene.published(data | {"external_id": f"E-{number}", "title": f"=cmd|{number}"})
    scene.draft(TECHNOLOGY | {"title": "Bản nháp kín"})
    path = tmp_path / name
    seen: list[tuple[int, int]] = []
    assert export_file(scene.database, path, progress=lambda *so_far: seen.append(so_far)) == 2
    assert seen == [(2, 2)]
    assert not list(tmp_path.glob(".*"))
    with open_rows(path) as (found, _position):
        said = [row.data for row in found if row.data is not None]
    assert [one["title"] for one in said] == ["=cmd|0", "=cmd|1"]
    whole = json.dumps(said, ensure_ascii=False)
    assert "Bản nháp kín" not in whole
    assert "Minh Long" in json.dumps(said[0], ensure_ascii=False)
    assert "Minh Long" not in json.dumps(said[1], ensure_ascii=False)
    assert "E-1" not in whole


def test_exported_tables_run_no_formulas(scene: Scene, tmp_path: Path) -> None:
    scene.published(TECHNOLOGY | {"title": "=1+1", "benefit": "+84 giảm"})
    export_file(scene.database, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        (line,) = csv.DictReader(stream)
    assert (line["title"], line["benefit"]) == ("'=1+1", "'+84 giảm")
    assert list(line) == columns()
    export_file(scene.database, tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    cell = sheet.cell(2, 2)
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_exports_can_be_narrowed_and_never_tell_whose_a_need_is(scene: Scene, tmp_path: Path) -> None:
    scene.published(TECHNOLOGY)
    scene.published(NEED)
    out = tmp_path / "out.jsonl"
    assert export_file(scene.database, out, kinds=("need",)) == 1
    assert export_file(scene.database, out, organisation=scene.organisation.name) == 1
    assert json.loads(out.read_text())["kind"] == "technology"
    with pytest.raises(Invalid):
        export_file(scene.database, out, organisation="Không có")
    with pytest.raises(Invalid):
        export_file(scene.database, tmp_path / "no" / "out.jsonl")
    with pytest.raises(Invalid):
        export_file(scene.database, tmp_path / "out.pdf")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Công ty TNHH CO-WELL Châu Á", "firm"),
        ("Trường Đại học Thủy lợi", "university"),
        ("Viện Cơ điện nông nghiệp", "research_institute"),
        ("Sandia National Laboratories", "laboratory"),
        ("PHÒNG GIÁO DỤC & ĐÀO TẠO", "public_agency"),
        ("TMA Solutions", "firm"),
    ],
)
def test_a_name_suggests_a_type(name: str, kind: str) -> None:
    assert guessed_type(name) == kind
