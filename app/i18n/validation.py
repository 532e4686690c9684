"""What Pydantic found wrong, said to a person in their language: which rule, and what would be right.

Validators of our own raise ValueError with a text already passed through `_`; that text is shown as it is.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, get_args

from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from app.i18n.catalogue import N_, _
from app.i18n.formats import format_date, format_number

# Pydantic's error types (their names are its public contract) → what a person reads. Placeholders come from the error.
_MESSAGES = {
    "missing": N_("Hãy điền mục này."),
    "string_type": N_("Hãy nhập chữ."),
    "string_too_short": N_("Cần ít nhất %(min_length)s ký tự."),
    "string_too_long": N_("Không quá %(max_length)s ký tự."),
    "string_pattern_mismatch": N_("Chưa đúng dạng yêu cầu."),
    "too_short": N_("Cần ít nhất %(min_length)s mục."),
    "too_long": N_("Không quá %(max_length)s mục."),
    "int_type": N_("Hãy nhập một số nguyên, ví dụ 1.250."),
    "int_parsing": N_("Hãy nhập một số nguyên, ví dụ 1.250."),
    "int_from_float": N_("Hãy nhập một số nguyên, ví dụ 1.250."),
    "float_type": N_("Hãy nhập một số, ví dụ 12,5."),
    "float_parsing": N_("Hãy nhập một số, ví dụ 12,5."),
    "decimal_type": N_("Hãy nhập một số, ví dụ 12,5."),
    "decimal_parsing": N_("Hãy nhập một số, ví dụ 12,5."),
    "finite_number": N_("Hãy nhập một số, ví dụ 12,5."),
    "decimal_max_digits": N_("Số này có quá nhiều chữ số."),
    "decimal_max_places": N_("Không quá %(decimal_places)s chữ số sau dấu phẩy."),
    "greater_than": N_("Phải lớn hơn %(gt)s."),
    "greater_than_equal": N_("Phải từ %(ge)s trở lên."),
    "less_than": N_("Phải nhỏ hơn %(lt)s."),
    "less_than_equal": N_("Không quá %(le)s."),
    "multiple_of": N_("Phải là bội số của %(multiple_of)s."),
    "bool_type": N_("Hãy chọn có hoặc không."),
    "bool_parsing": N_("Hãy chọn có hoặc không."),
    "enum": N_("Hãy chọn một trong các mục có sẵn."),
    "literal_error": N_("Hãy chọn một trong các mục có sẵn."),
    "union_tag_invalid": N_("Hãy chọn một trong các mục có sẵn."),
    "union_tag_not_found": N_("Hãy chọn một trong các mục có sẵn."),
    "date_type": N_("Hãy nhập ngày dạng ngày/tháng/năm, ví dụ 23/11/2026."),
    "date_parsing": N_("Hãy nhập ngày dạng ngày/tháng/năm, ví dụ 23/11/2026."),
    "date_from_datetime_parsing": N_("Hãy nhập ngày dạng ngày/tháng/năm, ví dụ 23/11/2026."),
    "date_from_datetime_inexact": N_("Hãy nhập ngày dạng ngày/tháng/năm, ví dụ 23/11/2026."),
    "date_past": N_("Hãy nhập một ngày đã qua."),
    "date_future": N_("Hãy nhập một ngày sau hôm nay."),
    "datetime_type": N_("Hãy nhập ngày và giờ, ví dụ 23/11/2026 14:30."),
    "datetime_parsing": N_("Hãy nhập ngày và giờ, ví dụ 23/11/2026 14:30."),
    "datetime_from_date_parsing": N_("Hãy nhập ngày và giờ, ví dụ 23/11/2026 14:30."),
    "timezone_aware": N_("Thời điểm cần có múi giờ, ví dụ +07:00."),
    "uuid_type": N_("Mã này không hợp lệ."),
    "uuid_parsing": N_("Mã này không hợp lệ."),
    "url_type": N_("Hãy nhập địa chỉ trang web đầy đủ, bắt đầu bằng https://"),
    "url_parsing": N_("Hãy nhập địa chỉ trang web đầy đủ, bắt đầu bằng https://"),
    "url_syntax_violation": N_("Hãy nhập địa chỉ trang web đầy đủ, bắt đầu bằng https://"),
    "url_scheme": N_("Hãy nhập địa chỉ trang web đầy đủ, bắt đầu bằng https://"),
    "url_too_long": N_("Địa chỉ này quá dài."),
    "list_type": N_("Hãy nhập một danh sách."),
    "tuple_type": N_("Hãy nhập một danh sách."),
    "set_type": N_("Hãy nhập một danh sách."),
    "dict_type": N_("Mục này phải gồm nhiều phần có tên."),
    "model_type": N_("Mục này phải gồm nhiều phần có tên."),
    "model_attributes_type": N_("Mục này phải gồm nhiều phần có tên."),
    "extra_forbidden": N_("Không có mục nào mang tên này."),
    "json_invalid": N_("Nội dung JSON bị hỏng."),
    "none_required": N_("Mục này phải để trống."),
}
_PYDANTIC_ONLY = frozenset(get_args(ErrorType))
_OTHERWISE = N_("Giá trị này chưa hợp lệ.")
_EMAIL = N_("Hãy nhập địa chỉ e-mail đầy đủ, ví dụ ten@donvi.vn.")


def _shown(value: object) -> object:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return format_number(value)
    if isinstance(value, str):
        # Pydantic gives the bound of a date as its ISO text.
        try:
            return format_date(date.fromisoformat(value))
        except ValueError:
            return value
    return value


def explain(error: ErrorDetails) -> str:
    """One Pydantic error as a sentence in the language of the moment."""
    kind = error["type"]
    context: Mapping[str, Any] = error.get("ctx") or {}
    if kind in {"value_error", "assertion_error"}:
        if "email" in error["msg"] and "reason" in context:
            return _(_EMAIL)
        return _(str(context.get("error") or _OTHERWISE))
    if kind == "string_too_short" and context.get("min_length") == 1:
        kind = "missing"
    message = _MESSAGES.get(kind)
    if message is None:
        # Errors raised by name (PydanticCustomError) bring their own sentence, which may be one of our msgids.
        own = error["msg"]
        return _(own) if kind not in _PYDANTIC_ONLY else _(_OTHERWISE)
    return _(message, **{name: _shown(value) for name, value in context.items()})


def dotted(location: tuple[int | str, ...]) -> str:
    """The path of an error as form fields and problem+json name it: ("items", 0, "quantity") → "items.0.quantity"."""
    return ".".join(str(part) for part in location)
