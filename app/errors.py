"""One class per cause. Entrances turn these into a page or application/problem+json (RFC 9457) in one handler.

Messages are msgids in Vietnamese, marked with N_, translated when shown.
"""

from collections.abc import Mapping

from app.i18n import N_


class TechmartError(Exception):
    """Base of every fault a person or program can be told about."""

    status = 500
    code = "internal"
    title = N_("Hệ thống gặp lỗi")

    def __init__(self, detail: str = "", **params: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.params = params


class NotFound(TechmartError):
    """The record does not exist, or may not be known to exist by this actor."""

    status = 404
    code = "not-found"
    title = N_("Không tìm thấy")


class Gone(TechmartError):
    """The record existed and was withdrawn; its tombstone remains."""

    status = 410
    code = "gone"
    title = N_("Mục này đã được rút khỏi sàn")


class SignInRequired(TechmartError):
    """Nobody is signed in, and the page or call needs somebody."""

    status = 401
    code = "sign-in-required"
    title = N_("Cần đăng nhập")


class Forbidden(TechmartError):
    """The actor is known and may not do this."""

    status = 403
    code = "forbidden"
    title = N_("Bạn không có quyền làm việc này")


class CrossSiteRequest(Forbidden):
    """A browser sent a changing request that another site started."""

    code = "cross-site-request"
    title = N_("Yêu cầu đến từ một trang khác nên bị từ chối")


class Invalid(TechmartError):
    """Something given does not hold. `fields` maps dotted paths ("price.from", "items.0.quantity") to messages."""

    status = 422
    code = "invalid"
    title = N_("Thông tin chưa hợp lệ")

    def __init__(self, fields: Mapping[str, str] | None = None, detail: str = "", **params: object) -> None:
        super().__init__(detail, **params)
        self.fields = dict(fields or {})


class BadRequest(TechmartError):
    """The request itself is malformed (not the record in it)."""

    status = 400
    code = "bad-request"
    title = N_("Yêu cầu không hợp lệ")


class MethodNotAllowed(TechmartError):
    """The address exists, the method does not."""

    status = 405
    code = "method-not-allowed"
    title = N_("Địa chỉ này không nhận kiểu yêu cầu đó")


class Conflict(TechmartError):
    """The record's present state does not allow this."""

    status = 409
    code = "conflict"
    title = N_("Trạng thái hiện tại không cho phép thao tác này")


class MoveNotAllowed(Conflict):
    """A state table holds no such move."""

    code = "move-not-allowed"


class StaleVersion(TechmartError):
    """Somebody else changed the record in between (If-Match or the form's version does not fit)."""

    status = 412
    code = "stale-version"
    title = N_("Nội dung đã được người khác thay đổi trong lúc bạn sửa")


class TooLarge(TechmartError):
    """The body or a file is larger than allowed."""

    status = 413
    code = "too-large"
    title = N_("Dung lượng gửi lên quá lớn")


class PreconditionRequired(TechmartError):
    """A change by API must say which version it changes (If-Match)."""

    status = 428
    code = "precondition-required"
    title = N_("Thiếu tiêu đề If-Match")


class RateLimited(TechmartError):
    """Too many requests. `retry_after` is in seconds."""

    status = 429
    code = "rate-limited"
    title = N_("Quá nhiều yêu cầu trong thời gian ngắn")

    def __init__(self, retry_after: int, detail: str = "") -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(TechmartError):
    """A part is down or overloaded; trying again later may work. `retry_after` is in seconds."""

    status = 503
    code = "unavailable"
    title = N_("Hệ thống đang bận, xin thử lại sau ít phút")

    def __init__(self, detail: str = "", retry_after: int = 5) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
