"""Small plots as SVG: bars in groups, readable in light and dark, printed and zoomed.

Colours follow the reader's scheme inside the picture itself, so that it also works as an <img>. Every value is written
above its bar, and bars stand in the order of their names: colour alone says nothing.
"""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

_WIDTH: Final = 720
_HEIGHT: Final = 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 62, 46
_STYLE: Final = """
  text { font: 13px "Be Vietnam Pro", "Segoe UI", Roboto, Helvetica, Arial, sans-serif; fill: #24312d }
  .title { font-size: 15px; font-weight: 600 }
  .soft { fill: #56655f }
  .ground { fill: #ffffff }
  .grid { stroke: #dbe3df; stroke-width: 1 }
  .c0 { fill: #0a6b57 } .c1 { fill: #b0480a } .c2 { fill: #2f5fa8 } .c3 { fill: #7a3f8f }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4ece8 }
    .soft { fill: #a9b8b2 }
    .ground { fill: #161f1c }
    .grid { stroke: #33413c }
    .c0 { fill: #5cc9ae } .c1 { fill: #f0a067 } .c2 { fill: #8db4f0 } .c3 { fill: #cf9be0 }
  }
"""

Bars = Mapping[str, Mapping[str, float]]


def bars(title: str, groups: Bars, *, up: str) -> str:
    """Bars in groups, from zero up.

    Args:
        groups: heights by the bar's name, by the group's name; the same at most four names in every group.
        up: what the heights are.
    """
    names = list(next(iter(groups.values())))
    top = _round_up(max(value for group in groups.values() for value in group.values()))
    room = (_WIDTH - _LEFT - _RIGHT) / len(groups)
    wide = room * 0.8 / len(names)
    drawn = [*_frame(title, names, top, up)]
    for place, (group, values) in enumerate(groups.items()):
        start = _LEFT + room * (place + 0.1)
        drawn.append(_text(start + room * 0.4, _HEIGHT - 24, group, anchor="middle"))
        for number, name in enumerate(names):
            x, y = start + wide * number, _up(values[name], top)
            drawn.append(
                f'<rect class="c{number}" x="{x + 2:.1f}" y="{y:.1f}" width="{wide - 4:.1f}" '
                f'height="{_HEIGHT - _BOTTOM - y:.1f}"/>'
            )
            drawn.append(_text(x + wide / 2, y - 6, _number(values[name]), anchor="middle"))
    return _picture(title, drawn)


def _frame(title: str, names: Sequence[str], top: float, up: str) -> list[str]:
    """Title, names of the series with their marks, horizontal lines with their values."""
    drawn = [f'<rect class="ground" width="{_WIDTH}" height="{_HEIGHT}"/>', _text(16, 24, title, kind="title")]
    x = float(_LEFT)
    for number, name in enumerate(names):
        drawn.append(f'<rect class="c{number}" x="{x:.0f}" y="36" width="14" height="14" rx="2"/>')
        drawn.append(_text(x + 20, 48, name))
        x += 44 + 7.2 * len(name)
    for part in range(5):
        y = _up(top * part / 4, top)
        drawn.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>')
        drawn.append(_text(_LEFT - 8, y + 4, _number(top * part / 4), anchor="end", kind="soft"))
    drawn.append(_text(_WIDTH - _RIGHT, 24, up, anchor="end", kind="soft"))
    return drawn


def _up(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - value / top * (_HEIGHT - _TOP - _BOTTOM)


def _round_up(value: float) -> float:
    """The end of an axis whose quarters are round, with room for a number above the highest bar."""
    wanted = max(value, 1e-9) * 1.1
    power = float(10 ** math.floor(math.log10(wanted)))
    return next(step * power for step in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10, 12) if step * power >= wanted)


def _number(value: float) -> str:
    if value >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "") -> str:
    wanted = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{wanted}>{escape(words)}</text>'


def _picture(title: str, drawn: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(title, quote=True)}">'
    )
    return "\n".join([head, f"<style>{_STYLE}</style>", *drawn, "</svg>", ""])
