"""Fetching and running the programs of others: once per state of the lock files, kept in the environment's folder.

What cannot be had skips the test that needs it and says what is missing; in CI (CI=true) it fails instead.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from app.settings import REPOSITORY
from frontend.build import find_node

HERE = Path(__file__).parent
_KEPT = REPOSITORY / ".venv" / "foreign"
_MINUTES = 5 * 60


def lacking(what: str) -> None:
    """The test needs `what`, which is not here: skip, or fail in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"missing in CI: {what}")
    pytest.skip(f"needs {what}")


def lines(command: Sequence[str | Path], *, cwd: Path = HERE, say: str = "") -> list[Any]:
    """Run a program and read the JSON values it prints, one a line."""
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, input=say, capture_output=True, text=True, timeout=_MINUTES, check=False
    )
    assert done.returncode == 0, (
        f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    )
    return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


def node(script: str, *arguments: str, say: str = "") -> list[Any]:
    """Run a script of this folder with the npm packages that package-lock.json names."""
    program, npm = find_node()

    def install(folder: Path) -> None:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / name, folder / name)
        _run([*npm, "ci", "--ignore-scripts"], cwd=folder)

    folder = _once("npm", ["package-lock.json"], install)
    # Packages are looked for from the script's own place upwards.
    shutil.copy(HERE / script, folder / script)
    return lines([program, folder / script, *arguments], cwd=folder, say=say)


def pyoai() -> Path:
    """The folder of pyoai's own environment; `source` in it holds what its authors published."""

    def install(folder: Path) -> None:
        if sys.version_info[:2] > (3, 12):
            lacking("Python 3.11 or 3.12: pyoai needs an lxml that later ones have no wheel of")
        _run([sys.executable, "-m", "venv", str(folder / "env")])
        pip = [str(folder / "env" / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-q"]
        locked = (HERE / "pyoai.txt").read_text("utf-8")
        source, rest = _parted(locked, "pyoai==")
        (folder / "rest.txt").write_text(rest, "utf-8")
        (folder / "source.txt").write_text(source, "utf-8")
        _run([*pip, "install", "--require-hashes", "--no-deps", "-r", str(folder / "rest.txt")])
        # Without isolation it is built with what has just been installed and locked by hash.
        kept = ["--require-hashes", "--no-deps", "--no-build-isolation", "--no-binary", "pyoai"]
        _run([*pip, "download", *kept, "-r", str(folder / "source.txt"), "-d", str(folder)])
        (archive,) = folder.glob("pyoai-*.tar.gz")
        _run([*pip, "install", "--no-deps", "--no-build-isolation", str(archive)])
        with tarfile.open(archive) as packed:
            packed.extractall(folder / "source", filter="data")

    return _once("pyoai", ["pyoai.txt"], install)


def pyoai_lines(script: str, *arguments: str) -> list[Any]:
    """Run a script of this folder by pyoai's Python."""
    return lines([pyoai() / "env" / "bin" / "python", "-W", "ignore", HERE / script, *arguments])


def perl_lines(script: str, package: str, *arguments: str) -> list[Any]:
    """Run a Perl script of this folder; `package` is Debian's name of what it needs."""
    module = {"libhttp-oai-perl": "HTTP::OAI", "libcatmandu-oai-perl": "Catmandu::Importer::OAI"}[package]
    program = shutil.which("perl")
    if program is None or subprocess.run([program, f"-M{module}", "-e1"], capture_output=True, check=False).returncode:
        lacking(f"Debian's {package}")
    return lines(["perl", HERE / script, *arguments])


def _once(name: str, locks: Sequence[str], install: Callable[[Path], None]) -> Path:
    """The folder that `install` filled, made anew when the lock files say something else."""
    digest = hashlib.sha256(b"".join((HERE / one).read_bytes() for one in locks)).hexdigest()[:12]
    folder = _KEPT / f"{name}-{digest}"
    if not (folder / ".whole").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            install(folder)
        except subprocess.CalledProcessError as fault:
            lacking(f"{name} from its registry: {fault.stderr[-1000:]}")
        (folder / ".whole").touch()
    return folder


def _run(command: Sequence[str], *, cwd: Path | None = None) -> None:
    subprocess.run(list(command), cwd=cwd, check=True, capture_output=True, text=True, timeout=_MINUTES)


def _parted(locked: str, begins: str) -> tuple[str, str]:
    """A requirements file in two: the entry that begins so, and the others."""
    entries = [f"{one}\n" for one in locked.replace("\\\n", "").splitlines() if not one.lstrip().startswith("#")]
    mine = "".join(one for one in entries if one.startswith(begins))
    return mine, "".join(one for one in entries if not one.startswith(begins))
