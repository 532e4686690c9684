"""Instruments and what they show, close up."""

import itertools
import math
from random import Random

from app.demo.canvas import Canvas, around, mix


def steps(c: Canvas, chance: Random) -> None:
    """Humidity taken down in three steps while the weight falls; slices below the curve."""
    left, right, base = 230.0, 970.0, 500.0
    for row in range(5):
        c.line([(left, base - 84 * row), (right, base - 84 * row)], mix(c.p.pale, c.p.mid, 0.2), 2)
    levels = [(left, 176.0), (470.0, 176.0), (470.0, 296.0), (730.0, 296.0), (730.0, 404.0), (right, 404.0)]
    c.polygon([*levels, (right, base), (left, base)], mix(c.p.mid, c.ground_at(400), 0.55))
    c.line(levels, c.p.line, 8)
    weight = [(left + i * 9.25, 130 + 340 * (1 - math.exp(-i / 26))) for i in range(81)]
    c.line(weight, c.p.warm, 6)
    for x in (470, 730):
        c.dashes((x, 110), (x, base), c.p.line, 3, 16)
        nearest = min(weight, key=lambda point: abs(point[0] - x))
        c.circle(nearest, 12, c.p.warm, c.p.dark, 4)
    c.line([(left, 100), (left, base), (right + 20, base)], c.p.line, 6)
    for number in range(9):
        dry = number / 8
        at = (260 + number * 84, 552)
        c.ellipse(at, 32 - 9 * dry, 20 - 5 * dry, mix(c.p.warm, c.p.dark, 0.1 + 0.2 * dry), c.p.line, 3)
        c.ellipse(at, 9 - 3 * dry, 5 - 2 * dry, mix(c.p.warm, c.p.paper, 0.6 + chance.random() * 0.1))


def gauge(c: Canvas, chance: Random) -> None:
    """A dial that keeps to its band, with the gas valve and the fan it moves."""
    c.line([(0, 470), (330, 470)], c.p.line, 18)
    c.line([(870, 470), (1200, 470)], c.p.line, 18)
    c.circle((600, 338), 252, c.p.paper, c.p.line, 8)
    for degrees in range(150, 391, 12):
        long = degrees % 60 == 30
        c.line(
            [around((600, 338), 214, degrees), around((600, 338), 186 if long else 198, degrees)],
            c.p.line,
            6 if long else 3,
        )
    c.arc((600, 338), 158, 150, 390, c.p.pale, 24)
    c.arc((600, 338), 158, 252, 300, c.p.warm, 24)
    c.line([around((600, 338), 34, 96), around((600, 338), 176, 276 + chance.uniform(-6, 6))], c.p.dark, 11)
    c.circle((600, 338), 24, c.p.dark)
    c.wave((520, 474), 160, 15, 40, c.p.mid, 6)
    c.circle((250, 470), 58, c.p.paper, c.p.line, 6)
    c.polygon([(206, 440), (206, 500), (294, 440), (294, 500)], c.p.mid, c.p.line, 5)
    c.circle((950, 470), 66, c.p.paper, c.p.line, 6)
    for number in range(5):
        start = 72 * number
        c.curve([(950, 470), around((950, 470), 34, start), around((950, 470), 56, start + 34)], c.p.line, 8)
    c.circle((950, 470), 11, c.p.dark)


def probe(c: Canvas, chance: Random) -> None:
    """A probe through a flue wall, blown clean by a pulse of air."""
    c.box((-20, 470), (1240, 130), c.p.pale, None, 0, 0)
    for number in range(15):
        for row in range(2):
            c.box((-60 + number * 92 + row * 46, 478 + row * 60), (84, 52), c.p.mid, c.p.line, 3, 6)
    c.box((552, 470), (96, 130), c.p.paper, None, 0, 0)
    for _ in range(34):
        at = (chance.random() * 1200, 90 + chance.random() * 340)
        if abs(at[0] - 600) > 130 or at[1] < 130:
            c.circle(at, 4 + chance.random() * 8, mix(c.p.mid, c.ground_at(at[1]), 0.45))
    c.box((568, 190), (64, 390), c.p.paper, c.p.line, 6, 22)
    for number in range(6):
        c.line([(584, 228 + number * 26), (616, 228 + number * 26)], c.p.line, 5)
    c.box((540, 560), (120, 56), c.p.paper, c.p.line, 6, 12)
    c.circle((600, 588), 12, c.p.warm)
    c.line([(880, 640), (880, 300), (760, 300)], c.p.line, 16)
    c.polygon([(762, 276), (762, 324), (716, 312), (716, 288)], c.p.mid, c.p.line, 5)
    for number in range(-3, 4):
        c.arrow([(706, 300 + number * 6), (672, 300 + number * 15), (648, 300 + number * 27)], c.p.warm, 4, 12)


def handheld(c: Canvas, chance: Random) -> None:
    """A hand-held reader with sixteen wells and what it says."""
    c.box((370, 96), (460, 486), c.p.paper, c.p.line, 8, 44)
    c.box((410, 136), (380, 170), c.p.dark, None, 0, 18)
    for number in range(3):
        points = [
            (430 + i * 12, 286 - (110 - number * 26) / (1 + math.exp(-(i - 11 - number * 4) / 1.6))) for i in range(29)
        ]
        c.curve(points, (c.p.warm, c.p.mid, c.p.pale)[number], 6)
    for row in range(2):
        for column in range(8):
            at = (438 + column * 46, 380 + row * 56)
            shade = c.p.warm if chance.random() < 0.3 else c.p.mid
            c.circle(at, 19, c.p.pale, c.p.line, 4)
            c.circle(at, 11, shade)
    c.box((520, 506), (160, 40), c.p.pale, c.p.line, 5, 20)
    c.circle((600, 526), 8, c.p.dark)
    for side in (-1, 1):
        for number in range(3):
            start = 180 if side < 0 else 0
            c.arc(
                (600 + side * 240, 338),
                60 + number * 56,
                start - 38,
                start + 38,
                mix(c.p.mid, c.ground_at(338), 0.1 + number * 0.25),
                6,
            )


def fringes(c: Canvas, chance: Random) -> None:
    """Stripes of light thrown on a part, bent where it rises."""
    c.polygon([(600, 70), (250, 600), (950, 600)], mix(c.p.warm, c.ground_at(330), 0.86))
    for number in range(30):
        x = 290 + number * 21.4
        path = []
        for step in range(64):
            y = 150 + step * 7
            away = math.hypot((x - 600) / 190, (y - 370) / 150)
            rise = 1 / (1 + math.exp((away - 0.9) * 22)) + 0.7 / (1 + math.exp((away - 0.45) * 26))
            path.append((x - 10 + 24 * rise, y))
        c.line(path, c.p.line if number % 2 else c.p.mid, 6 if number % 2 else 5)
    for side in (-1, 1):
        x = 600 + side * (356 + chance.random() * 8)
        c.box((x - 46, 96), (92, 64), c.p.paper, c.p.line, 6, 14)
        c.circle((x, 128), 20, c.p.mid, c.p.line, 5)
        c.dashes((x - side * 30, 166), (600 + side * 120, 330), c.p.dark, 3, 18)
    c.box((548, 56), (104, 62), c.p.dark, None, 0, 14)
    c.circle((600, 92), 16, c.p.warm)


def stages(c: Canvas, chance: Random) -> None:
    """One bowl three times: points, mesh, finished."""
    for number, x in enumerate((300, 600, 900)):
        heights = [230 + 260 * i / 9 for i in range(10)]
        widths = [(max(32.0, 128 * (1 - ((y - 230) / 330) ** 2)), y) for y in heights]
        outline = [(x - w, y) for w, y in widths] + [(x + w, y) for w, y in reversed(widths)]
        if number == 0:
            for _ in range(260):
                w, y = widths[int(chance.random() * 9)]
                c.circle(
                    (x + chance.uniform(-w, w), y + chance.random() * 28),
                    3.2,
                    c.p.line if chance.random() < 0.6 else c.p.mid,
                )
        else:
            c.polygon(outline, c.p.paper if number == 1 else c.p.mid, c.p.line, 6)
        if number == 1:
            for (w0, y0), (w1, y1) in itertools.pairwise(widths):
                for share in (-1, -0.6, -0.2, 0.2, 0.6, 1):
                    c.line([(x + w0 * share, y0), (x + w1 * share, y1)], c.p.mid, 2.5)
                    if share < 1:
                        c.line([(x + w0 * share, y0), (x + w1 * (share + 0.4), y1)], c.p.mid, 2)
                c.line([(x - w1, y1), (x + w1, y1)], c.p.mid, 2.5)
            c.polygon(outline, None, c.p.line, 6)
        if number == 2:
            for y, height in ((300, 14), (340, 6), (356, 6)):
                half = 128 * (1 - ((y - 230) / 330) ** 2) - 5
                c.box((x - half, y), (half * 2, height), c.p.paper, None, 0, 3)
            c.curve([(x - 80, 262), (x - 76, 330), (x - 56, 420)], c.p.paper, 10)
        c.ellipse(
            (x, 230), 128, 19, c.p.pale if number == 2 else c.ground_at(230) if number == 0 else c.p.paper, c.p.line, 4
        )
        if number < 2:
            c.arrow([(x + 120, 556), (x + 180, 556)], c.p.warm, 7, 18)
    c.dots([(300, 556), (600, 556), (900, 556)], 11, c.p.dark)


def pole(c: Canvas, chance: Random) -> None:
    """A pole camera over lanes drawn in perspective, a bar of counts for each lane."""
    c.polygon([(430, 250), (770, 250), (1120, 690), (80, 690)], mix(c.p.line, c.ground_at(470), 0.75))
    for lane in range(5):
        a, b = 430 + lane * 85, 80 + lane * 260
        for part in range(6):
            t0, t1 = part / 6, part / 6 + 0.09
            c.line([(a + (b - a) * t, 250 + 440 * t) for t in (t0**1.5, t1**1.5)], c.p.paper, 3 + 3 * t0)
    for lane in range(4):
        for _ in range(7):
            t = chance.random() ** 0.8
            centre = 472 + lane * 85, 210 + lane * 260
            x, y = centre[0] + (centre[1] - centre[0]) * t**1.2, 262 + 420 * t**1.2
            size = 5 + 13 * t
            c.box((x - size * 0.6, y - size * 1.2), (size * 1.2, size * 2.4), c.p.dark, None, 0, size * 0.6)
            c.circle((x, y - size * 0.2), size * 0.62, c.p.warm if chance.random() < 0.25 else c.p.paper)
    c.line([(250, 690), (250, 130), (600, 130)], c.p.line, 15)
    c.box((566, 106), (118, 70), c.p.paper, c.p.line, 6, 16)
    c.circle((668, 142), 20, c.p.mid, c.p.line, 5)
    for lane in range(4):
        tall = 50 + chance.random() * 90
        c.box((800 + lane * 44, 250 - tall), (30, tall), c.p.warm if lane == 1 else c.p.mid, c.p.line, 4, 6)
    c.line([(784, 252), (986, 252)], c.p.line, 6)


def lens(c: Canvas, chance: Random) -> None:
    """A hand-held fundus camera before an eye."""
    for number in range(9):
        reach = 40 + number * 11
        c.line([(430, 338 - reach), (640, 338)], mix(c.p.warm, c.ground_at(338), 0.45), 2)
        c.line([(430, 338 + reach), (640, 338)], mix(c.p.warm, c.ground_at(338), 0.45), 2)
    c.circle((360, 338), 190, c.p.paper, c.p.line, 7)
    c.arc((360, 338), 176, 120, 240, mix(c.p.warm, c.p.paper, 0.2), 20)
    c.ellipse((520, 338), 34, 92, c.p.mid, c.p.line, 6)
    c.ellipse((530, 338), 16, 44, c.p.dark)
    for number in range(6):
        turn = 120 + number * 24 + chance.random() * 6
        c.curve(
            [around((360, 338), 168, turn), around((360, 338), 148, turn + 6), around((360, 338), 122, turn + 2)],
            c.p.line,
            4,
        )
    for number, (x, half) in enumerate(((640, 70), (690, 92), (752, 110))):
        c.box((x, 338 - half), (58, half * 2), c.p.pale if number % 2 else c.p.paper, c.p.line, 6, 14)
    c.box((800, 200), (130, 276), c.p.paper, c.p.line, 7, 30)
    c.box((830, 470), (72, 130), c.p.pale, c.p.line, 6, 22)
    c.box((826, 236), (78, 96), c.p.dark, None, 0, 12)
    c.circle((865, 284), 28, mix(c.p.warm, c.p.paper, 0.2))
    c.circle((877, 280), 6, c.p.paper)
