"""What leaves: a request as it is asked elsewhere, and as it stands at its home."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.features.carrying import wire
from app.features.enquiries.records import items_of
from app.features.enquiries.schemas import (
    AnswerInput,
    FulfilmentInput,
    OfferInput,
    OwnershipCosts,
    QuoteInput,
    ReplyInput,
    RequestInput,
    RequestItemInput,
)
from app.models import (
    Acceptance,
    CarriedRequest,
    EnquiryMessage,
    Listing,
    Organisation,
    Person,
    Quote,
    QuoteOffer,
    QuoteRequest,
    QuoteRequestHistory,
    QuoteRequestItem,
)

ANSWERS_PATH = "/exchange/v1/answers"


def ask_of(session: Session, carried: CarriedRequest, *, base_url: str) -> dict[str, Any]:
    """The request as its home is asked: what was consented to, and nothing else. No file and no need goes along."""
    request = session.get_one(QuoteRequest, carried.request_id)
    listing = session.get_one(Listing, request.listing_id)
    buyer = session.get_one(Organisation, request.buyer_organisation_id)
    items = items_of(session, request.id)
    email = None
    if carried.gives_email and request.sent_by_id is not None:
        email = session.get_one(Person, request.sent_by_id).email
    asked = RequestInput(
        items=[
            RequestItemInput.model_validate(
                {
                    "description": item.description,
                    "quantity": item.quantity,
                    "unit": item.unit,
                    "tiers": item.tiers,
                    "target_price": item.target_price,
                }
            )
            for item in items
        ],
        currency=items[0].currency,  # type: ignore[arg-type]
        message=request.message,
        wanted_date=request.wanted_date,
        answer_by=request.answer_by,
        criteria=request.criteria,
        questions=request.questions,
    )
    made = wire.Ask(
        id=carried.carry_id,
        number=request.number,
        listing=wire.ListingKey(authority=listing.authority, local_id=listing.local_id),
        buyer=wire.Buyer(id=buyer.local_id, name=request.buyer_name, region=buyer.region),
        request=asked,
        consent=wire.ConsentGiven(version=carried.consent_version, at=carried.consent_at),
        contact_email=email,
        answers_to=f"{base_url}{ANSWERS_PATH}",
    )
    return made.model_dump(mode="json", exclude_none=True)


def state_of(session: Session, carried: CarriedRequest) -> dict[str, Any]:
    """How a request that came in stands here: its moves, revisions, the holder's words. Six queries."""
    request = session.get_one(QuoteRequest, carried.request_id, populate_existing=True)
    moves = session.scalars(
        select(QuoteRequestHistory)
        .where(QuoteRequestHistory.quote_request_id == request.id)
        .order_by(QuoteRequestHistory.sequence)
    )
    items = {one.id: one for one in items_of(session, request.id)}
    quotes = session.scalars(
        select(Quote).where(Quote.request_id == request.id, Quote.state != "draft").order_by(Quote.revision)
    ).all()
    offers: dict[Any, list[QuoteOffer]] = {}
    for offer in session.scalars(
        select(QuoteOffer).where(QuoteOffer.quote_id.in_([one.id for one in quotes])).order_by(QuoteOffer.position)
    ):
        offers.setdefault(offer.quote_id, []).append(offer)
    messages = session.scalars(
        select(EnquiryMessage)
        .where(
            EnquiryMessage.request_id == request.id, EnquiryMessage.organisation_id == request.holder_organisation_id
        )
        .order_by(EnquiryMessage.at, EnquiryMessage.id)
    )
    acceptance = session.execute(
        select(Acceptance, Quote.revision)
        .join(Quote, Quote.id == Acceptance.quote_id)
        .where(Acceptance.request_id == request.id)
    ).one_or_none()
    made = wire.State(
        id=carried.carry_id,
        number=request.number,
        version=request.version,
        state=request.state,
        awaits=request.awaits,  # type: ignore[arg-type]
        moves=[
            wire.MoveTold.model_validate(
                {
                    "sequence": one.sequence,
                    "move": one.move,
                    "at": one.at,
                    "reason": one.reasons.get("reason"),
                    "note": one.note,
                }
            )
            for one in moves
        ],
        quotes=[
            wire.QuoteTold(revision=one.revision, sent_at=one.sent_at, quote=_said(one, offers.get(one.id, []), items))
            for one in quotes
            if one.sent_at is not None
        ],
        messages=[wire.MessageTold(id=one.id.hex, at=one.at, body=one.body, language=one.language) for one in messages],
        acceptance=wire.AcceptanceTold.model_validate(
            {"revision": acceptance[1], "currency": acceptance[0].currency, "total": acceptance[0].total}
        )
        if acceptance is not None
        else None,
    )
    return made.model_dump(mode="json", exclude_none=True) | {"awaits": request.awaits}


def _said(quote: Quote, offers: Sequence[QuoteOffer], items: dict[Any, QuoteRequestItem]) -> QuoteInput:
    """A revision as it was given. Written again from this, offers get the same places."""
    answers: dict[int, dict[str, Any]] = {}
    for offer in offers:
        position = items[offer.item_id].position
        answer = answers.setdefault(position, {"position": position, "offers": []})
        if not offer.available:
            answer |= {"not_available": True, "replacement": offer.replacement}
            continue
        answer["offers"].append(
            OfferInput.model_validate(
                {
                    "role": offer.role,
                    "description": offer.description,
                    "unit_price": offer.unit_price,
                    "quantity_from": offer.quantity_from,
                    "lead_time_days": offer.lead_time_days,
                    "terms": offer.terms,
                }
            )
        )
    return QuoteInput(
        answers=[AnswerInput.model_validate(one) for one in answers.values()],
        currency=quote.currency,  # type: ignore[arg-type]
        valid_until=quote.valid_until,  # type: ignore[arg-type]
        tax_percent=quote.tax_percent,
        terms=quote.terms,
        note=quote.note,
        ownership=OwnershipCosts.model_validate(quote.ownership_costs),
        exchange_rate=quote.exchange_rate,
        exchange_rate_date=quote.exchange_rate_date,
        exchange_rate_source=quote.exchange_rate_source,
        fulfilment=[FulfilmentInput.model_validate(one) for one in quote.fulfilment],
        replies=[ReplyInput(code=code, text=text) for code, text in quote.replies.items()],
    )
