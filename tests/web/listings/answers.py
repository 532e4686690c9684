"""Forms filled in completely, as a browser would send them, one per kind."""

from typing import Any

_COMMON: dict[str, Any] = {
    "title": "Máy sấy bơm nhiệt 500 kg/mẻ",
    "benefit": "Giảm 40 % điện so với sấy điện trở",
    "summary": "Sấy xoài, mít ở nhiệt độ thấp, giữ màu và hương.",
    "description": "## Nguyên lý\n\nDàn lạnh tách ẩm, dàn nóng thu hồi nhiệt.",
    "keywords": "sấy, bơm nhiệt",
    "region": "79",
    "classifications": ["priority-field:high-tech-agriculture", "vsic:C"],
    "ipc": "F26B",
    "price.kind": "indicative",
    "price.from": "380.000.000",
    "price.to": "420.000.000",
    "price.currency": "VND",
    "price.unit": "máy",
    "do": "save",
}
TECHNOLOGY = _COMMON | {
    "trl": "8",
    "ip_status": "granted",
    "transfer_forms": ["non_exclusive_licence", "with_technical_services"],
    "details.problem": "Sấy điện trở tốn điện, mất màu.",
    "details.advantage": "Điện 0,8 kWh/kg nước thay vì 1,4.",
    "details.standards": "TCVN 9705\nISO 9001",
    "details.capacity": "500 kg/mẻ",
    "details.cost": "4.200 đ/kg thành phẩm",
    "details.customers": "Hai hợp tác xã ở Đồng Nai",
    "owners.0.name": "Viện Cơ điện",
    "owners.0.percent": "60",
    "owners.1.name": "Công ty Sấy",
    "owners.1.percent": "40",
}
EQUIPMENT = _COMMON | {
    "details.model": "HP-500",
    "details.condition": "new",
    "details.offered_for": ["sale", "rent"],
    "details.year": "2026",
    "details.origin_country": "VN",
    "details.installation": "true",
}
PATENT = _COMMON | {
    "transfer_forms": "exclusive_licence",
    "details.ip_kind": "invention",
    "details.application_number": "1201901234",
    "details.grant_number": "26606",
    "details.filing_date": "2019-03-05",
    "details.grant_date": "2021-01-25",
    "details.applicants": "Viện Cơ điện",
    "details.legal_status": "granted",
    "details.status_checked_on": "2026-11-01",
    "details.status_checked_against": "WIPO Publish",
}
SERVICE = _COMMON | {
    "details.service_type": "testing",
    "details.scope": "Đo hiệu suất máy sấy",
    "details.deliverables": "Biên bản đo",
    "details.expert_name": "Trần Thị Bí Mật",
    "details.expert_consent": "true",
}
NEED = {name: text for name, text in _COMMON.items() if name != "benefit"} | {
    "title": "Giảm ẩm dăm gỗ từ 45 % xuống 12 %",
    "details.baseline": "Thùng quay đốt củi, 155 đ/kg",
    "details.target": "12 % ± 1, dưới 90 đ/kg",
    "details.acceptance": "Ba mẻ liên tiếp, bên thứ ba đo",
    "deadline": "2027-03-31",
    "visibility": "anonymous",
    "price.from": "2.000.000.000",
    "price.to": "3.000.000.000",
    "price.unit": "",
}
ALL = {"technology": TECHNOLOGY, "equipment": EQUIPMENT, "patent": PATENT, "service": SERVICE, "need": NEED}
