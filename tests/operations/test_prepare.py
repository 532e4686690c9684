"""What `make` does on a fresh checkout, as far as it can be shown without a network."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from app.settings import REPOSITORY
from scripts import prepare


def script(path: Path, text: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, working on a checkout elsewhere."""
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    monkeypatch.setattr(prepare, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(prepare, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(prepare, "STAMP", tmp_path / ".venv" / "techmart.json")
    monkeypatch.setattr(prepare, "LOG", tmp_path / ".venv" / "install.log")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    return prepare


def find_python(path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{path}:/usr/bin:/bin", **variables}
    command = ["/bin/sh", str(REPOSITORY / "scripts" / "prepare.sh"), "app"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_python_too_old_is_told_with_what_to_do(tmp_path: Path) -> None:
    old = script(tmp_path / "python3.9", '[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1')
    told = find_python(tmp_path, PYTHON=str(old))
    assert told.returncode == 1
    assert "Python 3.11, 3.12, 3.13 or 3.14 is needed; this machine answered: Python 3.9.2" in told.stderr
    assert "make run PYTHON=" in told.stderr


def test_the_first_python_that_is_new_enough_is_taken(tmp_path: Path) -> None:
    script(tmp_path / "python3", "exit 1")
    script(tmp_path / "python3.14", "exit 127")
    script(tmp_path / "python3.13", '[ "$1" = -c ] && exit 0\necho "chosen with $(basename "$1") $2"')
    told = find_python(tmp_path)
    assert (told.returncode, told.stdout) == (0, "chosen with prepare.py app\n")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("NewConnectionError('Failed to establish a new connection')", "registry could not be reached"),
        ("[Errno -3] Temporary failure in name resolution", "registry could not be reached"),
        ("ERROR: No matching distribution found for alembic==1.20.1", "registry could not be reached"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "is not the one"),
        ("error: something new", "could not be installed:\nCollecting alembic\nerror: something new"),
    ],
)
def test_why_pip_failed_is_told_from_its_words(said: str, told: str, checkout: ModuleType) -> None:
    checkout.LOG.write_text(f"Collecting alembic\n{said}\n")
    fault = checkout.install_fault()
    assert told in fault.happened
    assert fault.remedy


def test_an_environment_of_a_moved_checkout_is_made_anew(checkout: ModuleType) -> None:
    script(checkout.PYTHON, f"echo {checkout.VENV} {sys.version_info[0]} {sys.version_info[1]}")
    assert checkout.venv_is_usable()
    checkout.STAMP.write_text(json.dumps({"profile": "app", "fingerprint": "x", "root": str(checkout.ROOT)}))
    assert checkout.venv_is_usable()
    checkout.STAMP.write_text(json.dumps({"profile": "app", "fingerprint": "x", "root": "/somewhere/else"}))
    assert not checkout.venv_is_usable()


def test_an_environment_whose_python_is_gone_or_other_is_made_anew(checkout: ModuleType) -> None:
    assert not checkout.venv_is_usable()
    script(checkout.PYTHON, f"echo {checkout.VENV} 3 10")
    assert not checkout.venv_is_usable()
    script(checkout.PYTHON, "exit 1")
    assert not checkout.venv_is_usable()


def test_nothing_is_installed_twice_and_a_changed_lock_is_noticed(
    checkout: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[object] = []
    monkeypatch.setattr(checkout, "venv_is_usable", lambda: True)
    monkeypatch.setattr(checkout, "install", done.append)
    monkeypatch.setattr(checkout, "install_project", lambda: done.append("project"))
    (checkout.ROOT / "requirements").mkdir()
    for name in checkout.PROFILES.values():
        (checkout.ROOT / "requirements" / name).write_text("typer==1\n")
    (checkout.ROOT / "pyproject.toml").write_text("")

    checkout.prepare_environment("development")
    checkout.prepare_environment("development")
    checkout.prepare_environment("app")
    assert done == [["dev.txt"], "project"]

    (checkout.ROOT / "requirements" / "app.txt").write_text("typer==2\n")
    checkout.prepare_environment("build")
    assert done[2:] == [["app.txt", "build.txt"], "project"]


@pytest.mark.parametrize(("version", "enough"), [("v18.20.1", False), ("v20.0.0", True), ("v24.1.0", True)])
def test_node_is_taken_from_the_machine_when_new_enough(
    version: str, enough: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "node", f"echo {version}")
    script(tmp_path / "npm", "exit 0")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin:/bin")
    assert prepare.node_is_new_enough() is enough


def test_without_node_its_wheel_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not prepare.node_is_new_enough()


def test_a_fault_is_told_and_exits_with_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_profile: str) -> None:
        raise prepare.Fault("the disk is full.", "free 1 GB.")

    monkeypatch.setattr(prepare, "prepare_environment", fail)
    assert prepare.main(["app"]) == 1
    assert capsys.readouterr().err == "techmart: the disk is full.\n  What to do: free 1 GB.\n"
    assert prepare.main(["everything"]) == 2
