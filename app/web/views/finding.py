"""What searching needs: facets, active filters, pages of results."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FacetOption:
    """One value of a facet; `count` is how many results it would leave, None when that is not known.

    `note` stands small beside it; `words` are its names, folded, where typing finds it.
    """

    value: str
    label: str
    count: int | None = None
    selected: bool = False
    note: str = ""
    words: str = ""


@dataclass(frozen=True)
class Facet:
    """A group of filters that share one parameter of the address.

    `single` lets only one be chosen; `findable` gives a box to type into that narrows the list; `groups` are options
    under headings, shown so behind “more”.
    """

    name: str
    label: str
    options: Sequence[FacetOption]
    single: bool = False
    shown: int = 6
    open: bool = True
    findable: bool = False
    groups: Sequence[tuple[str, Sequence[FacetOption]]] = ()

    @property
    def first(self) -> Sequence[FacetOption]:
        """Those shown at once: the chosen ones and as many of the others as fit."""
        chosen = [option for option in self.options if option.selected]
        others = [option for option in self.options if not option.selected]
        return [*chosen, *others[: max(0, self.shown - len(chosen))]]

    @property
    def rest_groups(self) -> Sequence[tuple[str, Sequence[FacetOption]]]:
        """Those behind “more” under their headings; one group without a heading where there are none."""
        rest = {option.value for option in self.rest}
        if not self.groups:
            return [("", self.rest)]
        kept = [(title, [one for one in options if one.value in rest]) for title, options in self.groups]
        return [(title, options) for title, options in kept if options]

    @property
    def rest(self) -> Sequence[FacetOption]:
        """Those behind “more”."""
        first = {option.value for option in self.first}
        return [option for option in self.options if option.value not in first]


@dataclass(frozen=True)
class Chip:
    """A filter in force; `href` is the same page without it."""

    label: str
    href: str


@dataclass(frozen=True)
class PageLink:
    """A numbered page, or a gap when `href` is empty and it is not the current one."""

    number: int
    href: str
    current: bool = False


@dataclass(frozen=True)
class Pagination:
    """Where in a list the reader is."""

    page: int
    pages: int
    total: int
    links: Sequence[PageLink]
    previous: str = ""
    next: str = ""


def paginate(
    *, page: int, per_page: int, total: int, href: Callable[[int], str], last: int | None = None
) -> Pagination:
    """Links to the first, the last and the pages around `page` (counted from 1).

    `href(number)` gives a page's address; `last` caps how deep a list may be paged.
    """
    pages = max(1, -(-total // per_page))
    if last is not None:
        pages = min(pages, last)
    wanted = sorted({1, pages, *range(max(1, page - 1), min(pages, page + 1) + 1)})
    links: list[PageLink] = []
    for number in wanted:
        if links and number - links[-1].number == 2:
            links.append(PageLink(number - 1, href(number - 1)))
        elif links and number - links[-1].number > 2:
            links.append(PageLink(0, ""))
        links.append(PageLink(number, href(number), current=number == page))
    return Pagination(
        page=page,
        pages=pages,
        total=total,
        links=links,
        previous=href(page - 1) if page > 1 else "",
        next=href(page + 1) if page < pages else "",
    )
