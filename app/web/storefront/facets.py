"""The groups of filters of a results page: their values with counts, and what is chosen of them as chips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.i18n import N_, _, current_locale
from app.i18n.formats import format_money
from app.i18n.terms import term
from app.reference.current import label
from app.search.bands import FRESHNESS, FRESHNESS_VALUES, PRICE_VALUES, Freshness
from app.search.port import FacetCount, SearchAnswer
from app.web.storefront.places import place_groups
from app.web.storefront.search_params import TRL_BANDS, SearchParams
from app.web.views.finding import Chip, Facet, FacetOption

_MOST_OPTIONS = 60
_FINDABLE_FROM = 12


@dataclass(frozen=True, slots=True)
class _Group:
    """One group: its field in the index, its heading, and where the names of its values come from."""

    field: str
    label: str
    terms: str = ""
    scheme: str = ""
    order: Sequence[str] = ()
    open: bool = False


# By the name of the parameter, in the order they stand on the page.
GROUPS: Mapping[str, _Group] = {
    "kind": _Group("kind", N_("Loại"), terms="kind", open=True),
    "priority": _Group("priority_field", N_("Lĩnh vực ưu tiên"), scheme="priority-field", open=True),
    "trl": _Group("trl", N_("Mức sẵn sàng (TRL)"), order=tuple(TRL_BANDS), open=True),
    "price": _Group("price_band", N_("Giá"), terms="price_band", order=PRICE_VALUES, open=True),
    "region": _Group("region", N_("Địa phương"), scheme="region", open=True),
    "transfer": _Group("transfer_form", N_("Hình thức chuyển giao"), terms="transfer_form"),
    "organisation_type": _Group("organisation_type", N_("Loại tổ chức"), terms="organisation_type"),
    "verified": _Group("verified", N_("Xác minh")),
    "confirmed": _Group(FRESHNESS, N_("Chủ tin xác nhận lần cuối"), terms="confirmed", order=FRESHNESS_VALUES),
    "field": _Group("field", N_("Lĩnh vực nghiên cứu"), scheme="research-field"),
    "industry": _Group("industry", N_("Ngành kinh tế"), scheme="vsic"),
    "language": _Group("language", N_("Ngôn ngữ"), terms="language"),
    "source": _Group("source", N_("Sàn nguồn")),
}
COUNTED = tuple(dict.fromkeys(group.field for group in GROUPS.values() if group.field != FRESHNESS))
_BAND_LABELS = {
    "7-9": N_("7–9 sẵn sàng áp dụng"),
    "4-6": N_("4–6 thử nghiệm"),
    "1-3": N_("1–3 nghiên cứu"),
}


def value_label(name: str, value: str) -> str:
    """A value of a group in the language of the moment; a source is its own name."""
    group = GROUPS[name]
    if name == "trl":
        return _(_BAND_LABELS[value])
    if name == "verified":
        return _("Đơn vị đã xác minh")
    if group.terms:
        return term(group.terms, value)
    return label(group.scheme, value, current_locale()) if group.scheme else value


def facets_of(
    answer: SearchAnswer | None, params: SearchParams, *, kinds: tuple[str, ...], freshness: Freshness
) -> list[Facet]:
    """The groups with something to choose. While search is down, what was chosen stands without counts."""
    made = []
    for name, group in GROUPS.items():
        if name == "kind" and len(kinds) == 1:
            continue
        chosen = _chosen(params, name, kinds)
        counts = _counted(name, answer, chosen, kinds, freshness) if answer else []
        known = {one.value: one.count for one in counts}
        values = [one.value for one in counts if one.count > 0 or one.value in chosen][:_MOST_OPTIONS]
        values += [value for value in chosen if value not in values]
        if group.order:
            values.sort(key=list(group.order).index)
        if name == "region" and answer:
            made.append(_places(_(group.label), known, chosen, values))
        elif values:
            options = [
                FacetOption(one, value_label(name, one), known.get(one, 0) if answer else None, one in chosen)
                for one in values
            ]
            made.append(
                Facet(
                    name=name,
                    label=_budget_label(kinds) if name == "price" else _(group.label),
                    options=options,
                    shown=len(options) if group.order else 6,
                    open=group.open or bool(chosen),
                    findable=len(options) >= _FINDABLE_FROM,
                )
            )
    return made


def _budget_label(kinds: tuple[str, ...]) -> str:
    return _("Ngân sách") if kinds == ("need",) else _("Giá")


def _chosen(params: SearchParams, name: str, kinds: tuple[str, ...]) -> tuple[str, ...]:
    if name == "verified":
        return ("1",) if params.verified else ()
    chosen: tuple[str, ...] = getattr(params, name)
    return () if name == "kind" and chosen == kinds else chosen


def _counted(
    name: str, answer: SearchAnswer, chosen: tuple[str, ...], kinds: tuple[str, ...], freshness: Freshness
) -> list[FacetCount]:
    counts = list(answer.facets.get(GROUPS[name].field, ()))
    if name == "trl":
        levels = {int(one.value): one.count for one in counts if one.value.isdigit()}
        return [
            FacetCount(band, sum(count for level, count in levels.items() if low <= level <= high))
            for band, (low, high) in TRL_BANDS.items()
        ]
    if name == "verified":
        return [FacetCount("1", one.count) for one in counts if one.value == "true"]
    if name == "confirmed":
        return freshness.counts(counts)
    if name == "kind" and kinds:
        return [one for one in counts if one.value in kinds]
    if name == "field":
        # The six fields; their sectors are on the page of fields and stay choosable by address.
        return [one for one in counts if len(one.value) == 1 or one.value in chosen]
    return counts


def _places(heading: str, known: Mapping[str, int], chosen: tuple[str, ...], values: Sequence[str]) -> Facet:
    """Every province by part of the country, those with most first at hand."""
    groups = [
        (
            title,
            [
                FacetOption(one.code, one.name, known.get(one.code, 0), one.code in chosen, one.former, one.words)
                for one in places
            ],
        )
        for title, places in place_groups()
    ]
    provinces = {one.value: one for _title, options in groups for one in options}
    usual = {code: provinces[code] for code in values if code in provinces}
    # Regions below a province are found within it; one chosen by address stays.
    others = [
        FacetOption(code, value_label("region", code), known.get(code, 0), True)
        for code in chosen
        if code not in provinces
    ]
    return Facet(
        name="region",
        label=heading,
        options=[*others, *usual.values(), *(one for code, one in provinces.items() if code not in usual)],
        shown=min(5, max(1, len(usual))),
        findable=True,
        groups=groups,
    )


def removable(params: SearchParams, *, kinds: tuple[str, ...]) -> list[tuple[str, SearchParams]]:
    """Every filter that is chosen, in words, with the search that is left without it."""
    chosen = [
        (value_label(name, value), params.dropped(name, None if name == "verified" else value))
        for name in GROUPS
        for value in _chosen(params, name, kinds)
    ]
    if params.price_min is not None:
        text = _("Giá từ %(amount)s", amount=format_money(params.price_min))
        chosen.append((text, params.dropped("price_min")))
    if params.price_max is not None:
        text = _("Giá đến %(amount)s", amount=format_money(params.price_max))
        chosen.append((text, params.dropped("price_max")))
    if params.organisation:
        chosen.append((_("Một tổ chức"), params.dropped("organisation")))
    return chosen


def chips_of(params: SearchParams, *, kinds: tuple[str, ...]) -> list[Chip]:
    """What is chosen, each with the address of the page without it."""
    return [Chip(label, fewer.query() or "?") for label, fewer in removable(params, kinds=kinds)]
