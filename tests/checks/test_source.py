from pathlib import Path

import pytest

from app.settings import REPOSITORY
from app.terminal.work import JOB_MODULES
from tests.checks.source import ends_transactions, job_modules, too_long

# Migrations are written by Alembic and never changed afterwards.
OURS = [REPOSITORY / name for name in ("app", "frontend", "scripts", "tests")]


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_no_file_of_ours_is_too_long() -> None:
    assert too_long(*OURS) == []


def test_a_file_of_four_hundred_lines_is_allowed_and_one_more_is_not(tmp_path: Path) -> None:
    write(tmp_path / "good.py", "x = 1\n" * 400)
    write(tmp_path / "data" / "table.py", "x = 1\n" * 900)
    assert too_long(tmp_path) == []
    write(tmp_path / "bad.css", "a {}\n" * 401)
    assert too_long(tmp_path) == [f"{tmp_path / 'bad.css'}: 401 lines"]


def test_only_the_unit_of_work_commits() -> None:
    assert ends_transactions(REPOSITORY / "app") == []


@pytest.mark.parametrize(
    "bad", ["session.commit()", "self.session.rollback()", "with Session(engine) as session: pass", "sessionmaker(e)"]
)
def test_a_command_that_ends_its_transaction_is_found(bad: str, tmp_path: Path) -> None:
    write(tmp_path / "database.py", "def unit_of_work(s): s.commit()\n")
    write(tmp_path / "features" / "good.py", "def command(session): session.flush()\n")
    write(tmp_path / "search" / "good.py", "def apply(writer): writer.commit()\n")
    assert ends_transactions(tmp_path) == []
    write(tmp_path / "features" / "bad.py", f"def command(session, engine):\n    {bad}\n")
    (line,) = ends_transactions(tmp_path)
    assert line.startswith(f"{tmp_path / 'features' / 'bad.py'}:2: ")


def test_the_worker_knows_every_job() -> None:
    own = {"app.jobs.worker"}  # registered by being the worker
    assert job_modules(REPOSITORY / "app", package="app") - own - set(JOB_MODULES) == set()


def test_a_module_with_a_job_is_found_and_one_without_is_not(tmp_path: Path) -> None:
    write(tmp_path / "features" / "mail.py", "@job('mail.send')\ndef send(context, payload): ...\n")
    write(tmp_path / "features" / "due.py", "@every(timedelta(hours=1), 'due')\ndef due(context, payload): ...\n")
    write(tmp_path / "features" / "plain.py", "@cache\ndef job(): ...\n")
    assert job_modules(tmp_path, package="app") == {"app.features.mail", "app.features.due"}
