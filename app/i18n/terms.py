"""The names of the codes that records hold, in both languages: one place, so that a page, the API, a mail and an export
call a thing the same. The English stands in frontend/locales/en/terms.po.
"""

from collections.abc import Mapping

from app.i18n.catalogue import N_, NP_, _

TERMS: Mapping[str, Mapping[str, str]] = {
    "kind": {
        "technology": N_("Công nghệ"),
        "equipment": N_("Thiết bị"),
        "patent": N_("Sáng chế"),
        "service": N_("Dịch vụ"),
        "need": N_("Nhu cầu công nghệ"),
    },
    "kinds": {
        "technology": NP_("menu", "Công nghệ"),
        "equipment": NP_("menu", "Thiết bị"),
        "patent": NP_("menu", "Sáng chế"),
        "service": NP_("menu", "Dịch vụ"),
        "need": NP_("menu", "Nhu cầu công nghệ"),
    },
    "transfer_form": {
        "full_assignment": N_("Chuyển nhượng toàn bộ"),
        "partial_assignment": N_("Chuyển nhượng một phần"),
        "exclusive_licence": N_("Cấp phép độc quyền"),
        "non_exclusive_licence": N_("Cấp phép không độc quyền"),
        "sole_licence": N_("Cấp phép duy nhất"),
        "sub_licence": N_("Cấp phép thứ cấp"),
        "with_technical_services": N_("Kèm dịch vụ kỹ thuật"),
        "joint_venture": N_("Liên doanh"),
        "capital_contribution": N_("Góp vốn"),
    },
    "payment_form": {
        "lump_sum": N_("Trả trọn gói"),
        "royalty": N_("Phí theo kỳ vụ (royalty)"),
        "fee_and_royalty": N_("Phí ban đầu và phí theo kỳ vụ"),
        "cross_licence": N_("Cấp phép chéo"),
        "capital_contribution": N_("Góp vốn bằng công nghệ"),
    },
    "price_kind": {
        "on_request": N_("Giá theo báo giá"),
        "indicative": N_("Giá tham khảo"),
        "floor": N_("Giá từ"),
        "firm": N_("Giá cố định"),
    },
    "price_band": {
        "under-10m": N_("Dưới 10 triệu ₫"),
        "10m-100m": N_("10–100 triệu ₫"),
        "100m-500m": N_("100–500 triệu ₫"),
        "500m-2b": N_("500 triệu – 2 tỷ ₫"),
        "2b-10b": N_("2–10 tỷ ₫"),
        "over-10b": N_("Từ 10 tỷ ₫"),
        "other-currency": N_("Giá bằng ngoại tệ"),
        "on-request": N_("Theo báo giá, chưa nêu"),
    },
    "confirmed": {
        "30": N_("Trong 30 ngày qua"),
        "90": N_("Trong 90 ngày qua"),
        "180": N_("Trong 180 ngày qua"),
        "overdue": N_("Quá hạn xác nhận lại"),
    },
    "language": {
        "vi": N_("Tiếng Việt"),
        "en": N_("Tiếng Anh"),
    },
    "ip_status": {
        "none": N_("Chưa đăng ký bảo hộ"),
        "trade_secret": N_("Bí mật kinh doanh"),
        "pending": N_("Đã nộp đơn, đang xét"),
        "granted": N_("Đã được cấp văn bằng"),
        "software_copyright": N_("Quyền tác giả phần mềm"),
        "plant_variety": N_("Bằng bảo hộ giống cây trồng"),
    },
    "ip_kind": {
        "invention": N_("Bằng độc quyền sáng chế"),
        "utility_solution": N_("Bằng độc quyền giải pháp hữu ích"),
        "industrial_design": N_("Kiểu dáng công nghiệp"),
        "trademark": N_("Nhãn hiệu"),
        "software_copyright": N_("Quyền tác giả phần mềm"),
        "plant_variety": N_("Giống cây trồng"),
        "trade_secret": N_("Bí mật kinh doanh"),
    },
    "legal_status": {
        "pending": N_("Đơn đang xét"),
        "granted": N_("Còn hiệu lực"),
        "lapsed": N_("Mất hiệu lực do không nộp phí"),
        "expired": N_("Hết thời hạn bảo hộ"),
        "refused": N_("Bị từ chối"),
        "not_applicable": N_("Không áp dụng"),
    },
    "condition": {
        "new": N_("Mới"),
        "used": N_("Đã qua sử dụng"),
        "refurbished": N_("Tân trang"),
        "made_to_order": N_("Làm theo đơn đặt"),
    },
    "offered_for": {
        "sale": N_("Bán"),
        "rent": N_("Cho thuê"),
        "shared_use": N_("Dùng chung theo giờ"),
    },
    "service_type": {
        "valuation": N_("Định giá công nghệ"),
        "legal": N_("Pháp lý, sở hữu trí tuệ"),
        "testing": N_("Thử nghiệm"),
        "calibration": N_("Hiệu chuẩn"),
        "training": N_("Đào tạo"),
        "consulting": N_("Tư vấn"),
    },
    "organisation_type": {
        "firm": N_("Doanh nghiệp"),
        "university": N_("Trường đại học"),
        "research_institute": N_("Viện nghiên cứu"),
        "laboratory": N_("Phòng thí nghiệm"),
        "fablab": N_("FabLab"),
        "intermediary": N_("Tổ chức trung gian"),
        "incubator": N_("Vườn ươm"),
        "public_agency": N_("Cơ quan nhà nước"),
    },
    "visibility": {
        "public": N_("Công khai"),
        "anonymous": N_("Ẩn danh"),
        "invitation": N_("Chỉ người được mời"),
    },
    "share": {
        "all": N_("Toàn bộ tin, cho mọi sàn"),
        "partners": N_("Toàn bộ tin, chỉ cho đối tác có thoả thuận"),
        "link_only": N_("Chỉ tiêu đề và đường dẫn"),
        "none": N_("Không chia sẻ"),
    },
    "posted_as": {
        "owner": N_("Chủ sở hữu đăng"),
        "representative": N_("Người được uỷ quyền đăng"),
    },
    "listing_state": {
        "draft": N_("Bản nháp"),
        "submitted": N_("Chờ duyệt"),
        "returned": N_("Trả lại để sửa"),
        "published": N_("Đang đăng"),
        "due": N_("Cần xác nhận lại"),
        "stale": N_("Quá hạn xác nhận"),
        "archived": N_("Đã lưu trữ"),
        "withdrawn": N_("Đã rút"),
        "suspended": N_("Tạm ngưng"),
        "transferred": N_("Đã chuyển giao"),
    },
    "trl": {
        "1": N_("Nguyên lý cơ bản đã được quan sát"),
        "2": N_("Đã hình thành ý tưởng ứng dụng"),
        "3": N_("Đã chứng minh khái niệm bằng thực nghiệm"),
        "4": N_("Đã kiểm chứng trong phòng thí nghiệm"),
        "5": N_("Đã kiểm chứng trong môi trường mô phỏng"),
        "6": N_("Đã trình diễn mẫu trong môi trường mô phỏng"),
        "7": N_("Đã trình diễn mẫu trong vận hành thực tế"),
        "8": N_("Hệ thống đã hoàn chỉnh và được chứng nhận"),
        "9": N_("Đã vận hành thành công trong thực tế"),
    },
    "yes_no": {
        "true": N_("Có"),
        "false": N_("Không"),
    },
}


def term(group: str, code: object) -> str:
    """The name of `code` in the language of the moment; the code itself when it is not one of the group's.

    Raises:
        KeyError: there is no such group.
    """
    text = str(code).lower() if isinstance(code, bool) else str(code)
    message = TERMS[group].get(text)
    return text if message is None else _(message)


def options(group: str) -> list[tuple[str, str]]:
    """Every (code, name) of a group in its own order, for a choice in a form."""
    return [(code, _(message)) for code, message in TERMS[group].items()]
