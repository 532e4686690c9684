"""Drying, firing, heat and power."""

import math
from random import Random

from app.demo.canvas import Canvas, Point, around, mix, smooth


def solar_dryer(c: Canvas, chance: Random) -> None:
    """A tray dryer under the sun, collectors on its roof."""
    for number in range(12):
        c.line([around((880, 150), 62, 30 * number), around((880, 150), 84, 30 * number)], c.p.warm, 6)
    c.circle((880, 150), 44, c.p.warm)
    c.polygon([(330, 200), (850, 200), (800, 150), (380, 150)], c.p.pale, c.p.line)
    for number in range(1, 9):
        x = 330 + number * 58
        c.line([(x, 200), (380 + (x - 330) * 420 / 520, 150)], c.p.mid, 3)
    dryer(c, chance)


def dryer(c: Canvas, chance: Random) -> None:
    """A tray dryer with slices on its trays, air from left to right."""
    c.box((330, 200), (520, 370), c.p.paper, c.p.line, 5, 14)
    for row in range(5):
        y = 268 + row * 66
        for place in range(8):
            size = 15 + chance.random() * 6
            c.ellipse(
                (385 + place * 48 + chance.random() * 6, y - 11), size, 9, mix(c.p.warm, c.p.paper, 0.25 + row * 0.12)
            )
        c.line([(358, y), (744, y)], c.p.line, 5)
    c.box((762, 236), (64, 300), c.p.pale, c.p.line, 4, 10)
    for number in range(7):
        c.line([(776, 262 + number * 40), (812, 262 + number * 40)], c.p.line, 7)
    for number in range(3):
        y = 300 + number * 100
        c.arrow([(150, y), (205, y - 16), (260, y + 12), (312, y)], c.p.mid, 6)
        c.arrow([(870, y), (925, y - 16), (980, y + 12), (1040, y - 6)], mix(c.p.mid, c.ground_at(y), 0.35), 6)


def timber(c: Canvas, chance: Random) -> None:
    """A vacuum kiln seen from its door: boards between hot plates, and rings of wood beside it."""
    for centre, size in (((150, 420), 120), ((1060, 420), 150)):
        lean = chance.random() * 6
        for ring in range(5):
            wide = size * (1 - ring / 5.5)
            grown = [
                around(centre, wide * (1 + 0.035 * math.sin(math.radians(3 * d) + lean)), d) for d in range(0, 360, 6)
            ]
            edge = mix(c.p.mid, c.ground_at(420), 0.3)
            c.polygon(grown, mix(c.p.pale, c.ground_at(420), 0.25 + ring * 0.12), edge, 3)
    c.circle((600, 338), 252, c.p.paper, c.p.line, 9)
    c.circle((600, 338), 226, mix(c.p.paper, c.p.pale, 0.55), c.p.line, 3)
    for row in range(9):
        y = 184 + row * 36
        half = math.sqrt(max(0.0, 200**2 - (y + 14 - 338) ** 2))
        count = max(3, int(2 * half / 62))
        wide = 2 * half / count
        for place in range(count):
            x = 600 - half + place * wide
            fill = mix(c.p.warm, c.p.paper, 0.35 + chance.random() * 0.3)
            c.box((x + 2, y), (wide - 4, 24), fill, mix(c.p.line, fill, 0.35), 2, 3)
        c.line([(600 - half - 6, y + 30), (600 + half + 6, y + 30)], c.p.line, 4)
    for degrees in range(0, 360, 30):
        c.circle(around((600, 338), 239, degrees), 7, c.p.line)
    c.line([(848, 300), (960, 300), (960, 190), (1130, 190)], c.p.line, 8)
    c.circle((960, 300), 20, c.p.pale, c.p.line, 5)


def kiln(c: Canvas, chance: Random) -> None:
    """A pottery kiln with its fire, and heat taken from the flue by a rack of pipes."""
    c.polygon(
        [(300, 570), (300, 330), *[around((480, 330), 180, d) for d in range(180, 361, 10)], (660, 570)],
        c.p.pale,
        c.p.line,
        6,
    )
    c.polygon(
        [(345, 570), (345, 340), *[around((480, 340), 135, d) for d in range(180, 361, 10)], (615, 570)],
        c.p.paper,
        c.p.line,
        4,
    )
    for x, height, width in ((405, 92, 26), (480, 128, 34), (555, 84, 28)):
        base = 543
        shape = [(x - width * 0.6, base), (x - width, base - height * 0.45), (x - width * 0.35, base - height * 0.8)]
        shape += [(x - width * 0.5, base - height), (x + width * 0.5, base - height)]
        shape += [(x + width * 0.35, base - height * 0.8), (x + width, base - height * 0.45), (x + width * 0.6, base)]
        c.polygon(shape, c.p.mid, c.p.line, 4)
    c.line([(345, 546), (615, 546)], c.p.line, 6)
    c.box((330, 552), (300, 44), c.p.paper, c.p.line, 5, 10)
    for x in (376, 446, 516, 586):
        _flame(c, (x, 590), 34 + chance.random() * 8)
    c.line([(480, 150), (480, 108), (790, 108), (790, 190)], c.p.line, 26)
    c.line([(480, 150), (480, 108), (790, 108), (790, 190)], c.p.paper, 15)
    c.box((690, 190), (200, 300), c.p.paper, c.p.line, 5, 12)
    for column in range(5):
        for row in range(8):
            offset = 17 if row % 2 else 0
            heat = mix(c.p.warm, c.p.mid, min(1, row / 6))
            c.circle((724 + column * 34 + offset * 0.6, 222 + row * 34), 10, heat, c.p.line, 3)
    c.line([(790, 490), (790, 545), (1040, 545)], c.p.line, 10)
    c.arrow([(690, 440), (670, 470), (668, 520), (640, 556)], c.p.warm, 6)
    for number in range(3):
        c.curve(
            [(930 + number * 50, 420), (915 + number * 50, 360), (945 + number * 50, 300), (928 + number * 50, 240)],
            mix(c.p.mid, c.ground_at(330), 0.35),
            5,
        )


def _flame(c: Canvas, foot: Point, tall: float) -> None:
    x, y = foot
    wide = tall * 0.3
    outer = [
        (x, y - tall),
        (x + wide * 0.55, y - tall * 0.55),
        (x + wide, y - tall * 0.25),
        (x + wide * 0.6, y),
        (x, y + 2),
    ]
    c.polygon(smooth([*outer, *[(2 * x - px, py) for px, py in reversed(outer[:-1])]]), c.p.warm)
    c.ellipse((x, y - tall * 0.16), wide * 0.4, tall * 0.17, mix(c.p.warm, c.p.paper, 0.6))


def burner(c: Canvas, chance: Random) -> None:
    """A swirl burner from the front: two rings of vanes turning against one another."""
    for radius in (250, 300, 350, 400):
        c.circle((600, 338), radius, None, mix(c.p.pale, c.ground_at(338), 0.45), 3)
    c.circle((600, 338), 236, c.p.pale, c.p.line, 6)
    for number in range(18):
        start = 20 * number
        c.curve(
            [around((600, 338), 222, start), around((600, 338), 190, start + 12), around((600, 338), 150, start + 34)],
            c.p.line,
            6,
        )
    c.circle((600, 338), 142, c.p.paper, c.p.line, 5)
    for number in range(12):
        start = 30 * number
        c.curve(
            [around((600, 338), 130, start), around((600, 338), 104, start - 16), around((600, 338), 74, start - 40)],
            c.p.mid,
            7,
        )
    c.circle((600, 338), 66, c.p.warm, c.p.line, 5)
    for number in range(9):
        c.circle(around((600, 338), 34, 40 * number + chance.random()), 6, c.p.dark)
    for side in (-1, 1):
        for number in range(3):
            x, y = 600 + side * (330 + number * 80), 338
            c.arc((x, y), 60 + number * 8, 140 if side < 0 else -40, 220 if side < 0 else 40, c.p.mid, 5)


def battery(c: Canvas, chance: Random) -> None:
    """A cabinet of cells, each its own, and the peak cut from the day's load."""
    c.box((320, 110), (250, 460), c.p.paper, c.p.line, 6, 16)
    for row in range(7):
        for column in range(3):
            x, y = 346 + column * 70, 136 + row * 60
            charge = 0.35 + chance.random() * 0.6
            c.box((x, y), (58, 46), c.p.pale, c.p.line, 3, 7)
            c.box((x + 5, y + 5), (48 * charge, 36), c.p.mid, None, 0, 4)
    axis_y = 540
    c.line([(630, 150), (630, axis_y), (1090, axis_y)], c.p.line, 5)
    top = 300
    load = [(650 + i * 5.25, 470 - 30 * math.sin(i / 9) - 260 * math.exp(-(((i - 46) / 14) ** 2))) for i in range(81)]
    c.polygon([(x, max(y, top)) for x, y in load] + [(1070, axis_y), (650, axis_y)], c.p.pale)
    above = [(x, y) for x, y in load if y < top]
    c.polygon([*above, (above[-1][0], top), (above[0][0], top)], mix(c.p.warm, c.ground_at(260), 0.35))
    c.line(load, c.p.line, 5)
    c.dashes((640, top), (1080, top), c.p.dark, 4)
    c.line([(570, 338), (630, 338)], c.p.line, 8)


def screw(c: Canvas, chance: Random) -> None:
    """A pyrolysis screw: husk at one end, char at the other, the gas burning underneath."""
    c.polygon([(300, 130), (440, 130), (400, 240), (340, 240)], c.p.paper, c.p.line, 5)
    for _ in range(22):
        x, y = 322 + chance.random() * 96, 142 + chance.random() * 60
        c.ellipse((x, y), 11, 6, mix(c.p.warm, c.p.paper, chance.random() * 0.5))
    c.box((300, 240), (600, 130), c.p.paper, c.p.line, 6, 20)
    for number in range(9):
        x = 335 + number * 64
        heat = mix(c.p.pale, c.p.dark, number / 9)
        c.polygon([(x, 352), (x + 20, 258), (x + 44, 258), (x + 24, 352)], heat, c.p.line, 3)
    c.line([(270, 305), (930, 305)], c.p.line, 9)
    c.circle((250, 305), 36, c.p.pale, c.p.line, 5)
    for number in range(8):
        x = 380 + number * 62
        _flame(c, (x, 470), 62 + chance.random() * 26)
    c.line([(340, 474), (850, 474)], c.p.line, 6)
    c.line([(870, 370), (870, 430)], c.p.line, 30)
    for _ in range(60):
        x = 870 + chance.gauss(0, 1) * 58
        y = 572 - abs(chance.gauss(0, 1)) * 34 * max(0.0, 1 - abs(x - 870) / 170)
        c.box((x, y), (15, 11), mix(c.p.dark, c.p.line, chance.random()), None, 0, 3)
    c.arrow([(780, 236), (790, 170), (700, 140), (560, 150), (500, 200)], c.p.mid, 6)
