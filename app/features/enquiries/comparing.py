"""The quotes of a round side by side, computed the same way for all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Forbidden
from app.features.enquiries.ownership import Ownership, Priced, converted, cost_of_ownership, priced
from app.features.enquiries.policies import WRITE
from app.features.enquiries.rounds import own_round, round_record
from app.features.enquiries.schemas import WishesInput
from app.features.enquiries.scoring import Merits, Wishes, scores, wishes_of
from app.features.enquiries.sums import Sums, add_up
from app.identity import Actor
from app.models import Quote, QuoteOffer, QuoteRequest, QuoteRequestItem, QuoteRound


@dataclass(frozen=True, slots=True)
class Column:
    """One holder's part of a comparison: its request, and its latest quote with what it comes to.

    `net` and `ownership` are in the round's currency, None for want of a rate; `sums` in the quote's own. `days` is
    when the last of it arrives. `met` holds, by criterion, what the holder says ({met, note}); `judged` what the buyer
    itself finds, for the criteria it has judged.
    """

    request: QuoteRequest
    items: Sequence[QuoteRequestItem]
    quote: Quote | None = None
    offers: Sequence[QuoteOffer] = ()
    priced: Priced | None = None
    sums: Sums | None = None
    net: int | None = None
    ownership: Ownership | None = None
    days: int | None = None
    met: Mapping[str, Mapping[str, str]] | None = None
    judged: Mapping[str, str] = field(default_factory=dict)
    score: int | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A round as it compares. `criteria` are those of all its requests, `questions` (code, kind) likewise."""

    round: QuoteRound
    currency: str
    wishes: Wishes
    criteria: Sequence[str]
    questions: Sequence[tuple[str, str]]
    columns: Sequence[Column]

    @property
    def quoted(self) -> Sequence[Column]:
        """Those that have a quote to compare."""
        return [one for one in self.columns if one.quote is not None]


def compare(session: Session, *, actor: Actor, public_id: str) -> Comparison:
    """The round's quotes beside each other, for people of the organisation that asks. Five queries.

    Raises:
        NotFound: as `round_record`.
    """
    record = round_record(session, actor=actor, public_id=public_id)
    ids = [one.id for one in record.requests]
    items: dict[UUID, list[QuoteRequestItem]] = {}
    for item in session.scalars(
        select(QuoteRequestItem).where(QuoteRequestItem.request_id.in_(ids)).order_by(QuoteRequestItem.position)
    ):
        items.setdefault(item.request_id, []).append(item)
    # In order of revision: the newest of each request is what stays.
    quotes = {
        one.request_id: one
        for one in session.scalars(
            select(Quote).where(Quote.request_id.in_(ids), Quote.state != "draft").order_by(Quote.revision)
        )
    }
    offers: dict[UUID, list[QuoteOffer]] = {}
    for offer in session.scalars(
        select(QuoteOffer)
        .where(QuoteOffer.quote_id.in_([one.id for one in quotes.values()]))
        .order_by(QuoteOffer.position)
    ):
        offers.setdefault(offer.quote_id, []).append(offer)
    currency = items[ids[0]][0].currency if ids else "VND"
    wishes = wishes_of(record.round.wishes)
    columns = [
        _column(
            request,
            items[request.id],
            quotes.get(request.id),
            offers,
            currency=currency,
            wishes=wishes,
        )
        for request in record.requests
    ]
    criteria = list(dict.fromkeys(one for request in record.requests for one in request.criteria))
    questions = dict.fromkeys((code, request.listing_kind) for request in record.requests for code in request.questions)
    scored = scores([_merits(one) for one in columns if one.quote is not None], criteria=criteria, wishes=wishes)
    by_request = dict(zip([one.request.id for one in columns if one.quote is not None], scored, strict=True))
    return Comparison(
        round=record.round,
        currency=currency,
        wishes=wishes,
        criteria=criteria,
        questions=list({code: (code, kind) for code, kind in questions}.values()),
        columns=[replace(one, score=by_request.get(one.request.id)) for one in columns],
    )


def _column(
    request: QuoteRequest,
    items: Sequence[QuoteRequestItem],
    quote: Quote | None,
    offers: Mapping[UUID, Sequence[QuoteOffer]],
    *,
    currency: str,
    wishes: Wishes,
) -> Column:
    if quote is None:
        return Column(request, items)
    own = offers.get(quote.id, ())
    found = priced(items, own)
    sums = add_up((amount for _offer, amount in found.lines.values()), tax_percent=quote.tax_percent)
    rate = quote.exchange_rate
    # A quote may have been asked for in another currency than the round's: its rate says nothing about that one.
    if items[0].currency != currency and quote.currency != currency:
        rate = None
    times = [offer.lead_time_days for offer, _amount in found.lines.values()]
    told = [days for days in times if days is not None]
    return Column(
        request=request,
        items=items,
        quote=quote,
        offers=own,
        priced=found,
        sums=sums,
        net=converted(found.net, source=quote.currency, target=currency, rate=rate),
        ownership=cost_of_ownership(
            price=found.net,
            costs=quote.ownership_costs,
            years=wishes.years,
            yearly_revenue=wishes.yearly_revenue,
            source=quote.currency,
            target=currency,
            rate=rate,
        ),
        days=max(told) if told and len(told) == len(times) else None,
        met={
            criterion: quote.fulfilment[place] if place < len(quote.fulfilment) else {}
            for place, criterion in enumerate(request.criteria)
        },
        judged=wishes.judged.get(request.number, {}),
    )


def _merits(column: Column) -> Merits:
    complete = column.priced is not None and column.priced.complete
    return Merits(
        cost=column.ownership.total if complete and column.ownership is not None else None,
        days=column.days if complete else None,
        met={
            criterion: column.judged.get(criterion) or one.get("met") for criterion, one in (column.met or {}).items()
        },
    )


def set_wishes(
    session: Session, *, actor: Actor, public_id: str, data: WishesInput, criteria: Sequence[str], now: datetime
) -> QuoteRound:
    """Keep what the buyer compares by. Only the buyer's people see it; the last to save wins.

    Args:
        criteria: those the weights of `data` belong to, in the same order.

    Raises:
        NotFound, Forbidden.
    """
    if not actor.may(WRITE):
        raise Forbidden
    found = own_round(session, actor=actor, public_id=public_id, for_update=True)
    judged: dict[str, dict[str, str]] = {}
    for text, one in zip(criteria, data.criteria, strict=False):
        for said in one.judged:
            if said.met is not None:
                judged.setdefault(said.request, {})[text] = said.met
    found.wishes = Wishes(
        years=data.years,
        yearly_revenue=data.yearly_revenue,
        cost=data.cost,
        lead_time=data.lead_time,
        criteria={text: one.weight for text, one in zip(criteria, data.criteria, strict=False)},
        judged=judged,
    ).stored()
    found.updated_at = now
    session.flush()
    return found
