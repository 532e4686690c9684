"""Deals of a year in figures, for the operator's yearly report. No figure names a deal or a firm.

Results of a year after are listed in the words of the side that wrote them, and only where it agreed to that.

Counted is what both sides confirmed in that year. A value is added up only where both published the same amount as
exact; where both gave an amount or a band and these fall into the same band, the deal counts in that band; everything
else is private. What one side alone reported is counted apart and nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import Integer, and_, case, cast, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import Session, aliased
from sqlalchemy.types import BigInteger

from app.features.accounts.policies import require_operator
from app.features.deals.bands import bounds
from app.features.deals.states import OPEN_STATES
from app.features.moderation import audit
from app.i18n.formats import HERE
from app.identity import Actor
from app.models import Deal, DealHistory, DealOutcome

CURRENCIES = ("VND", "USD", "EUR", "JPY", "CNY", "KRW", "GBP", "SGD")
MOST_RESULTS = 1_000


@dataclass(frozen=True, slots=True)
class Worth:
    """What confirmed deals of one currency were worth.

    `exact` of them add up to `total` (minor units); `bands` counts by band; `private` gave nothing both agree on.
    """

    currency: str
    exact: int
    total: int
    bands: Mapping[int, int]
    private: int


@dataclass(frozen=True, slots=True)
class Result:
    """One result in numbers that a side gave a year after."""

    what: str
    amount: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class DealsOfYear:
    """The figures of one year (Vietnamese time). `moves` counts deals by the moves they made, each once for a move.

    `by_kind` is (opened, confirmed) by kind of listing. Days are medians, None where there is nothing to measure.
    """

    year: int
    opened: int
    moves: Mapping[str, int]
    confirmed: int
    one_sided: int
    open_now: int
    by_kind: Mapping[str, tuple[int, int]]
    worth: Sequence[Worth]
    days_to_contract: int | None
    days_to_end: int | None
    in_use: int
    out_of_use: int
    results: Sequence[Result]


def deals_of_year(session: Session, *, actor: Actor, year: int) -> DealsOfYear:
    """The figures of a year. Six queries.

    Raises:
        SignInRequired, Forbidden: the actor is no operator.
    """
    require_operator(actor)
    start, end = (datetime.combine(date(one, 1, 1), time(), HERE) for one in (year, year + 1))

    def within(column: Any) -> Any:
        return and_(column >= start, column < end)

    reported = exists().where(
        DealOutcome.deal_id == Deal.id, DealOutcome.occasion == "end", within(DealOutcome.reported_at)
    )
    one_sided, open_now, to_contract, to_end = session.execute(
        select(
            func.count().filter(Deal.counted_at.is_(None), reported),
            func.count().filter(Deal.state.in_(OPEN_STATES)),
            func.percentile_disc(0.5)
            .within_group((Deal.contract_date - func.date(func.timezone(HERE.key, Deal.agreed_at))).asc())
            .filter(Deal.contract_date.is_not(None), within(Deal.agreed_at)),
            func.percentile_disc(0.5)
            .within_group((func.date(func.timezone(HERE.key, Deal.counted_at)) - Deal.contract_date).asc())
            .filter(within(Deal.counted_at)),
        ).select_from(Deal)
    ).one()
    kinds = session.execute(
        select(
            Deal.listing_kind,
            func.count().filter(within(Deal.agreed_at)),
            func.count().filter(within(Deal.counted_at)),
        )
        .where(within(Deal.agreed_at) | within(Deal.counted_at))
        .group_by(Deal.listing_kind)
        .order_by(Deal.listing_kind)
    ).all()
    moves: list[tuple[str, int]] = session.execute(  # type: ignore[assignment]
        select(DealHistory.move, func.count(DealHistory.deal_id.distinct()))
        .where(within(DealHistory.at))
        .group_by(DealHistory.move)
    ).all()
    used = dict(
        session.execute(
            select(DealOutcome.in_use, func.count())
            .where(DealOutcome.occasion == "year", within(DealOutcome.reported_at))
            .group_by(DealOutcome.in_use)
        ).all()
    )
    rows = session.scalars(
        select(DealOutcome.results)
        .where(
            DealOutcome.occasion == "year",
            within(DealOutcome.reported_at),
            DealOutcome.in_report,
            func.jsonb_array_length(DealOutcome.results) > 0,
        )
        .order_by(DealOutcome.reported_at)
        .limit(MOST_RESULTS)
    )
    by_kind = {kind: (opened, confirmed) for kind, opened, confirmed in kinds}
    return DealsOfYear(
        year=year,
        opened=sum(opened for opened, _confirmed in by_kind.values()),
        moves=dict(moves),
        confirmed=sum(confirmed for _opened, confirmed in by_kind.values()),
        one_sided=one_sided,
        open_now=open_now,
        by_kind=by_kind,
        worth=_worth(session, within(Deal.counted_at)),
        days_to_contract=to_contract,
        days_to_end=to_end,
        in_use=used.get(True, 0),
        out_of_use=used.get(False, 0),
        results=[Result(one["what"], Decimal(one["amount"]), one["unit"]) for row in rows for one in row],
    )


def exported_deals(session: Session, *, actor: Actor, year: int, ending: str, now: datetime) -> DealsOfYear:
    """The figures of a year to be taken away as a file; who took them is recorded.

    Raises:
        SignInRequired, Forbidden.
    """
    found = deals_of_year(session, actor=actor, year=year)
    data = {"year": year, "as": ending}
    audit.record(session, actor=actor, action="export", entity="deal_figures", entity_id=None, now=now, data=data)
    return found


def _worth(session: Session, confirmed: Any) -> list[Worth]:
    """What both sides say of their value, by currency. One query."""
    buyer, holder = aliased(DealOutcome), aliased(DealOutcome)
    edges = case(
        *((Deal.currency == code, _array(bounds(code))) for code in CURRENCIES),
        else_=_array(bounds("USD")),
    )

    def band(side: Any) -> Any:
        given = case((side.shown == "exact", func.width_bucket(side.value, edges)), (side.shown == "band", side.band))
        return cast(given, Integer)

    same = and_(buyer.shown == "exact", holder.shown == "exact", buyer.value == holder.value)
    in_band = case((and_(~same, band(buyer) == band(holder)), band(buyer)))
    rows = session.execute(
        select(
            Deal.currency,
            func.coalesce(same, False).label("same_value"),
            in_band.label("same_band"),
            func.count(),
            func.coalesce(func.sum(buyer.value).filter(same), 0),
        )
        .join(buyer, and_(buyer.deal_id == Deal.id, buyer.occasion == "end", buyer.side == "buyer"))
        .join(holder, and_(holder.deal_id == Deal.id, holder.occasion == "end", holder.side == "holder"))
        .where(confirmed)
        .group_by(Deal.currency, "same_value", "same_band")
        .order_by(Deal.currency)
    ).all()
    found: dict[str, dict[str, Any]] = {}
    for currency, exact, in_which, count, total in rows:
        one = found.setdefault(currency, {"exact": 0, "total": 0, "bands": {}, "private": 0})
        if exact:
            one["exact"] += count
            one["total"] += int(total)
        elif in_which is not None:
            one["bands"][in_which] = one["bands"].get(in_which, 0) + count
        else:
            one["private"] += count
    return [Worth(currency=currency, **one) for currency, one in found.items()]


def _array(values: Sequence[int]) -> Any:
    return cast(array(list(values)), ARRAY(BigInteger))
