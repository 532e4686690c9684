"""Small pieces that many parts are made of."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from app.i18n import _
from app.i18n.formats import format_ago, format_date
from app.web.shell import Link

Tone = Literal["plain", "good", "info", "warn", "bad", "supply", "need"]

__all__ = ["Badge", "Fact", "Link", "Picture", "Tone", "trust_badges"]


@dataclass(frozen=True)
class Badge:
    """A short remark with a sign before it. The words say everything; tone and sign only help the eye."""

    text: str
    tone: Tone = "plain"
    icon: str = ""


@dataclass(frozen=True)
class Fact:
    """One fact of a line of facts: what is read, and for whom cannot see the row, what it is a fact of."""

    text: str
    label: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Picture:
    """A photograph in its sizes. `alt` says what is to be seen; width and height are those of `src`, in pixels."""

    src: str
    alt: str
    width: int
    height: int
    srcset: str = ""


def trust_badges(
    *,
    verified: bool,
    confirmed_at: datetime | date | None,
    overdue: bool = False,
    exchange: str = "",
    now: datetime,
) -> tuple[Badge, ...]:
    """The line of trust under a card: verified, last confirmed by its owner (or overdue), source exchange."""
    badges = []
    if verified:
        badges.append(Badge(_("Đã xác minh"), "good", "verified"))
    if exchange:
        badges.append(Badge(_("Từ %(exchange)s", exchange=exchange), "plain", "exchange"))
    elif overdue and confirmed_at is not None:
        when = format_ago(confirmed_at, now)
        badges.append(Badge(_("Xác nhận lần cuối %(when)s", when=when), "warn", "clock"))
    elif confirmed_at is not None:
        badges.append(Badge(_("Xác nhận %(date)s", date=format_date(confirmed_at)), "plain", "check"))
    return tuple(badges)
