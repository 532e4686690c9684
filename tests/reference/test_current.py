"""What a process holds of the tables, and how it hears of new ones."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.database import Database
from app.identity import SYSTEM
from app.reference import current, store
from app.reference.load import admin_load, load_file, load_shipped, load_table
from app.reference.shipped import shipped_tables
from tests.query_budget import count_queries

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def seeded(tables_database: Database) -> Database:
    with tables_database.unit_of_work() as session:
        load_shipped(session, now=NOW)
    return tables_database


def load(database: Database, folder: Path, *, version: str, content: str, minute: int = 1) -> None:
    path = folder / "sector.csv"
    path.write_text(content, "utf-8")
    now = NOW + timedelta(minutes=minute)
    admin_load(database, path=path, scheme="sector", version=version, now=now)


def test_before_the_database_is_read_the_shipped_tables_answer() -> None:
    current.forget()
    assert current.label("region", "79", "vi") == "TP. Hồ Chí Minh"
    assert current.label("region", "74", "en") == "Binh Duong"
    assert current.label("trl", "9", "en") == "Proven in use"
    assert current.label("NASA-category", "Aeronautics", "vi") == "Aeronautics"
    assert current.version_mark() == ""
    with pytest.raises(KeyError):
        current.current_table("NASA-category")


def mark(database: Database) -> str:
    with database.read_only() as session:
        return session.scalar(select(store.mark())) or ""


def test_tables_are_read_once_and_asking_costs_nothing(seeded: Database) -> None:
    with seeded.read_only() as session, count_queries(seeded) as sent:
        assert current.refresh(session, at=0.0)
        assert len(sent) == 2, "the mark and the list of versions; what ships is not read again"
        assert not current.refresh(session, at=14.9)
        assert current.label("vsic", "C", "vi") == "Công nghiệp chế biến, chế tạo"
        assert current.current_table("ipc").label("H04", "en") == "Electric communication"
        assert len(sent) == 2
        assert not current.refresh(session, at=15.0)
        assert len(sent) == 3
        assert not current.refresh(session, at=29.9)
        assert len(sent) == 3


def test_with_the_mark_at_hand_nothing_is_asked_until_it_changes(seeded: Database, tmp_path: Path) -> None:
    seen = mark(seeded)
    with seeded.read_only() as session:
        assert current.refresh(session, mark=seen, at=0.0)
    assert current.version_mark() == seen
    with seeded.read_only() as session, count_queries(seeded) as sent:
        assert not current.refresh(session, mark=seen, at=1e9)
        assert sent == []
    held = current.current_table("region")
    load(seeded, tmp_path, version="2030", content="code,label_vi,label_en\nhealth,Sức khoẻ,Health care\n")
    newer = mark(seeded)
    assert newer != seen
    with seeded.read_only() as session, count_queries(seeded) as sent:
        assert current.refresh(session, mark=newer, at=0.1)
        assert len(sent) == 4, "the list of versions, and the one that is new: its manifest, terms and history"
    assert current.label("sector", "health", "en") == "Health care"
    assert current.version_mark() == newer
    assert current.current_table("region") is held


def test_every_kind_of_load_changes_the_mark(seeded: Database, tmp_path: Path) -> None:
    content = "code,label_vi\nhealth,Sức khoẻ\n"
    marks = [mark(seeded)]
    load(seeded, tmp_path, version="2030", content=content, minute=1)
    marks.append(mark(seeded))
    load(seeded, tmp_path, version="2030", content=content + "energy,Năng lượng\n", minute=1)
    marks.append(mark(seeded))
    with seeded.unit_of_work() as session:
        load_table(session, table=shipped_tables()["sector"], origin="shipped", actor=SYSTEM, now=NOW)
    marks.append(mark(seeded))
    assert len(set(marks)) == 4, "a new version, a correction at the same instant, a return to the one before"


def test_a_new_version_is_seen_at_once_by_the_process_that_loaded_it(seeded: Database, tmp_path: Path) -> None:
    with seeded.read_only() as session:
        current.refresh(session, at=0.0)
    before = current.version_mark()
    load(seeded, tmp_path, version="2030", content="code,label_vi,label_en\nhealth,Sức khoẻ,Health care\n")
    with seeded.read_only() as session:
        assert current.refresh(session, at=0.1)
    assert current.label("sector", "health", "vi") == "Sức khoẻ"
    assert current.version_mark() != before


def test_a_listing_keeps_the_label_of_the_version_it_was_classified_by(seeded: Database, tmp_path: Path) -> None:
    content = "code,label_vi,label_en\nhealth,Sức khoẻ,Health care\nenergy,Năng lượng,Energy\n"
    load(seeded, tmp_path, version="2030", content=content)
    with seeded.read_only() as session:
        current.refresh(session)
    assert current.label("sector", "health", "vi", version="2022") == "Y tế"
    assert current.label("sector", "transport", "vi", version="2022") == "Giao thông vận tải"
    assert current.label("sector", "transport", "vi") == "transport"
    assert current.label("sector", "health", "vi", version="2030") == "Sức khoẻ"


def test_codes_of_different_years_meet_in_the_present_term(seeded: Database, tmp_path: Path) -> None:
    content = "code,label_vi,label_en\nhealth,Sức khoẻ,Health care\nenergy,Năng lượng,Energy\n"
    (tmp_path / "sector.history.csv").write_text(
        "version,code,label_vi,successor\n2022,education,Giáo dục,health\n", "utf-8"
    )
    load(seeded, tmp_path, version="2030", content=content)
    with seeded.read_only() as session:
        current.refresh(session)

    def term(scheme: str, code: str, version: str | None = None) -> str | None:
        found = current.current_term(scheme, code, version=version)
        return found.code if found is not None else None

    assert term("sector", "energy", "2022") == "energy", "same code, same name: the same thing"
    assert term("sector", "health", "2022") is None, "same code, another name: nobody said it is the same"
    assert term("sector", "education", "2022") == "health"
    assert term("sector", "education") == "health"
    assert term("sector", "transport", "2022") is None
    assert term("region", "74", "2004") == "79"
    assert term("region", "15", "2004") == "15"
    assert term("vsic", "K", "2018") is None, "a version nobody loaded"
    assert term("unknown", "x") is None


def test_a_load_that_is_rolled_back_is_never_seen(seeded: Database, tmp_path: Path) -> None:
    with seeded.read_only() as session:
        current.refresh(session, at=0.0)
    path = tmp_path / "sector.csv"
    path.write_text("code,label_vi\nhealth,Sức khoẻ\n", "utf-8")
    with pytest.raises(RuntimeError, match="no"), seeded.unit_of_work() as session:
        load_file(session, path=path, scheme="sector", version="2030", actor=SYSTEM, now=NOW)
        raise RuntimeError("no")
    with seeded.read_only() as session:
        assert not current.refresh(session, at=100.0)
    assert current.label("sector", "health", "vi") == "Y tế"


def test_a_database_without_tables_is_answered_from_the_shipped_ones(tables_database: Database) -> None:
    with tables_database.read_only() as session:
        current.refresh(session)
    assert current.current_tables().keys() == shipped_tables().keys()
    assert current.version_mark() == ""
