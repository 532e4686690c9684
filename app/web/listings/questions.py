"""What the form asks, kind by kind: one description for the form, the error summary and the operator's review."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from app.i18n import N_
from app.web.listings.common_questions import (
    ENGLISH,
    IP_STATUS,
    NEED_TEXTS,
    OWNERS,
    PAYMENT,
    PLACE,
    PRICE,
    SHARING,
    TERRITORY,
    TEXTS,
    TRANSFER,
    TRL,
    Part,
    Question,
)

PARTS: Final[Mapping[str, tuple[Part, ...]]] = {
    "technology": (
        Part("texts", N_("Công nghệ này làm gì"), TEXTS),
        Part(
            "value",
            N_("Giá trị mang lại"),
            (
                Question(
                    "details.problem",
                    N_("Bài toán được giải quyết"),
                    "area",
                    N_("Ai đang gặp, tốn kém bao nhiêu, vì sao cách cũ chưa đủ"),
                ),
                Question(
                    "details.advantage",
                    N_("Hơn giải pháp hàng đầu đang có ở điểm nào"),
                    "area",
                    N_("Nêu tên giải pháp đem so và con số đo được"),
                ),
                Question(
                    "details.economics",
                    N_("So sánh kinh tế"),
                    "area",
                    N_("Vốn đầu tư, chi phí mỗi đơn vị, thời gian hoàn vốn"),
                ),
                Question(
                    "details.evidence", N_("Bằng chứng"), "area", N_("Kết quả thử nghiệm, nơi đã chạy thử, ai đo")
                ),
                Question("details.standards", N_("Tiêu chuẩn, chứng nhận"), "names", N_("Mỗi dòng một mục")),
            ),
        ),
        Part("readiness", N_("Mức sẵn sàng"), (TRL,), N_("Mức sẵn sàng quyết định những câu hỏi tiếp theo.")),
        PLACE,
        Part("terms", N_("Chuyển giao và giá"), (IP_STATUS, TRANSFER, PAYMENT, TERRITORY, PRICE)),
        OWNERS,
        ENGLISH,
        SHARING,
    ),
    "equipment": (
        Part("texts", N_("Thiết bị này làm gì"), TEXTS),
        Part(
            "machine",
            N_("Thông số"),
            (
                Question("details.model", N_("Model")),
                Question("details.maker", N_("Hãng sản xuất")),
                Question("details.origin_country", N_("Nước sản xuất"), "country"),
                Question("details.year", N_("Năm sản xuất"), "number"),
                Question("details.condition", N_("Tình trạng"), "radio", terms="condition"),
                Question("details.capacity", N_("Công suất, năng suất"), "area", N_("Kèm đơn vị đo"), rows=2),
                Question("details.power", N_("Điện, nước, khí cần có"), "area", rows=2),
                Question("details.footprint", N_("Diện tích, kích thước lắp đặt")),
                Question("details.standards", N_("Tiêu chuẩn, chứng nhận"), "names", N_("Mỗi dòng một mục")),
            ),
        ),
        Part(
            "offer",
            N_("Chào thế nào"),
            (
                Question("details.offered_for", N_("Hình thức"), "checks", terms="offered_for"),
                PRICE,
                Question("details.delivery_place", N_("Nơi giao")),
                Question("details.lead_time_days", N_("Thời gian giao"), "number", suffix=N_("ngày")),
                Question("details.warranty_months", N_("Bảo hành"), "number", suffix=N_("tháng")),
                Question("details.installation", N_("Gồm lắp đặt"), "yes_no"),
                Question("details.training", N_("Gồm đào tạo vận hành"), "yes_no"),
                Question("details.spare_parts", N_("Phụ tùng thay thế"), "area", rows=2),
                Question(
                    "details.technology_transfer",
                    N_("Kèm chuyển giao công nghệ"),
                    "yes_no",
                    N_("Có thì hợp đồng theo luật chuyển giao công nghệ"),
                ),
                PAYMENT,
            ),
        ),
        PLACE,
        OWNERS,
        ENGLISH,
        SHARING,
    ),
    "patent": (
        Part("texts", N_("Sáng chế này dùng để làm gì"), TEXTS),
        Part(
            "right",
            N_("Quyền sở hữu trí tuệ"),
            (
                Question("details.ip_kind", N_("Loại quyền"), "select", terms="ip_kind"),
                Question(
                    "details.application_number", N_("Số đơn"), hint=N_("1-2019-01234; số nước ngoài kèm mã nước")
                ),
                Question("details.publication_number", N_("Số công bố")),
                Question("details.grant_number", N_("Số bằng"), hint=N_("1-0026606; số nước ngoài kèm mã nước")),
                Question("details.filing_date", N_("Ngày nộp đơn"), "date"),
                Question("details.priority_date", N_("Ngày ưu tiên"), "date"),
                Question("details.grant_date", N_("Ngày cấp"), "date"),
                Question("details.expiry_date", N_("Ngày hết hạn bảo hộ"), "date"),
                Question("details.applicants", N_("Người nộp đơn, chủ sở hữu"), "names", N_("Mỗi dòng một mục")),
                Question("details.inventors", N_("Tác giả"), "names", N_("Mỗi dòng một mục")),
                Question("details.legal_status", N_("Tình trạng pháp lý"), "select", terms="legal_status"),
                Question("details.status_checked_on", N_("Ngày tra cứu tình trạng"), "date"),
                Question(
                    "details.status_checked_against",
                    N_("Đã tra cứu ở đâu"),
                    hint=N_("Ví dụ: WIPO Publish của Cục Sở hữu trí tuệ"),
                ),
                Question("details.pct", N_("Có đơn quốc tế PCT (đơn PCT chưa phải là bằng được cấp)"), "tick"),
            ),
        ),
        PLACE,
        Part("terms", N_("Chuyển giao và giá"), (TRL, TRANSFER, PAYMENT, TERRITORY, PRICE)),
        OWNERS,
        ENGLISH,
        SHARING,
    ),
    "service": (
        Part("texts", N_("Dịch vụ này giúp gì"), TEXTS),
        Part(
            "service",
            N_("Nội dung dịch vụ"),
            (
                Question("details.service_type", N_("Loại dịch vụ"), "select", terms="service_type"),
                Question("details.scope", N_("Phạm vi"), "area"),
                Question("details.deliverables", N_("Kết quả bàn giao"), "area"),
                Question("details.duration", N_("Thời gian thực hiện")),
                Question("details.accreditation", N_("Công nhận, chứng chỉ"), "area", rows=2),
                PRICE,
            ),
        ),
        Part(
            "expert",
            N_("Chuyên gia"),
            (
                Question("details.expert_name", N_("Tên chuyên gia")),
                Question(
                    "details.expert_consent",
                    N_("Chuyên gia đã đồng ý cho đăng tên, và có thể rút lại sự đồng ý bất cứ lúc nào"),
                    "tick",
                ),
            ),
            N_("Tên là dữ liệu cá nhân: chưa có sự đồng ý thì sàn không hiển thị."),
        ),
        PLACE,
        ENGLISH,
        SHARING,
    ),
    "need": (
        Part("texts", N_("Bạn cần gì"), NEED_TEXTS),
        Part(
            "target",
            N_("Bài toán bằng con số"),
            (
                Question(
                    "details.baseline",
                    N_("Hiện trạng"),
                    "area",
                    N_("Chi phí, năng suất, điện năng, tỷ lệ lỗi hôm nay"),
                ),
                Question("details.target", N_("Mục tiêu"), "area", N_("Con số cần đạt, và sai số cho phép")),
                Question("details.acceptance", N_("Cách nghiệm thu"), "area", N_("Ai đo, đo thế nào, bao nhiêu lần")),
                Question(
                    "details.constraints",
                    N_("Ràng buộc"),
                    "area",
                    N_("Mặt bằng, điện, tiêu chuẩn, điều không chấp nhận"),
                ),
                Question("details.quantity", N_("Số lượng, quy mô")),
            ),
        ),
        Part(
            "cooperation",
            N_("Hợp tác và ngân sách"),
            (
                Question("trl", N_("Mức sẵn sàng tối thiểu (TRL)"), "trl"),
                Question("transfer_forms", N_("Hình thức hợp tác mong muốn"), "checks", terms="transfer_form"),
                Question("price", N_("Ngân sách"), "price"),
                Question("deadline", N_("Hạn nhận lời giải"), "date"),
                Question(
                    "visibility",
                    N_("Ai được biết đơn vị đăng"),
                    "radio",
                    N_("Ẩn danh thì nội dung và tệp không được nhắc tên, mã số thuế, trang web, e-mail, điện thoại."),
                    terms="visibility",
                ),
            ),
        ),
        PLACE,
        ENGLISH,
        SHARING,
    ),
}

# By readiness level of a technology, in the order of completeness.trl_group.
READINESS: Final[Mapping[str, Part]] = {
    "early": Part(
        "trl-early",
        N_("TRL 1–3: phương pháp và kế hoạch"),
        (
            Question(
                "details.method_plan",
                N_("Phương pháp và kế hoạch"),
                "area",
                N_("Nguyên lý, việc đã làm, các bước tới mẫu đầu tiên, thời gian, kinh phí"),
            ),
        ),
    ),
    "middle": Part(
        "trl-middle",
        N_("TRL 4–6: mẫu và thử nghiệm"),
        (
            Question(
                "details.prototype_data",
                N_("Số liệu mẫu thử, chạy thử"),
                "area",
                N_("Mẫu quy mô nào, đo ở đâu, kết quả, điều kiện"),
            ),
        ),
    ),
    "late": Part(
        "trl-late",
        N_("TRL 7–9: năng lực và khách hàng"),
        (
            Question("details.capacity", N_("Công suất, quy mô đáp ứng"), "area", rows=2),
            Question("details.cost", N_("Chi phí đầu tư, vận hành"), "area", rows=3),
            Question(
                "details.customers",
                N_("Nơi đang dùng, khách hàng"),
                "area",
                N_("Chưa có thì ghi rõ là chưa có"),
                rows=2,
            ),
        ),
    ),
}


def readiness_of(trl: int | None) -> str:
    """Which of READINESS a level calls for; "" while none is chosen."""
    if trl is None:
        return ""
    return "early" if trl <= 3 else "middle" if trl <= 6 else "late"


def questions_of(kind: str) -> Iterator[Question]:
    """Every question a kind may be asked, in the order of the form."""
    for part in PARTS[kind]:
        yield from part.questions
        if kind == "technology" and part.anchor == "readiness":
            for more in READINESS.values():
                yield from more.questions


@cache
def labels_of(kind: str) -> Mapping[str, str]:
    """What each path is called (msgids), also the parts of those that have several."""
    labels = {question.path: question.label for question in questions_of(kind)}
    name = labels.get("price", N_("Giá"))
    labels |= {
        "price.kind": name,
        "price.from": name,
        "price.to": name,
        "price.currency": N_("Đồng tiền"),
        "price.unit": N_("Đơn vị tính giá"),
        "language": N_("Ngôn ngữ"),
        "picture": N_("Ảnh"),
        "document": N_("Tài liệu"),
        "files": N_("Ảnh và tài liệu"),
        "external_id": N_("Mã riêng của đơn vị"),
        "organisation": N_("Đơn vị đăng"),
    }
    return labels
