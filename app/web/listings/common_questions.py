"""The questions that several kinds of listing are asked alike, and what a question is."""

from dataclasses import dataclass
from typing import Final, Literal

from app.i18n import N_

Widget = Literal[
    "line", "area", "long", "names", "keywords", "select", "radio", "checks", "yes_no", "tick", "number", "date",
    "region", "country", "trl", "price", "owners", "codes", "ipc",
]  # fmt: skip


@dataclass(frozen=True)
class Question:
    """One field: its path in the listing, what it is called, how it is filled in, and what helps to fill it well.

    `terms` is the group of app.i18n.terms that its choices come from.
    """

    path: str
    label: str
    widget: Widget = "line"
    hint: str = ""
    terms: str = ""
    rows: int = 4
    suffix: str = ""


@dataclass(frozen=True)
class Part:
    """Questions that belong together. `folded` parts are closed until somebody opens them; all of `trl_part` differ
    by readiness level and are swapped when it changes.
    """

    anchor: str
    title: str
    questions: tuple[Question, ...]
    intro: str = ""
    folded: bool = False


TEXTS: Final = (
    Question(
        "title", N_("Tiêu đề"), hint=N_("Nói ngay nó làm gì, cho ai: “Máy sấy bơm nhiệt 500 kg/mẻ cho xoài, mít”")
    ),
    Question(
        "benefit",
        N_("Lợi ích trong một câu"),
        hint=N_("Có con số, so với cách đang làm: “Giảm 40 % điện so với sấy điện trở, giữ màu sau 6 tháng”"),
    ),
    Question("summary", N_("Tóm tắt"), "area", N_("Ba, bốn câu để người đọc biết có nên xem tiếp không"), rows=4),
    Question(
        "description",
        N_("Mô tả đầy đủ"),
        "long",
        N_("Dùng được Markdown: ## tiêu đề, - gạch đầu dòng, **đậm**, bảng"),
        rows=12,
    ),
    Question("keywords", N_("Từ khoá"), "keywords", N_("Cách nhau bằng dấu phẩy")),
)
NEED_TEXTS: Final = (
    Question("title", N_("Tiêu đề"), hint=N_("Nêu việc cần giải: “Giảm ẩm dăm gỗ từ 45 % xuống 12 % dưới 90 đ/kg”")),
    Question("summary", N_("Tóm tắt"), "area", N_("Ba, bốn câu để người đọc biết có nên xem tiếp không"), rows=3),
    Question(
        "description",
        N_("Mô tả đầy đủ"),
        "long",
        N_("Dùng được Markdown: ## tiêu đề, - gạch đầu dòng, **đậm**, bảng"),
        rows=8,
    ),
    Question("keywords", N_("Từ khoá"), "keywords", N_("Cách nhau bằng dấu phẩy")),
)
ENGLISH: Final = Part(
    "english",
    N_("Bản tiếng Anh"),
    (
        Question("title_en", N_("Tên bằng tiếng Anh")),
        Question("benefit_en", N_("Lợi ích bằng tiếng Anh")),
        Question("summary_en", N_("Tóm tắt bằng tiếng Anh"), "area"),
        Question("description_en", N_("Mô tả bằng tiếng Anh"), "long", rows=8),
    ),
    N_("Không bắt buộc. Có bản tiếng Anh thì người đọc và sàn liên kết nước ngoài mới tìm thấy."),
    folded=True,
)
PLACE: Final = Part(
    "fields",
    N_("Lĩnh vực và địa phương"),
    (
        Question("region", N_("Tỉnh, thành phố"), "region"),
        Question(
            "classifications",
            N_("Lĩnh vực, ngành"),
            "codes",
            N_("Chọn ít nhất một; chọn đúng thì nhu cầu phù hợp mới tìm đến"),
        ),
        Question("ipc", N_("Phân loại sáng chế (IPC)"), "ipc", N_("Cách nhau bằng dấu chấm phẩy, ví dụ F26B; C02F")),
    ),
)
TRL: Final = Question("trl", N_("Mức sẵn sàng công nghệ (TRL)"), "trl")
TRANSFER: Final = Question("transfer_forms", N_("Hình thức chuyển giao"), "checks", terms="transfer_form")
PAYMENT: Final = Question("payment_forms", N_("Hình thức thanh toán"), "checks", terms="payment_form")
TERRITORY: Final = Question("territory", N_("Phạm vi lãnh thổ"), hint=N_("Ví dụ: Việt Nam; toàn thế giới trừ Nhật Bản"))
PRICE: Final = Question("price", N_("Giá"), "price")
OWNERS: Final = Part(
    "owners-part",
    N_("Chủ sở hữu"),
    (
        Question("posted_as", N_("Đơn vị đăng là"), "radio", terms="posted_as"),
        Question(
            "owners",
            N_("Các chủ sở hữu"),
            "owners",
            N_("Đồng sở hữu thì ghi đủ, tổng 100 %; mọi chủ sở hữu phải đồng ý việc đăng"),
        ),
    ),
    folded=True,
)
SHARING: Final = Part(
    "sharing",
    N_("Chia sẻ với sàn khác"),
    (
        Question(
            "share",
            N_("Sàn đối tác được lấy"),
            "radio",
            N_("Phần bảo mật và thông tin cá nhân không bao giờ được chia sẻ"),
            terms="share",
        ),
    ),
    folded=True,
)
IP_STATUS: Final = Question("ip_status", N_("Tình trạng sở hữu trí tuệ"), "select", terms="ip_status")
