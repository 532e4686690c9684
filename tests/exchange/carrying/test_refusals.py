"""What is not let in between two exchanges: refused with a reason, and nothing of it kept."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from sqlalchemy import func, select

from app import clock, journal
from app.exchange.keys import SigningKey, signing_key
from app.exchange.signing import signed_headers
from app.identity import new_public_id
from app.integrations.outgoing import ask
from app.models.carrying import CarriedDelivery, CarriedRequest
from app.models.enquiries import QuoteRequest
from app.models.listings import Listing
from app.models.organisations import Organisation
from app.models.partners import Partner
from tests import factories
from tests.exchange.carrying.two import House, Two, befriend

Answer = tuple[int, dict[str, Any]]


def call(
    two: Two,
    path: str,
    said: Any,
    *,
    to: House | None = None,
    by: House | None = None,
    key: SigningKey | None = None,
    named: str = "",
    signed: bytes | None = None,
    headers: dict[str, str] | None = None,
    age: int = 0,
) -> Answer:
    """Send something as the buyer's exchange does, or not quite as it does."""
    to, by = to or two.home, by or two.asking
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    url = f"{to.base}{path}?from={named or by.authority}"
    at = clock.now()
    made = dict(
        signed_headers(
            key or signing_key(by.settings),
            method="POST",
            url=url,
            body=body if signed is None else signed,
            at=at.fromtimestamp(at.timestamp() - age, at.tzinfo),
        )
    )
    answer = ask(url, settings=by.settings, method="POST", headers={**made, **(headers or {})}, body=body)
    return answer.status, json.loads(answer.body)


def asking(two: Two, **given: Any) -> dict[str, Any]:
    return {
        "id": new_public_id(),
        "number": "2026-000123",
        "listing": {"authority": two.home.authority, "local_id": two.listing.local_id},
        "buyer": {"id": "k7x2mq", "name": "Công ty Nông sản", "region": "79"},
        "request": {"items": [{"description": "Máy sấy", "quantity": "2", "unit": "máy"}]},
        "consent": {"version": "1", "at": "2026-11-30T03:00:00Z"},
    } | given


def kept(house: House) -> list[int]:
    with house.database.read_only() as session:
        return [
            session.scalar(select(func.count()).select_from(table)) or 0 for table in (QuoteRequest, CarriedRequest)
        ]


def stranger_key() -> SigningKey:
    key = OKPKey.generate_key("Ed25519")
    return SigningKey(key, key.thumbprint())


def deep() -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _level in range(80):
        made = {"a": made}
    return made


def change_partner(house: House, **values: Any) -> None:
    with house.database.unit_of_work() as session:
        for one in session.scalars(select(Partner)):
            for name, value in values.items():
                setattr(one, name, value)
            journal.append(session, entity="partner", entity_id=one.id, action="change", at=clock.now())


PATH = "/exchange/v1/enquiries"
Refused = Callable[[Two], Answer]

BAD: dict[str, tuple[Refused, int, str]] = {
    "a key of nobody's": (lambda two: call(two, PATH, asking(two), key=stranger_key()), 401, "invalid-signature"),
    "signed by itself": (lambda two: call(two, PATH, asking(two), by=two.home), 401, "invalid-signature"),
    "another's name": (lambda two: call(two, PATH, asking(two), named="san-khac.test"), 401, "invalid-signature"),
    "an old signature": (lambda two: call(two, PATH, asking(two), age=400), 401, "invalid-signature"),
    "an altered body": (
        lambda two: call(two, PATH, asking(two), signed=json.dumps(asking(two)).encode()),
        401,
        "invalid-signature",
    ),
    "a listing of the asking exchange": (
        lambda two: call(two, PATH, asking(two, listing={"authority": two.asking.authority, "local_id": "x"})),
        404,
        "not-found",
    ),
    "a listing that is not there": (
        lambda two: call(two, PATH, asking(two, listing={"authority": two.home.authority, "local_id": "khong-co"})),
        404,
        "not-found",
    ),
    "a name nobody knows": (lambda two: call(two, PATH, asking(two, phone="0901")), 422, "invalid"),
    "no items": (lambda two: call(two, PATH, asking(two, request={"items": []})), 422, "invalid"),
    "no consent": (lambda two: call(two, PATH, {**asking(two), "consent": None}), 422, "invalid"),
    "an e-mail that is none": (lambda two: call(two, PATH, asking(two, contact_email="x")), 422, "invalid"),
    "no JSON": (lambda two: call(two, PATH, b"{"), 400, "bad-request"),
    "too deep": (lambda two: call(two, PATH, deep()), 400, "bad-request"),
    "a null sign": (
        lambda two: call(two, PATH, asking(two, buyer={"id": "k", "name": "a\x00b"})),
        400,
        "bad-request",
    ),
    "too large": (lambda two: call(two, PATH, asking(two, number="x" * 600_000)), 413, "too-large"),
    "an act on another's request": (
        lambda two: call(two, f"{PATH}/khongcogi123/acts", {"id": "0" * 32, "act": "withdraw"}),
        404,
        "not-found",
    ),
    "an answer about nothing": (
        lambda two: call(
            two,
            "/exchange/v1/answers",
            {
                "id": "khongcogi123",
                "number": "1",
                "version": 1,
                "state": "sent",
                "awaits": "holder",
                "moves": [{"sequence": 1, "move": "send", "at": "2026-11-30T03:00:00Z"}],
            },
        ),
        404,
        "not-found",
    ),
}


def test_such_are_refused_and_nothing_is_kept(two: Two) -> None:
    for name, (send, status, code) in BAD.items():
        answered, said = send(two)
        assert (answered, said.get("type")) == (status, f"urn:techmart:problem:{code}"), (name, said)
        assert kept(two.home) == [0, 0], name
    with two.home.database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Organisation)) == 1


def test_a_request_is_good_once_and_its_name_stands_for_one(two: Two) -> None:
    said = asking(two)
    first = call(two, PATH, said)
    assert first[0] == 201
    assert call(two, PATH, said) == (200, first[1])
    with two.home.database.unit_of_work() as session:
        owner = session.scalars(select(Organisation).where(Organisation.name == "Viện Cơ điện")).one()
        other = factories.listing(session, of=owner, authority=two.home.authority)
    two.share()
    elsewhere = {"authority": two.home.authority, "local_id": other.local_id}
    assert call(two, PATH, {**said, "listing": elsewhere})[0] == 409
    assert kept(two.home) == [1, 1]


def test_the_same_message_again_is_refused(two: Two) -> None:
    body = json.dumps(asking(two)).encode()
    url = f"{two.home.base}{PATH}?from={two.asking.authority}"
    headers = signed_headers(signing_key(two.asking.settings), method="POST", url=url, body=body, at=clock.now())
    sent = [ask(url, settings=two.asking.settings, method="POST", headers=headers, body=body).status for _ in range(2)]
    assert sent == [201, 409]
    assert kept(two.home) == [1, 1]


@pytest.mark.parametrize(
    ("terms", "status"),
    [({"enquiries_in": False}, 403), ({"state": "paused"}, 401), ({"kinds": ["patent"]}, 404)],
)
def test_what_the_agreement_does_not_say_is_refused(two: Two, terms: dict[str, Any], status: int) -> None:
    change_partner(two.home, **terms)
    assert call(two, PATH, asking(two))[0] == status
    assert kept(two.home) == [0, 0]


def test_a_listing_that_is_gone_is_told_to_be_gone(two: Two) -> None:
    with two.home.database.unit_of_work() as session:
        found = session.scalars(select(Listing)).one()
        found.state = "withdrawn"
        journal.append(session, entity="listing", entity_id=found.id, action="withdraw", at=clock.now())
    two.share()
    assert call(two, PATH, asking(two))[0] == 410
    assert kept(two.home) == [0, 0]


def test_nobody_acts_on_or_answers_for_the_request_of_another(two: Two) -> None:
    two.ask()
    two.work(two.asking)
    with two.asking.database.read_only() as session:
        carry_id = session.scalars(select(CarriedRequest.carry_id)).one()
    # A third exchange, with an agreement and a key that hold at both.
    third = stranger_key()
    named = "san-ba.test"
    for house in (two.asking, two.home):
        befriend(house, named, "https://san-ba.test", third, enquiries_in=True)
    act = {"id": "0" * 32, "act": "withdraw"}
    assert call(two, f"{PATH}/{carry_id}/acts", act, key=third, named=named)[0] == 404
    told: dict[str, Any] = {
        "id": carry_id,
        "number": "1",
        "version": 99,
        "state": "declined",
        "awaits": None,
        "moves": [
            {"sequence": 1, "move": "send", "at": "2026-11-30T03:00:00Z"},
            {"sequence": 2, "move": "decline", "at": "2026-11-30T03:00:00Z", "reason": "price"},
        ],
    }
    assert call(two, "/exchange/v1/answers", told, to=two.asking, key=third, named=named)[0] == 404
    assert two.received().request.state == two.asked().request.state == "sent"
    # Its home itself may not tell what does not fit either.
    gap = {**told, "moves": [told["moves"][0], {**told["moves"][1], "sequence": 3}]}
    lie = {**told, "state": "accepted"}
    for wrong in (gap, lie, {**told, "moves": told["moves"][1:]}):
        assert call(two, "/exchange/v1/answers", wrong, to=two.asking, by=two.home)[0] == 409
        assert two.asked().request.state == "sent"
    assert call(two, "/exchange/v1/answers", told, to=two.asking, by=two.home)[0] == 200
    assert two.asked().request.state == "declined"


def test_a_refused_request_closes_and_a_stuck_one_can_be_sent_again(two: Two) -> None:
    change_partner(two.home, enquiries_in=False)
    two.ask()
    two.work(two.asking)
    assert (two.sent("ask").state, two.sent("ask").status) == ("refused", 403)
    assert two.asked().request.state == "undelivered"
    assert two.asked().request.awaits is None
    assert kept(two.home) == [0, 0]
    with two.asking.database.read_only() as session:
        assert session.scalars(select(CarriedDelivery.state)).all() == ["refused"]
