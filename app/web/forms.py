"""Forms: what a person typed, checked by a Pydantic model, and shown again with nothing lost.

Field names are dotted paths into the model ("price.from", "items.0.quantity"); messages come back by the same path.

    @router.post("/desk/enquiries")
    def send(request: Request, session: WriteSession, posted: PostedForm) -> Response:
        checked = posted.check(EnquiryInput)
        if checked.data is None:
            return render(request, NewEnquiryPage(form=checked.form, ...), status_code=422)
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Generic, TypeVar

from fastapi import Depends
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.errors import BadRequest, TooLarge
from app.i18n import N_, _, ngettext
from app.i18n.formats import format_file_size
from app.i18n.validation import dotted, explain
from app.web.form_shape import row_numbers, shape

ModelT = TypeVar("ModelT", bound=BaseModel)

MOST_FIELDS = 2_000
MOST_FILES = 20
LONGEST_FIELD = 256 * 1024

# The names of buttons that add or take away a row, for people without JavaScript: their value is the list's path
# ("items"), or the row's ("items.2").
ADD_ROW = "_add"
REMOVE_ROW = "_remove"


@dataclass(frozen=True)
class Form:
    """What the fields show: values by path as typed, messages by path. The same object serves an empty form."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Sequence[UploadFile]] = field(default_factory=dict)

    def value(self, path: str, default: object = "") -> str:
        """What stands in a field of one value."""
        typed = self.values.get(path)
        return typed[-1] if typed else str(default)

    def chosen(self, path: str) -> Sequence[str]:
        """What is ticked in a field of several values."""
        return self.values.get(path, ())

    def error(self, path: str) -> str:
        """What is wrong with the field, or "". A list's message is found at the list's own path."""
        return self.errors.get(path, "")

    def rows(self, path: str, *, at_least: int = 1) -> list[int]:
        """The numbers of the rows typed under a list's path, and as many more as the form should show."""
        numbers = row_numbers(self.values, path)
        following = numbers[-1] + 1 if numbers else 0
        return numbers + list(range(following, following + max(0, at_least - len(numbers))))

    def with_errors(self, errors: Mapping[str, str]) -> "Form":
        """The same form with more messages, as from `app.errors.Invalid.fields`."""
        return replace(self, errors={**self.errors, **errors})

    @property
    def row_edit_asked(self) -> bool:
        """Whether a button that only adds or removes a row was pressed: show `row_edited` again, save nothing."""
        return ADD_ROW in self.values or REMOVE_ROW in self.values

    @property
    def row_edited(self) -> "Form":
        """The form with the row added or taken away that the button asked for."""
        values = {path: typed for path, typed in self.values.items() if path not in {ADD_ROW, REMOVE_ROW}}
        for path in self.values.get(ADD_ROW, ()):
            number = self.rows(path, at_least=0)
            values[f"{path}.{number[-1] + 1 if number else 0}._"] = [""]
        for path in self.values.get(REMOVE_ROW, ()):
            values = {name: typed for name, typed in values.items() if not name.startswith(f"{path}.")}
        return replace(self, values=values, errors={})

    def check(self, model: type[ModelT], *, prefix: str = "") -> "Checked[ModelT]":
        """Read the fields under `prefix` as a `model`.

        Empty fields count as not given; an empty row of a list counts as not there; numbers and dates may be typed
        the Vietnamese way. On errors `data` is None and `form` carries a message per path.
        """
        data, row_map = shape(model, self.values, prefix)
        try:
            return Checked(data=model.model_validate(data), form=self)
        except ValidationError as fault:
            errors: dict[str, str] = {}
            for error in fault.errors(include_url=False):
                path = row_map.path_of(error["loc"], prefix)
                errors.setdefault(path, explain(error))
            return Checked(data=None, form=self.with_errors(errors))

    def check_files(
        self, path: str, *, most: int = 5, max_bytes: int = 20_000_000, endings: Sequence[str] = ()
    ) -> tuple[list[UploadFile], "Form"]:
        """The files chosen at `path`, and the form with a message if they are too many, too large or of another type.

        `endings` are allowed file name endings (".pdf"); what a file really holds is checked where it is stored.
        """
        given = [upload for upload in self.files.get(path, ()) if upload.filename]
        problem = ""
        if len(given) > most:
            problem = ngettext("Chỉ gửi được %(num)s tệp.", "Chỉ gửi được %(num)s tệp.", most)
        for upload in given:
            name = upload.filename or ""
            if endings and not name.lower().endswith(tuple(endings)):
                problem = _("“%(name)s”: chỉ nhận tệp %(endings)s.", name=name, endings=", ".join(endings))
            elif upload.size == 0:
                problem = _("“%(name)s” không có nội dung.", name=name)
            elif (upload.size or 0) > max_bytes:
                limit = format_file_size(max_bytes)
                problem = _("“%(name)s” lớn hơn %(limit)s.", name=name, limit=limit)
        return (given, self) if not problem else ([], self.with_errors({path: problem}))


@dataclass(frozen=True)
class Checked(Generic[ModelT]):
    """What `Form.check` found: the model's data, or None and the form with its messages."""

    data: ModelT | None
    form: Form


def form_of(model: BaseModel | Mapping[str, object] | None, *, prefix: str = "") -> Form:
    """A form filled in from what is stored: a model or a nested mapping, by the paths its fields have."""
    values: dict[str, list[str]] = {}

    def put(path: str, value: object) -> None:
        if isinstance(value, Mapping):
            for name, part in value.items():
                put(f"{path}.{name}" if path else str(name), part)
        elif isinstance(value, list | tuple | set | frozenset):
            if all(isinstance(part, Mapping) for part in value):
                for number, part in enumerate(value):
                    put(f"{path}.{number}", part)
            else:
                values[path] = [_typed(part) for part in value]
        elif value is not None:
            values[path] = [_typed(value)]

    put(prefix, model.model_dump(mode="json", by_alias=True) if isinstance(model, BaseModel) else model or {})
    return Form(values=values)


def _typed(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def form_reader(
    *, max_bytes: int = 30_000_000, max_files: int = MOST_FILES
) -> Callable[[Request], AsyncIterator[Form]]:
    """A dependency that reads the posted form, at most `max_bytes` in all and `max_files` files.

    Its files are closed, and so deleted, once the answer is sent.
    """

    async def read_form(request: Request) -> AsyncIterator[Form]:
        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length) > max_bytes:
            raise TooLarge(N_("Dung lượng gửi lên vượt quá %(limit)s."), limit=format_file_size(max_bytes))
        try:
            posted = await request.form(max_files=max_files, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD)
        except HTTPException as fault:
            raise BadRequest from fault
        values: dict[str, list[str]] = {}
        files: dict[str, list[UploadFile]] = {}
        for name, value in posted.multi_items():
            if isinstance(value, UploadFile):
                # A browser sends a file without a name for a field where none was chosen.
                if value.filename:
                    files.setdefault(name, []).append(value)
            else:
                values.setdefault(name, []).append(value)
        try:
            yield Form(values=values, files=files)
        finally:
            await posted.close()

    return read_form


read_form = form_reader()
PostedForm = Annotated[Form, Depends(read_form)]
"""The posted form of a request, for `def` endpoints."""

__all__ = ["Checked", "Form", "PostedForm", "dotted", "form_of", "form_reader", "read_form"]
