"""What the gallery of parts shows: made-up listings, needs and talks, in the words such pages really hold."""

from datetime import UTC, datetime, timedelta

from app.i18n import ngettext
from app.web.forms import Form
from app.web.shell import Link
from app.web.views.basics import Badge, Fact, Picture, trust_badges
from app.web.views.cards import HolderRow, ListingCard, MatchRow, NeedCard, OrganisationCard
from app.web.views.finding import Chip, Facet, FacetOption
from app.web.views.records import Column, Definition, Figure, FileItem, Message, Step, Tab, Table


def listing_cards(picture: Picture, now: datetime) -> tuple[ListingCard, ...]:
    """Eleven offers: four for a row of four, seven for a grid whose last card would stand alone."""
    fresh = trust_badges(verified=True, confirmed_at=now - timedelta(days=11), now=now)
    old = trust_badges(verified=True, confirmed_at=now - timedelta(days=128), overdue=True, now=now)
    partner = trust_badges(verified=False, confirmed_at=None, exchange="Sàn Cần Thơ", now=now)
    heat_pump = ListingCard(
        kind="technology",
        href="#",
        title="Sấy bơm nhiệt lai năng lượng mặt trời cho trái cây",
        benefit="Giảm 42 % điện trên mỗi ki-lô-gam so với sấy điện trở, giữ 91 % vitamin C.",
        organisation="Viện Cơ điện Nông nghiệp Bình Dương",
        facts=(Fact("TRL 8", strong=True), Fact("Cấp phép không độc quyền"), Fact("từ 380 triệu ₫")),
        badges=fresh,
        picture=picture,
    )
    spectrometer = ListingCard(
        kind="equipment",
        href="#",
        title="Máy quang phổ FTIR: thuê theo giờ",
        benefit="Có kỹ thuật viên vận hành, trả kết quả định danh polyme trong ngày.",
        organisation="FabLab Thủ Dầu Một",
        facts=(Fact("Dùng chung", strong=True), Fact("450.000 ₫/giờ"), Fact("Thủ Dầu Một")),
        badges=fresh,
    )
    arsenic = ListingCard(
        kind="patent",
        href="#",
        title="Vật liệu hấp phụ asen từ bã mía",
        benefit="Xử lý nước giếng khoan còn 0,006 mg/l asen; vật liệu tái sinh được 9 lần.",
        organisation="Trường Đại học Cần Thơ",
        facts=(Fact("1-0031245", "Số bằng", strong=True), Fact("Còn hiệu lực đến 2041"), Fact("B01J 20/24", "IPC")),
        badges=partner,
        also=Link(ngettext("Cũng có ở %(num)s nơi khác", "Cũng có ở %(num)s nơi khác", 2), "#"),
    )
    wood = ListingCard(
        kind="technology",
        href="#",
        title="Nhận dạng lỗi bề mặt gỗ bằng thị giác máy",
        benefit="Phát hiện 97,3 % lỗi ở tốc độ chuyền 60 m/phút, thay hai công nhân mỗi ca.",
        organisation="Trường Đại học Thủ Dầu Một",
        facts=(Fact("TRL 7", strong=True), Fact("Chuyển nhượng toàn bộ"), Fact("Giá theo báo giá")),
        badges=old,
    )
    valuation = ListingCard(
        kind="service",
        href="#",
        title="Định giá công nghệ trước khi góp vốn",
        benefit="Báo cáo theo ba phương pháp trong 15 ngày làm việc, dùng được cho hồ sơ góp vốn và vay ngân hàng.",
        organisation="Trung tâm Phát triển Thị trường Công nghệ",
        facts=(Fact("Định giá công nghệ", strong=True), Fact("từ 28 triệu ₫")),
        badges=fresh,
    )
    sorter = ListingCard(
        kind="equipment",
        href="#",
        title="Optical sorter for cashew kernels, refurbished",
        benefit="Sorts 1.2 t/h with under 0.5% false rejects; spare parts kept in Đồng Nai.",
        language="en",
        organisation="Công ty TNHH Cơ khí Phú Lợi",
        facts=(Fact("Tân trang", strong=True), Fact("2024"), Fact("1,15 tỷ ₫")),
        badges=old,
        picture=picture,
    )
    return (
        heat_pump, spectrometer, arsenic, wood,
        heat_pump, sorter, spectrometer, valuation, arsenic, wood, sorter,
    )  # fmt: skip


def need_cards() -> tuple[NeedCard, ...]:
    """Three needs: an anonymous one, one with many fitting offers, one with none."""
    return (
        NeedCard(
            href="#",
            title="Giảm ẩm dăm gỗ từ 45 % xuống 12 % với chi phí dưới 90 đ/kg",
            baseline="Sấy thùng quay, 155 đ/kg, 1,8 tấn/giờ",
            target="Dưới 90 đ/kg; ba mẻ liên tiếp đạt 12 %",
            facts=(Fact("2–3 tỷ ₫", "Ngân sách", strong=True), Fact("TRL từ 7"), Fact("Bình Dương")),
            days_left="còn 18 ngày",
            matches=4,
        ),
        NeedCard(
            href="#",
            title="Khử mùi nước thải cao su thiên nhiên 600 m³/ngày",
            baseline="H₂S 35 mg/m³ tại hàng rào",
            target="Dưới 5 mg/m³, không dùng thêm hoá chất",
            organisation="Công ty Cổ phần Cao su Phước Hoà",
            facts=(Fact("đến 1,8 tỷ ₫", "Ngân sách", strong=True), Fact("TRL từ 7")),
            badges=(Badge("Đã xác minh", "good", "verified"),),
            days_left="còn 31 ngày",
            matches=7,
        ),
        NeedCard(
            href="#",
            title="Truy xuất nguồn gốc bưởi theo lô cho 40 hợp tác xã",
            baseline="Sổ giấy, mất 2 ngày để lần ra một lô",
            target="Mã QR từng lô, dưới 300 đ mỗi quả",
            organisation="Liên minh Hợp tác xã tỉnh",
            facts=(Fact("500 triệu ₫", "Ngân sách", strong=True), Fact("TRL từ 8")),
            days_left="còn 9 ngày",
            matches=0,
        ),
    )


def organisation_cards() -> tuple[OrganisationCard, ...]:
    """Two members."""
    return (
        OrganisationCard(
            href="#",
            name="Viện Cơ điện Nông nghiệp và Công nghệ sau thu hoạch",
            type="research_institute",
            place="Thành phố Hồ Chí Minh",
            summary="Máy nông nghiệp, sấy và bảo quản nông sản; 14 công nghệ đã chuyển giao từ năm 2019.",
            facts=(Fact("23 mục đang đăng", strong=True), Fact("trả lời trong khoảng 1,4 ngày")),
            badges=(Badge("Đã xác minh 02/09/2026", "good", "verified"),),
        ),
        OrganisationCard(
            href="#",
            name="FabLab Thủ Dầu Một",
            type="fablab",
            place="Thủ Dầu Một",
            summary="Xưởng dùng chung: cắt laser, in 3D kim loại, đo quang phổ.",
            facts=(Fact("11 thiết bị cho thuê", strong=True),),
        ),
    )


def matches() -> tuple[MatchRow, ...]:
    """A good match and a doubtful one."""
    return (
        MatchRow(
            kind="technology",
            href="#",
            title="Sấy tầng sôi rung tận dụng nhiệt khói lò cho dăm và mùn cưa",
            score=86,
            organisation="Trường Đại học Bách khoa",
            facts=(Fact("TRL 8", strong=True), Fact("từ 1,9 tỷ ₫")),
            reasons_for=(
                "Cùng bài toán: sấy dăm gỗ, độ ẩm ra 10–12 %",
                "TRL 8, bạn cần từ 7",
                "Giá nằm trong ngân sách 2–3 tỷ ₫",
            ),
            reasons_against=("Chưa nêu chi phí điện cho mỗi ki-lô-gam",),
        ),
        MatchRow(
            kind="need",
            href="#",
            title="Giảm ẩm dăm gỗ từ 45 % xuống 12 % với chi phí dưới 90 đ/kg",
            score=54,
            reasons_for=("Cùng lĩnh vực: chế biến gỗ",),
            reasons_against=("Người cần muốn TRL từ 7, công nghệ này mới TRL 5", "Khác hình thức: cần mua đứt"),
        ),
    )


def holders() -> tuple[HolderRow, ...]:
    """An institute with two offers that fit."""
    return (
        HolderRow(
            name="Trường Đại học Bách khoa",
            href="#",
            score=89,
            count=2,
            listings=(
                Link("Sấy tầng sôi rung tận dụng nhiệt khói lò cho dăm và mùn cưa", "#"),
                Link("Lò hơi tầng sôi đốt mùn cưa", "#"),
            ),
            reasons_for=("TRL 8 ≥ yêu cầu 7", "Đơn vị chào thường trả lời trong 20 giờ"),
            reasons_against=("Giá từ 3,2 tỷ ₫, vượt ngân sách 3 tỷ ₫",),
        ),
    )


def facets() -> tuple[Facet, ...]:
    """Filters as they stand beside results."""
    return (
        Facet(
            "kind",
            "Loại",
            (
                FacetOption("technology", "Công nghệ", 1843, selected=True),
                FacetOption("equipment", "Thiết bị", 702),
                FacetOption("patent", "Sáng chế", 391),
                FacetOption("service", "Dịch vụ", 88),
            ),
        ),
        Facet(
            "field",
            "Lĩnh vực nghiên cứu",
            tuple(
                FacetOption(str(number), label, count)
                for number, (label, count) in enumerate(
                    (
                        ("Kỹ thuật môi trường", 214),
                        ("Công nghệ sinh học nông nghiệp", 171),
                        ("Kỹ thuật cơ khí và chế tạo", 168),
                        ("Khoa học máy tính và thông tin", 120),
                    )
                )
            ),
            shown=3,
        ),
        Facet(
            "price",
            "Giá",
            (FacetOption("", "Tất cả", selected=True), FacetOption("1", "Có ghi giá", 512)),
            single=True,
            open=False,
        ),
    )


CHIPS = (Chip("Công nghệ", "#"), Chip("TRL 7–9", "#"), Chip("Bình Dương", "#"))
EXAMPLES = tuple(
    Link(text, "#") for text in ("sấy nông sản", "xử lý nước thải", "thị giác máy", "TRL 7–9, có giá", "thuê máy đo")
)
TABS = (Tab("Đang trao đổi", "#", current=True, count=4), Tab("Chờ báo giá", "#", count=1), Tab("Đã xong", "#"))
BADGES = (
    Badge("Đã xác minh", "good", "verified"),
    Badge("Xác nhận 12/11/2026", "plain", "check"),
    Badge("Xác nhận lần cuối 4 tháng trước", "warn", "clock"),
    Badge("Từ sàn Cần Thơ", "plain", "exchange"),
    Badge("Chỉ người được mời", "info", "lock"),
    Badge("Đã từ chối", "bad", "close"),
)
FORM = Form(
    values={
        "title": ["Sấy bơm nhiệt lai năng lượng mặt trời cho trái cây"],
        "transfer_forms": ["non_exclusive_licence", "with_technical_services"],
        "price.kind": ["floor"],
        "price.from": ["380.000.000"],
        "items.0.name": ["Buồng sấy 500 kg/mẻ"],
        "items.0.quantity": ["2"],
    }
)


def wrong_form() -> Form:
    """A form that came back: what was typed stands, three things are wrong."""
    return Form(
        values={"email": ["lan@viencodien"], "budget.from": ["3.000.000.000"], "budget.to": ["2.000.000.000"]},
        errors={
            "email": "Hãy nhập địa chỉ e-mail đầy đủ, ví dụ ten@donvi.vn.",
            "budget.to": "Phải từ 3.000.000.000 ₫ trở lên, vì đó là mức thấp nhất bạn ghi.",
            "consent": "Hãy đọc và đồng ý với quy chế trước khi tạo tài khoản.",
        },
    )


def steps() -> tuple[Step, ...]:
    """A quote request on its way."""
    return (
        Step("Đã gửi yêu cầu", "done", datetime(2026, 11, 16, 2, 0, tzinfo=UTC), "Nguyễn Thị Lan, Gỗ Tân Uyên"),
        Step("Bên bán đã nhận", "done", datetime(2026, 11, 17, 3, 0, tzinfo=UTC)),
        Step("Đang làm rõ", "current", datetime(2026, 11, 20, 3, 0, tzinfo=UTC), "Chờ bạn trả lời 1 câu hỏi"),
        Step("Báo giá"),
        Step("Chấp nhận"),
    )


DEFINITIONS = (
    Definition.of("Mức sẵn sàng (TRL)", "8 · Hệ thống đã hoàn chỉnh và được chứng nhận"),
    Definition.of("Hình thức chuyển giao", "Cấp phép không độc quyền", "Kèm dịch vụ kỹ thuật"),
    Definition.of("Giá", "từ 380.000.000 ₫ cho dây chuyền 500 kg/mẻ"),
    Definition.of("Sở hữu trí tuệ", "Bằng độc quyền giải pháp hữu ích 2-0003417, còn hiệu lực đến 14/03/2033"),
    Definition.of("Tiêu chuẩn", "QCVN 01-132:2013/BNNPTNT"),
)
TABLE = Table(
    caption="So sánh hai báo giá",
    columns=(Column("Bên báo giá"), Column("Đơn giá", numeric=True), Column("Giao hàng"), Column("Hiệu lực đến")),
    rows=(
        ("Viện Cơ điện Nông nghiệp", "372.000.000 ₫", "45 ngày", "31/12/2026"),
        ("Công ty TNHH Cơ khí Phú Lợi", "1.150.000.000 ₫", "60 ngày", "15/01/2027"),
    ),
    caption_seen=True,
)
FIGURES = (
    Figure("4.812", "công nghệ, thiết bị, sáng chế"),
    Figure("128", "nhu cầu đang mở", "#"),
    Figure("1,4 ngày", "trung vị thời gian trả lời"),
    Figure("37", "giao dịch hai bên cùng xác nhận năm nay"),
    Figure("6 sàn", "đang đồng bộ"),
)
FILES = (
    FileItem("Thuyết minh kỹ thuật buồng sấy HP-500.pdf", "#", 2_410_000),
    FileItem("Kết quả thử nghiệm xoài cát Chu.xlsx", "#", 86_000, "Chỉ hai bên trong cuộc trao đổi này mở được"),
)


def messages() -> tuple[Message, ...]:
    """Two people and an event."""
    return (
        Message(
            "Chúng tôi cần sấy 2 tấn xoài mỗi ngày, ẩm đầu vào 82 %.\nAnh chị cho biết điện năng tiêu thụ trên mỗi kg?",
            datetime(2026, 11, 16, 2, 0, tzinfo=UTC),
            author="Nguyễn Thị Lan",
            organisation="Gỗ Tân Uyên",
            mine=True,
        ),
        Message("Bên bán đã nhận yêu cầu", datetime(2026, 11, 17, 3, 0, tzinfo=UTC)),
        Message(
            "Với độ ẩm ấy, máy HP-500 dùng 0,62 kWh/kg nước bốc hơi. Tôi gửi kèm kết quả thử với xoài cát Chu.",
            datetime(2026, 11, 20, 3, 0, tzinfo=UTC),
            author="Trần Quốc Bảo",
            organisation="Viện Cơ điện Nông nghiệp",
            files=FILES[1:],
        ),
    )


PROSE = """Buồng sấy dùng **bơm nhiệt hai cấp** ghép với bộ thu năng lượng mặt trời.

### Vì sao tiết kiệm điện

1. Nhiệt ẩn của hơi nước được thu lại ở dàn lạnh.
2. Ban ngày, bộ thu gánh 35–50 % tải nhiệt.

| Loại quả | Điện năng | Giữ vitamin C |
| --- | --- | --- |
| Xoài cát Chu | 0,62 kWh/kg | 91 % |
| Thanh long | 0,58 kWh/kg | 88 % |

> Kết quả đo tại hợp tác xã Tân Mỹ, tháng 5 năm 2026.
"""
