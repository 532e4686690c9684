"""The operator's page names every setting and every verb there is, and none that there is not."""

import re
from dataclasses import fields

import pytest

from app.cli import verbs
from app.matching_weights import Weights
from app.settings import REPOSITORY, Settings

OPERATIONS = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")
# Variables that are no settings: what the supervisor tells its children, and where tests find real data.
NOT_SETTINGS = {"TECHMART_LISTEN_FD", "TECHMART_LIFELINE_FD", "TECHMART_TRIAL_DATA", "TECHMART_DATABASE_PASSWORD"}


def settings_named_in(text: str) -> set[str]:
    return set(re.findall(r"\bTECHMART_[A-Z_]+[A-Z]\b", text)) - NOT_SETTINGS


def test_every_setting_is_documented_and_none_that_is_not_there() -> None:
    weights = {f"TECHMART_MATCHING_{one.name.upper()}" for one in fields(Weights)}
    assert settings_named_in(OPERATIONS) == {f"TECHMART_{name.upper()}" for name in Settings.model_fields} | weights


@pytest.mark.parametrize("path", ["README.md", "Makefile", "Dockerfile", "compose.yaml", "docs/architecture.md"])
def test_other_files_name_settings_that_are_there(path: str) -> None:
    known = {f"TECHMART_{name.upper()}" for name in Settings.model_fields}
    assert settings_named_in((REPOSITORY / path).read_text(encoding="utf-8")) - known == set()


def test_verbs_that_are_named_exist() -> None:
    cli = verbs()
    there = {command.name or command.callback.__name__ for command in cli.registered_commands if command.callback}
    there |= {group.name for group in cli.registered_groups if group.name}
    # "techmart search" and "techmart index" are names of Meilisearch keys.
    named = set(re.findall(r"`?\btechmart ([a-z]+)\b", OPERATIONS)) - {"already", "search", "index"}
    assert named - there == set()


def test_a_setting_that_is_not_there_would_be_found() -> None:
    assert settings_named_in("set TECHMART_PORT and TECHMART_NO_SUCH_THING") == {
        "TECHMART_PORT",
        "TECHMART_NO_SUCH_THING",
    }
