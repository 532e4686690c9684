"""The operator sees where a partner is told of changes, and that it no longer is."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.database import Database
from app.features.partners.commands import register_partner
from app.features.partners.subscriptions import SubscriptionInput, send_trial, subscribe
from app.identity import SYSTEM
from app.models.subscriptions import Delivery, PartnerSubscription
from tests.factories import NOW
from tests.features.partners.given import agreement
from tests.query_budget import count_queries
from tests.web.test_synonyms import signed_in


@pytest.fixture
def operator(application: FastAPI, database: Database) -> TestClient:
    return signed_in(application, database, operator=True)


def test_addresses_and_their_last_ping_are_shown(operator: TestClient, database: Database) -> None:
    with database.unit_of_work() as session:
        partner = register_partner(session, actor=SYSTEM, data=agreement(), own_authority="techmart.test", now=NOW)
        path = f"/vi/desk/partners/{partner.public_id}"
    assert "được báo thay đổi" not in operator.get(path).text
    with database.unit_of_work() as session:
        made = [
            subscribe(
                session, partner_id=partner.id, data=SubscriptionInput(address=f"https://{name}.vn/"), now=NOW
            ).public_id
            for name in ("mot", "hai")
        ]
        for number, name in enumerate(made):
            send_trial(session, partner_id=partner.id, public_id=name, now=NOW + timedelta(minutes=number))
        _first, second = session.query(PartnerSubscription).order_by(PartnerSubscription.id).all()
        second.disabled_for, second.disabled_at = "gone", NOW
        ping = session.query(Delivery).filter(Delivery.subscription_id == second.id).one()
        ping.state, ping.attempts = "failed", 3
    with count_queries(database) as sent:
        page = operator.get(path).text
    assert len(sent) <= 15, sent
    text = " ".join(page.split())
    assert "https://mot.vn/" in text
    assert "Đang báo" in text
    assert "đang gửi sau 0 lần thử" in text
    assert "Đã tắt" in text
    assert "không gửi được sau 3 lần thử" in text
