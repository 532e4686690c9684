"""Machines and small plants, close up."""

import math
from random import Random

from app.demo.canvas import Canvas, around, mix, smooth


def microwave(c: Canvas, chance: Random) -> None:
    """A round chamber with a turning tray of slices, and waves from both sides."""
    for side in (-1, 1):
        for number in range(5):
            y = 178 + number * 80
            c.wave((600 + side * 420 - 150, y), 300, 17, 58, mix(c.p.mid, c.ground_at(y), 0.15 + 0.2 * (number % 2)), 5)
    c.circle((600, 338), 254, c.p.paper, c.p.line, 8)
    c.circle((600, 338), 226, mix(c.p.pale, c.p.paper, 0.5), c.p.line, 3)
    for degrees in range(0, 360, 45):
        c.box(
            (around((600, 338), 240, degrees)[0] - 9, around((600, 338), 240, degrees)[1] - 9),
            (18, 18),
            c.p.line,
            None,
            0,
            5,
        )
    c.ellipse((600, 400), 178, 68, c.p.mid, c.p.line, 5)
    c.ellipse((600, 388), 178, 68, c.p.paper, c.p.line, 5)
    for ring, count in ((1, 6), (2, 11)):
        for number in range(count):
            at = around((600, 386), ring * 66, 360 / count * number + chance.random() * 10, 0.4)
            c.ellipse(at, 22, 9, mix(c.p.warm, c.p.paper, 0.2 + chance.random() * 0.4), c.p.line, 2.5)
    c.arrow([around((600, 396), 206, d, 0.42) for d in (150, 110, 70, 34)], c.p.dark, 5, 16)
    for number in range(3):
        c.curve(
            [(530 + number * 70, 330), (518 + number * 70, 290), (542 + number * 70, 250), (530 + number * 70, 206)],
            c.p.mid,
            5,
        )


def sankey(c: Canvas, chance: Random) -> None:
    """Where the heat of a firing goes: one broad stream that divides."""
    streams = [(0.42, 130.0, c.p.mid), (0.26, 300.0, c.p.warm), (0.16, 430.0, c.p.pale), (0.16, 545.0, c.p.line)]
    top = 150.0
    whole = 330.0
    for share, end, shade in streams:
        wide = whole * share
        upper = [(x, _ease(top, end, x)) for x in range(330, 901, 15)]
        lower = [(x, _ease(top + wide, end + wide * 0.8, x)) for x in range(900, 329, -15)]
        c.polygon([(-10, top), *upper, *lower, (-10, top + wide)], shade)
        middle = end + wide * 0.4
        c.polygon([(898, end - 14), (898, end + wide * 0.8 + 14), (942 + wide * 0.2, middle)], shade)
        c.line([(-10, top), *upper], mix(shade, c.p.dark, 0.2), 2)
        top += wide
    c.line([(330, 130), (330, 500)], c.p.dark, 6)
    for number in range(9):
        c.line([(316, 150 + number * 41), (344, 150 + number * 41)], c.p.dark, 4)
    for number in range(3):
        x = 90 + number * 76 + chance.random() * 4
        c.arrow([(x, 315), (x + 44, 315)], c.p.paper, 7, 18)


def _ease(start: float, end: float, x: float) -> float:
    share = (x - 330) / 570
    return start + (end - start) * (1 - math.cos(math.pi * share)) / 2


def rack(c: Canvas, chance: Random) -> None:
    """A bundle of heat pipes through a partition: smoke below, air above."""
    for number in range(5):
        y = 440 + number * 30
        c.arrow([(80, y), (180, y + 9), (290, y)], mix(c.p.warm, c.ground_at(y), 0.15 + chance.random() * 0.3), 6)
        c.arrow([(920, y), (1010, y + 9), (1110, y)], mix(c.p.mid, c.ground_at(y), 0.4), 6)
        y = 130 + number * 30
        c.arrow([(1110, y), (1010, y - 9), (920, y)], mix(c.p.mid, c.ground_at(y), 0.3), 6)
        c.arrow([(290, y), (190, y - 9), (80, y)], mix(c.p.warm, c.ground_at(y), 0.35), 6)
    c.box((310, 96), (580, 484), c.p.paper, c.p.line, 6, 18)
    for column in range(11):
        x = 350 + column * 50
        c.box((x - 13, 120), (26, 436), c.p.pale, c.p.line, 3, 13)
        for part in range(22):
            y = 142 + part * 18
            c.line([(x - 19, y), (x + 19, y)], mix(c.p.mid, c.p.warm, min(1, max(0, (y - 300) / 220))), 5)
    c.box((296, 322), (608, 34), c.p.mid, c.p.line, 5, 8)


def cooling(c: Canvas, chance: Random) -> None:
    """A cooling tower, its basin, and the loop that brings water back."""
    side = smooth([(380.0, 560.0), (420.0, 430.0), (444.0, 300.0), (438.0, 190.0), (414.0, 120.0)])
    mirrored = [(1000 - x, y) for x, y in reversed(side)]
    c.polygon([*side, *mirrored], c.p.paper, c.p.line, 7)
    for number in range(5):
        c.circle(
            (440 + number * 30 + chance.random() * 10, 84 - abs(number - 2) * 12),
            30 + chance.random() * 12,
            mix(c.p.paper, c.p.pale, 0.3 + 0.1 * number),
        )
    for row in range(6):
        y = 330 + row * 34
        c.dashes((456 - row * 6, y), (548 + row * 6, y), c.p.mid, 6, 16)
    c.box((350, 548), (300, 44), c.p.mid, c.p.line, 6, 12)
    c.line([(640, 570), (800, 570), (800, 430)], c.p.line, 14)
    for number in range(4):
        c.box((748 + number * 30, 250), (18, 170), c.p.mid if number % 2 else c.p.warm, c.p.line, 3, 5)
    c.box((728, 226), (150, 210), None, c.p.line, 6, 14)
    c.line([(800, 226), (800, 160), (520, 160)], c.p.line, 14)
    c.arrow([(760, 160), (640, 160), (560, 160)], c.p.paper, 5, 14)


def container(c: Canvas, chance: Random) -> None:
    """A pilot plant in an open container, joined by hoses to the works."""
    c.line([(0, 520), (230, 520), (300, 470)], c.p.line, 14)
    c.line([(900, 470), (980, 520), (1200, 520)], c.p.line, 14)
    c.box((290, 180), (620, 350), c.p.paper, c.p.line, 8, 8)
    for number in range(30):
        c.line([(304 + number * 20.4, 188), (304 + number * 20.4, 216)], c.p.mid, 5)
    for number in range(4):
        x = 330 + number * 142
        level = 300 + number * 26
        c.box((x, 250), (112, 236), mix(c.p.pale, c.p.paper, 0.6), None, 0, 20)
        c.box((x, level), (112, 486 - level), mix(c.p.mid, c.p.paper, number * 0.25), None, 0, 20)
        c.box((x, 250), (112, 236), None, c.p.line, 5, 20)
        for _ in range(7):
            c.circle(
                (x + 20 + chance.random() * 72, level + 16 + chance.random() * (440 - level)),
                4 + chance.random() * 5,
                c.p.paper,
            )
        if number < 3:
            c.line([(x + 112, 330 + number * 26), (x + 142, 330 + number * 26)], c.p.line, 9)
        c.circle((x + 56, 250), 16, c.p.warm if number == 2 else c.p.paper, c.p.line, 4)
    c.line([(270, 540), (930, 540)], c.p.line, 10)
    for x in (360, 420, 780, 840):
        c.circle((x, 566), 26, c.p.dark)
        c.circle((x, 566), 10, c.p.paper)


def mill(c: Canvas, chance: Random) -> None:
    """A tilted spindle over a carved relief on a turning table."""
    c.ellipse((600, 560), 300, 46, c.p.pale, c.p.line, 6)
    for step in range(11):
        y = 548 - step * 19
        half = 250 - 10 * step - 42 * math.sin(step * 0.75 + chance.random() * 0.05)
        c.polygon(
            [(600 - half, y), (600 + half, y), (600 + half - 7, y - 18), (600 - half + 7, y - 18)],
            mix(c.p.warm, c.p.paper, 0.25 + 0.05 * step),
            mix(c.p.line, c.p.warm, 0.3),
            3,
        )
    turn = -58.0
    tip = (640.0, 336.0)
    for near, far, half, fill in ((0, 46, 9, c.p.mid), (46, 96, 26, c.p.pale), (96, 250, 58, c.p.paper)):
        a, b = around(tip, near, turn), around(tip, far, turn)
        shape = [
            around(a, half, turn + 90),
            around(b, half, turn + 90),
            around(b, half, turn - 90),
            around(a, half, turn - 90),
        ]
        c.polygon(shape, fill, c.p.line, 6)
    for number in range(4):
        c.line(
            [
                around(around(tip, 120 + number * 28, turn), 40, turn + 90),
                around(around(tip, 120 + number * 28, turn), 40, turn - 90),
            ],
            c.p.mid,
            5,
        )
    c.arc((640, 336), 230, -100, -140, c.p.dark, 5)
    c.arc((600, 560), 340, 160, 200, c.p.dark, 5)
    for _ in range(22):
        at = (tip[0] - 30 + chance.gauss(0, 1) * 70, tip[1] - abs(chance.gauss(0, 1)) * 50)
        c.line([at, (at[0] + 12, at[1] - 8)], c.p.warm, 5)


def dosing(c: Canvas, chance: Random) -> None:
    """Four stock tanks, their channels into one main, and the two pairs of probes."""
    for number in range(4):
        x = 300 + number * 158
        level = 190 + number * 22 + chance.random() * 10
        c.box((x, 120), (120, 200), c.p.paper, None, 0, 16)
        c.box(
            (x, level),
            (120, 320 - level),
            mix(c.p.warm if number == 3 else c.p.mid, c.p.paper, 0.12 + number * 0.14),
            None,
            0,
            16,
        )
        c.box((x, 120), (120, 200), None, c.p.line, 6, 16)
        c.line([(x + 60, 320), (x + 60, 430)], c.p.line, 9)
        c.polygon(
            [(x + 40, 346), (x + 80, 346), (x + 66, 374), (x + 80, 402), (x + 40, 402), (x + 54, 374)],
            c.p.pale,
            c.p.line,
            5,
        )
    c.line([(0, 446), (1200, 446)], c.p.line, 40)
    c.line([(0, 446), (1200, 446)], mix(c.p.mid, c.p.paper, 0.45), 26)
    for number in range(9):
        c.arrow([(60 + number * 130, 446), (104 + number * 130, 446)], c.p.paper, 5, 13)
    for x in (430, 510, 700, 780):
        c.line([(x, 466), (x, 512)], c.p.line, 9)
        c.box((x - 30, 512), (60, 70), c.p.paper, c.p.line, 5, 12)
        c.wave((x - 17, 546), 34, 7, 17, c.p.warm if x < 600 else c.p.mid, 4)


def chamber(c: Canvas, chance: Random) -> None:
    """Painted panels in mist, each a little further gone, a scratch through each."""
    c.box((270, 96), (660, 484), c.p.paper, c.p.line, 8, 26)
    for number in range(6):
        x = 322 + number * 96
        shape = [(x, 520), (x + 72, 520), (x + 96, 200), (x + 24, 200)]
        c.polygon(shape, mix(c.p.mid, c.p.pale, number / 7), c.p.line, 5)
        c.line([(x + 38, 480), (x + 58, 240)], c.p.paper, 4)
        for _ in range(number * 9):
            t = chance.random()
            at = (x + 38 + 20 * t + chance.gauss(0, 1) * (3 + number * 2.4), 480 - 240 * t)
            c.circle(at, 2.5 + chance.random() * (1.6 + number), c.p.warm)
    c.line([(300, 530), (900, 530)], c.p.line, 8)
    for _ in range(80):
        at = (300 + chance.random() * 600, 120 + chance.random() * 80)
        c.circle(at, 2 + chance.random() * 4, mix(c.p.mid, c.p.paper, 0.3 + chance.random() * 0.4))
    c.line([(600, 60), (600, 132)], c.p.line, 12)
    c.polygon([(560, 132), (640, 132), (620, 158), (580, 158)], c.p.dark)
