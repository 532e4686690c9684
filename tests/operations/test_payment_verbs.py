"""`techmart admin payments`: missed news swept up, books compared, from a terminal; and words where cards are off."""

import time
from pathlib import Path

import pytest
from sqlalchemy import select

from app.database import Database
from app.models import PaymentEvent
from tests.features.enquiries.scene import set_scene
from tests.features.payments.scene import agreed, asked
from tests.integrations.payments.provider import KEY, SECRET, Provider
from tests.operations.test_terminal import run


@pytest.fixture
def environment(tmp_path: Path, database: Database, database_url: str, stripe: Provider) -> dict[str, str]:
    return {
        "TECHMART_DATA": str(tmp_path),
        "TECHMART_DATABASE_URL": database_url,
        "TECHMART_AUTHORITY": "techmart.test",
        "TECHMART_STRIPE_KEY": KEY,
        "TECHMART_STRIPE_WEBHOOK_SECRET": SECRET,
        "TECHMART_STRIPE_API": stripe.url,
        "NO_COLOR": "1",
        "LANG": "C.UTF-8",
    }


def test_sweeping_and_comparing(environment: dict[str, str], database: Database, stripe: Provider) -> None:
    scene = set_scene(database)
    asked(database, scene, agreed(database, scene))
    answer = run(environment, "admin", "payments", "reconcile")
    assert (answer.returncode, answer.stdout.startswith("0 compared, 0 differ")) == (0, True), answer.stderr
    named = {"payment": "TT-2026-000001", "authority": "techmart.test"}
    told = {"id": "pi_1", "amount": 5, "currency": "vnd", "created": int(time.time()), "metadata": named}
    stripe.tell("payment_intent.succeeded", told)
    answer = run(environment, "admin", "payments", "sweep")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("1 news were missed")
    with database.read_only() as session:
        assert session.scalars(select(PaymentEvent.state)).all() == ["waiting"]
    assert KEY not in answer.stdout + answer.stderr


def test_without_a_key_it_says_what_to_set(environment: dict[str, str]) -> None:
    for name in ("TECHMART_STRIPE_KEY", "TECHMART_STRIPE_WEBHOOK_SECRET"):
        del environment[name]
    answer = run(environment, "admin", "payments", "reconcile")
    assert answer.returncode == 1
    assert "TECHMART_STRIPE_KEY" in answer.stderr + answer.stdout
