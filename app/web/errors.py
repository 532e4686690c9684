"""Pages for what went wrong: what happened, what was kept, and a way on."""

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.errors import Invalid, RateLimited, SignInRequired, TechmartError, Unavailable
from app.i18n import N_, _
from app.web.context import answering
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import has_route, url

_EXPLANATIONS = {
    400: N_("Trình duyệt đã gửi một yêu cầu mà hệ thống không đọc được. Hãy quay lại trang trước và thử lại."),
    401: N_("Trang này dành cho người đã đăng nhập."),
    403: N_("Tài khoản bạn đang dùng không được giao việc này. Nếu cần, hãy nhờ người quản lý tổ chức của bạn."),
    404: N_("Địa chỉ có thể đã gõ nhầm, hoặc mục này chưa từng có trên sàn. Hãy thử tìm bằng vài từ khoá."),
    409: N_("Có thể người khác vừa làm xong việc này. Hãy tải lại trang để xem trạng thái mới nhất."),
    410: N_("Chủ sở hữu đã rút mục này. Bạn vẫn có thể tìm những công nghệ tương tự."),
    412: N_("Để không ghi đè phần của người kia, hệ thống chưa lưu thay đổi của bạn. Hãy tải lại trang rồi sửa tiếp."),
    413: N_("Tệp hoặc nội dung gửi lên vượt giới hạn cho phép. Hãy chia nhỏ hoặc nén lại."),
    422: N_("Một vài thông tin cần sửa trước khi gửi lại. Những gì bạn đã nhập vẫn còn ở trang trước."),
    429: N_("Để mọi người cùng dùng được, mỗi người chỉ gửi được một số yêu cầu trong mỗi phút. Hãy chờ rồi thử lại."),
    500: N_("Lỗi ở phía chúng tôi, không phải do bạn. Sự cố đã được ghi lại; xin thử lại sau ít phút."),
    503: N_("Đang có nhiều người dùng cùng lúc hoặc hệ thống đang bảo trì. Trang sẽ trở lại trong chốc lát."),
}


@dataclass(frozen=True, kw_only=True)
class ErrorPage(Page):
    """One fault told to a person."""

    template: ClassVar[str] = "errors/error.html"

    status: int
    explanation: str
    details: tuple[str, ...] = ()
    retry_after: int | None = None
    reference: str = ""
    ways_on: tuple[Link, ...] = ()
    indexed: bool = False


def _ways_on(request: Request, error: TechmartError) -> tuple[Link, ...]:
    ways = []
    if isinstance(error, SignInRequired) and has_route("sign_in"):
        back = request.url.path if request.method == "GET" else ""
        ways.append(Link(_("Đăng nhập"), url("sign_in", next=back)))
    if error.status in {409, 412, 500, 503, 429} and request.method == "GET":
        ways.append(Link(_("Tải lại trang này"), str(request.url.replace(scheme="", netloc=""))))
    if error.status in {404, 410} and has_route("search"):
        ways.append(Link(_("Tìm trên sàn"), url("search")))
    if has_route("home"):
        ways.append(Link(_("Về trang chủ"), url("home")))
    return tuple(ways)


def error_response(request: Request, error: TechmartError, *, reference: str = "") -> HTMLResponse:
    """The page for `error`, in the language of the address. `reference` names the log entry of an internal fault."""
    retry_after = error.retry_after if isinstance(error, RateLimited | Unavailable) else None
    with answering(request):
        page = ErrorPage(
            title=_(error.title),
            status=error.status,
            explanation=_(error.detail, **error.params)
            if error.detail
            else _(_EXPLANATIONS.get(error.status, _EXPLANATIONS[500])),
            details=tuple(_(message) for message in error.fields.values()) if isinstance(error, Invalid) else (),
            retry_after=retry_after,
            reference=reference,
            ways_on=_ways_on(request, error),
        )
        headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
        return render(request, page, status_code=error.status, headers=headers)
