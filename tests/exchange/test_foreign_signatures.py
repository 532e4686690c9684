"""Signatures of records, checked by npm's jose and canonicalize, and theirs by us."""

import json
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import OKPKey

from app.database import Database
from app.exchange.envelope import BadSignature, verify
from tests import factories
from tests.exchange.foreign.tools import node

pytestmark = pytest.mark.xdist_group("foreign")


def test_they_find_ours_right_and_we_theirs(client: TestClient, database: Database, give: Callable[[], None]) -> None:
    with database.unit_of_work() as session:
        made = factories.listing(
            session,
            of=factories.organisation(session, name="Viện “Sấy” <&> \u00e9"),
            title="Máy sấy e\u0301 \U0001f33e \\u0041",
            price_kind="range",
            price_from=1_500_000_000_000,
            price_to=2**53 - 1,
            price_currency="VND",
        )
    give()
    envelope = client.get(f"/exchange/v1/records/techmart.test/{made.public_id}").json()
    jwks = client.get("/.well-known/jwks.json").json()
    (said,) = node("jws.mjs", say=json.dumps({"envelope": envelope, "jwks": jwks}))
    assert {name: said[name] for name in ("digest", "verified", "relayed", "altered")} == {
        "digest": True,
        "verified": True,
        "relayed": True,
        "altered": False,
    }
    keys = {said["key"]["kid"]: OKPKey.import_key(said["key"])}
    verify(said["theirs"], keys)
    with pytest.raises(BadSignature):
        verify(said["theirs"] | {"lang": "en"}, keys)
