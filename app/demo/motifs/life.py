"""Plants, cells, molecules and tests on them."""

import math
from random import Random

from app.demo.canvas import Canvas, Colour, Point, around, mix


def tubes(c: Canvas, chance: Random) -> None:
    """A strip of reaction tubes, some turned, with the curves that rise for them."""
    for number in range(4):
        points = [
            (150 + i * 30, 560 - 330 / (1 + math.exp(-(i - 12 - number * 4) / 1.7)) - number * 6) for i in range(31)
        ]
        c.curve(points, mix(c.p.mid, c.ground_at(400), 0.25 + number * 0.12), 4)
    c.box((318, 190), (564, 40), c.p.paper, c.p.line, 5, 12)
    positive = {1, 2, 5} if chance.random() < 0.5 else {0, 3, 4}
    for number in range(7):
        x = 362 + number * 79
        c.polygon([(x - 27, 210), (x + 27, 210), (x + 21, 430), (x + 10, 500), (x - 10, 500), (x - 21, 430)], c.p.paper)
        liquid = c.p.warm if number in positive else c.p.mid
        c.polygon(
            [(x - 23, 330), (x + 23, 330), (x + 20, 430), (x + 10, 494), (x - 10, 494), (x - 20, 430)],
            mix(liquid, c.p.paper, 0.15),
        )
        c.line([(x - 27, 212), (x - 21, 430), (x - 10, 500), (x + 10, 500), (x + 21, 430), (x + 27, 212)], c.p.line, 5)
        c.box((x - 31, 160), (62, 46), c.p.pale, c.p.line, 5, 10)
        for _ in range(4):
            c.circle((x + chance.gauss(0, 1) * 9, 350 + chance.random() * 100), 3 + chance.random() * 3, c.p.paper)


def chain(c: Canvas, chance: Random) -> None:
    """A chain of rings, cut at two places."""
    size = 62.0
    rings: list[tuple[Point, bool]] = []
    for number in range(12):
        x = 30 + number * 107.4
        rings.append(((x, 338 + (31 if number % 2 else -31)), number in {3, 7}))
    for (x, y), cut in rings:
        corners = [around((x, y), size, 60 * d + 30) for d in range(6)]
        fill = mix(c.p.warm, c.p.paper, 0.45) if cut else c.p.paper if round(x) % 2 else c.p.pale
        c.polygon(corners, fill, c.p.line, 6)
        inner = [around((x, y), size * 0.74, 60 * d + 30) for d in range(6)]
        for a in (0, 2, 4):
            c.line([inner[a], inner[(a + 1) % 6]], c.p.mid, 4)
        up = y < 338
        for degrees in (270,) if up else (90,):
            foot, end = around((x, y), size, degrees), around((x, y), size + 74, degrees)
            c.line([foot, end], c.p.line, 5)
            c.circle(end, 20, c.p.mid if chance.random() < 0.6 else c.p.warm, c.p.line, 5)
            for turn in (-42, 42):
                far = around(end, 62, degrees + turn)
                c.line([around(end, 20, degrees + turn), far], c.p.line, 4)
                c.circle(far, 9, c.p.paper, c.p.line, 4)
    for number in (3, 7):
        x, y = rings[number][0]
        c.dashes((x + 54, y - 120), (x + 54, y + 120), c.p.dark, 5, 22)


def dish(c: Canvas, chance: Random) -> None:
    """A culture dish with mycelium that grows outward, grains of salt at its rim."""
    c.circle((600, 338), 256, c.p.paper, c.p.line, 8)
    c.circle((600, 338), 238, mix(c.p.paper, c.p.pale, 0.5), c.p.mid, 3)
    for ring in range(3):
        c.circle((600, 338), 82 + ring * 58, None, mix(c.p.pale, c.p.mid, 0.25), 2)
    for number in range(26):
        _hypha(c, chance, (600, 338), 360 / 26 * number, 96 + chance.random() * 30)
    for _ in range(90):
        at = around((600, 338), 40 + chance.random() * 170, chance.random() * 360)
        c.circle(at, 2.5 + chance.random() * 3, c.p.line if chance.random() < 0.6 else c.p.warm)
    c.circle((600, 338), 34, c.p.mid, c.p.line, 5)
    for _ in range(46):
        at = around((600, 338), 300 + abs(chance.gauss(0, 1)) * 110, chance.random() * 360)
        turn = chance.random() * 90
        c.polygon([around(at, 9, turn + 90 * d) for d in range(4)], mix(c.p.paper, c.ground_at(at[1]), 0.2), c.p.mid, 2)


def _hypha(
    c: Canvas, chance: Random, at: Point, heading: float, length: float, *, width: float = 5, depth: int = 3
) -> None:
    middle = around(at, length / 2, heading + chance.gauss(0, 1) * 5)
    end = around(middle, length / 2, heading + chance.gauss(0, 1) * 12)
    if math.dist(end, (600, 338)) > 226:
        return
    c.curve([at, middle, end], mix(c.p.line, c.p.mid, 1 - depth / 3), width)
    if depth:
        for turn in (-22, 20):
            _hypha(
                c,
                chance,
                end,
                heading + turn + chance.gauss(0, 1) * 6,
                length * 0.62,
                width=width * 0.66,
                depth=depth - 1,
            )


def leaf(c: Canvas, at: Point, heading: float, length: float, fill: Colour, *, width: float = 4) -> None:
    """A leaf from its stalk at `at`, with veins."""
    wide = length * 0.3

    def place(along: float, across: float) -> Point:
        far = around(at, along, heading)
        return around(far, across, heading + 90)

    shares = [i / 12 for i in range(13)]
    upper = [place(length * t, wide * math.sin(math.pi * t**0.8)) for t in shares]
    lower = [place(length * t, -wide * math.sin(math.pi * t**0.8)) for t in reversed(shares)]
    c.polygon([*upper, *lower], fill, c.p.line, width)
    c.line([place(0, 0), place(length * 0.94, 0)], c.p.line, width * 0.7)
    for t in (0.22, 0.38, 0.54, 0.7):
        reach = wide * math.sin(math.pi * t**0.8) * 0.72
        for side in (-1, 1):
            c.line([place(length * t, 0), place(length * (t + 0.13), side * reach)], c.p.line, width * 0.5)


def plantlets(c: Canvas, chance: Random) -> None:
    """Vessels on a shelf, each with its plantlet, one flooded."""
    for shelf in (566, 310):
        c.line([(0, shelf), (1200, shelf)], c.p.line, 8)
    for row, base in enumerate((560, 304)):
        for number in range(7):
            x = 84 + number * 172
            c.box((x - 58, base - 190), (116, 190), c.p.paper, None, 0, 22)
            if (number + row * 2) % 4 == 0:
                c.box((x - 55, base - 74), (110, 72), c.p.pale, None, 0, 18)
                c.wave((x - 54, base - 74), 108, 4, 40, c.p.mid, 4)
            else:
                c.box((x - 55, base - 26), (110, 24), c.p.pale, None, 0, 12)
            c.line([(x, base - 14), (x, base - 74)], c.p.line, 5)
            for side in (-1, 1):
                tilt = chance.random() * 16
                leaf(c, (x, base - 46), -90 + side * (52 + tilt), 62, c.p.mid, width=3)
                leaf(c, (x, base - 72), -90 + side * (24 + tilt), 70, mix(c.p.mid, c.p.pale, 0.45), width=3)
            c.box((x - 58, base - 190), (116, 190), None, c.p.line, 5, 22)
            c.box((x - 40, base - 208), (80, 22), c.p.mid, c.p.line, 4, 8)


def sprig(c: Canvas, _chance: Random) -> None:
    """A strawberry sprig in large: leaves, a flower, fruit."""
    c.curve([(600, 640), (596, 480), (560, 330), (470, 210)], c.p.line, 8)
    c.curve([(596, 500), (680, 380), (760, 300)], c.p.line, 7)
    c.curve([(598, 560), (510, 500), (420, 480)], c.p.line, 7)
    for heading in (180, 232, 284):
        leaf(c, (470, 212), heading, 170, mix(c.p.mid, c.p.pale, (heading - 180) / 160), width=5)
    for heading, length in ((150, 130), (196, 150)):
        leaf(c, (420, 480), heading, length, mix(c.p.pale, c.p.mid, 0.6), width=5)
    for d in range(5):
        c.circle(around((800, 210), 44, 72 * d - 18), 36, c.p.paper, c.p.line, 5)
    c.circle((800, 210), 27, c.p.warm, c.p.line, 5)
    c.curve([(760, 300), (786, 262), (796, 240)], c.p.line, 6)
    for x, y, size in ((790, 410, 1.2), (682, 520, 0.86)):
        c.curve([(x - 40, y - 110 * size), (x - 14, y - 96 * size), (x, y - 74 * size)], c.p.line, 6)
        body = [
            (x + 74 * size * math.sin(t) * (1 - 0.24 * (1 - math.cos(t))), y - 84 * size * math.cos(t) + 18 * size)
            for t in (i * math.pi / 18 for i in range(37))
        ]
        c.polygon(body, c.p.warm, c.p.line, 5)
        for row in range(4):
            for place in range(4 - row // 2):
                c.ellipse(
                    (x - 32 * size + place * 22 * size + (row % 2) * 11 * size, y - 30 * size + row * 30 * size),
                    3,
                    5,
                    c.p.line,
                )
        for turn in (-150, -120, -90, -60, -30):
            leaf(c, (x, y - 74 * size), turn + 180 if abs(turn + 90) > 70 else turn, 40 * size, c.p.mid, width=3)


def helix(c: Canvas, _chance: Random) -> None:
    """A double helix across the picture; three rungs are marked."""
    steps = 91
    xs = [-60 + i * 14.7 for i in range(steps)]
    phase = [i / 6.2 for i in range(steps)]
    marked = {30, 45, 61}
    for number in range(0, steps, 3):
        high = 338 + 150 * math.sin(phase[number])
        low = 338 - 150 * math.sin(phase[number])
        shade = c.p.warm if number in marked or number - 1 in marked or number + 1 in marked else c.p.mid
        c.line([(xs[number], high), (xs[number], low)], shade, 10 if shade == c.p.warm else 6)
        for y in (high, low):
            c.circle((xs[number], y), 9, c.p.paper, shade, 4)
    for sign in (1, -1):
        for part in range(steps - 1):
            front = math.cos(phase[part]) * sign > 0
            shade = c.p.line if front else mix(c.p.line, c.ground_at(338), 0.55)
            a, b = part, part + 1
            c.line(
                [(xs[a], 338 + sign * 150 * math.sin(phase[a])), (xs[b], 338 + sign * 150 * math.sin(phase[b]))],
                shade,
                11 if front else 7,
            )


def greenhouse(c: Canvas, chance: Random) -> None:
    """Arches of a greenhouse, plants in a row on a dripping line, the sun outside."""
    c.circle((930, 150), 50, c.p.warm)
    for number in range(12):
        c.line([around((930, 150), 68, 30 * number), around((930, 150), 90, 30 * number)], c.p.warm, 5)
    for number in range(3):
        x = 60 + number * 360
        arch = [(x, 570), (x, 330), *[around((x + 180, 330), 180, d, 0.78) for d in range(180, 361, 8)], (x + 360, 570)]
        c.polygon(arch, mix(c.p.paper, c.ground_at(400), 0.35))
    for number in range(3):
        x = 60 + number * 360
        arch = [(x, 570), (x, 330), *[around((x + 180, 330), 180, d, 0.78) for d in range(180, 361, 8)], (x + 360, 570)]
        c.line(arch, c.p.line, 6)
        for share in (0.33, 0.66):
            c.line([(x + 360 * share, 570), (x + 360 * share, 206)], mix(c.p.mid, c.p.paper, 0.4), 2)
    c.line([(0, 492), (1200, 492)], c.p.line, 6)
    for number in range(13):
        x = 60 + number * 90
        c.polygon([(x - 26, 572), (x - 21, 528), (x + 21, 528), (x + 26, 572)], c.p.pale, c.p.line, 4)
        tall = 96 + chance.random() * 60
        c.curve([(x, 528), (x + 5, 528 - tall / 2), (x, 528 - tall)], c.p.line, 4)
        for share in (0.35, 0.62, 0.9):
            side = 1 if (number + round(share * 10)) % 2 else -1
            leaf(c, (x + 2, 528 - tall * share), -90 + side * 62, 44, c.p.mid, width=2.5)
        c.line([(x + 30, 492), (x + 30, 504)], c.p.line, 4)
        c.ellipse((x + 30, 516), 4, 7, c.p.dark)
    c.line([(0, 574), (1200, 574)], c.p.line, 6)


def fruit(c: Canvas, chance: Random) -> None:
    """Fruit rolling under bands of light; what each band sees is drawn below."""
    for number in range(8):
        x = 276 + number * 82
        shade = mix(c.p.dark, c.p.warm, number / 7)
        c.polygon([(x + 20, 150), (x + 44, 150), (x + 92, 424), (x - 28, 424)], mix(shade, c.ground_at(250), 0.72))
        c.box((x, 96), (64, 54), shade, c.p.line, 4, 12)
    c.line([(0, 424), (1200, 424)], c.p.line, 7)
    for number in range(13):
        c.circle((20 + number * 97, 444), 15, c.p.paper, c.p.line, 4)
    for number in range(5):
        x = 150 + number * 225
        c.ellipse((x, 366), 74, 55, mix(c.p.warm, c.p.pale, chance.random() * 0.7), c.p.line, 5)
        c.curve([(x + 44, 330), (x + 62, 306), (x + 86, 300)], c.p.line, 5)
        c.arc((x - 14, 362), 38, 170, 240, c.p.paper, 5)
    for number in range(5):
        path = [
            (
                170 + number * 190 + i * 12,
                570 - (46 + chance.random() * 10) * math.exp(-(((i - 3 - number * 1.2) / 2.6) ** 2)),
            )
            for i in range(13)
        ]
        c.curve(path, c.p.mid if number % 2 else c.p.line, 4)


def plots(c: Canvas, chance: Random) -> None:
    """Fields from above with rows and a stream; one plot is traced to a square label."""
    bands = [(-40, 130), (130, 300), (300, 455), (455, 600), (600, 760)]
    for number, (top, bottom) in enumerate(bands):
        x = -60.0
        while x < 1260:
            wide = 120 + chance.random() * 130
            lean = 46
            shape = [
                (x + 4, bottom - 4),
                (x + lean + 4, top + 4),
                (x + wide + lean - 4, top + 4),
                (x + wide - 4, bottom - 4),
            ]
            fill = (
                mix(c.p.pale, c.p.mid, chance.random() * 0.75)
                if chance.random() < 0.86
                else mix(c.p.paper, c.p.pale, 0.45)
            )
            c.polygon(shape, fill)
            rows = int(wide // 24)
            for row in range(1, rows):
                a = x + wide * row / rows
                c.line([(a, bottom - 12), (a + lean, top + 12)], mix(fill, c.p.line, 0.3), 2.5)
            x += wide
        if number == 2:
            c.curve(
                [(-20, bottom), (300, bottom + 10), (600, bottom - 12), (900, bottom + 10), (1220, bottom - 6)],
                c.p.paper,
                26,
            )
            c.curve(
                [(-20, bottom), (300, bottom + 10), (600, bottom - 12), (900, bottom + 10), (1220, bottom - 6)],
                mix(c.p.mid, c.p.paper, 0.5),
                14,
            )
    c.box((470, 208), (260, 260), c.p.paper, c.p.line, 7, 26)
    cells = 9
    for column in range(cells):
        for row in range(cells):
            corner = (column < 3 and row < 3) or (column > 5 and row < 3) or (column < 3 and row > 5)
            if not corner and chance.random() < 0.5:
                c.box((498 + column * 23, 236 + row * 23), (21, 21), c.p.line, None, 0, 4)
    for column, row in ((0, 0), (6, 0), (0, 6)):
        x, y = 498 + column * 23, 236 + row * 23
        c.box((x, y), (65, 65), None, c.p.line, 11, 10)
        c.box((x + 22, y + 22), (21, 21), c.p.warm, None, 0, 4)
    for start, end in (((730, 300), (905, 200)), ((470, 380), (300, 500)), ((730, 420), (880, 530))):
        c.dashes(start, end, c.p.dark, 5, 20)
        c.circle(end, 15, c.p.warm, c.p.paper, 5)
