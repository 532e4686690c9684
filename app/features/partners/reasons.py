"""Why a record of a partner was not taken, in words for the operator."""

from collections.abc import Mapping
from typing import Final

from app.i18n import N_

REASONS: Final[Mapping[str, str]] = {
    "unreadable": N_("Không đọc được bản ghi"),
    "shape": N_("Bản ghi không đúng khuôn dạng đã công bố"),
    "signature": N_("Chữ ký của sàn nguồn không đúng"),
    "keys": N_("Không có khoá công khai của sàn nguồn để kiểm tra chữ ký"),
    "authority": N_("Bản ghi của một sàn khác mà đối tác này không được chuyển tiếp"),
    "altered": N_("Cùng một phiên bản nhưng nội dung khác"),
    "backwards": N_("Thời điểm thay đổi lùi về trước mà nội dung khác"),
    "content": N_("Nội dung không hợp lệ với sàn này"),
    "mapping": N_("Bảng ánh xạ không cho ra đủ thông tin"),
    "terms": N_("Sàn nguồn không cho phép đăng lại"),
    "database": N_("Cơ sở dữ liệu không nhận bản ghi này"),
}
