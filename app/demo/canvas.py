"""A drawing board of 1200 × 675: shapes in whole units, drawn at twice the size and scaled down, so edges are smooth.

The middle of a picture must stand on its own: cards crop to 16:7 and rows to a square, so subjects keep to the box
from (270, 85) to (930, 590), and only what may be lost reaches further.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

WIDTH: Final = 1200
HEIGHT: Final = 675
_SCALE: Final = 2

Colour = tuple[int, int, int]
Point = tuple[float, float]


def colour(text: str) -> Colour:
    """#0b6b5d as three numbers of 0–255."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`share` (0–1) of the second colour over the first."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


@dataclass(frozen=True, slots=True)
class Palette:
    """`ground` runs from top to bottom; `line` draws, `dark` stresses; `mid`, `pale`, `paper` fill; `warm` is heat."""

    ground: tuple[Colour, Colour]
    paper: Colour
    pale: Colour
    mid: Colour
    line: Colour
    dark: Colour
    warm: Colour


class Canvas:
    """The board and its palette. Widths and coordinates are in units of the finished picture."""

    def __init__(self, palette: Palette) -> None:
        self.p = palette
        self._image = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE))
        self._draw = ImageDraw.Draw(self._image)
        top, bottom = palette.ground
        for row in range(HEIGHT * _SCALE):
            shade = mix(top, bottom, row / (HEIGHT * _SCALE))
            self._draw.line([(0, row), (WIDTH * _SCALE, row)], fill=shade)

    def finished(self) -> Image.Image:
        """The picture in its final size."""
        return self._image.reduce(_SCALE)

    def ground_at(self, y: float) -> Colour:
        """The colour of the empty ground at that height."""
        return mix(*self.p.ground, min(max(y / HEIGHT, 0), 1))

    def line(self, points: Sequence[Point], fill: Colour | None = None, width: float = 4) -> None:
        """A line through points, with round joints and ends."""
        ink = fill or self.p.line
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        thick = max(1, round(width * _SCALE))
        self._draw.line(scaled, fill=ink, width=thick, joint="curve")
        half = thick / 2
        if thick > 3:
            for x, y in (scaled[0], scaled[-1]):
                self._draw.ellipse((x - half, y - half, x + half, y + half), fill=ink)

    def dashes(self, start: Point, end: Point, fill: Colour | None = None, width: float = 3, step: float = 18) -> None:
        """A straight dashed line."""
        length = math.dist(start, end)
        count = max(1, int(length // step))
        for number in range(count):
            a, b = number / count, (number + 0.55) / count
            self.line([_between(start, end, a), _between(start, end, b)], fill, width)

    def curve(self, points: Sequence[Point], fill: Colour | None = None, width: float = 4) -> None:
        """A smooth line through points (Catmull–Rom)."""
        self.line(smooth(points), fill, width)

    def arrow(self, points: Sequence[Point], fill: Colour | None = None, width: float = 4, head: float = 15) -> None:
        """A smooth line with a point at its end."""
        path = smooth(points) if len(points) > 2 else list(points)
        self.line(path, fill, width)
        (x0, y0), (x1, y1) = path[max(-4, -len(path))], path[-1]
        turn = math.atan2(y1 - y0, x1 - x0)
        wings = [(x1 - head * math.cos(turn + d), y1 - head * math.sin(turn + d)) for d in (0.5, -0.5)]
        self.line([wings[0], (x1, y1), wings[1]], fill, width)

    def polygon(
        self, points: Sequence[Point], fill: Colour | None, edge: Colour | None = None, width: float = 4
    ) -> None:
        """A filled shape; with `edge`, outlined."""
        if fill is not None:
            self._draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=fill)
        if edge is not None:
            self.line([*points, points[0]], edge, width)

    def circle(
        self, centre: Point, radius: float, fill: Colour | None, edge: Colour | None = None, width: float = 4
    ) -> None:
        self.ellipse(centre, radius, radius, fill, edge, width)

    def ellipse(  # noqa: PLR0917 - figures in a row, as one draws
        self, centre: Point, rx: float, ry: float, fill: Colour | None, edge: Colour | None = None, width: float = 4
    ) -> None:
        x, y = centre
        box = ((x - rx) * _SCALE, (y - ry) * _SCALE, (x + rx) * _SCALE, (y + ry) * _SCALE)
        if edge is None:
            self._draw.ellipse(box, fill=fill)
        else:
            self._draw.ellipse(box, fill=fill, outline=edge, width=round(width * _SCALE))

    def arc(  # noqa: PLR0917 - figures in a row, as one draws
        self, centre: Point, radius: float, start: float, end: float, fill: Colour | None = None, width: float = 4
    ) -> None:
        """Part of a circle, in degrees clockwise from three o'clock."""
        steps = max(6, int(abs(end - start) / 4))
        self.line([around(centre, radius, start + (end - start) * i / steps) for i in range(steps + 1)], fill, width)

    def box(  # noqa: PLR0917 - figures in a row, as one draws
        self,
        corner: Point,
        size: tuple[float, float],
        fill: Colour | None,
        edge: Colour | None = None,
        width: float = 4,
        round_by: float = 10,
    ) -> None:
        """A rectangle with rounded corners, by its upper left corner."""
        (x, y), (w, h) = corner, size
        self._draw.rounded_rectangle(
            (x * _SCALE, y * _SCALE, (x + w) * _SCALE, (y + h) * _SCALE),
            radius=round_by * _SCALE,
            fill=fill,
            outline=edge,
            width=round(width * _SCALE) if edge else 0,
        )

    def dots(self, points: Iterable[Point], radius: float, fill: Colour) -> None:
        for point in points:
            self.circle(point, radius, fill)

    def wave(  # noqa: PLR0917 - figures in a row, as one draws
        self, start: Point, length: float, height: float, period: float, fill: Colour | None = None, width: float = 4
    ) -> None:
        """A level sine wave."""
        x0, y0 = start
        steps = max(8, int(length / 6))
        path = [
            (x0 + length * i / steps, y0 + height * math.sin(2 * math.pi * length * i / steps / period))
            for i in range(steps + 1)
        ]
        self.line(path, fill, width)


def around(centre: Point, radius: float, degrees: float, flat: float = 1) -> Point:
    """The point on a circle (an ellipse when `flat` is not 1), degrees clockwise from three o'clock."""
    turn = math.radians(degrees)
    return centre[0] + radius * math.cos(turn), centre[1] + radius * flat * math.sin(turn)


def smooth(points: Sequence[Point], parts: int = 14) -> list[Point]:
    """Points of a Catmull–Rom spline through `points`."""
    if len(points) < 3:
        return list(points)
    padded = [points[0], *points, points[-1]]
    path: list[Point] = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        path += [
            (_spline(a[0], b[0], c[0], d[0], i / parts), _spline(a[1], b[1], c[1], d[1], i / parts))
            for i in range(parts)
        ]
    return [*path, points[-1]]


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
