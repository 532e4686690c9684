"""The holder's quote and the buyer's answer to it. Every command locks the request first, so none overtakes another."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, StaleVersion
from app.features.deals.commands import open_deal
from app.features.enquiries import notices
from app.features.enquiries.checks import check_quote
from app.features.enquiries.offers import write_quote
from app.features.enquiries.records import (
    AttachedFile,
    attach,
    carried_of,
    done_before,
    items_of,
    locked_request,
    require_no_files,
    require_state,
    require_words,
)
from app.features.enquiries.schemas import AcceptInput, QuoteDraft, QuoteInput, RejectInput
from app.features.enquiries.states import OPEN_STATES, transition
from app.features.enquiries.sums import LARGEST_TOTAL, Sums, add_up, line_amount
from app.i18n import N_, _
from app.i18n.formats import format_number, local_date
from app.identity import SYSTEM, Actor
from app.models import (
    Acceptance,
    AcceptanceLine,
    CarriedRequest,
    Person,
    Quote,
    QuoteOffer,
    QuoteRequest,
    QuoteRequestItem,
)

NOT_THE_OPEN_ONE = N_("Báo giá này không còn hiệu lực: đã có bản mới hơn hoặc đã được trả lời")
EXPIRED = N_("Báo giá đã hết hạn hiệu lực nên không chấp nhận được nữa")


def _quote(session: Session, request_id: UUID, *, state: str) -> Quote | None:
    return session.scalars(select(Quote).where(Quote.request_id == request_id, Quote.state == state)).one_or_none()


def save_quote_draft(
    session: Session, *, actor: Actor, number: str, data: QuoteDraft, version: int, now: datetime
) -> Quote:
    """Keep what the holder has written so far; the buyer sees nothing of it.

    Args:
        version: that of the draft the form was filled from, 0 where there was none.

    Raises:
        NotFound, Forbidden, MoveNotAllowed; StaleVersion when a colleague saved something else in between.
    """
    request = locked_request(session, actor=actor, number=number, side="holder")
    require_state(request, OPEN_STATES)
    content = data.model_dump(mode="json")
    draft = _quote(session, request.id, state="draft")
    if draft is not None and draft.draft == content:
        return draft
    draft = _draft_row(session, request, draft, actor=actor, version=version, now=now)
    draft.draft = content
    draft.currency = data.currency
    draft.version += 1
    draft.updated_at = now
    return draft


def _draft_row(
    session: Session, request: QuoteRequest, draft: Quote | None, *, actor: Actor, version: int, now: datetime
) -> Quote:
    """The draft to write into, made when there is none."""
    if version != (draft.version if draft is not None else 0):
        raise StaleVersion
    if draft is None:
        assert actor.person_id is not None  # noqa: S101 - locked_request lets only members pass
        last = session.scalar(select(func.coalesce(func.max(Quote.revision), 0)).where(Quote.request_id == request.id))
        draft = Quote(
            request_id=request.id,
            revision=(last or 0) + 1,
            created_by_id=actor.person_id,
            created_at=now,
            updated_at=now,
            version=0,
        )
        session.add(draft)
    return draft


def send_quote(
    session: Session,
    *,
    actor: Actor,
    number: str,
    data: QuoteInput,
    version: int,
    form_key: str,
    now: datetime,
    files: Sequence[AttachedFile] = (),
) -> Quote:
    """Send the quote; where one was sent before, this is its next revision and the earlier one counts no more.

    What is sent never changes afterwards. The same form sent twice sends one quote.

    Args:
        version: that of the draft the form was filled from, 0 where there was none.

    Raises:
        NotFound, Forbidden, MoveNotAllowed (closed, or accepted a moment ago), StaleVersion; Invalid by field.
    """
    request = locked_request(session, actor=actor, number=number, side="holder")
    before = session.scalars(
        select(Quote).where(Quote.request_id == request.id, Quote.form_key == form_key)
    ).one_or_none()
    if before is not None:
        return before
    require_state(request, OPEN_STATES)
    if carried_of(session, request.id) is not None:
        require_no_files(files)
    items = items_of(session, request.id)
    check_quote(data, request=request, items=items, today=local_date(now))

    quote = _draft_row(
        session, request, _quote(session, request.id, state="draft"), actor=actor, version=version, now=now
    )
    superseded = _quote(session, request.id, state="sent")
    if superseded is not None:
        superseded.state = "superseded"
        session.flush()
    quote.form_key = form_key
    write_quote(session, quote, data, items, now=now)
    attach(session, request, files, organisation_id=request.holder_organisation_id, now=now, quote_id=quote.id)
    request.acknowledged_at = request.acknowledged_at or now
    request.first_answer_at = request.first_answer_at or now
    revised = request.state == "quoted"
    transition(
        session,
        request,
        move="revise" if revised else "quote",
        actor=actor,
        now=now,
        data={"revision": quote.revision},
    )
    notices.tell_both(
        session,
        request,
        event="revised" if revised else "quoted",
        now=now,
        revision=quote.revision,
        valid_until=data.valid_until,
    )
    return quote


def choose(
    data: AcceptInput, *, quote: Quote, offers: Mapping[int, QuoteOffer], items: Mapping[UUID, QuoteRequestItem]
) -> tuple[list[AcceptanceLine], Sums]:
    """The lines and sums that accepting these offers would write; nothing is written here.

    Raises:
        Invalid: an offer that is not there, chosen twice or not available, too small a quantity, too large a sum.
    """
    faults: dict[str, str] = {}
    chosen: list[AcceptanceLine] = []
    for number, line in enumerate(data.lines):
        offer = offers.get(line.offer)
        if offer is None or offer.unit_price is None or any(one.offer_id == offer.id for one in chosen):
            faults[f"lines.{number}.offer"] = N_("Không chọn được dòng này.")
            continue
        item = items[offer.item_id]
        if line.quantity < offer.quantity_from:
            faults[f"lines.{number}.quantity"] = _(
                "Giá này áp dụng từ %(quantity)s %(unit)s trở lên.",
                quantity=format_number(offer.quantity_from),
                unit=item.unit,
            )
            continue
        chosen.append(
            AcceptanceLine(
                offer_id=offer.id,
                position=len(chosen) + 1,
                quantity=line.quantity,
                unit=item.unit,
                unit_price=offer.unit_price,
                amount=line_amount(quantity=line.quantity, unit_price=offer.unit_price),
                description=f"{item.description} ({offer.description})" if offer.description else item.description,
            )
        )
    sums = add_up((line.amount for line in chosen), tax_percent=quote.tax_percent)
    if sums.total > LARGEST_TOTAL:
        faults["lines"] = N_("Tổng giá trị quá lớn.")
    if faults:
        raise Invalid(faults)
    return chosen, sums


def open_quote(session: Session, request: QuoteRequest, *, revision: int) -> Quote:
    """The quote the buyer may answer, if it is the revision they looked at."""
    quote = _quote(session, request.id, state="sent")
    if quote is None or quote.revision != revision:
        raise Conflict(NOT_THE_OPEN_ONE)
    return quote


def accept(
    session: Session,
    *,
    actor: Actor,
    number: str,
    revision: int,
    data: AcceptInput,
    now: datetime,
    seen_total: int | None = None,
) -> Acceptance:
    """The buyer accepts offers of the quote, in principle: a record of its own with prices as they stand now.

    Args:
        revision: the one the buyer looked at; a newer one in between is a Conflict.
        seen_total: the total the buyer was shown, in minor units; another outcome is a Conflict.

    Raises:
        NotFound, Forbidden; Conflict: not the open quote, expired, or answered already; Invalid by line.
    """
    request = locked_request(session, actor=actor, number=number, side="buyer")
    if done_before(session, request, move="accept", actor=actor):
        return session.scalars(select(Acceptance).where(Acceptance.request_id == request.id)).one()
    chosen = acceptable(session, request, revision=revision, data=data, now=now, seen_total=seen_total)
    assert actor.person_id is not None  # noqa: S101 - locked_request lets only members pass
    name = session.get_one(Person, actor.person_id).name
    return write_acceptance(session, request, chosen=chosen, note=data.note, actor=actor, by_name=name, now=now)


def acceptable(
    session: Session,
    request: QuoteRequest,
    *,
    revision: int,
    data: AcceptInput,
    now: datetime,
    seen_total: int | None = None,
) -> tuple[Quote, list[AcceptanceLine], Sums]:
    """What accepting these offers of the locked request would write.

    Raises:
        Conflict, MoveNotAllowed, Invalid: as `accept`.
    """
    require_state(request, frozenset({"quoted"}))
    quote = open_quote(session, request, revision=revision)
    if quote.valid_until is not None and quote.valid_until < local_date(now):
        raise Conflict(EXPIRED)
    offers = session.scalars(select(QuoteOffer).where(QuoteOffer.quote_id == quote.id)).all()
    lines, sums = choose(
        data,
        quote=quote,
        offers={offer.position: offer for offer in offers},
        items={item.id: item for item in items_of(session, request.id)},
    )
    if seen_total is not None and seen_total != sums.total:
        raise Conflict(N_("Tổng giá trị đã khác với số bạn vừa xem: hãy kiểm tra lại trước khi chấp nhận"))
    return quote, lines, sums


def write_acceptance(
    session: Session,
    request: QuoteRequest,
    *,
    chosen: tuple[Quote, list[AcceptanceLine], Sums],
    note: str,
    actor: Actor,
    by_name: str,
    now: datetime,
    opens_deal: bool = True,
) -> Acceptance:
    """The record of an acceptance with its lines, the request's move and the letters.

    Args:
        chosen: as `acceptable` gives it.
        by_name: of whom the record says that they accepted.
        opens_deal: whether the deal is followed here.
    """
    quote, lines, sums = chosen
    acceptance = Acceptance(
        request_id=request.id,
        quote_id=quote.id,
        accepted_by_id=actor.person_id,
        accepted_by_name=by_name,
        accepted_at=now,
        currency=quote.currency,
        net=sums.net,
        tax_percent=sums.tax_percent,
        tax=sums.tax,
        total=sums.total,
        note=note,
    )
    session.add(acceptance)
    session.flush()
    for line in lines:
        line.acceptance_id = acceptance.id
    session.add_all(lines)
    quote.state = "accepted"
    transition(session, request, move="accept", actor=actor, now=now, data={"revision": quote.revision})
    if opens_deal:
        open_deal(session, acceptance=acceptance, actor=actor, now=now)
    notices.tell_both(session, request, event="accepted", now=now, revision=quote.revision)
    return acceptance


def reject(
    session: Session, *, actor: Actor, number: str, revision: int, data: RejectInput, now: datetime
) -> QuoteRequest:
    """The buyer does not take the quote, and says why. That closes the request.

    Raises:
        NotFound, Forbidden; Conflict: not the open quote, or answered already; Invalid at `note`.
    """
    request = locked_request(session, actor=actor, number=number, side="buyer")
    if done_before(session, request, move="reject", actor=actor):
        return request
    write_rejection(session, request, revision=revision, data=data, actor=actor, now=now)
    return request


def write_rejection(
    session: Session, request: QuoteRequest, *, revision: int, data: RejectInput, actor: Actor, now: datetime
) -> None:
    """That the open quote of the locked request is not taken, and why.

    Raises:
        MoveNotAllowed; Conflict: not the open quote; Invalid at `note`.
    """
    require_state(request, frozenset({"quoted"}))
    quote = open_quote(session, request, revision=revision)
    require_words(data.reason, data.note)
    quote.state = "rejected"
    quote.rejected_reason = data.reason
    quote.rejected_note = data.note
    transition(session, request, move="reject", actor=actor, now=now, note=data.note, reasons={"reason": data.reason})
    notices.tell_both(session, request, event="rejected", now=now, revision=quote.revision, reason=data.reason)


def expired_requests(session: Session, *, now: datetime) -> Sequence[UUID]:
    """Requests whose open quote no longer holds today, oldest first."""
    return session.scalars(
        select(Quote.request_id)
        .where(
            Quote.state == "sent",
            Quote.valid_until < local_date(now),
            # Of those carried to another exchange that one tells when they are over.
            ~exists().where(CarriedRequest.request_id == Quote.request_id, CarriedRequest.direction == "out"),
        )
        .order_by(Quote.valid_until, Quote.id)
        .limit(500)
    ).all()


def lapse(session: Session, *, request_id: UUID, now: datetime) -> bool:
    """Close a request whose open quote no longer holds; False when that is not so (any more)."""
    request = session.scalars(
        select(QuoteRequest)
        .where(QuoteRequest.id == request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    quote = _quote(session, request_id, state="sent")
    if request.state != "quoted" or quote is None or not quote.valid_until or quote.valid_until >= local_date(now):
        return False
    quote.state = "lapsed"
    transition(session, request, move="lapse", actor=SYSTEM, now=now, data={"revision": quote.revision})
    notices.tell_both(session, request, event="lapsed", now=now, revision=quote.revision)
    return True
