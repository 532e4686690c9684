"""What buyer and holder do with a quote request, up to and beside the quote itself (quoting.py)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from app.features.enquiries import notices
from app.features.enquiries.policies import require_asker
from app.features.enquiries.records import (
    AttachedFile,
    attach,
    done_before,
    locked_request,
    note_change,
    require_state,
    require_words,
)
from app.features.enquiries.schemas import DeclineInput, MessageInput, RequestInput, WithdrawInput
from app.features.enquiries.states import OPEN_STATES, TALKING_STATES, Side, other_side, transition
from app.i18n import N_
from app.i18n.formats import local_date
from app.identity import Actor
from app.models import EnquiryMessage, Listing, Organisation, QuoteRequest, QuoteRequestHistory, QuoteRequestItem
from app.models.enquiries import REQUEST_NUMBERS
from app.models.listings import PUBLIC_STATES

NEEDS_ARE_NOT_ASKED = N_("Nhu cầu không nhận hỏi giá: hãy hỏi giá các công nghệ, thiết bị phù hợp với nhu cầu đó")
NOT_ONESELF = N_("Đây là mục của chính đơn vị bạn, nên không gửi yêu cầu báo giá được")


def once_public_listing(session: Session, *, public_id: str, for_update: bool = False) -> Listing:
    """A listing that anybody may know of, on show now or formerly.

    `for_update` holds it as it is until the transaction ends.

    Raises:
        NotFound: no such listing was ever public.
    """
    wanted = select(Listing).where(
        Listing.public_id == public_id, Listing.published_at.is_not(None), Listing.visibility != "invitation"
    )
    if for_update:
        wanted = wanted.with_for_update(read=True).execution_options(populate_existing=True)
    listing = session.scalars(wanted).one_or_none()
    if listing is None:
        raise NotFound
    return listing


def askable_listing(session: Session, *, public_id: str, for_update: bool = False) -> Listing:
    """The listing that a request may be sent about.

    `for_update` holds it as it is until the transaction ends: a withdrawal at the same moment either comes first and
    is seen here, or waits until the request is there.

    Raises:
        NotFound: no such listing was ever public.
        Gone: it is not on show any more.
        Conflict: it is a technology need, which is answered and not asked.
    """
    listing = once_public_listing(session, public_id=public_id, for_update=for_update)
    if listing.state not in PUBLIC_STATES:
        raise Gone(N_("Mục này không còn trên sàn, nên yêu cầu báo giá không được gửi"))
    if listing.kind == "need":
        raise Conflict(NEEDS_ARE_NOT_ASKED)
    return listing


def attachable_need(
    session: Session, *, public_id: str, organisation_id: UUID, for_update: bool = False
) -> Listing | None:
    """The organisation's own published need that a request may name as its reason; None when it has no such need."""
    wanted = select(Listing).where(
        Listing.public_id == public_id,
        Listing.kind == "need",
        Listing.organisation_id == organisation_id,
        Listing.state.in_(PUBLIC_STATES),
    )
    return session.scalars(wanted.with_for_update(read=True) if for_update else wanted).one_or_none()


def send_request(
    session: Session,
    *,
    actor: Actor,
    listing_public_id: str,
    buyer_organisation_id: UUID,
    data: RequestInput,
    form_key: str,
    now: datetime,
    need_public_id: str | None = None,
    files: Sequence[AttachedFile] = (),
) -> QuoteRequest:
    """Ask the holder of a listing for a quote, in the name of one of the actor's organisations.

    `form_key` names the form: sent twice, also at the same moment, it makes one request, and both get that one.
    A need posted without a name may stand beside the request only with `data.reveal`, since requests name the buyer.

    Raises:
        SignInRequired, Forbidden: the actor is nobody, or does not act for the buyer.
        NotFound, Gone, Conflict: see `askable_listing`; Conflict also for a listing of the buyer's own.
        Invalid: by field.
    """
    require_asker(actor)
    if not actor.acts_for(buyer_organisation_id):
        raise Forbidden(N_("Bạn không đại diện cho tổ chức này"))
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{actor.person_id}:{form_key}", 0))))
    before = session.scalars(
        select(QuoteRequest).where(QuoteRequest.sent_by_id == actor.person_id, QuoteRequest.form_key == form_key)
    ).one_or_none()
    if before is not None:
        return before

    listing = askable_listing(session, public_id=listing_public_id, for_update=True)
    if listing.organisation_id == buyer_organisation_id:
        raise Conflict(NOT_ONESELF)
    need = _need_for(session, need_public_id, organisation_id=buyer_organisation_id, data=data)
    if data.wanted_date is not None and data.wanted_date < local_date(now):
        raise Invalid({"wanted_date": N_("Ngày cần hàng phải từ hôm nay trở đi.")})

    names = {
        one.id: one.name
        for one in session.scalars(
            select(Organisation).where(Organisation.id.in_([buyer_organisation_id, listing.organisation_id]))
        )
    }
    serial = session.scalar(select(REQUEST_NUMBERS.next_value()))
    assert serial is not None and actor.person_id is not None  # noqa: PT018, S101 - a sequence always answers
    request = QuoteRequest(
        number=f"{local_date(now).year}-{serial:06d}",
        form_key=form_key,
        listing_id=listing.id,
        listing_version=listing.version,
        listing_title=listing.title,
        listing_kind=listing.kind,
        need_id=need.id if need else None,
        need_title=need.title if need else None,
        buyer_organisation_id=buyer_organisation_id,
        buyer_name=names[buyer_organisation_id],
        holder_organisation_id=listing.organisation_id,
        holder_name=names[listing.organisation_id],
        sent_by_id=actor.person_id,
        message=data.message,
        wanted_date=data.wanted_date,
        sent_at=now,
        updated_at=now,
    )
    session.add(request)
    session.flush()
    session.add_all(
        QuoteRequestItem(
            request_id=request.id,
            position=position,
            description=item.description,
            quantity=item.quantity,
            unit=item.unit,
            tiers=[str(tier) for tier in sorted(set(item.tiers))],
            target_price=item.target_price,
            currency=data.currency,
        )
        for position, item in enumerate(data.items, start=1)
    )
    attach(session, request, files, organisation_id=buyer_organisation_id, now=now)
    session.add(
        QuoteRequestHistory(
            quote_request_id=request.id,
            sequence=1,
            from_state=None,
            to_state="sent",
            move="send",
            at=now,
            actor_id=actor.person_id,
        )
    )
    journal.append(
        session, entity="quote_request", entity_id=request.id, action="send", actor_id=actor.person_id, at=now
    )
    notices.tell_both(session, request, event="sent", now=now)
    return request


def _need_for(session: Session, public_id: str | None, *, organisation_id: UUID, data: RequestInput) -> Listing | None:
    if not public_id:
        return None
    need = attachable_need(session, public_id=public_id, organisation_id=organisation_id, for_update=True)
    if need is None:
        raise Invalid({"need": N_("Nhu cầu đi kèm phải là nhu cầu đang đăng của chính tổ chức hỏi giá.")})
    if need.visibility != "public" and not data.reveal:
        raise Invalid({"reveal": N_("Hãy xác nhận cho nêu tên đơn vị, hoặc gửi yêu cầu không kèm nhu cầu này.")})
    return need


def acknowledge(session: Session, *, actor: Actor, number: str, now: datetime) -> QuoteRequest:
    """The holder says that it has seen the request and works on it.

    Raises:
        NotFound, Forbidden, MoveNotAllowed.
    """
    request = locked_request(session, actor=actor, number=number, side="holder")
    if done_before(session, request, move="acknowledge", actor=actor):
        return request
    transition(session, request, move="acknowledge", actor=actor, now=now)
    request.acknowledged_at = now
    notices.tell_both(session, request, event="acknowledged", now=now)
    return request


def post_message(
    session: Session,
    *,
    actor: Actor,
    number: str,
    side: Side,
    data: MessageInput,
    form_key: str,
    now: datetime,
    files: Sequence[AttachedFile] = (),
) -> EnquiryMessage:
    """Write to the other side; it is then their turn. A holder's first words also count as its answer.

    After an acceptance the two go on talking; a request that ended otherwise takes no more messages.

    Raises:
        NotFound, Forbidden, MoveNotAllowed.
    """
    request = locked_request(session, actor=actor, number=number, side=side)
    before = session.scalars(
        select(EnquiryMessage).where(EnquiryMessage.request_id == request.id, EnquiryMessage.form_key == form_key)
    ).one_or_none()
    if before is not None:
        return before
    require_state(request, TALKING_STATES)
    assert actor.person_id is not None  # noqa: S101 - locked_request lets only members pass
    organisation_id = request.buyer_organisation_id if side == "buyer" else request.holder_organisation_id
    message = EnquiryMessage(
        request_id=request.id,
        organisation_id=organisation_id,
        author_id=actor.person_id,
        body=data.body,
        form_key=form_key,
        at=now,
    )
    session.add(message)
    session.flush()
    attach(session, request, files, organisation_id=organisation_id, now=now, message_id=message.id)
    if side == "holder":
        request.acknowledged_at = request.acknowledged_at or now
        request.first_answer_at = request.first_answer_at or now
    if side == "holder" and request.state in {"sent", "acknowledged"}:
        transition(session, request, move="clarify", actor=actor, now=now)
    else:
        if request.state in OPEN_STATES:
            request.awaits = other_side(side)
        note_change(session, request, action="message_posted", actor=actor, now=now)
    notices.tell_both(session, request, event="message", now=now, author=side, skip=actor.person_id)
    return message


def decline(session: Session, *, actor: Actor, number: str, data: DeclineInput, now: datetime) -> QuoteRequest:
    """The holder will not quote, and says why.

    Raises:
        NotFound, Forbidden, MoveNotAllowed; Invalid at `note` when “other” is chosen without words.
    """
    request = locked_request(session, actor=actor, number=number, side="holder")
    if done_before(session, request, move="decline", actor=actor):
        return request
    require_words(data.reason, data.note)
    transition(session, request, move="decline", actor=actor, now=now, note=data.note, reasons={"reason": data.reason})
    request.decline_reason = data.reason
    request.decline_note = data.note
    request.first_answer_at = request.first_answer_at or now
    notices.tell_both(session, request, event="declined", now=now, reason=data.reason)
    return request


def withdraw(session: Session, *, actor: Actor, number: str, data: WithdrawInput, now: datetime) -> QuoteRequest:
    """The buyer takes the request back before a quote came (a quote is accepted or rejected).

    Raises:
        NotFound, Forbidden, MoveNotAllowed.
    """
    request = locked_request(session, actor=actor, number=number, side="buyer")
    if done_before(session, request, move="withdraw", actor=actor):
        return request
    transition(session, request, move="withdraw", actor=actor, now=now, note=data.note)
    notices.tell_both(session, request, event="withdrawn", now=now)
    return request
