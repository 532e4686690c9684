"""Schemathesis against the OpenAPI document: every phase and every check, anonymous and with a token, finding nothing.

The cases are the same on every run. Bodies of a draft and of a patch have so many fields that the coverage phase alone
makes five thousand of them; of those, every run takes the same part.
"""

import hashlib
import json
import random
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from app.database import Database
from tests import factories
from tests.api.scene import Scene, bearer

_DOCUMENT = "/api/v1/openapi.json"
# Of the coverage cases of these operations, one in so many.
_ONE_IN = {"createListing": 32, "changeListing": 16, "listListings": 3}
_OPEN = {"listListings", "suggest", "listReferenceTables", "getReferenceTable"}
_OWN = {
    "createListing",
    "changeListing",
    "withdrawListing",
    "getListing",
    "getListingMatches",
    "getListingHistory",
    "listOwnListings",
    "getOrganisation",
}
_ALL_CHECKS = {
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
    "ignored_auth",
}


@pytest.fixture
def repeatable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids and instants that are the same on every run: schemathesis sends on what it was answered."""
    drawn = random.Random(20261123)
    monkeypatch.setattr("app.identity.secrets", SimpleNamespace(choice=drawn.choice))
    monkeypatch.setattr("app.clock.now", lambda: factories.NOW)


def configured(**more: Any) -> SchemathesisConfig:
    """All phases and checks, few examples, one seed."""
    return SchemathesisConfig.from_dict(
        {
            "seed": 20261123,
            "continue-on-failure": True,
            "generation": {"max-examples": 6, "deterministic": True, "database": "none", "no-shrink": True},
            "phases": {"coverage": {"unexpected-methods": ["put", "delete", "options"]}, "stateful": {"max-steps": 4}},
            "checks": {
                # What JSON Schema cannot say of a request: which version the record has by now (412) …
                "positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", 401, 403, 404, 409, 412]},
                # … and that a change without If-Match is refused with the status made for it (RFC 6585).
                "missing_required_header": {"expected-statuses": [400, 401, 403, 415, 422, 428]},
            },
            **more,
        }
    )


def operation_id(case: Any) -> str:
    return str(case.operation.definition.raw["operationId"])


def is_taken(case: Any) -> bool:
    """Whether a case is run: all of most operations, the same part of the widest."""
    one_in = _ONE_IN.get(operation_id(case), 1)
    if one_in == 1 or case.meta is None or case.meta.phase.name.value != "coverage":
        return True
    written = json.dumps([case.body, case.headers, case.query], sort_keys=True, default=str)
    return int.from_bytes(hashlib.sha256(written.encode("utf-8", "replace")).digest()[:4]) % one_in == 0


def findings(schema: Any, *, reached: set[str]) -> Iterator[str]:
    """What a whole run of the engine finds: failed checks, errors, operations of `reached` that never succeeded."""
    phases, cases = set(), 0
    succeeded: set[str] = set()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            cases += len(event.recorder.cases)
            for case_id, sent in event.recorder.interactions.items():
                if sent.response is not None and 200 <= sent.response.status_code < 300:
                    succeeded.add(operation_id(event.recorder.cases[case_id].value))
            for case_id, checks in event.recorder.checks.items():
                for check in checks:
                    if check.failure_info is not None:
                        case = event.recorder.cases[case_id].value
                        request = check.failure_info.code_sample
                        answered = event.recorder.interactions[case_id].response
                        status = (
                            f"{answered.status_code} {answered.text[-600:]}" if answered is not None else "no answer"
                        )
                        why = check.failure_info.failure.message
                        yield f"{case.operation.label}: {check.name}: {why}\n  {status} to {request}"
        elif isinstance(event, events.NonFatalError | events.FatalError):
            yield f"error: {event}"
        elif isinstance(event, events.PhaseFinished):
            phases.add(event.phase.name.value)
    if not {"examples", "coverage", "fuzzing", "stateful"} <= {one.lower() for one in phases} or cases < 400:
        yield f"only {cases} cases in the phases {sorted(phases)} were run"
    if reached - succeeded:
        yield f"never succeeded: {sorted(reached - succeeded)}"


def told(found: Iterator[str]) -> str:
    """The findings, each once."""
    return "\n".join(dict.fromkeys(one[:2_500] for one in found))


@pytest.mark.slow
def test_nothing_is_found_by_somebody_without_a_token(application: FastAPI, repeatable: None, scene: Scene) -> None:
    schema = schemathesis.openapi.from_asgi(_DOCUMENT, application, config=configured())

    @schema.hook
    def filter_case(context: Any, case: Any) -> bool:
        return is_taken(case)

    assert told(findings(schema, reached=_OPEN)) == ""


@pytest.mark.slow
def test_nothing_is_found_by_somebody_with_a_token(
    application: FastAPI, database: Database, repeatable: None, scene: Scene
) -> None:
    with database.unit_of_work() as session:
        drafts = [
            factories.listing(session, of=scene.institute, state="draft", kind=kind, trl=None, benefit="").public_id
            for kind in ("technology", "equipment", "patent", "service", "need") * 3
        ]
    schema = schemathesis.openapi.from_asgi(_DOCUMENT, application, config=configured(headers=bearer(scene.token)))

    @schema.hook
    def filter_case(context: Any, case: Any) -> bool:
        price = case.body.get("price") if isinstance(case.body, dict) else None
        low, high = (price.get("from"), price.get("to")) if isinstance(price, dict) else (None, None)
        # Nor can JSON Schema say that one number is not below another.
        reversed_ = isinstance(low, int | float) and isinstance(high, int | float) and high < low
        return not reversed_ and is_taken(case)

    @schema.hook
    def map_case(context: Any, case: Any) -> Any:
        """Lead what is right by itself to where it has an effect: own drafts, own organisation, present version."""
        if case.meta is None or not case.meta.generation.mode.is_positive:
            return case
        place = len(repr(case.body)) + len(repr(case.headers))
        if isinstance(case.body, dict):
            case.body.pop("external_id", None)
            if case.body.get("organisation"):
                case.body["organisation"] = scene.institute.public_id
        if case.path_parameters and "listing_id" in case.path_parameters and place % 4:
            case.path_parameters["listing_id"] = drafts[place % len(drafts)]
        if case.path_parameters and "organisation_id" in case.path_parameters:
            case.path_parameters["organisation_id"] = scene.institute.public_id
        if case.headers and "If-Match" in case.headers and (place % 8 or not case.headers["If-Match"]):
            case.headers["If-Match"] = "*"
        return case

    assert told(findings(schema, reached=_OPEN | _OWN)) == ""


def test_every_check_of_schemathesis_is_on(application: FastAPI) -> None:
    """A check that a new version adds is looked at, not left out unseen."""
    from schemathesis.specs.openapi import checks

    assert checks is not None  # its import registers them
    known = set(schemathesis.checks.CHECKS.get_all_names())
    # This one asks for two people's passwords; tests/api/test_changes.py and test_secrets.py ask its question.
    assert known - _ALL_CHECKS == {"object_level_authorization"}
