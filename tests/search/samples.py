"""Search documents written for tests."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.search.port import SearchDocument, SearchEngine, SearchQuery

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def document(identifier: str, title: str, **given: Any) -> SearchDocument:
    """A document; the later its id in the alphabet, the newer it is where nothing else is said."""
    values: dict[str, Any] = {
        "kind": "technology",
        "state": "published",
        "published_at": NOW - timedelta(days=200 - sum(map(ord, identifier)) % 150),
    } | given
    return SearchDocument(id=identifier, title=title, **values)


DOCUMENTS = (
    document(
        "say-bom-nhiet",
        "Máy sấy bơm nhiệt cho nông sản",
        title_en="Heat pump dryer for farm produce",
        benefit="Giảm 40 % điện so với sấy điện trở",
        summary="Sấy nông sản ở nhiệt độ thấp, giữ màu và mùi.",
        body="Dàn lạnh tách ẩm, dàn nóng thu hồi nhiệt. Đã chạy tại ba hợp tác xã.",
        regions=("79",),
        trl=8,
        fields=("2", "203"),
        transfer_forms=("non_exclusive_licence",),
        price_from=300_000_000,
        price_to=420_000_000,
        currency="VND",
        verified=True,
        organisation_id="vien-co-khi",
        organisation_type="research_institute",
        organisation_name="Viện Cơ khí Nông nghiệp Phú An",
        published_at=NOW - timedelta(days=10),
        confirmed_at=NOW - timedelta(days=10),
    ),
    document(
        "say-lanh",
        "Hệ thống sấy lạnh trái cây",
        summary="Sấy dẻo chuối, xoài bằng không khí lạnh khô.",
        regions=("79",),
        trl=6,
        fields=("2", "211"),
        price_from=900_000_000,
        currency="VND",
        organisation_id="cong-ty-hoa-an",
        organisation_type="firm",
        confirmed_at=NOW - timedelta(days=31),
        published_at=NOW - timedelta(days=30),
    ),
    document(
        "may-say-sinh-to",
        "Máy say sinh tố công nghiệp",
        kind="equipment",
        regions=("01",),
        price_from=12_000_000,
        currency="VND",
        published_at=NOW - timedelta(days=3),
    ),
    document(
        "may-mac",
        "Dây chuyền may mặc tự động",
        kind="equipment",
        regions=("01",),
        trl=9,
        price_from=50_000_00,
        currency="USD",
        published_at=NOW - timedelta(days=60),
    ),
    document(
        "cam-bien",
        "Cảm biến độ ẩm không dây cho nhà kính",
        title_en="Wireless humidity sensors for greenhouses",
        summary_en="Sends humidity of air and soil every minute.",
        organisation_type="firm",
        confirmed_at=NOW - timedelta(days=4),
        summary="Đo độ ẩm không khí và đất, gửi số liệu mỗi phút.",
        regions=("48",),
        trl=7,
        fields=("2", "202"),
        published_at=NOW - timedelta(days=20),
    ),
    document(
        "xu-ly-nuoc",
        "Xử lý nước thải dệt nhuộm bằng màng sinh học",
        state="stale",
        confirmed_at=NOW - timedelta(days=400),
        regions=("79",),
        trl=9,
        fields=("2", "207"),
        published_at=NOW - timedelta(days=400),
    ),
    document(
        "xu-ly-nuoc-moi",
        "Xử lý nước thải dệt nhuộm bằng màng sinh học",
        regions=("75",),
        trl=9,
        fields=("2", "207"),
        published_at=NOW - timedelta(days=300),
    ),
    document(
        "nhu-cau-say",
        "Cần sấy thanh long và chuối 500 kg mỗi mẻ",
        kind="need",
        summary="Hợp tác xã cần máy sấy tiết kiệm điện cho nông sản.",
        regions=("80",),
        trl=7,
        fields=("2", "203"),
        transfer_forms=("non_exclusive_licence",),
        price_to=500_000_000,
        currency="VND",
        deadline=date(2026, 12, 31),
        published_at=NOW - timedelta(days=5),
    ),
    document(
        "nhu-cau-cu",
        "Cần phần mềm quản lý kho lạnh",
        kind="need",
        deadline=date(2020, 1, 31),
        published_at=NOW - timedelta(days=90),
    ),
    document(
        "nhu-cau-gap",
        "Cần hiệu chuẩn cân điện tử",
        kind="need",
        deadline=date(2026, 12, 1),
        published_at=NOW - timedelta(days=80),
    ),
)


def ids(engine: SearchEngine) -> set[str]:
    """Every id in the index, by pages."""
    found: set[str] = set()
    while True:
        page = engine.search(SearchQuery(sort="newest", offset=len(found), limit=200)).hits
        if not page:
            return found
        found |= {hit.id for hit in page}
