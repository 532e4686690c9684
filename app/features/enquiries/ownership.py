"""What owning costs over the years: one way of computing for every quote, in whole minor units, without taxes.

Price of what was asked for, plus what is paid once, plus what is paid every year times the years, plus royalties (a
percentage of the yearly revenue the buyer reckons with). The buyer sets years and revenue, the same for all quotes. A
quote in another currency is converted part by part at the rate stated in it, so that the parts shown add up to the
total shown. Rounding is half up, once for each part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Final
from uuid import UUID

from app.features.enquiries.sums import line_amount, rounded
from app.i18n.formats import minor_units
from app.models import QuoteOffer, QuoteRequestItem

ONCE: Final = ("installation", "training")
YEARLY: Final = ("energy_yearly", "consumables_yearly", "maintenance_yearly", "operation_yearly", "royalty_yearly")
ROYALTY: Final = "royalty_percent"


@dataclass(frozen=True, slots=True)
class Priced:
    """The price of what was asked for, in minor units of the quote's currency, without tax.

    `lines` holds, by item, the offer counted and its amount; `missing` positions of items that no offer covers in the
    quantity asked for, `replaced` of items where an alternative was counted because nothing else is on offer.
    """

    net: int
    lines: Mapping[UUID, tuple[QuoteOffer, int]]
    missing: Sequence[int]
    replaced: Sequence[int]

    @property
    def complete(self) -> bool:
        return not self.missing


def priced(items: Sequence[QuoteRequestItem], offers: Sequence[QuoteOffer]) -> Priced:
    """What the quote asks for the quantities the buyer asked about.

    Of the offers for an item that the quantity reaches, the cheapest counts; an alternative only where there is no
    other; an option never.
    """
    lines: dict[UUID, tuple[QuoteOffer, int]] = {}
    missing: list[int] = []
    replaced: list[int] = []
    for item in items:
        reached = [
            (line_amount(quantity=item.quantity, unit_price=offer.unit_price), offer)
            for offer in offers
            if offer.item_id == item.id and offer.unit_price is not None and item.quantity >= offer.quantity_from
        ]
        by_role = {
            role: sorted((one for one in reached if one[1].role == role), key=lambda one: (one[0], one[1].position))
            for role in ("main", "alternative")
        }
        best = next(iter(by_role["main"] or by_role["alternative"]), None)
        if best is None:
            missing.append(item.position)
            continue
        if not by_role["main"]:
            replaced.append(item.position)
        lines[item.id] = (best[1], best[0])
    return Priced(sum(amount for _offer, amount in lines.values()), lines, missing, replaced)


def converted(amount: int, *, source: str, target: str, rate: Decimal | None) -> int | None:
    """Minor units of `source` as minor units of `target`, `rate` being what one whole unit of `source` is worth.

    None when the currencies differ and no rate is known.
    """
    if source == target:
        return amount
    if rate is None:
        return None
    with localcontext(prec=60):
        return rounded(Decimal(amount) * rate * minor_units(target) / minor_units(source))


@dataclass(frozen=True, slots=True)
class Ownership:
    """Costs over `years`, in minor units of `currency`. `unstated` names costs that the quote says nothing about.

    `parts` holds every cost over the whole time by name ("price", those of ONCE and YEARLY, "royalty_percent"), and
    `total` is their sum.
    """

    currency: str
    years: int
    parts: Mapping[str, int]
    total: int
    unstated: Sequence[str]


def cost_of_ownership(
    *,
    price: int,
    costs: Mapping[str, object],
    years: int,
    yearly_revenue: int,
    source: str,
    target: str,
    rate: Decimal | None,
) -> Ownership | None:
    """Everything over `years`; None when it cannot be told in `target` for want of a rate.

    Args:
        price: in minor units of `source`, without tax.
        costs: as a quote keeps them (Quote.ownership_costs), amounts in minor units of `source`.
        yearly_revenue: minor units of `target`, for royalties by percentage.
    """
    parts: dict[str, int] = {}
    amounts = [("price", price)]
    amounts += [(name, int(str(costs[name]))) for name in ONCE if name in costs]
    amounts += [(name, int(str(costs[name])) * years) for name in YEARLY if name in costs]
    for name, amount in amounts:
        told = converted(amount, source=source, target=target, rate=rate)
        if told is None:
            return None
        parts[name] = told
    if ROYALTY in costs:
        with localcontext(prec=60):
            parts[ROYALTY] = rounded(Decimal(yearly_revenue) * Decimal(str(costs[ROYALTY])) / 100) * years
    unstated = [name for name in (*ONCE, *YEARLY) if name not in costs]
    if ROYALTY in costs and "royalty_yearly" in unstated:
        unstated.remove("royalty_yearly")
    return Ownership(target, years, parts, sum(parts.values()), unstated)
