"""Water, air and the city."""

import math
from random import Random

from app.demo.canvas import Canvas, Point, around, mix


def tanks(c: Canvas, chance: Random) -> None:
    """Three tanks in a row, water clearer from each to the next, carriers and bubbles inside."""
    c.line([(0, 250), (290, 250)], c.p.line, 14)
    c.line([(910, 460), (1200, 460)], c.p.line, 14)
    for number in range(3):
        x, level = 290 + number * 215, 225 + number * 34
        water = mix(c.p.mid, c.p.paper, 0.1 + number * 0.33)
        c.box((x, 150), (190, 420), c.p.paper, None, 0, 16)
        c.box((x, level), (190, 570 - level), water, None, 0, 16)
        c.wave((x + 6, level), 178, 5, 60, c.p.paper, 5)
        c.box((x, 150), (190, 420), None, c.p.line, 6, 16)
        for _ in range(26 if number == 1 else 12):
            at = (x + 24 + chance.random() * 142, level + 30 + chance.random() * (500 - level))
            if number == 1:
                turn = chance.random() * 180
                c.circle(at, 12, mix(water, c.p.paper, 0.5), c.p.line, 3)
                c.line([around(at, 9, turn), around(at, 9, turn + 180)], c.p.line, 3)
            else:
                c.circle(at, 3 + chance.random() * 7, mix(water, c.p.paper, 0.65))
        c.line([(x + 30, 548), (x + 160, 548)], c.p.dark, 6)
        if number < 2:
            c.line([(x + 190, 300 + number * 34), (x + 215, 300 + number * 34)], c.p.line, 14)
    for number in range(4):
        c.arrow([(70 + number * 52, 222), (96 + number * 52, 222)], c.p.mid, 4, 9)
        c.arrow([(950 + number * 52, 432), (976 + number * 52, 432)], c.p.mid, 4, 9)


def carrier(c: Canvas, chance: Random) -> None:
    """Strands of a twisted carrier with cells that cling to it."""
    for strand in range(3):
        path = [(-40 + step * 16, 338 + 96 * math.sin(step / 7 + strand * 2.09)) for step in range(81)]
        c.line(path, mix(c.p.line, c.p.mid, strand * 0.4), 40)
        c.line(path, mix(c.p.pale, c.p.paper, strand * 0.3), 26)
        for offset in (-7, 0, 7):
            c.line([(x, y + offset) for x, y in path], mix(c.p.mid, c.p.pale, 0.3), 2)
    for _ in range(150):
        at = (240 + chance.random() * 720, 338 + chance.gauss(0, 1) * 105)
        size = 5 + chance.random() * 9
        warm = chance.random() < 0.35
        c.circle(at, size, c.p.warm if warm else c.p.paper, c.p.line, 2.5)


def tower(c: Canvas, chance: Random) -> None:
    """A biofilter tower: packing in layers, spray above, gas rising."""
    c.box((470, 120), (260, 450), c.p.paper, c.p.line, 6, 30)
    for layer in range(3):
        y = 248 + layer * 98
        c.box((482, y), (236, 70), c.p.pale, None, 0, 6)
        for _ in range(46):
            x0, y0 = 490 + chance.random() * 205, y + 8 + chance.random() * 54
            turn = chance.random() * math.pi
            c.line(
                [(x0, y0), (x0 + 20 * math.cos(turn), y0 + 9 * math.sin(turn))],
                c.p.line if chance.random() < 0.4 else c.p.mid,
                3,
            )
        c.line([(482, y + 72), (718, y + 72)], c.p.line, 4)
    c.line([(600, 92), (600, 166)], c.p.line, 8)
    c.line([(530, 170), (670, 170)], c.p.line, 8)
    for number in range(5):
        for drop in range(3):
            c.ellipse((540 + number * 30, 190 + drop * 18 + (number % 2) * 8), 3, 6, c.p.mid)
    c.line([(250, 540), (470, 540)], c.p.line, 34)
    c.line([(250, 540), (474, 540)], c.p.mid, 22)
    c.line([(726, 150), (930, 150), (930, 60)], c.p.line, 34)
    c.line([(724, 150), (930, 150), (930, 60)], c.p.paper, 22)
    for number in range(30):
        c.circle(
            (60 + chance.random() * 200, 540 + chance.gauss(0, 1) * 46),
            5 + chance.random() * 11,
            mix(c.p.mid, c.ground_at(540), 0.2 + number / 60),
        )
    for number in range(4):
        x = 505 + number * 64
        c.arrow([(x, 548), (x + 6, 500), (x, 460)], c.p.dark, 4, 10)


def spray(c: Canvas, chance: Random) -> None:
    """A spray-drying tower with its cone of powder and a cyclone beside it."""
    c.polygon([(400, 150), (680, 150), (680, 340), (570, 540), (510, 540), (400, 340)], c.p.paper, c.p.line, 6)
    c.box((490, 100), (100, 56), c.p.pale, c.p.line, 5, 8)
    c.line([(540, 156), (540, 190)], c.p.line, 8)
    c.box((508, 188), (64, 14), c.p.dark, None, 0, 6)
    for number in range(150):
        fall = chance.random()
        spread = (120 - 75 * max(0.0, fall - 0.35) / 0.65) * (0.25 + 0.75 * min(1, fall * 2.4))
        at = (540 + (chance.random() * 2 - 1) * spread, 210 + fall * 310)
        c.circle(at, 2.5 + (1 - fall) * 5, mix(c.p.mid, c.p.warm, min(1, fall * 1.3)) if number % 3 else c.p.mid)
    c.line([(680, 300), (770, 300), (770, 230), (820, 230)], c.p.line, 14)
    c.polygon([(800, 200), (920, 200), (920, 320), (875, 460), (845, 460), (800, 320)], c.p.paper, c.p.line, 5)
    c.curve([(812, 230), (905, 250), (818, 290), (895, 325), (835, 365), (878, 400)], c.p.mid, 5)
    c.line([(860, 200), (860, 130), (1010, 130)], c.p.line, 10)
    for x, y in ((540, 572), (860, 500)):
        c.polygon([(x - 70, y + 18), (x, y - 22), (x + 70, y + 18)], c.p.warm)
    for number in range(3):
        c.arrow(
            [(250, 190 + number * 46), (310, 180 + number * 46), (384, 190 + number * 46)],
            mix(c.p.warm, c.ground_at(230), 0.3),
            5,
        )


def ponds(c: Canvas, chance: Random) -> None:
    """Round nursery tanks from above at a slant, water turning, shrimp along the current."""
    for x, y, size in ((120, 200, 120), (1090, 190, 130), (90, 520, 110), (1110, 530, 120), (600, 345, 270)):
        main = size > 200
        quiet = 0.0 if main else 0.5
        edge = mix(c.p.line, c.ground_at(y), quiet)
        c.ellipse((x, y), size, size * 0.72, mix(c.p.paper, c.ground_at(y), quiet * 0.6), edge, 6)
        c.ellipse((x, y), size * 0.92, size * 0.65, mix(c.p.pale, c.ground_at(y), quiet * 0.5), edge, 2)
        for ring in range(1, 6):
            radius = size * ring / 6.6
            start = chance.random() * 360
            path = [around((x, y), radius, start + d, 0.71) for d in range(0, 250, 6)]
            c.line(path, mix(c.p.mid, c.p.paper, 0.2 + quiet * 0.5), 4 if main else 3)
        c.circle((x, y), size * 0.05, edge)
    for number in range(9):
        angle = 40 * number + chance.random() * 12
        radius = 150 + (number % 3) * 40
        _shrimp(c, around((600, 345), radius, angle, 0.71), angle + 90, 34)


def _shrimp(c: Canvas, at: Point, heading: float, size: float) -> None:
    turn = math.radians(heading)

    def place(x: float, y: float) -> Point:
        return at[0] + x * math.cos(turn) - y * math.sin(turn), at[1] + (x * math.sin(turn) + y * math.cos(turn)) * 0.8

    spine = [
        (size * math.cos(math.radians(d)) * 0.9, -size * 0.55 * math.sin(math.radians(d))) for d in range(10, 171, 16)
    ]
    for number, (x, y) in enumerate(spine):
        c.circle(place(x, y), 3 + 5.5 * math.sin(math.pi * (number + 1.5) / (len(spine) + 1.5)), c.p.line)
    tail = place(*spine[-1])
    c.line([tail, place(-size * 1.15, size * 0.3)], c.p.line, 4)
    c.line([tail, place(-size * 0.75, size * 0.42)], c.p.line, 4)
    head = spine[0]
    c.curve([place(*head), place(size * 1.3, -size * 0.05), place(size * 1.5, size * 0.4)], c.p.line, 2)


def monitoring(c: Canvas, chance: Random) -> None:
    """A probe in a channel, and what it reports as curves."""
    for row in range(4):
        y = 500 + row * 46
        c.polygon(
            [(0, y), *[(x, y + 9 * math.sin(x / 62 + row)) for x in range(0, 1201, 12)], (1200, 675), (0, 675)],
            mix(c.p.pale, c.p.mid, 0.16 + row * 0.22),
        )
    c.box((360, 110), (480, 290), c.p.paper, c.p.line, 6, 18)
    for row in range(4):
        c.line([(392, 170 + row * 58), (808, 170 + row * 58)], mix(c.p.pale, c.p.paper, 0.4), 2)
    for number, (shade, base) in enumerate(((c.p.line, 210), (c.p.mid, 268), (c.p.warm, 326))):
        path = [
            (392 + i * 16, base + 20 * math.sin(i / (2.1 + number) + number * 2) + chance.gauss(0, 1) * 5)
            for i in range(27)
        ]
        c.curve(path, shade, 5)
        c.circle(path[-1], 8, shade)
    c.line([(600, 400), (600, 470)], c.p.line, 10)
    c.box((578, 462), (44, 110), c.p.paper, c.p.line, 5, 12)
    for number in range(3):
        c.arc((600, 560), 60 + number * 34, 20, 160, mix(c.p.paper, c.p.mid, 0.2 + number * 0.25), 4)
    c.circle((600, 560), 10, c.p.warm)


def flood(c: Canvas, chance: Random) -> None:
    """Blocks of a ward in slanted view, water spreading in contour lines between them."""
    for number in range(7):
        size = 560 - number * 72
        shape = [
            around(
                (600, 430),
                size * (1 + 0.1 * math.sin(math.radians(2 * d) + number * 0.5) + 0.06 * math.cos(math.radians(5 * d))),
                d,
                0.42,
            )
            for d in range(0, 360, 5)
        ]
        c.polygon(shape, mix(c.ground_at(430), c.p.mid, 0.12 + number * 0.1), mix(c.p.mid, c.p.paper, 0.35), 2.5)
    cells = [
        (column, row)
        for row in range(5)
        for column in range(5)
        if (column, row) not in {(2, 3), (2, 2), (3, 3), (1, 4), (3, 2), (3, 4), (2, 4)}
    ]
    for column, row in cells:
        x = 600 + (column - row) * 92
        y = 230 + (column + row) * 44
        _block(c, x, y, 34, 24 + chance.random() * 78)
    for column, row in ((2, 2), (3, 3), (1, 4)):
        x, y = 600 + (column - row) * 92, 238 + (column + row) * 44
        c.circle((x, y), 10, c.p.warm, c.p.paper, 3)
        for ring in (22, 36):
            c.arc((x, y), ring, 200, 340, c.p.warm, 4)


def _block(c: Canvas, x: float, y: float, half: float, tall: float) -> None:
    flat = 0.5
    top = [(x, y - tall - half * flat), (x + half, y - tall), (x, y - tall + half * flat), (x - half, y - tall)]
    c.polygon([top[3], top[2], (x, y + half * flat), (x - half, y)], c.p.pale, c.p.line, 2.5)
    c.polygon([top[2], top[1], (x + half, y), (x, y + half * flat)], c.p.mid, c.p.line, 2.5)
    c.polygon(top, c.p.paper, c.p.line, 2.5)
