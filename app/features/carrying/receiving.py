"""What comes in about our own listings: requests, and what their buyers decide; stored once, however often sent."""

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, Forbidden, NotFound
from app.features.carrying import wire
from app.features.enquiries import notices
from app.features.enquiries.asking import require_askable, write_requests
from app.features.enquiries.commands import write_message
from app.features.enquiries.quoting import acceptable, write_acceptance, write_rejection
from app.features.enquiries.records import require_state
from app.features.enquiries.schemas import AcceptInput, RejectInput
from app.features.enquiries.states import MOVES, TALKING_STATES, transition
from app.i18n import N_
from app.identity import SYSTEM, new_public_id, uuid7
from app.models import (
    CarriedRequest,
    EnquiryMessage,
    Listing,
    Organisation,
    Partner,
    QuoteRequest,
    QuoteRequestHistory,
)
from app.text import slug

NOT_AGREED: Final = N_("Thoả thuận với sàn này không gồm việc chuyển yêu cầu báo giá")
OTHERS: Final = N_("Tin này không phải của sàn này")


def require_agreed(partner: Partner) -> None:
    """Raises Forbidden unless the agreement lets the partner bring its buyers' requests."""
    if not partner.enquiries_in:
        raise Forbidden(NOT_AGREED)


def known_request(session: Session, partner: Partner, carry_id: str, *, for_update: bool = False) -> CarriedRequest:
    """What this partner brought under that name.

    Raises:
        NotFound: it brought none, whoever else did.
    """
    wanted = select(CarriedRequest).where(
        CarriedRequest.partner_id == partner.id,
        CarriedRequest.carry_id == carry_id,
        CarriedRequest.direction == "in",
    )
    if for_update:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound
    return found


def receive_ask(
    session: Session, *, partner: Partner, ask: wire.Ask, listing: Listing, now: datetime
) -> tuple[CarriedRequest, bool]:
    """A buyer's request that a partner brings, written for the holder like any other; and whether it is new.

    Args:
        listing: our own, shared with this partner.

    Raises:
        Forbidden: the agreement does not say so.
        Gone, Conflict: the listing cannot be asked about, or the name stands for another request.
    """
    require_agreed(partner)
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"carried:{partner.id}:{ask.id}", 0))))
    try:
        before = known_request(session, partner, ask.id)
    except NotFound:
        before = None
    if before is not None:
        if session.get_one(QuoteRequest, before.request_id).listing_id != listing.id:
            raise Conflict(N_("Mã này đã dùng cho một yêu cầu khác"))
        return before, False
    if require_askable(session, listing, now=now) is not None:
        raise Conflict(OTHERS)
    buyer_id = _buyer(session, partner, ask.buyer, now=now)
    request = write_requests(
        session,
        actor=SYSTEM,
        listings=[listing],
        buyer_organisation_id=buyer_id,
        data=ask.request,
        form_keys=[None],
        need=None,
        round_id=None,
        files=(),
        now=now,
    )[0]
    made = CarriedRequest(
        request_id=request.id,
        partner_id=partner.id,
        direction="in",
        carry_id=ask.id,
        remote_number=ask.number,
        exchange_name=partner.name,
        answers_to=ask.answers_to if answers_may_go_to(ask.answers_to, partner) else "",
        contact_email=ask.contact_email or "",
        consent_version=ask.consent.version,
        consent_at=ask.consent.at,
        seen_version=request.version,
        heard_at=now,
        created_at=now,
    )
    session.add(made)
    session.flush()
    notices.tell_both(session, request, event="sent", now=now)
    return made, True


def _buyer(session: Session, partner: Partner, buyer: wire.Buyer, *, now: datetime) -> UUID:
    """The row of the organisation that asks, under the key of its own exchange.

    It is no imported one: nobody but the two sides and the operator is to see that it is here.
    """
    session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"buyer:{partner.authority}:{buyer.id}", 0)))
    )
    known = session.scalars(
        select(Organisation).where(Organisation.authority == partner.authority, Organisation.local_id == buyer.id)
    ).one_or_none()
    if known is not None:
        if not known.imported and known.name != buyer.name:
            known.name, known.region = buyer.name, buyer.region
            known.version += 1
            known.updated_at = now
            journal.append(session, entity="organisation", entity_id=known.id, action="carried", at=now)
        return known.id
    public_id = new_public_id()
    made = Organisation(
        id=uuid7(),
        public_id=public_id,
        authority=partner.authority,
        local_id=buyer.id,
        slug=slug(buyer.name) or public_id,
        name=buyer.name,
        type="firm",
        region=buyer.region,
        created_at=now,
        updated_at=now,
    )
    session.add(made)
    journal.append(session, entity="organisation", entity_id=made.id, action="carried", at=now)
    return made.id


def answers_may_go_to(address: str, partner: Partner) -> bool:
    """Whether answers are brought to this address: to a house of the partner's own only. Else it has to ask."""
    if not address:
        return False
    houses = {partner.authority, *(urlsplit(one).hostname for one in (partner.address, partner.keys_url) if one)}
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and host in houses and parts.username is None


def receive_act(session: Session, *, partner: Partner, carry_id: str, act: wire.Act, now: datetime) -> CarriedRequest:
    """What the buyer at the other exchange decided or says. The same again changes nothing.

    A request that was brought while the agreement said so may be ended though it does no more.

    Raises:
        NotFound: this partner brought no such request.
        Conflict, MoveNotAllowed, Invalid: as for a buyer here.
    """
    carried = known_request(session, partner, carry_id, for_update=True)
    request = session.scalars(
        select(QuoteRequest)
        .where(QuoteRequest.id == carried.request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    carried.heard_at = now
    if isinstance(act, wire.Say):
        _say(session, request, act, now=now)
    elif not _done(session, request, act.act):
        if isinstance(act, wire.Withdraw):
            transition(session, request, move="withdraw", actor=SYSTEM, now=now, note=act.note)
            notices.tell_both(session, request, event="withdrawn", now=now)
        elif isinstance(act, wire.Reject):
            data = RejectInput(reason=act.reason, note=act.note)
            write_rejection(session, request, revision=act.revision, data=data, actor=SYSTEM, now=now)
        else:
            chosen = acceptable(
                session,
                request,
                revision=act.revision,
                data=AcceptInput(lines=act.lines),
                now=now,
                seen_total=act.total,
            )
            # No person's name crossed: the record says which organisation.
            name = request.buyer_name
            write_acceptance(session, request, chosen=chosen, note=act.note, actor=SYSTEM, by_name=name, now=now)
    return carried


def _done(session: Session, request: QuoteRequest, act: str) -> bool:
    """Whether this very act was the last move: it was sent again since its answer got lost."""
    if request.state != MOVES[act].target:
        return False
    newest = session.scalars(
        select(QuoteRequestHistory)
        .where(QuoteRequestHistory.quote_request_id == request.id)
        .order_by(QuoteRequestHistory.sequence.desc())
        .limit(1)
    ).one()
    return newest.move == act


def _say(session: Session, request: QuoteRequest, act: wire.Say, *, now: datetime) -> None:
    key = f"carried:{act.id}"
    known = select(EnquiryMessage.id).where(EnquiryMessage.request_id == request.id, EnquiryMessage.form_key == key)
    if session.scalar(known) is not None:
        return
    require_state(request, TALKING_STATES)
    write_message(
        session, request, side="buyer", actor=SYSTEM, body=act.body, language=act.language, form_key=key, now=now
    )
