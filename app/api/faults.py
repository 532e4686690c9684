"""Causes that only a program meets: its token, its headers, the shape of what it sends."""

from collections.abc import Mapping

from app.errors import Conflict, Forbidden, SignInRequired, TechmartError
from app.i18n import N_


class TokenRequired(SignInRequired):
    """The call needs a personal access token, and none came with it."""

    code = "token-required"
    title = N_("Cần mã truy cập cá nhân")


class InvalidToken(SignInRequired):
    """The Authorization header opens nothing: another scheme, or a token that is unknown, expired or revoked."""

    code = "invalid-token"
    title = N_("Mã truy cập không dùng được")


class InsufficientScope(Forbidden):
    """The token is good but was not given the scope that the call needs."""

    code = "insufficient-scope"
    title = N_("Mã truy cập không có quyền này")

    def __init__(self, scope: str) -> None:
        super().__init__(N_("Hãy tạo mã truy cập có quyền %(scope)s"), scope=scope)
        self.scope = scope


class UnsupportedMediaType(TechmartError):
    """The body is of a type the call does not read."""

    status = 415
    code = "unsupported-media-type"
    title = N_("Không đọc được kiểu nội dung này")

    def __init__(self, accepted: str) -> None:
        super().__init__(N_("Hãy gửi nội dung kiểu %(accepted)s"), accepted=accepted)


class _ConflictOfFields(Conflict):
    """What was sent holds by itself; what the listing is at the moment does not allow it. `fields` says where."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__()
        self.fields = dict(fields)


class Incomplete(_ConflictOfFields):
    """The listing does not say all it must in its next state, or as long as the public sees it."""

    code = "incomplete"
    title = N_("Tin đăng còn thiếu thông tin")


class ExternalIdTaken(_ConflictOfFields):
    """The organisation has a listing with this external_id."""

    code = "external-id-taken"
    title = N_("Mã này đã dùng cho mục khác")


class OtherKind(_ConflictOfFields):
    """Fields of another kind of listing than this one."""

    code = "other-kind"
    title = N_("Trường này không có ở loại tin đăng này")
