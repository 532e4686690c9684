"""Writing what a quote says into its rows: the one place, wherever the quote was made."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.features.enquiries.schemas import QuoteInput
from app.models import Quote, QuoteOffer, QuoteRequestItem


def write_quote(
    session: Session, quote: Quote, data: QuoteInput, items: Sequence[QuoteRequestItem], *, now: datetime
) -> None:
    """Fill the row of a revision with what it says, as sent at this moment."""
    quote.draft = {}
    quote.state = "sent"
    quote.currency = data.currency
    quote.valid_until = data.valid_until
    quote.tax_percent = data.tax_percent
    quote.terms = data.terms
    quote.note = data.note
    quote.ownership_costs = data.ownership.model_dump(mode="json", exclude_none=True)
    in_another = data.currency != items[0].currency
    quote.exchange_rate = data.exchange_rate if in_another else None
    quote.exchange_rate_date = data.exchange_rate_date if in_another else None
    quote.exchange_rate_source = data.exchange_rate_source if in_another else ""
    quote.fulfilment = [one.model_dump() for one in data.fulfilment]
    quote.replies = {one.code: one.text for one in data.replies if one.text}
    quote.version += 1
    quote.updated_at = quote.sent_at = now
    session.flush()
    write_offers(session, quote, data, items)


def write_offers(session: Session, quote: Quote, data: QuoteInput, items: Sequence[QuoteRequestItem]) -> None:
    """The offers in the order of the items they answer: an offer's place names it, here and at another exchange."""
    by_position = {item.position: item for item in items}
    position = 0
    for answer in sorted(data.answers, key=lambda one: one.position):
        item = by_position[answer.position]
        if answer.not_available:
            position += 1
            session.add(
                QuoteOffer(
                    quote_id=quote.id,
                    item_id=item.id,
                    position=position,
                    available=False,
                    replacement=answer.replacement,
                )
            )
        for offer in answer.offers:
            position += 1
            session.add(
                QuoteOffer(
                    quote_id=quote.id,
                    item_id=item.id,
                    position=position,
                    role=offer.role,
                    description=offer.description,
                    unit_price=offer.unit_price,
                    quantity_from=offer.quantity_from,
                    lead_time_days=offer.lead_time_days,
                    terms=offer.terms,
                )
            )
    session.flush()
