"""Client credentials in exchange for a token, and whose request one is."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request

from app import clock
from app.database import Database
from app.exchange.caller import BadPartnerToken, caller_of, make_token, read_token
from app.exchange.keys import signing_key
from app.features.partners.commands import register_partner
from app.features.partners.credentials import Issued, issue_credential, revoke_credential
from app.features.partners.schemas import IssueInput
from app.identity import SYSTEM, uuid7
from app.settings import Settings
from tests.factories import NOW
from tests.features.partners.given import agreement

ADDRESS = "/exchange/v1/token"
GRANT = {"grant_type": "client_credentials"}


def made(database: Database, kind: str) -> tuple[Issued, str]:
    with database.unit_of_work() as session:
        partner = register_partner(session, actor=SYSTEM, data=agreement(), own_authority="techmart.test", now=NOW)
        data = IssueInput(kind=kind)  # type: ignore[arg-type]
        issued = issue_credential(session, actor=SYSTEM, public_id=partner.public_id, data=data, now=clock.now())
        return issued, partner.public_id


def asking(authorization: str) -> Request:
    headers = [(b"authorization", authorization.encode())] if authorization else []
    return Request({"type": "http", "headers": headers})


def test_a_client_gets_a_token_that_is_known_until_the_client_is_revoked(
    client: TestClient, database: Database, settings: Settings
) -> None:
    issued, public_id = made(database, "oauth_client")
    answer = client.post(ADDRESS, data=GRANT, auth=(issued.name, issued.secret))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    said = answer.json()
    assert (said["token_type"], said["expires_in"]) == ("Bearer", 3_600)
    request = asking(f"Bearer {said['access_token']}")
    with database.read_only() as session:
        found = caller_of(request, session, settings, now=clock.now())
        assert found is not None
        assert found.authority == "san.danang.test"
        with pytest.raises(BadPartnerToken):
            caller_of(request, session, settings, now=clock.now() + timedelta(hours=1, seconds=1))
    with database.unit_of_work() as session:
        revoke_credential(
            session, actor=SYSTEM, public_id=public_id, credential_id=issued.credential.id, now=clock.now()
        )
    with database.read_only() as session, pytest.raises(BadPartnerToken):
        caller_of(request, session, settings, now=clock.now())


def test_the_two_halves_may_stand_in_the_body(client: TestClient, database: Database) -> None:
    issued, _public_id = made(database, "oauth_client")
    body = {**GRANT, "client_id": issued.name, "client_secret": issued.secret}
    assert client.post(ADDRESS, data=body).status_code == 200


def test_what_is_wrong_is_told_as_the_standard_has_it(client: TestClient, database: Database) -> None:
    issued, _public_id = made(database, "oauth_client")
    wrong = client.post(ADDRESS, data=GRANT, auth=(issued.name, "khác"))
    assert (wrong.status_code, wrong.json()) == (401, {"error": "invalid_client"})
    assert wrong.headers["www-authenticate"].startswith("Basic")
    assert client.post(ADDRESS, data=GRANT).json() == {"error": "invalid_client"}
    other = client.post(ADDRESS, data={"grant_type": "password"}, auth=(issued.name, issued.secret))
    assert (other.status_code, other.json()) == (400, {"error": "unsupported_grant_type"})
    large = client.post(ADDRESS, content=b"x" * 9_000)
    assert (large.status_code, large.json()) == (400, {"error": "invalid_request"})
    garbled = client.post(ADDRESS, data=GRANT, headers={"Authorization": "Basic \x00"})
    assert garbled.json() == {"error": "invalid_client"}


def test_whose_request_it_is(database: Database, settings: Settings) -> None:
    issued, _public_id = made(database, "api_key")
    with database.read_only() as session:
        found = caller_of(asking(f"Bearer {issued.secret}"), session, settings, now=clock.now())
        assert found is not None
        assert found.rate_per_minute == 120
        # Nobody, and a token of a person, which is not a partner's business.
        for other in ("", "Bearer tmpat_abc", "Basic tmpx_abc"):
            assert caller_of(asking(other), session, settings, now=clock.now()) is None
        with pytest.raises(BadPartnerToken):
            caller_of(asking("Bearer tmpx_abc"), session, settings, now=clock.now())


def test_a_token_is_nobody_elses_to_make(settings: Settings) -> None:
    key, name, now = signing_key(settings), uuid7(), clock.now()
    token = make_token(name, key=key, now=now)
    assert read_token(token, key=key, now=now) == name
    swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
    for wrong in (token[:-4], token.replace("tmpt_", "tmpt_AA"), "tmpt_", "tmpt_%%%", token[:30] + "x" + token[31:]):
        assert read_token(wrong, key=key, now=now) is None
    # The last sign of base64 may hold bits that say nothing; two before it never.
    assert read_token(swapped, key=key, now=now) in {None, name}


def test_what_is_no_request_is_told_so(client: TestClient, database: Database) -> None:
    many = "&".join(["grant_type=client_credentials", *(f"f{n}=1" for n in range(20))])
    null_sign = {**GRANT, "client_id": "a\0b", "client_secret": "c"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for answer in (
        client.post(ADDRESS, content=many, headers=form),
        client.post(ADDRESS, data=null_sign),
        client.post(ADDRESS, data=GRANT, auth=("a", "b%00")),
    ):
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
