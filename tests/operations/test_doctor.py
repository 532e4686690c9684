import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.database import Database
from app.operations import doctor
from app.operations.doctor import Finding
from app.settings import Settings
from tests.operations.terminal import running, techmart

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TECHMART_")]:
        monkeypatch.delenv(name)


def by_subject(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}


def test_settings_for_trying_out_are_faults_in_production() -> None:
    found = by_subject(list(doctor.examine_settings(Settings(environment="production", demo=True, rate_limits="off"))))
    levels = {subject: finding.level for subject, finding in found.items()}
    assert levels == {
        "request limits": "warning",
        "demo mode": "fault",
        "public address": "fault",
        "authority": "fault",
        "mail": "fault",
        "card payments": "ok",
        "database server": "warning",
    }
    assert all(finding.remedy for finding in found.values() if finding.level != "ok")


def test_settings_fit_for_production_have_nothing_wrong() -> None:
    settings = Settings.model_validate(
        {
            "environment": "production",
            "public_url": "https://san.example.vn",
            "authority": "san.example.vn",
            "mail_url": "smtp://mail.example.vn",
            "database_url": "postgresql://db.example.vn/techmart",
        }
    )
    assert [finding.level for finding in doctor.examine_settings(settings)] == ["ok", "ok", "ok"]


@pytest.mark.parametrize(
    ("given", "level"),
    [
        ({"stripe_key": "sk_live_x"}, "fault"),
        ({"stripe_key": "sk_test_x"}, "fault"),
        ({"stripe_key": "sk_test_x", "public_url": "https://san.example.vn"}, "ok"),
        ({"stripe_key": "sk_test_x", "stripe_api": "http://127.0.0.1:12111"}, "warning"),
        ({"stripe_key": "sk_test_x", "environment": "production"}, "warning"),
        ({"stripe_key": "sk_live_x", "environment": "production"}, "fault"),
        (
            {"stripe_key": "sk_live_x", "environment": "production", "stripe_api": "https://elsewhere.example"},
            "fault",
        ),
        ({"stripe_key": "rk_live_x", "environment": "production", "public_url": "https://san.example.vn"}, "ok"),
    ],
)
def test_card_payments_are_looked_at(given: dict[str, str], level: str) -> None:
    settings = Settings.model_validate({"stripe_webhook_secret": "whsec_x", **given})
    assert by_subject(list(doctor.examine_settings(settings)))["card payments"].level == level


@pytest.mark.parametrize(
    "given",
    [
        {"stripe_key": "sk_test_x"},
        {"stripe_key": "sk_test_x", "stripe_webhook_secret": " , "},
        {"stripe_api": "http://stripe.example"},
        {"stripe_api": "https://user:key@stripe.example"},
    ],
)
def test_card_settings_that_cannot_be_used_stop_the_start(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(given)


def test_development_settings_are_only_warned_about_limits() -> None:
    found = list(doctor.examine_settings(Settings(rate_limits="off")))
    assert [(finding.subject, finding.level) for finding in found if finding.level != "ok"] == [
        ("request limits", "warning")
    ]


def test_a_good_database_passes_and_too_many_connections_are_counted(database: Database) -> None:
    good = by_subject(list(doctor.examine_database(Settings(), database)))
    assert {finding.level for finding in good.values()} == {"ok"}
    greedy = by_subject(list(doctor.examine_database(Settings(processes=64, database_pool=100), database)))
    assert greedy["connections"].level == "warning"
    assert greedy["connections"].words.startswith("64 processes and the worker may open 6500;")


def test_a_database_out_of_reach_is_one_fault_without_its_password() -> None:
    nowhere = Database("postgresql://app:hunter2@127.0.0.1:1/techmart", pool_size=2)
    (finding,) = doctor.examine_database(Settings(), nowhere)
    nowhere.dispose()
    assert finding.level == "fault"
    assert "hunter2" not in finding.words
    assert "refused" in finding.words


def test_a_missing_worker_is_a_fault_with_what_to_do(database: Database) -> None:
    found = by_subject(list(doctor.examine_work(database, None, now=NOW)))
    assert found["worker"].level == "fault"
    assert "techmart worker" in found["worker"].remedy
    assert found["database"].level == "ok"


def test_the_verb_tells_each_finding_and_exits_1_for_a_fault(
    tmp_path: Path, database: Database, database_url: str
) -> None:
    environment = {"TECHMART_DATA": str(tmp_path), "TECHMART_DATABASE_URL": database_url, "TECHMART_RATE_LIMITS": "off"}
    with running(techmart("doctor"), environment) as verb:
        assert verb.wait() == 1
    assert "warning request limits: TECHMART_RATE_LIMITS=off" in verb.output
    assert "ok      tables: at their newest form" in verb.output
    assert "fault   worker:" in verb.output
    assert "Traceback" not in verb.output
