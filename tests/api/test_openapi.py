"""The OpenAPI document is complete, fits itself, and follows the reference tables."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.reference import current
from app.reference.shipped import shipped_tables

_HTTP = {"get", "post", "patch"}


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    response = client.get("/api/v1/openapi.json")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    made: dict[str, Any] = response.json()
    return made


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert method in _HTTP
            yield f"{method.upper()} {path}", operation


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The node a local reference leads to."""
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def fits(document: dict[str, Any], schema: dict[str, Any], instance: Any) -> None:
    jsonschema_rs.validator_for({**schema, "components": document["components"]}).validate(instance)


def test_it_names_every_address_of_the_api(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert {name for name, _operation in operations(document)} == {
        "GET /api/v1/listings",
        "POST /api/v1/listings",
        "GET /api/v1/listings/{listing_id}",
        "PATCH /api/v1/listings/{listing_id}",
        "GET /api/v1/listings/{listing_id}/matches",
        "GET /api/v1/listings/{listing_id}/organisations",
        "GET /api/v1/listings/{listing_id}/similar",
        "GET /api/v1/listings/{listing_id}/history",
        "POST /api/v1/listings/{listing_id}/submit",
        "POST /api/v1/listings/{listing_id}/recall",
        "POST /api/v1/listings/{listing_id}/confirm",
        "POST /api/v1/listings/{listing_id}/withdraw",
        "GET /api/v1/me/listings",
        "GET /api/v1/suggest",
        "GET /api/v1/reference",
        "GET /api/v1/reference/{scheme}",
        "GET /api/v1/organisations/{organisation_id}",
    }


def test_every_operation_is_described_and_states_its_answers(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["description"], name
        for parameter in operation["parameters"]:
            assert resolved(document, parameter)["description"], name
        responses = operation["responses"]
        assert {"401", "429", "503"} <= responses.keys(), name
        assert {"304"} <= responses.keys() or not name.startswith("GET"), name
        for status, response in responses.items():
            content = resolved(document, response).get("content", {})
            if int(status) >= 400:
                assert list(content) == ["application/problem+json"], (name, status)
            elif status != "304":
                assert list(content) == ["application/json"], (name, status)
                assert content["application/json"]["schema"], (name, status)


def test_only_ones_own_needs_a_token(document: dict[str, Any]) -> None:
    closed = {name for name, operation in operations(document) if {} not in operation["security"]}
    assert closed == {
        name
        for name, _operation in operations(document)
        if not name.startswith("GET") or "/me/" in name or name.endswith("/history")
    }


def test_its_schemas_are_schemas_and_its_examples_fit_them(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
    seen = 0
    for _name, operation in operations(document):
        contents = [resolved(document, one).get("content", {}) for one in operation["responses"].values()]
        contents.append(operation.get("requestBody", {}).get("content", {}))
        for content in contents:
            for media in content.values():
                examples = [one["value"] for one in media.get("examples", {}).values()]
                for example in examples + ([media["example"]] if "example" in media else []):
                    fits(document, media["schema"], example)
                    seen += 1
    assert seen > 50


def test_every_reference_leads_somewhere_and_every_part_is_used(document: dict[str, Any]) -> None:
    used: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                resolved(document, node)
                used.add(node["$ref"])
            for inner in node.values():
                walk(inner)
        elif isinstance(node, list):
            for inner in node:
                walk(inner)

    walk(document)
    names = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert names - used == set()


def test_it_lists_the_codes_of_the_tables(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    regions = schemas["ListingPatch"]["properties"]["region"]["anyOf"][0]["enum"]
    assert (regions[0], len(regions)) == ("01", 34)
    by_scheme = {one["properties"]["scheme"]["const"]: one for one in schemas["ClassificationInput"]["oneOf"]}
    assert list(by_scheme) == ["research-field", "vsic", "ipc", "priority-field", "sector"]
    good = [
        {"scheme": "research-field", "code": "203"},
        {"scheme": "ipc", "code": "F26"},
        {"scheme": "ipc", "code": "F26B 3/00", "version": "2023.01"},
        {"scheme": "vsic", "code": "C", "version": None},
    ]
    bad = [
        {"scheme": "research-field", "code": "F26"},
        {"scheme": "ipc", "code": "F98"},
        {"scheme": "ipc", "code": "F26b"},
        {"scheme": "vsic", "code": "C", "version": "2018"},
        {"scheme": "colours", "code": "1"},
    ]
    validator = jsonschema_rs.validator_for(schemas["ClassificationInput"])
    assert [validator.is_valid(one) for one in good + bad] == [True] * len(good) + [False] * len(bad)


def test_a_newly_loaded_table_is_in_it_at_once(application: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.api import codes

    document = application.state.api_document
    before = document.text()
    assert document.text() is before
    tables = {name: table for name, table in shipped_tables().items() if name != "sector"}
    monkeypatch.setattr(codes, "current_tables", lambda: tables)
    monkeypatch.setattr("app.api.openapi.version_mark", lambda: "another")
    assert b"health" not in document.text()
    assert current.version_mark() != "another"
