"""`techmart bench taking` as it is typed: every way takes every record, also the copies, which were signed anew."""

import re

import pytest
from typer.testing import CliRunner

from app.bench import taking
from app.cli import verbs


@pytest.mark.slow
def test_every_way_takes_every_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "IMPORTED", 40)
    told = CliRunner().invoke(verbs(), ["bench", "taking", "--records", "80"])
    assert told.exit_code == 0, told.output
    rows = re.findall(r"^\| ([\d,]+) \| ([^|]+) \| ([^|]+) \|", told.stdout, re.MULTILINE)
    assert [(count, way.split(",")[0]) for count, way, _seconds in rows] == [
        ("80", "bare INSERT of the same rows"),
        ("80", "OAI-PMH"),
        ("80", "feed of changes"),
        ("80", "snapshot"),
    ]
