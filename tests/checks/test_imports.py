"""The import contract of pyproject.toml, shown on a small package of the same shape. `make check` runs it on ours."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from app.settings import REPOSITORY

LINTER = Path(sys.executable).parent / "lint-imports"


def layers() -> list[str]:
    contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (named,) = (contract["layers"] for contract in contracts if contract["id"] == "layers")
    return [name.strip(" ()") for layer in named for name in layer.replace("|", ":").split(":")]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An empty package with every layer, under our own contract."""
    for name in [*layers(), "app"]:
        module = tmp_path.joinpath(*name.split("."))
        module.mkdir(parents=True, exist_ok=True)
        (module / "__init__.py").write_text("")
    (tmp_path / "pyproject.toml").write_text((REPOSITORY / "pyproject.toml").read_text())
    return tmp_path


def lint(package: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINTER, "--no-cache", "--no-logo"], cwd=package, capture_output=True, text=True, check=False)


def test_imports_that_go_down_are_kept(package: Path) -> None:
    (package / "app/web/pages.py").write_text("import app.features\nimport app.search\nimport fastapi\n")
    (package / "app/features/commands.py").write_text("import app.journal\nimport app.models\n")
    assert lint(package).returncode == 0, lint(package).stdout


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("app.features", "app.web"),
        ("app.features", "app.search"),
        ("app.search", "app.features"),
        ("app.api", "app.web"),
        ("app.web", "app.api"),
        ("app.models", "app.journal"),
        ("app.database", "app.models"),
        ("app.web", "app.cli"),
        ("app.features", "fastapi"),
        ("app.web", "tantivy"),
    ],
)
def test_an_import_that_goes_up_or_across_is_refused(package: Path, importer: str, imported: str) -> None:
    package.joinpath(*importer.split("."), "part.py").write_text(f"import {imported}\n")
    result = lint(package)
    assert result.returncode == 1
    assert f"{importer}.part -> {imported}" in result.stdout
