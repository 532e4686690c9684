"""techmart import and export, as the operator runs them."""

import json
from pathlib import Path

import pytest

from app.database import Database
from app.models import Listing
from tests.operations.test_terminal import run

LINE = {"kind": "technology", "title": "Máy sấy", "description": "Sấy ở 45 °C", "external_id": "1"}


@pytest.fixture
def environment(tmp_path: Path, database: Database, database_url: str) -> dict[str, str]:
    return {"TECHMART_DATA": str(tmp_path), "TECHMART_DATABASE_URL": database_url, "NO_COLOR": "1", "LANG": "C.UTF-8"}


def test_import_tells_bad_lines_and_export_gives_back_what_is_public(
    environment: dict[str, str], database: Database, tmp_path: Path
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text("\n".join([json.dumps(LINE), "broken", json.dumps(LINE | {"external_id": "2", "trl": 12})]))
    done = run(environment, "import", str(source), "--publish", "--organisation", "Viện Thử")
    assert done.returncode == 0
    assert "3 lines read: 1 new, 0 changed, 0 unchanged, 2 bad; 1 organisations made" in done.stdout
    assert "line 2: The line is not JSON" in done.stderr
    assert "line 3: trl: " in done.stderr
    again = run(environment, "import", str(source), "--publish", "--organisation", "Viện Thử")
    assert "0 new, 0 changed, 1 unchanged, 2 bad; 0 organisations made" in again.stdout
    out = tmp_path / "out.jsonl"
    exported = run(environment, "export", str(out), "--kind", "technology")
    assert (exported.returncode, exported.stdout.split(" written")[0]) == (0, "1 listings")
    record = json.loads(out.read_text())
    assert (record["title"], record["organisation"]["name"]) == ("Máy sấy", "Viện Thử")
    with database.read_only() as session:
        assert session.query(Listing).count() == 1


def test_faults_and_wrong_usage_have_their_exit_codes(environment: dict[str, str], tmp_path: Path) -> None:
    assert run(environment, "import", str(tmp_path / "nowhere.jsonl")).returncode == 1
    bad = tmp_path / "bad.jsonl"
    bad.write_text("broken\n")
    assert run(environment, "import", str(bad)).returncode == 1
    assert run(environment, "export", str(tmp_path / "out.jsonl"), "--kind", "gift").returncode == 2
    assert run(environment, "import").returncode == 2
