"""Examples in the OpenAPI document. They fit its schemas; tests/api/test_openapi.py holds them to it."""

from typing import Any, Final

BODIES: Final[dict[str, dict[str, Any]]] = {
    "createListing": {
        "technology": {
            "summary": "A technology, as far as it is known",
            "value": {
                "kind": "technology",
                "external_id": "SAY-2026-07",
                "title": "Sấy bơm nhiệt cho trái cây xuất khẩu",
                "benefit": "Giảm 42 % điện so với sấy điện trở, giữ màu và vitamin C",
                "summary": "Buồng sấy kín 300 kg mỗi mẻ, nhiệt độ 35–60 °C, thu hồi nhiệt ẩn của hơi nước.",
                "title_en": "Heat-pump drying of fruit for export",
                "region": "79",
                "classifications": [{"scheme": "research-field", "code": "2"}, {"scheme": "ipc", "code": "F26"}],
                "trl": 8,
                "transfer_forms": ["non_exclusive_licence", "with_technical_services"],
                "price": {"kind": "indicative", "from": 850000000, "to": 1200000000, "currency": "VND"},
                "details": {"problem": "Sấy điện trở tốn điện và làm sẫm màu.", "standards": ["TCVN 5699-1"]},
            },
        },
        "need": {
            "summary": "A need whose organisation is not named",
            "value": {
                "kind": "need",
                "title": "Giảm bụi sơn ở xưởng gỗ",
                "visibility": "anonymous",
                "deadline": "2027-03-31",
                "price": {"kind": "indicative", "to": 900000000},
                "details": {"baseline": "12 mg/m³ bụi sơn trong ca", "target": "Dưới 4 mg/m³"},
            },
        },
    },
    "changeListing": {
        "price": {
            "summary": "Another price, and no territory any more",
            "value": {"price": {"from": 790000000}, "territory": None},
        },
    },
    "withdrawListing": {
        "sold": {"summary": "It was sold", "value": {"reason": "sold"}},
        "other": {"summary": "Another reason", "value": {"reason": "other", "note": "Đơn vị ngừng sản xuất"}},
    },
}

_PROBLEMS: Final[dict[int, tuple[str, str]]] = {
    400: ("bad-request", "Invalid request"),
    401: ("invalid-token", "The access token does not work"),
    403: ("insufficient-scope", "The access token does not have this permission"),
    404: ("not-found", "Not found"),
    409: ("conflict", "Its present state does not allow this"),
    410: ("gone", "This item has been withdrawn from the exchange"),
    412: ("stale-version", "Somebody else changed it while you were editing"),
    413: ("too-large", "What was sent is too large"),
    415: ("unsupported-media-type", "This type of content cannot be read"),
    422: ("invalid", "Some information is not valid"),
    428: ("precondition-required", "The If-Match header is missing"),
    429: ("rate-limited", "Too many requests in a short time"),
    503: ("unavailable", "The system is busy, please try again in a few minutes"),
}


def problem(status: int) -> dict[str, Any]:
    """A problem document with this status."""
    code, title = _PROBLEMS[status]
    return {
        "type": f"urn:techmart:problem:{code}",
        "title": title,
        "status": status,
        "instance": "/api/v1/listings",
    }


ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "suggest": {"200": {"items": [{"text": "máy sấy bơm nhiệt", "count": 3}]}},
    "listReferenceTables": {
        "200": {"items": [{"scheme": "region", "version": "2025-07-01", "title": "Provinces and cities", "codes": 34}]}
    },
    "getListingHistory": {
        "200": {
            "items": [
                {
                    "sequence": 1,
                    "move": "create",
                    "from_state": None,
                    "to_state": "draft",
                    "at": "2026-11-23T03:00:00Z",
                    "actor": "Nguyễn Thu Hà",
                    "note": "",
                    "reasons": {},
                }
            ]
        }
    },
}
