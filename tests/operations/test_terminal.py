"""The verbs of the terminal that have no home of their own in the tests."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from app.cli import verbs
from app.database import Database
from app.jobs import enqueue
from app.jobs.worker import run_due
from app.models import Person
from app.models.jobs import Job
from app.settings import REPOSITORY, Settings
from tests.operations.terminal import running, techmart

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def environment(tmp_path: Path, database: Database, database_url: str) -> dict[str, str]:
    return {"TECHMART_DATA": str(tmp_path), "TECHMART_DATABASE_URL": database_url, "NO_COLOR": "1", "LANG": "C.UTF-8"}


def run(environment: dict[str, str], *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TECHMART_")}
    return subprocess.run(
        techmart(*arguments),
        env=clean | environment,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        timeout=240,
    )


def test_every_verb_explains_itself() -> None:
    cli = verbs()
    named = [command.name or getattr(command.callback, "__name__", "") for command in cli.registered_commands]
    assert {"serve", "worker", "migrate", "backup", "restore", "doctor", "reindex", "match"} <= set(named)
    for name in [*named, "admin"]:
        answer = CliRunner().invoke(cli, [name, "--help"])
        assert answer.exit_code == 0, name
        assert len(answer.output.splitlines()) > 4, name


def test_migrate_has_nothing_to_do_on_newest_tables(environment: dict[str, str]) -> None:
    assert run(environment, "migrate", "--check").returncode == 0
    done = run(environment, "migrate")
    assert (done.returncode, done.stdout.splitlines()[-1].startswith("the database is at ")) == (0, True)


def test_an_operator_is_made_with_a_password_from_a_pipe(environment: dict[str, str], database: Database) -> None:
    made = run(environment, "admin", "person", "hoa@example.vn", "Hoa", "--operator", given="một câu rất dài 4711\n")
    assert (made.returncode, made.stdout) == (0, "hoa@example.vn can sign in as operator\n")
    removed = run(environment, "admin", "operator", "hoa@example.vn", "--remove")
    assert removed.stdout == "hoa@example.vn is no longer an operator\n"
    with database.read_only() as session:
        person = session.scalars(select(Person).where(Person.email == "hoa@example.vn")).one()
        assert (person.name, person.is_operator, person.confirmed_at is not None) == ("Hoa", False, True)


def test_a_weak_password_and_an_unknown_person_are_told(environment: dict[str, str], database: Database) -> None:
    weak = run(environment, "admin", "person", "hoa@example.vn", "Hoa", given="hoa\n")
    assert (weak.returncode, "password: " in weak.stderr) == (1, True)
    unknown = run(environment, "admin", "operator", "nobody@example.vn")
    assert unknown.returncode == 1
    assert "Traceback" not in weak.stderr + unknown.stderr
    with database.read_only() as session:
        assert session.scalars(select(Person)).all() == []


def test_jobs_given_up_are_listed_and_tried_again(environment: dict[str, str], database: Database) -> None:
    with database.unit_of_work() as session:
        enqueue(session, kind="test.unknown", payload={}, max_attempts=1, now=NOW)
    run_due(database, Settings(), now=NOW)
    listed = run(environment, "admin", "jobs")
    assert "test.unknown" in listed.stdout
    assert "1 given up" in listed.stdout
    assert "1 will be tried again" in run(environment, "admin", "jobs", "--retry").stdout
    with database.read_only() as session:
        assert session.scalars(select(Job.state)).one() == "ready"


def test_terms_in_two_languages_go_in_and_out_as_a_file(environment: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text("vi,en,field,state\nmáy sấy,dryer,food,\nsai,,food,\n", "utf-8")
    checked = run(environment, "admin", "synonyms", "import", str(file), "--check")
    assert checked.stdout == "checked only, nothing was written\n1 added, 0 changed, 0 retired, 0 as they were, 1 bad\n"
    done = run(environment, "admin", "synonyms", "import", str(file))
    assert (done.returncode, done.stdout) == (1, "1 added, 0 changed, 0 retired, 0 as they were, 1 bad\n")
    assert done.stderr.startswith("line 3: en: ")
    written = run(environment, "admin", "synonyms", "export", "-")
    assert (written.returncode, written.stdout) == (0, "vi,en,field,state\nmáy sấy,dryer,food,\n")


def test_match_tells_of_a_listing_that_is_not_there(environment: dict[str, str]) -> None:
    unknown = run(environment, "match", "b00000000000")
    assert (unknown.returncode, unknown.stdout, "Traceback" in unknown.stderr) == (1, "", False)


def test_reindex_of_an_empty_exchange_works(environment: dict[str, str]) -> None:
    done = run(environment, "reindex")
    assert done.returncode == 0
    assert done.stdout.startswith("0 listings indexed in ")


def test_old_tables_are_refused_with_what_to_do(environment: dict[str, str], database: Database) -> None:
    with database.engine.begin() as connection:
        revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
        connection.exec_driver_sql("DELETE FROM alembic_version")
    try:
        with running(techmart("serve", "--port", "0"), environment) as serve:
            assert serve.wait() == 1
        assert "Run `techmart migrate`" in serve.output
    finally:
        with database.engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES (%s)", (revision,))
