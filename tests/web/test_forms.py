"""Forms: dotted names to a model, messages by the same path, nothing typed is lost."""

import io
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import pytest
from fastapi import APIRouter, Depends
from fastapi.testclient import TestClient
from pydantic import BaseModel, EmailStr, Field, model_validator
from starlette.datastructures import Headers, UploadFile
from starlette.responses import JSONResponse

from app.i18n import _, use_locale
from app.web.forms import Form, PostedForm, form_of, form_reader
from tests.web.small_app import small_app


class Price(BaseModel):
    kind: Literal["on_request", "floor"] = "on_request"
    low: Annotated[int | None, Field(alias="from", ge=0)] = None
    high: Annotated[int | None, Field(alias="to")] = None

    @model_validator(mode="after")
    def _in_order(self) -> "Price":
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(_("Giá trị này chưa hợp lệ."))
        return self


class Item(BaseModel):
    name: Annotated[str, Field(min_length=3)]
    quantity: Annotated[int, Field(gt=0)] = 1


class Machine(BaseModel):
    sort: Literal["machine"]
    power: Decimal


class Advice(BaseModel):
    sort: Literal["advice"]
    scope: str


class Request(BaseModel):
    title: Annotated[str, Field(max_length=20)]
    email: EmailStr | None = None
    price: Price = Price()
    forms: list[str] = Field(default_factory=list)
    items: list[Item] = Field(default_factory=list)
    wanted: date | None = None
    urgent: bool = False
    agreed: bool | None = None
    details: Annotated[Machine | Advice, Field(discriminator="sort")] | None = None


def form(**values: str | list[str]) -> Form:
    names = {name.replace("__", "."): value for name, value in values.items()}
    return Form(values={name: value if isinstance(value, list) else [value] for name, value in names.items()})


def test_dotted_names_become_the_model() -> None:
    posted = form(
        title="  Máy sấy ",
        price__kind="floor",
        price__from="380.000.000",
        price__to="",
        forms=["rent", "sale", ""],
        items__0__name="Buồng sấy",
        items__0__quantity="2",
        items__4__name="Quạt hút",
        items__4__quantity="1.200",
        items__7__name=" ",
        wanted="23/11/2026",
        urgent="on",
        details__sort="machine",
        details__power="7,5",
    )
    data = posted.check(Request).data
    assert data is not None
    assert data.model_dump() == {
        "title": "Máy sấy",
        "email": None,
        "price": {"kind": "floor", "low": 380_000_000, "high": None},
        "forms": ["rent", "sale"],
        "items": [{"name": "Buồng sấy", "quantity": 2}, {"name": "Quạt hút", "quantity": 1200}],
        "wanted": date(2026, 11, 23),
        "urgent": True,
        "agreed": None,
        "details": {"sort": "machine", "power": Decimal("7.5")},
    }


def test_an_empty_form_asks_for_what_is_required_only() -> None:
    checked = Form().check(Request)
    assert checked.data is None
    assert checked.form.errors == {"title": "Hãy điền mục này."}


def test_messages_come_back_by_the_path_of_the_field() -> None:
    posted = form(
        title="x" * 21,
        email="lan@viencodien",
        price__from="ba tỷ",
        items__2__name="",
        items__2__quantity="",
        items__5__name="Quạt hút",
        items__5__quantity="0",
        items__9__quantity="3",
        wanted="31/02/2026",
        details__sort="machine",
        details__power="nhiều",
    )
    checked = posted.check(Request)
    assert checked.data is None
    assert checked.form.errors == {
        "title": "Không quá 20 ký tự.",
        "email": "Hãy nhập địa chỉ e-mail đầy đủ, ví dụ ten@donvi.vn.",
        "price.from": "Hãy nhập một số nguyên, ví dụ 1.250.",
        "items.5.quantity": "Phải lớn hơn 0.",
        "items.9.name": "Hãy điền mục này.",
        "wanted": "Hãy nhập ngày dạng ngày/tháng/năm, ví dụ 23/11/2026.",
        "details.power": "Hãy nhập một số, ví dụ 12,5.",
    }
    assert checked.form.value("price.from") == "ba tỷ"
    assert checked.form.value("items.5.name") == "Quạt hút"
    assert checked.form.rows("items") == [2, 5, 9]


def test_messages_are_in_the_language_of_the_reader() -> None:
    with use_locale("en"):
        errors = form(title="ok", price__from="1,000", price__to="500").check(Request).form.errors
    assert errors == {"price": "This value is not valid."}


def test_a_prefix_reads_a_part_of_the_form() -> None:
    checked = form(need__price__from="5", need__title="").check(Request, prefix="need")
    assert checked.form.errors == {"need.title": "Hãy điền mục này."}


def test_rows_are_added_and_taken_away_without_losing_anything() -> None:
    posted = form(title="Máy", items__0__name="Buồng sấy", items__3__name="Quạt", _add="items")
    assert posted.row_edit_asked
    longer = posted.row_edited
    assert longer.rows("items") == [0, 3, 4]
    assert (longer.value("title"), longer.value("items.3.name")) == ("Máy", "Quạt")
    assert not longer.row_edit_asked
    shorter = form(title="Máy", items__0__name="Buồng sấy", items__3__name="Quạt", _remove="items.0").row_edited
    assert shorter.rows("items") == [3]
    assert shorter.value("items.3.name") == "Quạt"
    assert form(_add="items").row_edited.rows("items") == [0]


def test_an_empty_form_shows_as_many_rows_as_asked() -> None:
    assert Form().rows("items", at_least=2) == [0, 1]
    assert form(items__5__name="x").rows("items", at_least=2) == [5, 6]


def test_a_form_is_filled_from_a_record() -> None:
    record = Request(
        title="Máy", items=[Item(name="Quạt hút", quantity=2)], forms=["rent"], price=Price.model_validate({"from": 5})
    )
    filled = form_of(record)
    assert filled.value("price.from") == "5"
    assert filled.value("items.0.quantity") == "2"
    assert filled.chosen("forms") == ["rent"]
    assert filled.value("email", "không có") == "không có"
    assert filled.check(Request).data == record


def upload(name: str, content: bytes) -> UploadFile:
    return UploadFile(io.BytesIO(content), size=len(content), filename=name, headers=Headers())


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([upload("a.pdf", b"x")], ""),
        ([upload("a.exe", b"x")], "“a.exe”: chỉ nhận tệp .pdf, .png."),
        ([upload("a.pdf", b"")], "“a.pdf” không có nội dung."),
        ([upload("a.pdf", b"x" * 2_100)], "“a.pdf” lớn hơn 2\xa0kB."),
        ([upload(f"{n}.pdf", b"x") for n in range(3)], "Chỉ gửi được 2 tệp."),
    ],
)
def test_files_are_held_to_their_limits(files: list[UploadFile], message: str) -> None:
    posted = Form(files={"documents": files})
    taken, answered = posted.check_files("documents", most=2, max_bytes=2_000, endings=(".pdf", ".png"))
    assert answered.error("documents") == message
    assert taken == ([] if message else files)


def test_posted_forms_arrive_with_files_and_within_their_limit() -> None:
    router = APIRouter()

    @router.post("/any")
    def any_size(posted: PostedForm) -> JSONResponse:
        return JSONResponse({"values": dict(posted.values), "files": [u.filename for u in posted.files.get("doc", [])]})

    @router.post("/small")
    def small(posted: Annotated[Form, Depends(form_reader(max_bytes=100))]) -> JSONResponse:
        return JSONResponse({})

    client = TestClient(small_app(router))
    answer = client.post("/vi/any", data={"a.b": ["1", "2"]}, files={"doc": ("ảnh.png", b"x")})
    assert answer.json() == {"values": {"a.b": ["1", "2"]}, "files": ["ảnh.png"]}
    refused = client.post("/vi/small", data={"a": "x" * 200})
    assert refused.status_code == 413
    assert "vượt quá 100" in refused.text
    many = client.post("/vi/any", data={f"f{n}": "x" for n in range(2_100)})
    assert many.status_code == 400
