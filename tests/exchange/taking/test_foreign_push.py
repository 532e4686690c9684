"""A push that npm's http-message-signatures signed is taken; one signed as our tests do is right in its eyes too."""

import json

import pytest
from fastapi.testclient import TestClient

from app.database import Database
from app.features.partners.commands import set_keys
from app.features.partners.states import transition
from app.identity import SYSTEM
from app.models.partners import Partner
from tests.exchange.foreign.tools import node
from tests.exchange.taking.given import Elsewhere
from tests.exchange.taking.test_inbox import ADDRESS, signed
from tests.factories import NOW


@pytest.mark.xdist_group("foreign")
def test_theirs_is_taken_and_ours_is_right_in_their_eyes(
    client: TestClient, database: Database, partner: Partner, elsewhere: Elsewhere
) -> None:
    body = json.dumps({"items": [elsewhere.sealed("m1")]})
    url = f"http://testserver{ADDRESS}"
    ours = {"jwk": elsewhere.key.public, "headers": signed(elsewhere, body.encode(), url=url)}
    asked = {"url": url, "kid": "npm-key", "body": body, "theirs": ours}
    (said,) = node("http_signature.mjs", say=json.dumps(asked))
    assert (said["verified"], said["altered"]) == (True, False)
    with database.unit_of_work() as session:
        found = session.get_one(Partner, partner.id)
        keys = [elsewhere.key.public, said["jwk"]]
        set_keys(session, actor=SYSTEM, public_id=found.public_id, keys=keys, now=NOW)
        transition(session, found, move="test", actor=SYSTEM, now=NOW)
        transition(session, found, move="go_live", actor=SYSTEM, now=NOW)
    altered = client.post(ADDRESS, content=body.replace("m1", "m2").encode(), headers=said["headers"])
    assert altered.status_code == 401, altered.text
    answer = client.post(ADDRESS, content=body.encode(), headers=said["headers"])
    assert answer.status_code == 202, answer.text
    assert [one["outcome"] for one in answer.json()["items"]] == ["new"]
    assert client.post(ADDRESS, content=body.encode(), headers=said["headers"]).status_code == 409
