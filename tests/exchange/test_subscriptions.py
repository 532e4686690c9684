"""Webhooks: managed by the partner, signed, told once per burst, tried again, given up with a letter, replayed."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from app import journal
from app.database import Database
from app.exchange.ping_times import WAITS
from app.exchange.pings import sweep_log
from app.exchange.webhook_signing import BadWebhook, verify_webhook
from app.identity import uuid7
from app.jobs import JobContext
from app.jobs.worker import run_due
from app.main import build
from app.models.jobs import Job
from app.models.partners import Partner
from app.models.subscriptions import Delivery
from app.settings import Settings
from tests import factories
from tests.exchange.conftest import KeyOf
from tests.exchange.foreign.tools import node
from tests.odd_server import Asked, OddServer, Reply, odd_server

Give = Callable[[], None]
Clock = Callable[[timedelta], None]
BASE = "/exchange/v1/subscriptions"
START = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"outgoing": "loopback"})


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    # Signatures are good for five minutes, and who checks them looks at a clock of its own.
    now = [datetime.now(UTC).replace(microsecond=0)]
    monkeypatch.setattr("app.clock.now", lambda: now[0])

    def forward(by: timedelta) -> None:
        now[0] += by

    return forward


@pytest.fixture
def work(database: Database, settings: Settings, pass_time: Clock) -> Callable[[], int]:
    """Do what is due by now."""
    from app import clock

    return lambda: run_due(database, settings, now=clock.now())


class Receiver:
    """A partner's server: what it got, and the status it answers with."""

    def __init__(self) -> None:
        self.status = 204
        self.headers: dict[str, str] = {}
        self.server: OddServer | None = None

    def answer(self, _asked: Asked) -> Reply:
        return Reply(status=self.status, headers=self.headers)

    @property
    def got(self) -> list[Asked]:
        assert self.server is not None
        return self.server.asked

    @property
    def address(self) -> str:
        assert self.server is not None
        return f"{self.server.url}/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    with odd_server(made.answer) as server:
        made.server = server
        yield made


@pytest.fixture
def key(key_of: KeyOf, pass_time: Clock) -> dict[str, str]:
    return key_of(contact_email="dau.moi@san.danang.test", starts_on=START.date(), ends_on=None)


@pytest.fixture
def subscription(client: TestClient, key: dict[str, str], receiver: Receiver) -> dict[str, Any]:
    answer = client.post(BASE, json={"address": receiver.address}, headers=key)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def add(database: Database, give: Give, **given: Any) -> None:
    with database.unit_of_work() as session:
        factories.listing(session, of=factories.organisation(session), **given)
    give()


def test_a_partner_manages_its_own_and_sees_no_others(
    client: TestClient, key: dict[str, str], key_of: KeyOf, subscription: dict[str, Any], receiver: Receiver
) -> None:
    assert subscription["secret"].startswith("whsec_")
    assert len(base64.b64decode(subscription["secret"][6:])) == 32
    (listed,) = client.get(BASE, headers=key).json()["items"]
    assert listed == {name: value for name, value in subscription.items() if name != "secret"}
    other = key_of(authority="khac.test", starts_on=START.date(), ends_on=None)
    path = f"{BASE}/{subscription['id']}"
    assert client.get(path, headers=other).status_code == 404
    assert client.delete(path, headers=other).status_code == 404
    assert client.get(BASE).status_code == 401
    assert client.post(BASE, json={"address": receiver.address}).status_code == 401
    assert client.post(BASE, json={"address": receiver.address}, headers=key).status_code == 409
    for wrong in ("", "ftp://x.vn/", "http://người.vn/", "http://a*.vn/", "x"):
        answer = client.post(BASE, json={"address": wrong}, headers=key)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    for number in range(4):
        assert client.post(BASE, json={"address": f"https://a{number}.vn/"}, headers=key).status_code == 201
    assert client.post(BASE, json={"address": "https://a5.vn/"}, headers=key).status_code == 409
    assert client.delete(path, headers=key).status_code == 204
    assert client.get(path, headers=key).status_code == 404


def test_a_burst_of_changes_is_one_ping_that_says_where_to_read_on(
    client: TestClient,
    database: Database,
    give: Give,
    key: dict[str, str],
    subscription: dict[str, Any],
    receiver: Receiver,
    work: Callable[[], int],
    pass_time: Clock,
) -> None:
    add(database, give, title="Mật: chưa nói")
    add(database, give, share="partners")
    work()
    assert receiver.got == []
    pass_time(timedelta(seconds=10))
    work()
    (got,) = receiver.got
    verify_webhook(subscription["secret"], headers=got.headers, body=got.body)
    said = json.loads(got.body)
    assert said["type"] == "exchange.changed"
    assert "Mật" not in got.body.decode()
    path = said["data"]["changes"].removeprefix("http://testserver")
    read = client.get(path, headers=key).json()
    assert len(read["items"]) == 2
    assert read["next_cursor"] == said["data"]["cursor"]
    (logged,) = client.get(f"{BASE}/{subscription['id']}/deliveries", headers=key).json()["items"]
    assert (logged["state"], [one["status"] for one in logged["attempts"]]) == ("delivered", [204])
    pass_time(timedelta(seconds=20))
    work()
    assert len(receiver.got) == 1


def test_what_the_partner_may_not_see_is_not_told(
    client: TestClient,
    database: Database,
    give: Give,
    key_of: KeyOf,
    receiver: Receiver,
    work: Callable[[], int],
    pass_time: Clock,
) -> None:
    key = key_of(kinds=["need"], starts_on=START.date(), ends_on=None)
    client.post(BASE, json={"address": receiver.address}, headers=key)
    add(database, give, kind="equipment")
    pass_time(timedelta(seconds=20))
    work()
    assert receiver.got == []


def test_it_is_tried_again_with_growing_waits_then_given_up_with_a_letter_and_switched_on_again(
    client: TestClient,
    database: Database,
    give: Give,
    key: dict[str, str],
    subscription: dict[str, Any],
    receiver: Receiver,
    work: Callable[[], int],
    pass_time: Clock,
) -> None:
    receiver.status = 500
    add(database, give)
    pass_time(timedelta(seconds=10))
    work()
    for number, wait in enumerate(WAITS):
        assert len(receiver.got) == number + 1
        pass_time(wait - timedelta(seconds=1))
        work()
        assert len(receiver.got) == number + 1
        pass_time(timedelta(seconds=1))
        work()
    assert len(receiver.got) == len(WAITS) + 1
    assert len({(one.headers["webhook-id"], one.body) for one in receiver.got}) == 1
    path = f"{BASE}/{subscription['id']}"
    assert client.get(path, headers=key).json()["disabled_for"] == "failing"
    with database.read_only() as session:
        letters = session.scalars(select(Job.payload).where(Job.kind == "mail.send")).all()
    assert {one["to"]["email"] for one in letters} == {"dau.moi@san.danang.test", "lienhe@techmart.example"}
    assert {one["template"] for one in letters} == {"webhook_disabled"}
    add(database, give)
    pass_time(timedelta(seconds=20))
    work()
    assert len(receiver.got) == len(WAITS) + 1
    assert client.post(f"{path}/test", headers=key).status_code == 409
    receiver.status = 200
    assert client.post(f"{path}/enable", headers=key).json()["state"] == "active"
    add(database, give)
    pass_time(timedelta(seconds=20))
    work()
    told = json.loads(receiver.got[-1].body)
    assert len(client.get(told["data"]["changes"].removeprefix("http://testserver"), headers=key).json()["items"]) == 2


def test_it_waits_as_asked_and_a_receiver_that_is_gone_is_not_asked_again(
    client: TestClient,
    database: Database,
    give: Give,
    key: dict[str, str],
    subscription: dict[str, Any],
    receiver: Receiver,
    work: Callable[[], int],
    pass_time: Clock,
) -> None:
    receiver.status, receiver.headers = 503, {"Retry-After": "600"}
    add(database, give)
    pass_time(timedelta(seconds=10))
    work()
    pass_time(timedelta(seconds=599))
    work()
    assert len(receiver.got) == 1
    receiver.status = 410
    pass_time(timedelta(seconds=1))
    work()
    assert len(receiver.got) == 2
    assert client.get(f"{BASE}/{subscription['id']}", headers=key).json()["disabled_for"] == "gone"


def test_a_ping_is_replayed_with_the_same_id_and_body(
    client: TestClient,
    key: dict[str, str],
    subscription: dict[str, Any],
    receiver: Receiver,
    work: Callable[[], int],
    pass_time: Clock,
) -> None:
    path = f"{BASE}/{subscription['id']}"
    sent = client.post(f"{path}/test", headers=key)
    assert (sent.status_code, sent.json()["body"]["type"]) == (202, "exchange.test")
    assert client.post(f"{path}/test", headers=key).status_code == 409
    work()
    pass_time(timedelta(minutes=1))
    assert client.post(f"{path}/deliveries/{sent.json()['id']}/replay", headers=key).status_code == 202
    work()
    first, second = receiver.got
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    (logged,) = client.get(f"{path}/deliveries", headers=key).json()["items"]
    assert [one["status"] for one in logged["attempts"]] == [204, 204]
    assert client.post(f"{path}/deliveries/msg_x/replay", headers=key).status_code == 404


def test_after_a_change_of_secret_both_are_good_for_a_day(
    client: TestClient,
    key: dict[str, str],
    subscription: dict[str, Any],
    receiver: Receiver,
    work: Callable[[], int],
    pass_time: Clock,
) -> None:
    path = f"{BASE}/{subscription['id']}"
    new = client.post(f"{path}/rotate", headers=key).json()["secret"]
    assert new != subscription["secret"]
    client.post(f"{path}/test", headers=key)
    work()
    for secret in (new, subscription["secret"]):
        verify_webhook(secret, headers=receiver.got[0].headers, body=receiver.got[0].body)
    pass_time(timedelta(days=1))
    client.post(f"{path}/test", headers=key)
    work()
    assert receiver.got[1].headers["webhook-signature"].count("v1,") == 1


def test_an_address_inside_a_network_is_not_asked_and_the_log_says_why(
    database: Database, settings: Settings, key: dict[str, str], pass_time: Clock
) -> None:
    from app import clock

    strict = settings.model_copy(update={"outgoing": "public"})
    with TestClient(build(strict, database=database)) as client:
        made = client.post(BASE, json={"address": "http://127.0.0.1:9/"}, headers=key).json()
        client.post(f"{BASE}/{made['id']}/test", headers=key)
        run_due(database, strict, now=clock.now())
        (logged,) = client.get(f"{BASE}/{made['id']}/deliveries", headers=key).json()["items"]
    assert logged["attempts"][0]["status"] is None
    assert logged["attempts"][0]["fault"].startswith("Refused: ")


def test_nothing_is_sent_to_a_partner_that_is_paused(
    client: TestClient,
    database: Database,
    give: Give,
    key: dict[str, str],
    subscription: dict[str, Any],
    receiver: Receiver,
    work: Callable[[], int],
    pass_time: Clock,
) -> None:
    client.post(f"{BASE}/{subscription['id']}/test", headers=key)
    with database.unit_of_work() as session:
        partner = session.query(Partner).one()
        partner.state = "paused"
        journal.append(session, entity="partner", entity_id=partner.id, action="pause", at=START)
    add(database, give)
    pass_time(timedelta(seconds=20))
    work()
    assert receiver.got == []
    with database.read_only() as session:
        assert [one.state for one in session.scalars(select(Delivery))] == ["failed"]


def test_the_log_is_swept_after_a_month(
    client: TestClient,
    database: Database,
    settings: Settings,
    key: dict[str, str],
    subscription: dict[str, Any],
    receiver: Receiver,
    work: Callable[[], int],
) -> None:
    client.post(f"{BASE}/{subscription['id']}/test", headers=key)
    work()
    for days, left in ((29, 1), (31, 0)):
        now = START + timedelta(days=days)
        sweep_log(JobContext(database=database, settings=settings, job_id=uuid7(), attempt=1, now=now), {})
        with database.read_only() as session:
            assert len(session.scalars(select(Delivery)).all()) == left


@pytest.mark.xdist_group("foreign")
def test_programs_of_others_verify_ours_and_we_theirs(
    client: TestClient, key: dict[str, str], subscription: dict[str, Any], receiver: Receiver, work: Callable[[], int]
) -> None:
    client.post(f"{BASE}/{subscription['id']}/test", headers=key)
    work()
    (got,) = receiver.got
    asked = {"secret": subscription["secret"], "headers": dict(got.headers), "body": got.body.decode()}
    (said,) = node("webhooks.mjs", say=json.dumps(asked))
    assert said["verified"] == {"standardwebhooks": True, "svix": True}
    assert said["altered"] == {"standardwebhooks": False, "svix": False}
    assert said["signed"].keys() == {"standardwebhooks", "svix"}
    for one in said["signed"].values():
        verify_webhook(subscription["secret"], headers=one["headers"], body=one["body"].encode())
        with pytest.raises(BadWebhook):
            verify_webhook(subscription["secret"], headers=one["headers"], body=one["body"].encode() + b" ")


def test_the_application_offers_it(application: FastAPI, client: TestClient) -> None:
    assert client.get("/.well-known/techmart-exchange").json()["endpoints"]["subscriptions"].endswith(BASE)
