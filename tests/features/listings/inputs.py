"""What people say about listings, complete enough to be submitted, as data for `parse`."""

from typing import Any

COMMON: dict[str, Any] = {
    "title": "Máy sấy bơm nhiệt 500 kg/mẻ",
    "benefit": "Giảm 40 % điện so với sấy điện trở",
    "summary": "Sấy xoài, mít ở nhiệt độ thấp.",
    "description": "Dàn lạnh tách ẩm, dàn nóng thu hồi nhiệt.",
    "region": "79",
    "classifications": [{"scheme": "vsic", "code": "C"}],
    "price": {"kind": "on_request"},
}
TECHNOLOGY = COMMON | {
    "kind": "technology",
    "trl": 8,
    "ip_status": "granted",
    "transfer_forms": ["non_exclusive_licence"],
    "details": {
        "problem": "Sấy điện trở tốn điện.",
        "advantage": "0,8 kWh/kg nước thay vì 1,4.",
        "capacity": "500 kg/mẻ",
        "cost": "4.200 đ/kg",
        "customers": "Hai hợp tác xã",
    },
}
EQUIPMENT = COMMON | {
    "kind": "equipment",
    "details": {"model": "HP-500", "condition": "new", "offered_for": ["sale"]},
}
PATENT = COMMON | {
    "kind": "patent",
    "transfer_forms": ["exclusive_licence"],
    "details": {
        "ip_kind": "invention",
        "grant_number": "1-0026606",
        "applicants": ["Viện Cơ điện"],
        "legal_status": "granted",
        "status_checked_on": "2026-11-01",
        "status_checked_against": "WIPO Publish",
    },
}
SERVICE = COMMON | {
    "kind": "service",
    "details": {"service_type": "testing", "scope": "Đo hiệu suất", "deliverables": "Biên bản"},
}
NEED = {name: value for name, value in COMMON.items() if name != "benefit"} | {
    "kind": "need",
    "title": "Giảm ẩm dăm gỗ từ 45 % xuống 12 %",
    "deadline": "31/03/2027",
    "visibility": "anonymous",
    "details": {"baseline": "155 đ/kg", "target": "90 đ/kg", "acceptance": "Ba mẻ liên tiếp"},
}
ALL = {"technology": TECHNOLOGY, "equipment": EQUIPMENT, "patent": PATENT, "service": SERVICE, "need": NEED}
