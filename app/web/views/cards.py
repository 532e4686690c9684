"""Cards: what the thing does and for whom, in one look."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from app.web.shell import Link
from app.web.views.basics import Badge, Fact, Picture

OFFERS = ("technology", "equipment", "patent", "service")


@dataclass(frozen=True)
class ListingCard:
    """Technology, equipment, a patent or a service on offer.

    `title` and `benefit` may be Markup with <mark> around found words. `language` is that of both. `also` says in how
    many other places the same is offered, and leads to where they are listed.
    """

    kind: str
    href: str
    title: str | Markup
    benefit: str | Markup = ""
    language: str = "vi"
    organisation: str = ""
    facts: Sequence[Fact] = ()
    badges: Sequence[Badge] = ()
    picture: Picture | None = None
    excerpt: str | Markup = ""
    also: Link | None = None


@dataclass(frozen=True)
class NeedCard:
    """A technology need: where they are today, where they want to be, what it may cost, how long it stays open.

    `language` is that of title and excerpt, `details_language` that of baseline and target when it is another.
    `organisation` is empty for an anonymous need. `matches` is how many offers fit; None leaves the line out.
    """

    href: str
    title: str | Markup
    baseline: str | Markup = ""
    target: str | Markup = ""
    language: str = "vi"
    organisation: str = ""
    facts: Sequence[Fact] = ()
    badges: Sequence[Badge] = ()
    days_left: str = ""
    matches: int | None = None
    excerpt: str | Markup = ""
    details_language: str = ""
    also: Link | None = None


@dataclass(frozen=True)
class OrganisationCard:
    """A member: name, type, place, how much it offers and seeks, how fast it answers."""

    href: str
    name: str
    type: str
    place: str = ""
    summary: str = ""
    facts: Sequence[Fact] = ()
    badges: Sequence[Badge] = ()
    logo: Picture | None = None


@dataclass(frozen=True)
class MatchRow:
    """One side of a match with the reasons, for and against, in words. `score` is 0 to 100."""

    kind: str
    href: str
    title: str
    score: int
    language: str = "vi"
    organisation: str = ""
    reasons_for: Sequence[str] = ()
    reasons_against: Sequence[str] = ()
    facts: Sequence[Fact] = field(default_factory=tuple)


@dataclass(frozen=True)
class HolderRow:
    """An organisation that fits a need: how well its offers together do, how many, the best by name, and why."""

    name: str
    href: str
    score: int
    count: int
    listings: Sequence[Link] = ()
    reasons_for: Sequence[str] = ()
    reasons_against: Sequence[str] = ()
