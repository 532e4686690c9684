"""Asking for quotes: one holder, or several at once, each without knowing of the others."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from app.features.enquiries import notices
from app.features.enquiries.crossing import NOT_CARRIED, CarryInput, begin_carrying, carrying_partner
from app.features.enquiries.policies import require_asker
from app.features.enquiries.questions import fitting
from app.features.enquiries.records import AttachedFile, attach, require_no_files
from app.features.enquiries.schemas import MOST_CRITERIA, RequestInput
from app.features.partners.origins import is_foreign
from app.i18n import N_
from app.i18n.formats import local_date
from app.identity import Actor
from app.models import (
    Listing,
    Organisation,
    Partner,
    QuoteRequest,
    QuoteRequestHistory,
    QuoteRequestItem,
    QuoteRound,
)
from app.models.enquiries import REQUEST_NUMBERS
from app.models.listings import PUBLIC_STATES
from app.text import one_line

MOST_HOLDERS = 10
LONGEST_CRITERION = 500
NEEDS_ARE_NOT_ASKED = N_("Nhu cầu không nhận hỏi giá: hãy hỏi giá các công nghệ, thiết bị phù hợp với nhu cầu đó")
NOT_ONESELF = N_("Đây là mục của chính đơn vị bạn, nên không gửi yêu cầu báo giá được")
ASKED_AT_ITS_ORIGIN = N_("Mục này của một sàn khác: hãy hỏi giá ở trang của nó tại sàn gốc")
NOT_ON_SHOW = N_("Mục này không còn trên sàn, nên yêu cầu báo giá không được gửi")


def once_public_listing(session: Session, *, public_id: str, for_update: bool = False) -> Listing:
    """A listing that anybody may know of, on show now or formerly.

    `for_update` holds it as it is until the transaction ends.

    Raises:
        NotFound: no such listing was ever public.
    """
    found = _once_public(session, [public_id], for_update=for_update)
    if not found:
        raise NotFound
    return found[0]


def _once_public(session: Session, public_ids: Sequence[str], *, for_update: bool = False) -> list[Listing]:
    """Those of the listings that anybody may know of, in the order of their ids, so that locks meet no deadlock."""
    wanted = (
        select(Listing)
        .where(Listing.public_id.in_(public_ids), Listing.published_at.is_not(None), Listing.visibility != "invitation")
        .order_by(Listing.id)
    )
    if for_update:
        wanted = wanted.with_for_update(read=True).execution_options(populate_existing=True)
    return list(session.scalars(wanted))


def askable_listing(session: Session, *, public_id: str, now: datetime) -> Listing:
    """The listing that a request may be sent about.

    Raises:
        NotFound: no such listing was ever public.
        Gone: it is not on show any more.
        Conflict: it is a technology need, which is answered and not asked, or another exchange's that requests are not
            carried to.
    """
    listing = once_public_listing(session, public_id=public_id)
    require_askable(session, listing, now=now)
    return listing


def require_askable(session: Session, listing: Listing, *, now: datetime) -> Partner | None:
    """The partner that a request about the listing is carried to; None for one of our own.

    Raises:
        Gone, Conflict: see `askable_listing`.
    """
    if listing.state not in PUBLIC_STATES:
        raise Gone(NOT_ON_SHOW)
    if listing.kind == "need":
        raise Conflict(NEEDS_ARE_NOT_ASKED)
    if not is_foreign(session, listing=listing):
        return None
    partner = carrying_partner(session, listing_id=listing.id, now=now)
    if partner is None:
        raise Conflict(ASKED_AT_ITS_ORIGIN)
    return partner


def _own_published_need(public_id: str, organisation_ids: Iterable[UUID]) -> Select[Listing]:
    return select(Listing).where(
        Listing.public_id == public_id,
        Listing.kind == "need",
        Listing.organisation_id.in_(list(organisation_ids)),
        Listing.state.in_(PUBLIC_STATES),
    )


def own_need(session: Session, *, actor: Actor, public_id: str) -> Listing | None:
    """The published need of one of the actor's organisations; None when it is none of theirs. One query."""
    return session.scalars(_own_published_need(public_id, actor.organisations)).one_or_none()


def criteria_of(need: Listing) -> list[str]:
    """How the need's owner says that success is accepted: one criterion a line, without bullets."""
    lines = str(need.details.get("acceptance") or "").splitlines()
    found = [one_line(line).lstrip("-*•–+").strip()[:LONGEST_CRITERION] for line in lines]
    return [one for one in found if one][:MOST_CRITERIA]


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
    carrying: CarryInput = NOT_CARRIED,
) -> QuoteRequest:
    """Ask the holder of a listing for a quote, in the name of one of the actor's organisations.

    `form_key` names the form: sent twice, also at the same moment, it makes one request, and both get that one.
    A need posted without a name may stand beside the request only with `data.reveal`, since requests name the buyer.
    Its criteria of acceptance go along unless `data.criteria` says others. About a listing of another exchange the
    request is kept here and carried there, with what `carrying` consents to; the need stays here.

    Raises:
        SignInRequired, Forbidden: the actor is nobody, or does not act for the buyer.
        NotFound, Gone, Conflict: see `askable_listing`; Conflict also for a listing of the buyer's own.
        Invalid: by field.
    """
    _begin(session, actor=actor, buyer_organisation_id=buyer_organisation_id, form_key=form_key)
    before = session.scalars(
        select(QuoteRequest).where(QuoteRequest.sent_by_id == actor.person_id, QuoteRequest.form_key == form_key)
    ).one_or_none()
    if before is not None:
        return before
    listing = once_public_listing(session, public_id=listing_public_id, for_update=True)
    partner = require_askable(session, listing, now=now)
    if partner is not None:
        require_no_files(files)
        if not carrying.consent:
            raise Invalid({"carry_consent": N_("Hãy đồng ý để yêu cầu được chuyển đi, hoặc hỏi ở trang của sàn gốc.")})
    if listing.organisation_id == buyer_organisation_id:
        raise Conflict(NOT_ONESELF)
    abroad = partner is not None
    need = _need_for(session, need_public_id, organisation_id=buyer_organisation_id, data=data, shown=not abroad)
    _check_days(data, local_date(now))
    about_need = None
    if need is not None:
        about_need = _round(session, actor, buyer_organisation_id, form_key=form_key, title="", need=need, now=now)
    sent = write_requests(
        session,
        actor=actor,
        listings=[listing],
        buyer_organisation_id=buyer_organisation_id,
        data=data,
        form_keys=[form_key],
        need=need,
        round_id=about_need.id if about_need else None,
        files=files,
        now=now,
        fills_criteria=not abroad,
    )[0]
    if partner is not None:
        begin_carrying(session, sent, partner=partner, carrying=carrying, actor=actor, now=now)
    notices.tell_both(session, sent, event="sent", now=now)
    return sent


def send_round(
    session: Session,
    *,
    actor: Actor,
    listing_public_ids: Sequence[str],
    buyer_organisation_id: UUID,
    data: RequestInput,
    title: str,
    form_key: str,
    now: datetime,
    need_public_id: str | None = None,
    files: Sequence[AttachedFile] = (),
) -> tuple[QuoteRound, Sequence[QuoteRequest]]:
    """Ask the holders of several listings at once: a request of its own for each, and a round the buyer compares in.

    All are sent or none. The same form sent twice, also at the same moment, sends once. Requests about a need join
    the round of that need. Files are stored once and stand with every request.

    Raises:
        SignInRequired, Forbidden: as `send_request`.
        Invalid: by field; at `listings` where one of them cannot be asked about (gone, a need, the buyer's own), where
            there are none or more than MOST_HOLDERS.
    """
    _begin(session, actor=actor, buyer_organisation_id=buyer_organisation_id, form_key=form_key)
    wanted = list(dict.fromkeys(listing_public_ids))
    keys = {one: f"{form_key}:{one}" for one in wanted}
    sent = session.scalars(
        select(QuoteRequest)
        .where(QuoteRequest.sent_by_id == actor.person_id, QuoteRequest.form_key.in_(list(keys.values())))
        .order_by(QuoteRequest.number)
    ).all()
    if sent and sent[0].round_id is not None:
        return session.get_one(QuoteRound, sent[0].round_id), sent
    if not wanted or len(wanted) > MOST_HOLDERS:
        raise Invalid({"listings": N_("Hãy chọn từ một đến mười mục.")})
    found = _once_public(session, wanted, for_update=True)
    if len(found) != len(wanted) or any(
        one.kind == "need"
        or one.state not in PUBLIC_STATES
        or one.organisation_id == buyer_organisation_id
        or is_foreign(session, listing=one)
        for one in found
    ):
        raise Invalid({"listings": N_("Có mục không hỏi giá được nữa: hãy bỏ chọn mục đó rồi gửi lại.")})
    need = _need_for(session, need_public_id, organisation_id=buyer_organisation_id, data=data)
    _check_days(data, local_date(now))
    made = _round(session, actor, buyer_organisation_id, form_key=form_key, title=title, need=need, now=now)
    found.sort(key=lambda one: wanted.index(one.public_id))
    requests = write_requests(
        session,
        actor=actor,
        listings=found,
        buyer_organisation_id=buyer_organisation_id,
        data=data,
        form_keys=[keys[one.public_id] for one in found],
        need=need,
        round_id=made.id,
        files=files,
        now=now,
    )
    for request in requests:
        notices.tell_both(session, request, event="sent", now=now)
    return made, requests


def _begin(session: Session, *, actor: Actor, buyer_organisation_id: UUID, form_key: str) -> None:
    """Who asks may ask, and no other sending of the same form is under way."""
    require_asker(actor)
    if not actor.acts_for(buyer_organisation_id):
        raise Forbidden(N_("Bạn không đại diện cho tổ chức này"))
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{actor.person_id}:{form_key}", 0))))


def _check_days(data: RequestInput, today: date) -> None:
    faults = {}
    if data.wanted_date is not None and data.wanted_date < today:
        faults["wanted_date"] = N_("Ngày cần hàng phải từ hôm nay trở đi.")
    if data.answer_by is not None and data.answer_by < today:
        faults["answer_by"] = N_("Hạn nhận báo giá phải từ hôm nay trở đi.")
    if faults:
        raise Invalid(faults)


def _need_for(
    session: Session, public_id: str | None, *, organisation_id: UUID, data: RequestInput, shown: bool = True
) -> Listing | None:
    if not public_id:
        return None
    need = session.scalars(_own_published_need(public_id, [organisation_id]).with_for_update(read=True)).one_or_none()
    if need is None:
        raise Invalid({"need": N_("Nhu cầu đi kèm phải là nhu cầu đang đăng của chính tổ chức hỏi giá.")})
    if shown and need.visibility != "public" and not data.reveal:
        raise Invalid({"reveal": N_("Hãy xác nhận cho nêu tên đơn vị, hoặc gửi yêu cầu không kèm nhu cầu này.")})
    return need


def _round(
    session: Session,
    actor: Actor,
    organisation_id: UUID,
    *,
    form_key: str,
    title: str,
    need: Listing | None,
    now: datetime,
) -> QuoteRound:
    """The round of the need, or a new one."""
    if need is not None:
        # Two people asking about one need at once share its round.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"round:{need.id}", 0))))
        known = session.scalars(
            select(QuoteRound).where(QuoteRound.organisation_id == organisation_id, QuoteRound.need_id == need.id)
        ).one_or_none()
        if known is not None:
            known.updated_at = now
            return known
    assert actor.person_id is not None  # noqa: S101 - require_asker lets only people pass
    made = QuoteRound(
        organisation_id=organisation_id,
        created_by_id=actor.person_id,
        form_key=form_key,
        title=need.title if need is not None else title,
        need_id=need.id if need is not None else None,
        created_at=now,
        updated_at=now,
    )
    session.add(made)
    session.flush()
    return made


def write_requests(
    session: Session,
    *,
    actor: Actor,
    listings: Sequence[Listing],
    buyer_organisation_id: UUID,
    data: RequestInput,
    form_keys: Sequence[str | None],
    need: Listing | None,
    round_id: UUID | None,
    files: Sequence[AttachedFile],
    now: datetime,
    fills_criteria: bool = True,
) -> list[QuoteRequest]:
    """One request a listing, with items, files, first history row and journal entry; letters are the caller's.

    `actor` is nobody here where the request comes from another exchange. `fills_criteria`: those of the need are taken
    where none are typed.
    """
    parties = {buyer_organisation_id, *(one.organisation_id for one in listings)}
    names = {
        one.id: one.name for one in session.scalars(select(Organisation).where(Organisation.id.in_(list(parties))))
    }
    serials = session.scalars(select(REQUEST_NUMBERS.next_value()).select_from(func.generate_series(1, len(listings))))
    criteria = data.criteria or (criteria_of(need) if need is not None and fills_criteria else [])
    requests = [
        QuoteRequest(
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
            answer_by=data.answer_by,
            criteria=list(criteria),
            questions=fitting(data.questions, listing.kind),
            round_id=round_id,
            sent_at=now,
            updated_at=now,
        )
        for listing, form_key, serial in zip(listings, form_keys, serials.all(), strict=True)
    ]
    session.add_all(requests)
    session.flush()
    for request in requests:
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
    return requests
