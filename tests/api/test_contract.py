"""What the API says may be sent is what the listings feature takes: same names, same choices, same limits."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from app.api import details, inputs
from app.features.listings import details as feature_details
from app.features.listings import schemas

DRAFTS: dict[str, type[BaseModel]] = {
    "technology": inputs.TechnologyDraft,
    "equipment": inputs.EquipmentDraft,
    "patent": inputs.PatentDraft,
    "service": inputs.ServiceDraft,
    "need": inputs.NeedDraft,
}
PATCHES: dict[str, type[BaseModel]] = {
    "technology": inputs.TechnologyPatch,
    "equipment": inputs.EquipmentPatch,
    "patent": inputs.PatentPatch,
    "service": inputs.ServicePatch,
    "need": inputs.NeedPatch,
}
SENT_DETAILS: dict[str, type[BaseModel]] = {
    "technology": details.TechnologyDetails,
    "equipment": details.EquipmentDetails,
    "patent": details.PatentDetailsInput,
    "service": details.ServiceDetails,
    "need": details.NeedDetails,
}
# Kept by the exchange itself beside numbers; not sent.
_OURS = {"as_given"}
# The bound of texts that have none of their own.
_ANY_TEXT = 200_000
_LIMITS = ("maxLength", "maxItems", "minimum", "maximum", "exclusiveMinimum", "enum", "const")


def names(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def limits(model: type[BaseModel]) -> dict[str, dict[str, Any]]:
    """What a model's JSON Schema says of the values of each field, wherever it says it."""
    made = model.model_json_schema()

    def of(node: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(node, dict):
            if "$ref" in node:
                yield from of(made["$defs"][node["$ref"].rpartition("/")[2]])
            for key, value in node.items():
                if key in _LIMITS and value != _ANY_TEXT:
                    yield key, tuple(value) if isinstance(value, list) else value
                elif key in {"anyOf", "allOf", "items"}:
                    for inner in value if isinstance(value, list) else [value]:
                        yield from of(inner)

    return {name: dict(of(field)) for name, field in made["properties"].items()}


def differing(sent: type[BaseModel], taken: type[BaseModel], *, but: set[str]) -> dict[str, tuple[Any, Any]]:
    """Fields whose limits are not the same."""
    here, there = limits(sent), limits(taken)
    return {name: (here[name], there[name]) for name in here.keys() & there.keys() - but if here[name] != there[name]}


@pytest.mark.parametrize("kind", DRAFTS)
def test_a_draft_has_the_fields_of_its_kind(kind: str) -> None:
    taken = schemas.INPUTS[kind]
    assert names(DRAFTS[kind]) - {"organisation"} == names(taken)
    assert names(PATCHES[kind]) | {"kind"} == names(taken)
    assert names(PATCHES[kind]) <= names(inputs.ListingPatch)
    assert names(SENT_DETAILS[kind]) == names(feature_details.DETAILS[kind]) - _OURS
    assert names(details.ANSWERED[kind]) == names(feature_details.DETAILS[kind])


@pytest.mark.parametrize("kind", DRAFTS)
def test_limits_and_choices_are_the_same(kind: str) -> None:
    # A region may be said in words on a form; the parts of nested models are compared by themselves.
    apart = {"region", "price", "classifications", "details", "owners"}
    assert differing(DRAFTS[kind], schemas.INPUTS[kind], but=apart) == {}
    numbers = {"application_number", "publication_number", "grant_number"}
    assert differing(SENT_DETAILS[kind], feature_details.DETAILS[kind], but=numbers) == {}


def test_nested_parts_are_the_same() -> None:
    assert names(inputs.PriceInput) == names(schemas.Price)
    assert differing(inputs.PriceInput, schemas.Price, but=set()) == {}
    assert names(inputs.OwnerInput) == names(schemas.Owner)
    assert differing(inputs.OwnerInput, schemas.Owner, but=set()) == {}
    assert names(inputs.ClassificationInput) == names(schemas.Classification)
    assert differing(inputs.ClassificationInput, schemas.Classification, but=set()) == {}


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"a": "foo"}, {"b": {"c": {"d": None}}}, {"a": "foo", "b": {"c": {}}}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ],
)
def test_a_merge_patch_is_that_of_rfc_7396(target: Any, patch: Any, result: Any) -> None:
    assert inputs.merged(target, patch) == result
