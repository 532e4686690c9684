"""Loading tables into the database: versions, corrections, reports, races."""

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.database import Database
from app.errors import Forbidden
from app.i18n import use_locale
from app.identity import ANONYMOUS, SYSTEM, Actor, uuid7
from app.models.journal import JournalEntry
from app.models.reference import ReferenceFormerCode, ReferenceScheme, ReferenceTerm
from app.reference.faults import TableFaults
from app.reference.load import LoadReport, VersionTaken, admin_load, load_file, load_shipped
from app.reference.shipped import LAYOUTS, shipped_tables
from app.reference.store import read_current, read_version

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MANIFEST = """
scheme = "trade"
version = "2025"
title_vi = "Nghề"
title_en = "Trades"
source = "kiểm thử"
licence = "none"
status = "official"
[[levels]]
level = 1
title_vi = "Nhóm"
prefixes = ["nhóm"]
[[levels]]
level = 2
"""
FIRST = "code,parent,label_vi,label_en\nA,,Đúc,Casting\nA1,A,Đúc áp lực,Pressure casting\nB,,Dệt,Weaving\n"


class Desk:
    """The operator's desk: a file is written and loaded, in a transaction of its own."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.path = folder / "trade.csv"
        self.now = NOW

    def load(
        self, content: str, *, version: str | None = None, current: bool = True, check_only: bool = False
    ) -> LoadReport:
        self.path.write_text(content, "utf-8")
        self.path.with_suffix(".toml").write_text(MANIFEST, "utf-8")
        self.now += timedelta(minutes=1)
        return admin_load(
            self.database,
            path=self.path,
            version=version,
            now=self.now,
            make_current=current,
            check_only=check_only,
        )

    def rows(self) -> int:
        with self.database.read_only() as session:
            return sum(
                session.scalar(select(func.count()).select_from(model)) or 0
                for model in (ReferenceScheme, ReferenceTerm, ReferenceFormerCode, JournalEntry)
            )

    def versions(self, scheme: str = "trade") -> dict[str, bool]:
        with self.database.read_only() as session:
            found = session.execute(
                select(ReferenceScheme.version, ReferenceScheme.is_current).where(ReferenceScheme.scheme == scheme)
            )
            return {row.version: row.is_current for row in found}

    def actions(self) -> list[tuple[str, str]]:
        with self.database.read_only() as session:
            entries = session.scalars(select(JournalEntry).order_by(JournalEntry.id))
            return [(entry.action, entry.data["version"]) for entry in entries]


@pytest.fixture
def desk(tables_database: Database, tmp_path: Path) -> Desk:
    return Desk(tables_database, tmp_path)


def test_a_first_version_becomes_the_current_one(desk: Desk) -> None:
    report = desk.load(FIRST)
    assert (report.scheme, report.version, report.before) == ("trade", "2025", None)
    assert (report.added, report.changed, report.removed) == (("A", "A1", "B"), (), ())
    assert report.is_current
    assert not report.nothing_new
    assert desk.versions() == {"2025": True}
    assert desk.actions() == [("loaded", "2025")]
    with desk.database.read_only() as session:
        table = read_current(session, scheme="trade")
    assert table is not None
    assert [(term.code, term.parent, term.level, term.label_en) for term in table] == [
        ("A", None, 1, "Casting"),
        ("A1", "A", 2, "Pressure casting"),
        ("B", None, 1, "Weaving"),
    ]
    assert table.manifest.level(1).prefixes == ("nhóm",)
    assert table.manifest.status == "official"


def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    desk.load(FIRST)
    before = desk.rows()
    report = desk.load(FIRST)
    assert report.nothing_new
    assert (report.added, report.changed, report.removed, report.unchanged) == ((), (), (), 3)
    assert desk.rows() == before
    with desk.database.read_only() as session:
        assert session.get_one(ReferenceScheme, ("trade", "2025")).loaded_at == NOW + timedelta(minutes=1)


def test_a_newer_version_takes_over_and_the_old_one_stays(desk: Desk) -> None:
    desk.load(FIRST)
    report = desk.load(
        "code,parent,label_vi,label_en\nB,,Dệt may,Textiles\nA,,Đúc,Casting\nC,,Sơn,Painting\n", version="2030"
    )
    assert report.before == "2025"
    assert (report.added, report.changed, report.removed) == (("C",), ("B",), ("A1",))
    assert report.without_successor == ("A1",)
    assert report.unchanged == 1
    assert desk.versions() == {"2025": False, "2030": True}
    assert desk.actions() == [("loaded", "2025"), ("loaded", "2030"), ("superseded", "2030")]
    with desk.database.read_only() as session:
        old = read_version(session, scheme="trade", version="2025")
        new = read_current(session, scheme="trade")
    assert old is not None
    assert new is not None
    assert [term.label_vi for term in old] == ["Đúc", "Đúc áp lực", "Dệt"]
    assert [term.label_vi for term in new] == ["Dệt may", "Đúc", "Sơn"]


def test_a_removed_code_with_a_successor_is_not_reported_as_lost(desk: Desk) -> None:
    desk.load(FIRST)
    desk.path.with_suffix(".history.csv").write_text("version,code,label_vi,successor\n2025,B,Dệt,A\n", "utf-8")
    report = desk.load("code,label_vi\nA,Đúc\n", version="2030")
    assert report.removed == ("A1", "B")
    assert report.without_successor == ("A1",)
    with desk.database.read_only() as session:
        table = read_current(session, scheme="trade")
    assert table is not None
    assert table.find("B") is table.get("A")


def test_labels_are_corrected_and_codes_added_within_a_version(desk: Desk) -> None:
    desk.load(FIRST)
    report = desk.load(
        "code,parent,label_vi,label_en\nC,,Sơn,Painting\n" + FIRST.partition("\n")[2].replace("Weaving", "Textiles")
    )
    assert (report.added, report.changed, report.removed) == (("C",), ("B",), ())
    assert desk.versions() == {"2025": True}
    with desk.database.read_only() as session:
        table = read_current(session, scheme="trade")
    assert table is not None
    assert [(term.code, term.label_en) for term in table] == [
        ("C", "Painting"),
        ("A", "Casting"),
        ("A1", "Pressure casting"),
        ("B", "Textiles"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "code,parent,label_vi\nA,,Đúc\nA1,A,Đúc áp lực\n",  # B is gone
        "code,parent,label_vi\nA,,Đúc\nB,,Dệt\nA1,B,Đúc áp lực\n",  # A1 moved
    ],
)
def test_a_code_that_goes_or_moves_needs_another_version(desk: Desk, content: str) -> None:
    desk.load(FIRST)
    before = desk.rows()
    for check_only in (True, False):
        with use_locale("en"), pytest.raises(VersionTaken, match="give the version another name"):
            desk.load(content, check_only=check_only)
    assert desk.rows() == before
    assert desk.load(content, version="2025.1").is_current


def test_checking_writes_nothing_and_reports_all(desk: Desk) -> None:
    report = desk.load(FIRST, check_only=True)
    assert report.checked_only
    assert report.added == ("A", "A1", "B")
    assert desk.rows() == 0


def test_a_faulty_file_writes_nothing(desk: Desk) -> None:
    with pytest.raises(TableFaults):
        desk.load(FIRST + "A,,Hai lần,Twice\n")
    assert desk.rows() == 0


def test_a_version_can_be_loaded_ahead_and_made_current_later(desk: Desk) -> None:
    desk.load(FIRST)
    newer = FIRST + "C,,Sơn,Painting\n"
    report = desk.load(newer, version="2030", current=False)
    assert not report.is_current
    assert desk.versions() == {"2025": True, "2030": False}
    assert desk.load(newer, version="2030", current=False).nothing_new
    again = desk.load(newer, version="2030")
    assert (again.nothing_new, again.is_current) == (False, True)
    assert desk.versions() == {"2025": False, "2030": True}


def test_only_the_operator_loads_tables(desk: Desk) -> None:
    desk.path.write_text(FIRST, "utf-8")
    for actor in (ANONYMOUS, Actor(person_id=uuid7())):
        with pytest.raises(Forbidden), desk.database.unit_of_work() as session:
            load_file(session, path=desk.path, actor=actor, now=NOW)
    operator = Actor(person_id=uuid7(), is_operator=True)
    desk.path.with_suffix(".toml").write_text(MANIFEST, "utf-8")
    with desk.database.unit_of_work() as session:
        load_file(session, path=desk.path, actor=operator, now=NOW)
    with desk.database.read_only() as session:
        assert session.get_one(ReferenceScheme, ("trade", "2025")).loaded_by_id == operator.person_id
        assert session.scalars(select(JournalEntry.actor_id)).one() == operator.person_id


def test_the_report_is_told_in_words(desk: Desk) -> None:
    desk.load(FIRST)
    with use_locale("en"):
        said = desk.load("code,label_vi\nA,Đúc\nC,Sơn\n", version="2030", current=False).lines()
    assert said == [
        "Table trade, version 2030",
        "Codes added (1): C",
        "Codes removed (2): A1, B",
        "Codes removed without a successor (2): A1, B",
        "Unchanged: 1",
        "Without an English name: 1",
        "The current version is still 2025",
    ]
    assert desk.load(FIRST).lines() == [
        "Bảng trade, phiên bản 2025",
        "Nội dung đã có sẵn, không có gì thay đổi",
    ]


def test_eight_loads_at_once_leave_one_version_loaded_once(desk: Desk) -> None:
    desk.path.write_text(FIRST, "utf-8")
    desk.path.with_suffix(".toml").write_text(MANIFEST, "utf-8")
    start = threading.Barrier(8)
    reports: list[LoadReport] = []

    def load() -> None:
        start.wait()
        reports.append(admin_load(desk.database, path=desk.path, now=NOW))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(report.nothing_new for report in reports) == [False] + [True] * 7
    assert desk.versions() == {"2025": True}
    assert desk.actions() == [("loaded", "2025")]


def test_the_shipped_tables_load_once(desk: Desk) -> None:
    with desk.database.unit_of_work() as session:
        reports = load_shipped(session, now=NOW)
    assert [report.scheme for report in reports] == list(shipped_tables())
    assert not any(report.nothing_new for report in reports)
    before = desk.rows()
    with desk.database.unit_of_work() as session:
        assert all(report.nothing_new for report in load_shipped(session, now=NOW))
    assert desk.rows() == before
    with desk.database.read_only() as session:
        for scheme, shipped in shipped_tables().items():
            stored = read_current(session, scheme=scheme)
            assert stored is not None
            assert stored.manifest == shipped.manifest
            assert stored.terms == shipped.terms
            assert stored.history == shipped.history


def test_what_the_operator_loaded_survives_the_next_release(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "vsic.csv"
    shipped = shipped_tables()["vsic"]
    lines = [f'{term.code},"{term.label_vi} (văn bản)"' for term in shipped]
    path.write_text("\n".join(["code,label_vi", *lines, "01,Nông nghiệp"]), "utf-8")
    with desk.database.unit_of_work() as session:
        load_shipped(session, now=NOW)
    with pytest.raises(TableFaults):  # 01 is a division: it needs its section
        admin_load(desk.database, path=path, scheme="vsic", version="2025", now=NOW)
    path.write_text(
        "\n".join(["code,parent,label_vi"] + [line.replace(",", ",,", 1) for line in lines] + ["01,A,Lúa"]), "utf-8"
    )
    # A correction of the shipped version, and a version of the operator's own.
    admin_load(desk.database, path=path, scheme="vsic", version="2025", now=NOW)
    admin_load(desk.database, path=path, scheme="vsic", version="2025-full", now=NOW)
    with desk.database.unit_of_work() as session:
        reports = load_shipped(session, now=NOW)
    assert "vsic" not in [report.scheme for report in reports]
    assert desk.versions("vsic") == {"2025": False, "2025-full": True}
    with desk.database.read_only() as session:
        stored = read_version(session, scheme="vsic", version="2025")
    assert stored is not None
    assert stored.label("01", "vi") == "Lúa"


def test_wards_load_below_the_provinces(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "wards.csv"
    path.write_text(
        "code,name,name_en,full_name,full_name_en,code_name,province_code\n"
        "25747,Thủ Dầu Một,Thu Dau Mot,Phường Thủ Dầu Một,Thu Dau Mot Ward,thu_dau_mot,79\n",
        "utf-8",
    )
    with desk.database.unit_of_work() as session:
        load_shipped(session, now=NOW)
    for nothing_new in (False, True):
        report = admin_load(desk.database, path=path, manifest=LAYOUTS / "wards.toml", version="2025+wards", now=NOW)
        assert report.added == (() if nothing_new else ("25747",))
        assert report.removed == ()
        assert report.nothing_new is nothing_new
    with desk.database.read_only() as session:
        table = read_current(session, scheme="region")
    assert table is not None
    assert [term.code for term in table.chain("25747")] == ["79", "25747"]
    assert table.find("74") is table.get("79")


@pytest.mark.skipif(
    "TECHMART_TRIAL_DATA" not in os.environ, reason="needs TECHMART_TRIAL_DATA: a folder with official tables to load"
)
def test_all_wards_of_the_country_load(desk: Desk) -> None:
    from app.reference.regions import resolve_region

    path = Path(os.environ["TECHMART_TRIAL_DATA"]) / "regions" / "wards.csv"
    with desk.database.unit_of_work() as session:
        load_shipped(session, now=NOW)
    report = admin_load(desk.database, path=path, manifest=LAYOUTS / "wards.toml", version="2025+wards", now=NOW)
    assert (len(report.added), report.unchanged, report.removed) == (3321, 34, ())
    with desk.database.read_only() as session:
        table = read_current(session, scheme="region")
    assert table is not None
    found = resolve_region(table, "Phường Thủ Dầu Một, TP.HCM")
    assert found is not None
    assert table.chain(found.code)[0].code == "79"


def test_system_is_the_actor_of_the_terminal(desk: Desk) -> None:
    desk.load(FIRST)
    with desk.database.read_only() as session:
        assert session.get_one(ReferenceScheme, ("trade", "2025")).loaded_by_id is SYSTEM.person_id is None
