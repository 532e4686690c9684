"""Machines, parts and materials."""

import math
from random import Random

from app.demo.canvas import Canvas, Point, around, mix, smooth


def inspection(c: Canvas, chance: Random) -> None:
    """Boards on a line under a camera; one fault is found."""
    for number in range(4):
        x = -30 + number * 330
        c.polygon(
            [(x, 520), (x + 70, 400), (x + 360, 400), (x + 290, 520)],
            c.p.paper if number % 2 else c.p.pale,
            c.p.line,
            5,
        )
        for grain in range(6):
            y = 412 + grain * 18
            lean = x + 70 - (y - 400) * 70 / 120
            c.curve(
                [(lean + 16, y), (lean + 100, y + 5 * math.sin(grain + number)), (lean + 190, y - 4), (lean + 272, y)],
                mix(c.p.mid, c.p.paper, 0.35),
                2.5,
            )
    c.polygon([(600, 236), (372, 520), (712, 520)], mix(c.p.warm, c.ground_at(380), 0.72))
    for number in range(4):
        x = -30 + number * 330
        c.line([(x, 520), (x + 290, 520)], c.p.line, 5)
    c.box((520, 100), (160, 104), c.p.paper, c.p.line, 6, 18)
    c.box((570, 200), (60, 40), c.p.pale, c.p.line, 5, 8)
    c.circle((600, 152), 28, c.p.mid, c.p.line, 5)
    c.circle((600, 152), 11, c.p.dark)
    c.line([(600, 60), (600, 100)], c.p.line, 12)
    c.line([(0, 60), (1200, 60)], c.p.line, 12)
    for side in (-1, 1):
        c.polygon(
            [(600 + side * 190, 330), (600 + side * 290, 300), (600 + side * 300, 330), (600 + side * 200, 360)],
            c.p.warm,
            c.p.line,
            4,
        )
    c.curve([(560, 452), (590, 468), (640, 446)], c.p.dark, 6)
    c.box((530, 424), (142, 66), None, c.p.dark, 6, 8)
    c.line([(0, 536), (1200, 536)], c.p.line, 8)
    for number in range(16):
        c.circle((30 + number * 78 + chance.random(), 562), 18, c.p.paper, c.p.line, 5)


def pot(c: Canvas, chance: Random) -> None:
    """A pot as a mesh on a turntable, cameras on an orbit around it."""
    profile = [
        (0.0, 66.0),
        (30.0, 98.0),
        (90.0, 148.0),
        (170.0, 172.0),
        (250.0, 142.0),
        (310.0, 84.0),
        (350.0, 56.0),
        (392.0, 62.0),
        (410.0, 76.0),
    ]
    base, middle = 548.0, 600.0
    fine = smooth(profile)

    def radius(height: float) -> float:
        return min(fine, key=lambda point: abs(point[0] - height))[1]

    heights = [410 * i / 40 for i in range(41)]
    c.ellipse((middle, base + 6), 236, 46, c.p.pale, c.p.line, 5)
    outline = [(middle + radius(h), base - h) for h in heights] + [
        (middle - radius(h), base - h) for h in reversed(heights)
    ]
    c.polygon(outline, c.p.paper)
    lit = [(middle + radius(h), base - h) for h in heights] + [
        (middle + radius(h) * 0.25, base - h) for h in reversed(heights)
    ]
    c.polygon(lit, mix(c.p.pale, c.p.paper, 0.25))
    for h in range(0, 411, 34):
        c.line(
            [around((middle, base - h), radius(h), d, 0.16) for d in range(0, 181, 10)],
            mix(c.p.mid, c.p.line, 0.25),
            2.5,
        )
    for degrees in range(0, 181, 18):
        share = math.cos(math.radians(degrees))
        lift = 0.16 * math.sin(math.radians(degrees))
        c.line(
            [(middle + radius(h) * share, base - h + radius(h) * lift) for h in heights],
            mix(c.p.mid, c.p.line, 0.25),
            2.5,
        )
    c.line([*outline, outline[0]], c.p.line, 6)
    c.ellipse((middle, base - 410), 76, 13, c.p.dark, c.p.line, 4)
    for orbit, flat in ((380, 0.3), (470, 0.42)):
        c.line(
            [around((middle, 350), orbit, d, flat) for d in range(150, 391, 5)], mix(c.p.mid, c.ground_at(400), 0.35), 3
        )
        for number in range(5):
            at = around((middle, 350), orbit, 160 + number * 55 + chance.random() * 8, flat)
            if abs(at[0] - middle) > 200:
                c.box((at[0] - 24, at[1] - 17), (48, 34), c.p.paper, c.p.line, 4, 8)
                c.circle(at, 10, c.p.warm, c.p.line, 4)


def lamp(c: Canvas, chance: Random) -> None:
    """Three ceramic parts and the lamps they make."""
    for number, x in enumerate((290, 600, 910)):
        tall = 150 + (number % 2) * 70
        for ring in range(4):
            c.circle((x, 430 - tall * 0.6), 150 - ring * 26, mix(c.ground_at(340), c.p.warm, 0.05 + 0.05 * ring))
    for number, x in enumerate((290, 600, 910)):
        parts = (3, 4, 2)[number]
        y = 560.0
        for part in range(parts):
            half, high = (92, 84) if part % 2 == 0 else (64, 66)
            dome: list[Point] = [
                (x - half, y),
                *[around((x, y - 18), half, d, high / half) for d in range(190, 351, 8)],
                (x + half, y),
            ]
            c.polygon(dome, c.p.paper if part % 2 else c.p.pale, c.p.line, 6)
            for slot in range(-2, 3):
                c.box((x + slot * half * 0.32 - 6, y - 62), (12, 34), c.p.warm, None, 0, 6)
            y -= high + 4
        c.line([(x, y - 6), (x, 0)], c.p.line, 4)
        c.circle((x, y), 12 + chance.random(), c.p.dark)
    c.line([(0, 566), (1200, 566)], c.p.line, 6)


def bearing(c: Canvas, chance: Random) -> None:
    """A bearing with its balls, the sensor on it, and the spectrum it gives."""
    for number in range(46):
        x = 30 + number * 25
        tall = 26 + 22 * chance.random()
        if number % 9 == 4:
            tall = 150 - number * 1.4
        shade = c.p.warm if number % 9 == 4 else mix(c.p.mid, c.ground_at(580), 0.45)
        c.box((x, 612 - tall), (14, tall), shade, None, 0, 5)
    centre = (600, 350)
    c.circle(centre, 208, c.p.paper, c.p.line, 7)
    c.circle(centre, 164, mix(c.p.pale, c.p.paper, 0.3), c.p.line, 5)
    for number in range(10):
        at = around(centre, 132, 36 * number + 8)
        c.circle(at, 30, c.p.pale if number != 7 else c.p.warm, c.p.line, 5)
        c.arc(at, 18, 190, 260, c.p.paper, 4)
    c.circle(centre, 100, c.p.paper, c.p.line, 5)
    c.circle(centre, 64, c.ground_at(350), c.p.line, 6)
    c.box((586, 276), (28, 24), c.p.paper, None, 0, 0)
    c.line([(586, 289), (586, 304), (614, 304), (614, 289)], c.p.line, 6)
    for number in range(3):
        c.arc((600, 122), 36 + number * 22, 205, 335, mix(c.p.line, c.ground_at(90), number * 0.28), 6)
    c.box((560, 104), (80, 46), c.p.dark, None, 0, 12)
    c.wave((40, 330), 310, 26, 46, mix(c.p.mid, c.ground_at(300), 0.2), 5)
    c.wave((852, 330), 310, 12, 30, mix(c.p.mid, c.ground_at(300), 0.2), 5)


def gantry(c: Canvas, chance: Random) -> None:
    """A gantry with its tool over a piece that grows in layers."""
    c.line([(250, 590), (250, 110), (950, 110), (950, 590)], c.p.line, 18)
    c.line([(250, 180), (950, 180)], c.p.line, 10)
    c.line([(250, 204), (950, 204)], c.p.mid, 5)
    at = 560 + round(chance.random() * 110)
    c.box((at - 52, 150), (104, 120), c.p.paper, c.p.line, 6, 14)
    c.polygon([(at - 24, 270), (at + 24, 270), (at + 8, 318), (at - 8, 318)], c.p.pale, c.p.line, 5)
    layers = 15
    for number in range(layers):
        share = number / layers
        half = 150 + 34 * math.sin(share * math.pi * 1.6 + 0.4) - 46 * share
        y = 560 - number * 15
        fill = mix(c.p.mid, c.p.pale, 0.25 + 0.5 * (number % 2))
        c.box((600 - half, y), (half * 2, 13), fill, mix(c.p.line, fill, 0.2), 2, 6)
    c.line([(at, 318), (at, 346)], c.p.warm, 7)
    c.circle((at, 347), 9, c.p.warm)
    c.line([(200, 580), (1000, 580)], c.p.line, 9)
    for number in range(26):
        c.line([(216 + number * 30, 598), (216 + number * 30, 598 + (16 if number % 5 else 28))], c.p.mid, 3)


def grains(c: Canvas, chance: Random) -> None:
    """Grains of a metal under the microscope, with a crack between them."""
    wide, tall = 92, 80
    points: dict[tuple[int, int], Point] = {}
    for column in range(-1, 16):
        for row in range(-1, 22):
            shift = wide / 2 if row % 2 else 0
            points[column, row] = (
                column * wide + shift + chance.gauss(0, 1) * 11,
                row * tall / 2 + chance.gauss(0, 1) * 9,
            )
    for column in range(14):
        for row in range(0, 19, 2):
            shape = [points[column, row], points[column, row + 1], points[column, row + 2], points[column - 1, row + 1]]
            c.polygon(shape, mix(c.p.paper, c.p.mid, chance.random() * 0.6), mix(c.p.line, c.p.mid, 0.4), 3)
    for column in range(14):
        for row in range(1, 19, 2):
            shape = [points[column, row], points[column + 1, row + 1], points[column, row + 2], points[column, row + 1]]
            c.polygon(shape, mix(c.p.paper, c.p.pale, chance.random()), mix(c.p.line, c.p.mid, 0.4), 3)
    crack = [
        points[8, 0],
        points[7, 1],
        points[7, 2],
        points[7, 3],
        points[6, 3],
        points[6, 4],
        points[6, 5],
        points[6, 6],
        points[6, 7],
        points[5, 7],
        points[5, 8],
        points[5, 9],
        points[5, 10],
        points[5, 11],
    ]
    for width, shade in ((20, c.p.dark), (9, c.p.warm)):
        c.line(crack, shade, width)
    c.circle((600, 338), 230, None, c.p.dark, 9)
    c.line([around((600, 338), 234, 45), around((600, 338), 400, 45)], c.p.dark, 30)


def circuit(c: Canvas, chance: Random) -> None:
    """A board: a chip in the middle, traces that turn at 45 degrees, a few lamps lit."""
    for side in range(4):
        for number in range(9):
            offset = (number - 4) * 24
            run, far = 60.0 + abs(number - 4) * 14, 180 + chance.random() * 230
            bend = 0.0 if number == 4 else (46.0 + abs(number - 4) * 16) * (1 if number > 4 else -1)
            way = 1 if side < 2 else -1
            path: list[Point]
            x: float
            y: float
            if side % 2 == 0:
                x = 600 + way * (130 + run)
                y = 338 + offset + bend
                path = [(600 + way * 130, 338 + offset), (x, 338 + offset)]
                path += [(x + way * abs(bend), y), (x + way * (abs(bend) + far), y)]
            else:
                x = 600 + offset + bend
                y = 338 + way * (130 + run * 0.4)
                path = [(600 + offset, 338 + way * 130), (600 + offset, y)]
                path += [(x, y + way * abs(bend)), (x, y + way * (abs(bend) + far * 0.3))]
            c.line(path, c.p.mid, 5)
            c.circle(path[-1], 10, c.p.warm if chance.random() < 0.2 else c.p.paper, c.p.line, 4)
    for number in range(9):
        offset = (number - 4) * 24
        for way in (-1, 1):
            c.line([(600 + way * 108, 338 + offset), (600 + way * 136, 338 + offset)], c.p.line, 9)
            c.line([(600 + offset, 338 + way * 108), (600 + offset, 338 + way * 136)], c.p.line, 9)
    c.box((488, 226), (224, 224), c.p.paper, c.p.line, 7, 20)
    c.box((530, 268), (140, 140), c.p.pale, c.p.line, 4, 10)
    c.circle((512, 250), 8, c.p.dark)
    c.wave((545, 338), 112, 30, 56, c.p.line, 6)


def mat(c: Canvas, chance: Random) -> None:
    """Layers of a mat lifted off one another, with its bumps on top."""

    def at(u: float, v: float, height: float) -> Point:
        return 600 + (u - v) * 2.1, 345 + (u + v) * 0.86 - height

    for layer, (height, fill) in enumerate(((-80, c.p.dark), (0, c.p.mid), (90, c.p.paper))):
        corners = [at(-100, -100, height), at(100, -100, height), at(100, 100, height), at(-100, 100, height)]
        thick = 26
        for a, b in ((1, 2), (2, 3)):
            low = [(x, y + thick) for x, y in (corners[b], corners[a])]
            c.polygon([corners[a], corners[b], *low], mix(fill, c.p.line, 0.25 if a == 1 else 0.45), c.p.line, 4)
        c.polygon(corners, fill, c.p.line, 5)
        if layer == 1:
            for _ in range(120):
                c.circle(
                    at(chance.uniform(-92, 92), chance.uniform(-92, 92), height),
                    2 + chance.random() * 3,
                    mix(c.p.dark, fill, 0.3),
                )
        if layer == 2:
            for u in range(-84, 85, 24):
                for v in range(-84, 85, 24):
                    x, y = at(u, v, height)
                    c.ellipse((x, y), 15, 7, c.p.pale, c.p.line, 2.5)
                    c.ellipse((x, y - 4), 9, 4, c.p.mid)
    for corner in ((-100, 100), (100, 100), (100, -100)):
        c.dashes(at(*corner, 60), at(*corner, -80), c.p.dark, 3, 12)
