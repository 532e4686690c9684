"""What Pydantic finds wrong is said in the reader's language."""

from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, EmailStr, Field, HttpUrl, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from app.i18n import _, use_locale
from app.i18n.validation import dotted, explain


class Sample(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=1200)] = "x"
    count: Annotated[int, Field(ge=1000)] = 1000
    kind: Literal["a", "b"] = "a"
    email: EmailStr | None = None
    site: HttpUrl | None = None
    day: Annotated[date, Field(gt=date(2026, 11, 23))] | None = None
    tags: Annotated[list[str], Field(max_length=2)] = []
    own: str = ""
    named: str = ""
    odd: Annotated[float, Field(multiple_of=0.5)] = 1

    @field_validator("own")
    @classmethod
    def _own(cls, value: str) -> str:
        if value == "bad":
            raise ValueError(_("Mã này không hợp lệ."))
        return value

    @field_validator("named")
    @classmethod
    def _named(cls, value: str) -> str:
        if value == "bad":
            raise PydanticCustomError("tax_code", "Mã này không hợp lệ.")
        return value


@pytest.mark.parametrize(
    ("given", "vietnamese", "english"),
    [
        ({"name": ""}, "Hãy điền mục này.", "Please fill this in."),
        ({"name": "x" * 1201}, "Không quá 1.200 ký tự.", "No more than 1,200 characters."),
        ({"count": 999}, "Phải từ 1.000 trở lên.", "Must be 1,000 or more."),
        ({"kind": "c"}, "Hãy chọn một trong các mục có sẵn.", "Please choose one of those offered."),
        ({"email": "lan"}, "Hãy nhập địa chỉ e-mail đầy đủ, ví dụ ten@donvi.vn.", None),
        ({"site": "lan"}, "Hãy nhập địa chỉ trang web đầy đủ, bắt đầu bằng https://", None),
        ({"day": "2026-11-23"}, "Phải lớn hơn 23/11/2026.", "Must be greater than 23 Nov 2026."),
        ({"tags": ["a", "b", "c"]}, "Không quá 2 mục.", "No more than 2."),
        ({"own": "bad"}, "Mã này không hợp lệ.", "This code is not valid."),
        ({"named": "bad"}, "Mã này không hợp lệ.", "This code is not valid."),
        ({"odd": 1.2}, "Phải là bội số của 0,5.", "Must be a multiple of 0.5."),
    ],
)
def test_messages(given: dict[str, Any], vietnamese: str, english: str | None) -> None:
    for locale, expected in (("vi", vietnamese), ("en", english)):
        with use_locale(locale):
            with pytest.raises(ValidationError) as fault:
                Sample.model_validate(given)
            (error,) = fault.value.errors()
            said = explain(error)
            assert expected is None or said == expected
            assert said != error["msg"] or locale == "vi"


def test_a_rule_of_pydantic_we_have_no_sentence_for_still_says_something() -> None:
    error = {"type": "frozen_set_type", "loc": ("x",), "msg": "Input should be a valid frozenset", "input": 1}
    assert explain(error) == "Giá trị này chưa hợp lệ."  # type: ignore[arg-type]


def test_paths_are_dotted() -> None:
    assert dotted(("items", 0, "quantity")) == "items.0.quantity"
