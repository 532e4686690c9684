"""The signed inbox: what is taken, and everything that is refused. Signatures are made here by hand, after RFC 9421."""

import base64
import hashlib
import json
import time
from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient
from sqlalchemy import func, select, text

from app import clock
from app.database import Database
from app.exchange.taking.inbox import forget_used_up
from app.features.partners.commands import move_partner, register_partner, set_keys
from app.features.partners.states import transition
from app.identity import SYSTEM, uuid7
from app.jobs import JobContext
from app.models.inbox import InboxNonce
from app.models.listings import Listing
from app.models.partners import Partner
from app.models.taking import Quarantined, TakenRecord, TakingRun
from app.settings import Settings
from tests.exchange.taking.given import Elsewhere, with_a_null_sign
from tests.factories import NOW
from tests.features.partners.given import agreement

ADDRESS = "/exchange/v1/inbox"


@pytest.fixture
def live(database: Database, partner: Partner) -> Partner:
    with database.unit_of_work() as session:
        found = session.get_one(Partner, partner.id)
        transition(session, found, move="test", actor=SYSTEM, now=NOW)
        transition(session, found, move="go_live", actor=SYSTEM, now=NOW)
        return found


def signed(
    by: Elsewhere,
    body: bytes,
    *,
    url: str = f"http://testserver{ADDRESS}",
    age: int = 0,
    nonce: str = "",
    covered: tuple[str, ...] = ("@method", "@target-uri", "content-digest"),
    kid: str = "",
) -> dict[str, str]:
    """The header fields that sign a POST of `body` to `url`."""
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    values = {"@method": "POST", "@target-uri": url, "content-digest": digest}
    names = " ".join(f'"{name}"' for name in covered)
    made_at = int(time.time()) - age
    told = f'({names});created={made_at};keyid="{kid or by.key.kid}";alg="ed25519"'
    if nonce != "-":
        told += f';nonce="{nonce or uuid7().hex}"'
    base = "".join(f'"{name}": {values[name]}\n' for name in covered) + f'"@signature-params": {told}'
    key = by.key.key.private_key
    assert isinstance(key, Ed25519PrivateKey)
    signature = base64.b64encode(key.sign(base.encode())).decode()
    return {
        "Content-Type": "application/json",
        "Content-Digest": digest,
        "Signature-Input": f"sig={told}",
        "Signature": f"sig=:{signature}:",
    }


def push(client: TestClient, by: Elsewhere, *items: Any, **how: Any) -> Any:
    body = json.dumps({"items": list(items)}).encode()
    return client.post(ADDRESS, content=body, headers=signed(by, body, **how))


def nothing_stored(database: Database) -> bool:
    with database.read_only() as session:
        counted = [
            session.scalar(select(func.count()).select_from(table))
            for table in (Listing, TakenRecord, Quarantined, TakingRun)
        ]
    return counted == [0, 0, 0, 0]


def test_records_are_taken_and_the_receipt_tells_of_each(
    client: TestClient, database: Database, live: Partner, elsewhere: Elsewhere
) -> None:
    forged = Elsewhere(authority=elsewhere.authority).sealed("m2")
    answer = push(client, elsewhere, elsewhere.sealed("m1"), forged, 17)
    assert answer.status_code == 202
    assert [one["outcome"] for one in answer.json()["items"]] == ["new", "refused", "refused"]
    assert answer.json()["items"][1]["reason"] == "signature"
    receipt = client.get(answer.headers["location"].removeprefix("http://testserver"))
    assert receipt.json()["items"] == answer.json()["items"]
    with database.read_only() as session:
        assert session.scalars(select(Listing.title)).all() == ["Máy sấy m1"]
        run = session.scalars(select(TakingRun)).one()
        assert (run.kind, run.state, run.created, run.quarantined) == ("inbox", "done", 1, 2)
    again = push(client, elsewhere, elsewhere.sealed("m1"))
    assert again.json()["items"][0]["outcome"] == "unchanged"
    gone = push(client, elsewhere, elsewhere.sealed("m1", version=2, deleted="sold"))
    assert gone.json()["items"][0]["outcome"] == "gone"
    assert client.get("/exchange/v1/receipts/khong-co").status_code == 404


def test_a_push_is_good_once(client: TestClient, database: Database, live: Partner, elsewhere: Elsewhere) -> None:
    body = json.dumps({"items": [elsewhere.sealed("m1")]}).encode()
    headers = signed(elsewhere, body)
    assert client.post(ADDRESS, content=body, headers=headers).status_code == 202
    replayed = client.post(ADDRESS, content=body, headers=headers)
    assert (replayed.status_code, replayed.json()["type"]) == (409, "urn:techmart:problem:conflict")
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(TakingRun)) == 1


@pytest.mark.parametrize(
    "how",
    [
        {"age": 400},
        {"age": -60},
        {"nonce": "-"},
        {"nonce": "ngan"},
        {"covered": ("@method", "content-digest")},
        {"covered": ("@method", "@target-uri")},
        {"covered": ("@target-uri", "content-digest")},
        {"url": "http://khac.test/exchange/v1/inbox"},
        {"url": "http://testserver/exchange/v1/other"},
        {"kid": "khong-co"},
    ],
)
def test_such_signatures_are_refused(
    client: TestClient, database: Database, live: Partner, elsewhere: Elsewhere, how: dict[str, Any]
) -> None:
    answer = push(client, elsewhere, elsewhere.sealed("m1"), **how)
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:techmart:problem:invalid-signature"
    assert nothing_stored(database)


def test_another_key_another_body_and_no_signature_are_refused(
    client: TestClient, database: Database, live: Partner, elsewhere: Elsewhere
) -> None:
    other = Elsewhere(authority=elsewhere.authority)
    assert push(client, other, elsewhere.sealed("m1")).status_code == 401
    assert push(client, other, elsewhere.sealed("m1"), kid=elsewhere.key.kid).status_code == 401
    body = json.dumps({"items": [elsewhere.sealed("m1")]}).encode()
    headers = signed(elsewhere, body)
    assert client.post(ADDRESS, content=body + b" ", headers=headers).status_code == 401
    digest = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
    swapped = {**headers, "Content-Digest": f"sha-256=:{digest}:"}
    assert client.post(ADDRESS, content=b"x", headers=swapped).status_code == 401
    assert client.post(ADDRESS, content=body).status_code == 401
    assert nothing_stored(database)


def test_only_live_partners_push(
    client: TestClient, database: Database, partner: Partner, elsewhere: Elsewhere
) -> None:
    assert push(client, elsewhere, elsewhere.sealed("m1")).status_code == 401
    assert nothing_stored(database)


def test_a_paused_partner_does_not(client: TestClient, database: Database, live: Partner, elsewhere: Elsewhere) -> None:
    with database.unit_of_work() as session:
        move_partner(session, actor=SYSTEM, public_id=live.public_id, move="pause", now=NOW)
    assert push(client, elsewhere, elsewhere.sealed("m1")).status_code == 401


@pytest.mark.parametrize("body", [b"", b"[]", b'{"items": []}', b'{"items": {}}', b"[" * 50_000])
def test_a_body_that_is_none_is_told(
    client: TestClient, database: Database, live: Partner, elsewhere: Elsewhere, body: bytes
) -> None:
    answer = client.post(ADDRESS, content=body, headers=signed(elsewhere, body))
    assert answer.status_code in {400, 401}
    assert nothing_stored(database)


def test_too_many_and_too_much(client: TestClient, database: Database, live: Partner, elsewhere: Elsewhere) -> None:
    assert push(client, elsewhere, *[elsewhere.sealed("m1")] * 101).status_code == 400
    large = b"x" * (5 * 1024 * 1024 + 1)
    assert client.post(ADDRESS, content=large).status_code == 413
    assert nothing_stored(database)


def test_records_of_others_and_of_ours_by_push(
    client: TestClient, database: Database, live: Partner, elsewhere: Elsewhere
) -> None:
    third, own = Elsewhere(authority="vien.hue.test"), Elsewhere(authority="techmart.test")
    answer = push(client, elsewhere, third.sealed("m1"), own.sealed("m2"))
    assert [one.get("reason") for one in answer.json()["items"]] == ["authority", "authority"]
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Listing)) == 0


def test_nonces_are_forgotten_when_they_are_of_no_use(
    client: TestClient, database: Database, settings: Settings, live: Partner, elsewhere: Elsewhere
) -> None:
    push(client, elsewhere, elsewhere.sealed("m1"))

    def kept(seconds: int) -> int:
        now = clock.now().fromtimestamp(time.time() + seconds, tz=NOW.tzinfo)
        forget_used_up(JobContext(database, settings, uuid7(), 1, now), {})
        with database.read_only() as session:
            return session.scalar(select(func.count()).select_from(InboxNonce)) or 0

    assert kept(310) == 1
    assert kept(700) == 0


@pytest.mark.parametrize("evil", ["NaN", "1e999", r'"\ud800"', "[" * 300 + "]" * 300])
def test_one_record_that_cannot_be_kept_does_not_lose_the_push(
    client: TestClient, database: Database, live: Partner, elsewhere: Elsewhere, evil: str
) -> None:
    middle = json.dumps(elsewhere.sealed("m1"))[:-1] + f', "more": {evil}}}'
    named = r'{"key": {"authority": "a\ud800", "local_id": "b\u0000"}}'
    body = f'{{"items": [{json.dumps(elsewhere.sealed("m0"))}, {middle}, {named}]}}'.encode()
    answer = client.post(ADDRESS, content=body, headers=signed(elsewhere, body))
    assert answer.status_code == 202
    assert [one["outcome"] for one in answer.json()["items"]] == ["new", "refused", "refused"]
    with database.read_only() as session:
        assert session.scalars(select(Listing.title)).all() == ["Máy sấy m0"]


def test_one_record_that_the_database_refuses_does_not_lose_the_push(
    client: TestClient, database: Database, live: Partner, elsewhere: Elsewhere
) -> None:
    answer = push(client, elsewhere, elsewhere.sealed("m0"), with_a_null_sign(elsewhere), elsewhere.sealed("m2"))
    assert answer.status_code == 202
    assert [one["outcome"] for one in answer.json()["items"]] == ["new", "refused", "new"]
    assert answer.json()["items"][1]["reason"] == "database"
    with database.read_only() as session:
        run = session.scalars(select(TakingRun)).one()
        assert (run.seen, run.created, run.quarantined) == (3, 2, 1)


def another_live(database: Database, keys: list[dict[str, str]]) -> None:
    """A second live partner that gives these keys out as its own."""
    with database.unit_of_work() as session:
        given = agreement(
            authority="an.trom.test", address="https://an.trom.test/oai", starts_on=date(2020, 1, 1), ends_on=None
        )
        made = register_partner(session, actor=SYSTEM, data=given, own_authority="techmart.test", now=NOW)
        set_keys(session, actor=SYSTEM, public_id=made.public_id, keys=keys, now=NOW)
        transition(session, made, move="test", actor=SYSTEM, now=NOW)
        transition(session, made, move="go_live", actor=SYSTEM, now=NOW)


@pytest.mark.parametrize("whose", ["own", "theirs"])
def test_a_key_of_the_same_name_elsewhere_blocks_nobody(
    client: TestClient, database: Database, live: Partner, elsewhere: Elsewhere, whose: str
) -> None:
    """Neither another key with the name of theirs, nor their very key given out by another."""
    key = Elsewhere().key.public if whose == "own" else elsewhere.key.public
    another_live(database, [{**key, "kid": elsewhere.key.kid}])
    answer = push(client, elsewhere, elsewhere.sealed("m1"))
    assert answer.status_code == 202
    assert [one["outcome"] for one in answer.json()["items"]] == ["new"]
    with database.read_only() as session:
        assert session.scalars(select(TakenRecord.partner_id)).all() == [live.id]


@pytest.mark.parametrize("term", [(date(2019, 1, 1), date(2019, 12, 31)), (date(2199, 1, 1), None)])
def test_outside_of_the_agreements_days_nothing_is_taken(
    client: TestClient, database: Database, live: Partner, elsewhere: Elsewhere, term: tuple[date, date | None]
) -> None:
    with database.unit_of_work() as session:
        session.execute(
            text("UPDATE partner SET starts_on = :first, ends_on = :last"), {"first": term[0], "last": term[1]}
        )
    assert push(client, elsewhere, elsewhere.sealed("m1")).status_code == 401
    assert nothing_stored(database)
