"""Browsing by field of research, priority field, sector and region, with how much there is in each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.i18n import N_, _, current_locale
from app.reference.current import current_table
from app.reference.tables import ReferenceTable, Term
from app.search.port import SearchQuery, SearchUnavailable
from app.search.service import engine_of
from app.web.pagecache import PublicPage, not_the_whole_page
from app.web.templating import Page, render
from app.web.urls import url

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class Branch:
    """One entry of a tree to browse. `count` is None while search is down."""

    label: str
    href: str
    count: int | None
    former: str = ""
    children: Sequence["Branch"] = ()


@dataclass(frozen=True, kw_only=True)
class BrowsePage(Page):
    """Groups of entries that each lead to results."""

    template: ClassVar[str] = "storefront/browse.html"

    lead: str
    groups: Sequence[tuple[str, Sequence[Branch]]]
    followable: Sequence[tuple[str, Sequence[tuple[str, str]]]]


def _followable(groups: Sequence[tuple[str, Sequence[Branch]]]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Groups of choices for “follow a field”: the query of the results page, and the entry's name."""
    return [(name, [(one.href.partition("?")[2], one.label) for one in branches]) for name, branches in groups]


def _counts(request: Request, *facets: str) -> dict[str, Mapping[str, int]] | None:
    try:
        answer = engine_of(request.app).search(SearchQuery(facets=facets, limit=1, highlight=False))
    except SearchUnavailable:
        not_the_whole_page(request)
        return None
    return {name: {one.value: one.count for one in answer.facets.get(name, ())} for name in facets}


def _branch(term: Term, table: ReferenceTable, parameter: str, known: Mapping[str, int] | None) -> Branch:
    locale = current_locale()
    former = [one.label(locale) for one in table.former_codes(term.code) if one.label(locale) != term.label(locale)]
    return Branch(
        label=term.label(locale),
        href=url("search", **{parameter: term.code}),
        count=None if known is None else known.get(term.code, 0),
        former=", ".join(dict.fromkeys(former)),
        children=[_branch(child, table, parameter, known) for child in table.children(term.code)],
    )


@router.get("/fields", name="fields", dependencies=[PublicPage])
def fields(request: Request) -> Response:
    counts = _counts(request, "priority_field", "field", "industry")
    groups: list[tuple[str, Sequence[Branch]]] = []
    for title, scheme, parameter, facet in (
        (N_("Lĩnh vực ưu tiên"), "priority-field", "priority", "priority_field"),
        (N_("Lĩnh vực nghiên cứu"), "research-field", "field", "field"),
        (N_("Ngành kinh tế"), "vsic", "industry", "industry"),
    ):
        table = current_table(scheme)
        known = None if counts is None else counts[facet]
        branches = [_branch(term, table, parameter, known) for term in table.children()]
        groups.append((_(title), branches))
    return render(
        request,
        BrowsePage(
            title=_("Theo lĩnh vực"),
            description=_("Công nghệ, thiết bị, sáng chế và nhu cầu theo lĩnh vực."),
            lead=_("Chọn một lĩnh vực để xem mọi công nghệ, thiết bị, sáng chế và nhu cầu trong đó."),
            groups=groups,
            followable=_followable(groups),
        ),
    )


@router.get("/regions", name="regions", dependencies=[PublicPage])
def regions(request: Request) -> Response:
    counts = _counts(request, "region")
    table = current_table("region")
    known = None if counts is None else counts["region"]
    locale = current_locale()
    branches = [_branch(term, table, "region", known) for term in table.by_name(locale)]
    groups = [(_("Tỉnh, thành phố"), branches)]
    return render(
        request,
        BrowsePage(
            title=_("Theo địa phương"),
            description=_("Công nghệ, thiết bị, sáng chế và nhu cầu theo tỉnh, thành phố."),
            lead=_("34 tỉnh, thành phố từ ngày 1/7/2025; tên các tỉnh trước đó ghi bên cạnh.")
            if len(branches) == 34
            else _("Tỉnh, thành phố; tên trước đây ghi bên cạnh."),
            groups=groups,
            followable=_followable(groups),
        ),
    )
