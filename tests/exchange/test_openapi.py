"""The OpenAPI document of the exchange, and Schemathesis run with it: by nobody in particular and as a partner."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from app import journal
from app.database import Database
from app.exchange.routes import ROUTERS
from app.exchange.snapshots import make_snapshot
from app.models.listings import Listing
from app.settings import Settings
from tests import factories
from tests.exchange.conftest import KeyOf
from tests.factories import NOW

Give = Callable[[], None]
_DOCUMENT = "/exchange/v1/openapi.json"
# They describe themselves, or want what OpenAPI has no words for: forms of OAuth2, signatures of RFC 9421.
_SIGNED = {"exchange_inbox", "exchange_receipt", "exchange_ask", "exchange_enquiry", "exchange_act", "exchange_answer"}
_NOT_IN_IT = {"oai", "exchange_token", "exchange_openapi", *_SIGNED}


def configured(**more: Any) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "seed": 20261129,
            "continue-on-failure": True,
            "generation": {"max-examples": 6, "deterministic": True, "database": "none", "no-shrink": True},
            "phases": {"coverage": {"unexpected-methods": ["put", "delete"]}, "stateful": {"max-steps": 4}},
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", 401, 404, 409, 410]}},
            **more,
        }
    )


def findings(schema: Any, *, reached: set[str]) -> Iterator[str]:
    """What a whole run finds: failed checks, errors, operations of `reached` that never succeeded."""
    cases = 0
    succeeded: set[str] = set()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            cases += len(event.recorder.cases)
            for case_id, sent in event.recorder.interactions.items():
                if sent.response is not None and 200 <= sent.response.status_code < 300:
                    case = event.recorder.cases[case_id].value
                    succeeded.add(str(case.operation.definition.raw["operationId"]))
            for case_id, checks in event.recorder.checks.items():
                for check in checks:
                    if check.failure_info is not None:
                        answered = event.recorder.interactions[case_id].response
                        said = f"{answered.status_code} {answered.text[:300]}" if answered is not None else "no answer"
                        label = event.recorder.cases[case_id].value.operation.label
                        why = check.failure_info.failure.message
                        yield f"{label}: {check.name}: {why}\n  {said} to {check.failure_info.code_sample[:600]}"
        elif isinstance(event, events.NonFatalError | events.FatalError):
            yield f"error: {event}"
    if cases < 150:
        yield f"only {cases} cases were run"
    if reached - succeeded:
        yield f"never succeeded: {sorted(reached - succeeded)}"


@pytest.fixture
def names(database: Database, settings: Settings, give: Give) -> list[str]:
    """Three records, one of them gone, and a snapshot."""
    with database.unit_of_work() as session:
        owner = factories.organisation(session)
        made = [factories.listing(session, of=owner, kind=kind) for kind in ("technology", "patent", "need")]
    give()
    with database.unit_of_work() as session:
        session.get_one(Listing, made[0].id).state = "withdrawn"
        journal.append(session, entity="listing", entity_id=made[0].id, action="updated", at=NOW)
    give()
    make_snapshot(database, settings, now=NOW)
    return [one.public_id for one in made]


OPEN = {
    *("changes", "record", "discovery", "keys", "schema", "snapshot", "atom", "json_feed"),
    *("catalogue_turtle", "catalogue_json"),
}
OWN = {"subscriptions", "subscribe", "subscription", "rotate_secret", "deliveries", "enable_subscription"}


@pytest.mark.slow
@pytest.mark.parametrize("as_partner", [False, True])
def test_schemathesis_finds_nothing(application: FastAPI, names: list[str], key_of: KeyOf, *, as_partner: bool) -> None:
    key = key_of()
    with TestClient(application) as client:
        known = client.post("/exchange/v1/subscriptions", json={"address": "https://a.vn/"}, headers=key).json()["id"]
    config = configured(headers=key) if as_partner else configured()
    schema = schemathesis.openapi.from_asgi(_DOCUMENT, application, config=config)

    @schema.hook
    def map_case(context: Any, case: Any) -> Any:
        """Lead most of what is right by itself to what there is."""
        parameters = case.path_parameters or {}
        place = len(repr(parameters))
        if case.meta is None or not case.meta.generation.mode.is_positive or not place % 3:
            return case
        if "local_id" in parameters:
            parameters |= {"authority": "techmart.test", "local_id": names[place % 3]}
        if "subscription_id" in parameters and case.method != "DELETE":
            parameters["subscription_id"] = known
        return case

    found = "\n".join(dict.fromkeys(findings(schema, reached=OPEN | OWN if as_partner else OPEN)))
    assert found == ""


def test_it_tells_of_every_route(client: TestClient) -> None:
    document = client.get(_DOCUMENT).json()
    told = {one["operationId"] for path in document["paths"].values() for one in path.values()}
    routes = {route.name for one in ROUTERS for route in one.routes}  # type: ignore[attr-defined]
    assert told == {name.removeprefix("exchange_") for name in routes - _NOT_IN_IT}
    assert client.get("/.well-known/techmart-exchange").json()["endpoints"]["openapi"].endswith(_DOCUMENT)
