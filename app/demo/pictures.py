"""Pictures of the demo's offers, drawn from the listing alone: the same listing always gives the same picture.

The subject is read from title and keywords, the palette from the kind: technologies on jade wash, equipment on paper,
patents like a blueprint on deep jade, services on sage.
"""

import zlib
from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from PIL import Image

from app.demo.canvas import HEIGHT, WIDTH, Canvas, Palette, colour, mix
from app.demo.content import DemoListing
from app.demo.motifs import devices, heat, instruments, life, machines, signs, water

Motif = Callable[[Canvas, Random], None]

_JADE, _DEEP, _MINT = colour("#0b6b5d"), colour("#07463d"), colour("#4fc9b1")
_WASH, _WHITE, _AMBER = colour("#e3f2ee"), colour("#ffffff"), colour("#e0b04a")

PALETTES: Final[Mapping[str, Palette]] = {
    "technology": Palette(
        ground=(colour("#e6f3ef"), colour("#cde7e0")),
        paper=colour("#fbfefd"),
        pale=colour("#c2e0d8"),
        mid=colour("#6fb7a8"),
        line=_JADE,
        dark=_DEEP,
        warm=_AMBER,
    ),
    "equipment": Palette(
        ground=(colour("#f6f8f5"), colour("#e4ebe6")),
        paper=_WHITE,
        pale=colour("#d3e5df"),
        mid=colour("#7fb9ad"),
        line=colour("#175f54"),
        dark=colour("#14332e"),
        warm=_AMBER,
    ),
    "patent": Palette(
        ground=(colour("#0c6558"), colour("#084a40")),
        paper=colour("#0f7668"),
        pale=colour("#1c8677"),
        mid=colour("#4fa897"),
        line=colour("#d3efe8"),
        dark=colour("#f3fbf9"),
        warm=colour("#e7c16c"),
    ),
    "service": Palette(
        ground=(colour("#eff4ea"), colour("#dbe8dc")),
        paper=colour("#fcfefb"),
        pale=colour("#cbdfd0"),
        mid=colour("#83b59c"),
        line=colour("#22604f"),
        dark=colour("#123b32"),
        warm=_AMBER,
    ),
}

# The first line with a word of the listing's keywords or title decides; single subjects before wide ones.
SUBJECTS: Final[tuple[tuple[tuple[str, ...], Motif], ...]] = (
    (("vòi đốt",), heat.burner),
    (("đèn gốm",), machines.lamp),
    (("số hoá di sản",), machines.pot),
    (("đào tạo, quét 3d",), instruments.stages),
    (("quét 3d",), instruments.fringes),
    (("sấy gỗ",), heat.timber),
    (("sấy phun",), water.spray),
    (("phun muối",), devices.chamber),
    (("nhiệt phân", "than sinh học"), heat.screw),
    (("vi sóng",), devices.microwave),
    (("độ ẩm tương đối",), instruments.steps),
    (("năng lượng mặt trời",), heat.solar_dryer),
    (("sấy",), heat.dryer),
    (("kiểm toán năng lượng",), devices.sankey),
    (("cảm biến oxy",), instruments.probe),
    (("đầu dò oxy",), instruments.gauge),
    (("bộ ống nhiệt",), devices.rack),
    (("lò nung", "lò gốm", "ống nhiệt", "thu hồi nhiệt"), heat.kiln),
    (("giá thể sinh học, anammox",), water.carrier),
    (("khử mùi",), water.tower),
    (("máy đẳng nhiệt",), instruments.handheld),
    (("mồi",), life.helix),
    (("lamp", "pcr"), life.tubes),
    (("ương tôm", "biofloc"), water.ponds),
    (("ngập đô thị",), water.flood),
    (("quan trắc",), water.monitoring),
    (("tháp giải nhiệt",), devices.cooling),
    (("pilot",), devices.container),
    (("nước thải",), water.tanks),
    (("đa phổ",), life.fruit),
    (("thị giác máy", "kiểm tra bề mặt"), machines.inspection),
    (("máy chụp võng mạc",), instruments.lens),
    (("đáy mắt", "võng mạc"), signs.eye),
    (("máy đếm xe",), instruments.pole),
    (("giao thông", "đếm xe"), signs.junction),
    (("truy xuất nguồn gốc", "nhật ký canh tác"), life.plots),
    (("châm phân bốn kênh",), devices.dosing),
    (("tưới nhỏ giọt", "nhà màng"), life.greenhouse),
    (("trichoderma", "chế phẩm vi sinh"), life.dish),
    (("nuôi cấy mô",), life.plantlets),
    (("dâu tây", "giống cây"), life.sprig),
    (("snp", "chỉ thị phân tử"), life.helix),
    (("enzym", "chitosan"), life.chain),
    (("rung động", "ổ lăn"), machines.bearing),
    (("cnc",), devices.mill),
    (("in 3d",), machines.gantry),
    (("ăn mòn", "phân tích hỏng hóc"), machines.grains),
    (("phòng thí nghiệm từ xa",), signs.bench),
    (("smt", "mạch điện tử", "plc"), machines.circuit),
    (("lc-ms", "kiểm nghiệm", "dư lượng"), signs.peaks),
    (("pin", "lưu trữ năng lượng"), heat.battery),
    (("cao su tái chế", "tấm lót"), machines.mat),
    (("cảm biến",), machines.circuit),
)


def motif_of(listing: DemoListing) -> Motif:
    """The drawing for what the listing is about; a circuit where nothing is recognised."""
    words = f"{', '.join(listing.keywords)} | {listing.title}".lower()
    for signals, motif in SUBJECTS:
        if any(f" {signal}" in f" {words}" for signal in signals):
            return motif
    return machines.circuit


def draw(listing: DemoListing) -> Image.Image:
    """The picture of an offer, 1200 × 675, RGB."""
    canvas = Canvas(PALETTES[listing.kind])
    chance = Random(zlib.crc32(listing.external_id.encode()))  # noqa: S311 - to be the same again, not to be unguessable
    _ruled(canvas, chance)
    motif_of(listing)(canvas, chance)
    return canvas.finished()


def _ruled(c: Canvas, chance: Random) -> None:
    """The sheet everything stands on: a calm light round behind the subject and the points of a drawing grid."""
    x = WIDTH / 2 + chance.uniform(-90, 90)
    for number in range(3):
        c.circle((x, HEIGHT * 0.52), 420 - number * 80, mix(c.ground_at(HEIGHT * 0.5), c.p.paper, 0.1 + number * 0.1))
    for column in range(25, WIDTH, 50):
        for row in range(25, HEIGHT, 50):
            c.circle((column, row), 1.8, mix(c.ground_at(row), c.p.mid, 0.5))
