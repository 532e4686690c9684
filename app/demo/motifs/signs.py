"""What instruments see: eyes, roads, spectra, courses."""

import math
from random import Random

from app.demo.canvas import Canvas, Point, around, mix


def eye(c: Canvas, chance: Random) -> None:
    """A fundus: disc, macula, vessels, and two places marked."""
    c.circle((600, 338), 262, c.p.dark)
    c.circle((600, 338), 248, mix(c.p.warm, c.p.paper, 0.18))
    for ring in range(5):
        c.circle((560, 345), 150 - ring * 26, mix(mix(c.p.warm, c.p.paper, 0.18), c.p.line, 0.05 + ring * 0.035))
    disc = (712, 322)
    for start, bends in ((250, -14), (110, 14), (292, 9), (68, -9), (205, -16), (160, 15)):
        _vessel(c, chance, disc, start, bends)
    c.circle(disc, 40, mix(c.p.paper, c.p.warm, 0.2), c.p.line, 4)
    c.circle(disc, 17, c.p.paper)
    for x, y, size in ((480, 236, 40), (520, 470, 50)):
        for _ in range(9):
            c.circle(
                (x + chance.gauss(0, 1) * size * 0.26, y + chance.gauss(0, 1) * size * 0.26),
                3 + chance.random() * 3,
                c.p.dark,
            )
        c.circle((x, y), size, None, c.p.paper, 6)
    for side in (-1, 1):
        for number in range(4):
            reach = 320 + number * 62
            start = 180 if side < 0 else 0
            c.arc(
                (600, 338),
                reach,
                start - 32 + number * 3,
                start + 32 - number * 3,
                mix(c.p.mid, c.ground_at(338), 0.2 + number * 0.2),
                5,
            )


def _vessel(
    c: Canvas,
    chance: Random,
    at: Point,
    heading: float,
    bend: float,
    *,
    length: float = 62,
    width: float = 11,
    left: int = 6,
) -> None:
    end = around(at, length, heading)
    if left <= 0 or math.dist(end, (600, 338)) > 240:
        return
    c.curve([at, around(at, length / 2, heading + bend / 3), end], mix(c.p.line, c.p.warm, 0.12), width)
    onward = heading + bend + chance.gauss(0, 1) * 4
    _vessel(c, chance, end, onward, bend, length=length * 0.94, width=width * 0.8, left=left - 1)
    if left < 6:
        aside = heading - bend * 2 + chance.gauss(0, 1) * 10
        _vessel(c, chance, end, aside, -bend * 0.4, length=length * 0.72, width=width * 0.55, left=left - 2)


def junction(c: Canvas, chance: Random) -> None:
    """A junction from above, full of two-wheelers, the camera's field on the waiting queue."""
    road = mix(c.p.line, c.ground_at(338), 0.72)
    c.box((-20, 228), (1240, 220), road, None, 0, 0)
    c.box((490, -20), (220, 720), road, None, 0, 0)
    for x in [*range(20, 470, 52), *range(740, 1200, 52)]:
        c.line([(x, 338), (x + 26, 338)], c.p.paper, 4)
    for y in [*range(10, 210, 52), *range(470, 675, 52)]:
        c.line([(600, y), (600, y + 26)], c.p.paper, 4)
    for number in range(7):
        c.box((452, 236 + number * 30), (30, 17), c.p.paper, None, 0, 2)
        c.box((718, 236 + number * 30), (30, 17), c.p.paper, None, 0, 2)
        c.box((500 + number * 30, 190), (17, 30), c.p.paper, None, 0, 2)
        c.box((500 + number * 30, 456), (17, 30), c.p.paper, None, 0, 2)
    c.polygon([(742, 204), (440, 448), (120, 448), (120, 342)], mix(c.p.warm, road, 0.55))
    for column in range(9):
        for row in range(4):
            if chance.random() < 0.92 - column * 0.03:
                _bike(c, chance, (418 - column * 36 + chance.random() * 6, 358 + row * 25 + chance.random() * 4), True)
    for _ in range(8):
        _bike(c, chance, (760 + chance.random() * 420, 360 + chance.random() * 70), True)
        _bike(c, chance, (60 + chance.random() * 400, 246 + chance.random() * 70), True)
        _bike(c, chance, (512 + chance.random() * 70, 20 + chance.random() * 170), False)
        _bike(c, chance, (618 + chance.random() * 72, 480 + chance.random() * 180), False)
    c.line([(760, 150), (730, 210)], c.p.line, 8)
    c.box((742, 96), (44, 104), c.p.dark, c.p.paper, 4, 14)
    for number, shade in enumerate((c.p.pale, c.p.warm, c.p.mid)):
        c.circle((764, 118 + number * 30), 11, shade)


def _bike(c: Canvas, chance: Random, at: Point, across: bool) -> None:
    x, y = at
    ink = mix(c.p.dark, c.p.mid, chance.random() * 0.35)
    long, wide = 14, 4
    c.ellipse(at, long if across else wide, wide if across else long, ink)
    c.line([(x + 8, y - 7), (x + 8, y + 7)] if across else [(x - 7, y - 8), (x + 7, y - 8)], ink, 3)
    c.circle(at, 6, ink)


def peaks(c: Canvas, chance: Random) -> None:
    """A chromatogram: peaks over a base line, one of them above the limit."""
    for number in range(6):
        y = 130 + number * 80
        c.line([(0, y), (1200, y)], mix(c.p.pale, c.ground_at(y), 0.2), 2)
    places = sorted(60 + chance.random() * 1080 for _ in range(13))
    places = [x for x, after in zip(places, [*places[1:], 9999], strict=True) if after - x > 34 and abs(x - 612) > 70]
    heights = {x: 60 + chance.random() * 190 for x in places} | {612.0: 405.0}
    curve: list[Point] = []
    for step in range(601):
        x = step * 2.0
        high_at = 556 - sum(high * math.exp(-(((x - place) / 15) ** 2)) for place, high in heights.items())
        curve.append((x, high_at - 3 * math.sin(x / 31)))
    c.polygon([*curve, (1200, 675), (0, 675)], c.p.pale)
    for place, high in heights.items():
        shade = c.p.warm if high > 300 else c.p.mid
        inner = [(x, y) for x, y in curve if abs(x - place) < 30]
        c.polygon([*inner, (place + 30, 556), (place - 30, 556)], shade)
    c.line(curve, c.p.line, 6)
    c.dashes((0, 262), (1200, 262), c.p.dark, 4, 26)
    c.line([(0, 560), (1200, 560)], c.p.line, 5)
    for number in range(25):
        c.line([(number * 50, 560), (number * 50, 574 if number % 5 else 586)], c.p.line, 3)
    c.circle((612, 152), 11, c.p.warm, c.p.line, 5)


def bench(c: Canvas, chance: Random) -> None:
    """Benches of a laboratory reached through a browser window."""
    c.box((290, 104), (620, 400), c.p.paper, c.p.line, 6, 20)
    c.line([(290, 160), (910, 160)], c.p.line, 5)
    for number in range(3):
        c.circle((322 + number * 30, 132), 9, (c.p.mid, c.p.pale, c.p.warm)[number])
    for rung in range(4):
        y = 200 + rung * 70
        c.line([(330, y), (570, y)], c.p.line, 4)
        for number in range(3):
            x = 362 + number * 74
            if chance.random() < 0.62:
                c.line([(x, y - 15), (x, y + 15)], c.p.line, 5)
                c.line([(x + 16, y - 15), (x + 16, y + 15)], c.p.line, 5)
                c.box((x + 2, y - 3), (12, 6), c.p.paper, None, 0, 0)
            else:
                c.circle((x + 8, y), 14, c.p.warm if rung == 1 else c.p.paper, c.p.line, 4)
    c.line([(330, 184), (330, 430)], c.p.dark, 7)
    c.line([(570, 184), (570, 430)], c.p.dark, 7)
    c.box((610, 196), (264, 238), c.p.pale, c.p.line, 4, 12)
    c.line([(630, 370), (854, 370)], c.p.line, 8)
    for number in range(6):
        c.circle((646 + number * 40, 388), 13, c.p.paper, c.p.line, 4)
    for number in range(3):
        c.box((650 + number * 72, 318), (46, 46), c.p.mid if number != 1 else c.p.warm, c.p.line, 4, 6)
    c.line([(742, 214), (742, 270)], c.p.line, 8)
    c.polygon([(724, 270), (760, 270), (752, 296), (732, 296)], c.p.dark)
    c.line([(600, 504), (600, 560)], c.p.line, 14)
    c.line([(460, 566), (740, 566)], c.p.line, 14)
    for side in (-1, 1):
        for number in range(3):
            c.arc(
                (600 + side * 330, 304),
                50 + number * 42,
                140 if side < 0 else -40,
                220 if side < 0 else 40,
                mix(c.p.mid, c.ground_at(300), 0.1 + number * 0.25),
                6,
            )
