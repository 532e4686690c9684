"""`techmart bench exchange` as it is typed: every way gives every record, pyoai's server too."""

import re

import pytest
from typer.testing import CliRunner

from app.cli import verbs
from tests.exchange.foreign.tools import pyoai


@pytest.mark.slow
@pytest.mark.xdist_group("foreign")
def test_every_way_gives_every_record() -> None:
    python = pyoai() / "env" / "bin" / "python"
    told = CliRunner().invoke(verbs(), ["bench", "exchange", "--records", "220", "--peer", str(python)])
    assert told.exit_code == 0, told.output
    rows = re.findall(r"^\| (?!way|---)([^|]+) \| ([^|]+) \| ([^|]+) \|", told.stdout, re.MULTILINE)
    assert [way.split(",")[0] for way, _seconds, _rate in rows] == [
        "bare SELECT",
        "OAI-PMH",
        "OAI-PMH",
        "feed of changes",
        "snapshot",
        "pyoai's server",
    ]
    assert re.match(r"2[0-9]{2} records \(", told.stdout)
