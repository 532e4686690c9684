"""The canonical form is byte for byte that of the library that was made for it."""

import json
import random
from typing import Any

import pytest
import rfc8785

from app.exchange.canonical import canonical
from tests.exchange.taking.given import Elsewhere

SIGNS = [chr(one) for one in range(0x80)] + list("ệđŨ\u2028\u2029\ufeff\ue000\U0001f600\x7f\x85")
NUMBERS = [0, -1, 7, 2**53 - 1, -(2**53 - 1), 1.0, 0.1, -0.0, 1e21, 1e-7, 333333333.33333329, True, None, False]


def made_up(dice: random.Random, depth: int = 0) -> Any:
    sort = dice.randrange(4 if depth < 4 else 2)
    if sort == 0:
        return dice.choice(NUMBERS)
    if sort == 1:
        return "".join(dice.choices(SIGNS, k=dice.randrange(12)))
    if sort == 2:
        return [made_up(dice, depth + 1) for _ in range(dice.randrange(4))]
    keys = ["".join(dice.choices(SIGNS if dice.random() < 0.2 else "azAZ_09", k=dice.randrange(5))) for _ in range(4)]
    return {key: made_up(dice, depth + 1) for key in keys}


def test_it_is_the_librarys_form_whatever_comes() -> None:
    dice = random.Random(8785)
    for _ in range(3_000):
        value = made_up(dice)
        assert canonical(value) == rfc8785.dumps(value), value


def test_records_too(elsewhere: Elsewhere) -> None:
    record = elsewhere.sealed(title='Máy "sấy"\n\x01', price={"kind": "from", "from": 12, "currency": "VND"})
    assert canonical(record) == rfc8785.dumps(record)
    assert json.loads(canonical(record)) == record


@pytest.mark.parametrize("value", [2**53, float("nan"), "\ud800", {"a": ["\udfff"]}, {1: 2}, {"a": {3}}])
def test_what_has_no_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical(value)
