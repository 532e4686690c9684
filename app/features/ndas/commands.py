"""Asking for an agreement, fixing its text, signing it.

What follows: disclosing.py (parts are opened), gate.py (parts are read), ending.py. Every command locks the
agreement first, so none overtakes another.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, Forbidden, Invalid, MoveNotAllowed, NotFound, RateLimited
from app.features.accounts.attempts import Limit, Refused, count_attempt
from app.features.accounts.policies import require_in_person
from app.features.accounts.proof import prove_password
from app.features.listings.policies import publicly_visible
from app.features.ndas import notices
from app.features.ndas.policies import require_side, require_signatory
from app.features.ndas.records import locked_nda, readers_of, signatures_of
from app.features.ndas.schemas import (
    LONGEST_YEARS,
    NdaRequestInput,
    NdaSignatureInput,
    NdaTextInput,
)
from app.features.ndas.states import MOVES, PENDING_STATES, SIGNABLE_STATES, Side, transition
from app.features.ndas.texts import PartyLine, current_template, fix_text
from app.features.partners.origins import is_foreign
from app.i18n import N_
from app.i18n.formats import local_date
from app.identity import Actor
from app.models import Listing, Membership, Organisation, Person
from app.models.ndas import NDA_NUMBERS, Nda, NdaHistory, NdaReader, NdaSignature

# Successful requests of one organisation: enough for a busy buyer, too few to sound out everybody.
NDA_REQUESTS: Final = Limit("nda:organisation", 20, timedelta(days=1))

AT_ITS_ORIGIN = N_("Mục này của một sàn khác: phần bảo mật của nó ở sàn gốc")
NOT_ONESELF = N_("Đây là mục của chính đơn vị bạn")
ALREADY_PENDING = N_("Tổ chức của bạn đang có thoả thuận %(number)s về mục này, chưa ký xong")
TEXT_CHANGED = N_("Văn bản đã khác với bản bạn vừa đọc: hãy đọc lại trước khi ký")
SIGNED_ALREADY = N_("Một chủ quản khác của tổ chức bạn đã ký")
DATE_PASSED = N_("Ngày hết hạn ghi trong văn bản đã qua, nên không ký được nữa: hãy lập thoả thuận mới")


def request_nda(
    session: Session,
    *,
    actor: Actor,
    listing_public_id: str,
    recipient_organisation_id: UUID,
    data: NdaRequestInput,
    form_key: str,
    now: datetime,
) -> Nda:
    """Ask the organisation of a public listing for an agreement, in the name of one of the actor's organisations.

    `form_key` names the form: sent twice, also at the same moment, it makes one agreement, and both get that one.

    Raises:
        SignInRequired, Forbidden: nobody, a program, or somebody who does not act for the recipient.
        NotFound: no such public listing.
        Conflict: the listing is the recipient's own, or an agreement about it waits for signatures.
        Invalid: at `readers`, somebody who does not act for the recipient.
        RateLimited: too many requests of this organisation today.
    """
    person_id = require_in_person(actor)
    if not actor.acts_for(recipient_organisation_id):
        raise Forbidden(N_("Bạn không đại diện cho tổ chức này"))
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"nda:{recipient_organisation_id}", 0))))
    before = session.scalars(
        select(Nda).where(Nda.requested_by_id == person_id, Nda.form_key == form_key)
    ).one_or_none()
    if before is not None:
        return before
    listing = _public_listing(session, listing_public_id)
    if listing.organisation_id == recipient_organisation_id:
        raise Conflict(NOT_ONESELF)
    if is_foreign(session, listing=listing):
        raise Conflict(AT_ITS_ORIGIN)
    pending = session.scalar(
        select(Nda.number).where(
            Nda.listing_id == listing.id,
            Nda.recipient_organisation_id == recipient_organisation_id,
            Nda.state.in_(PENDING_STATES),
        )
    )
    if pending is not None:
        raise Conflict(ALREADY_PENDING, number=pending)
    people = _members(session, recipient_organisation_id, data.readers)
    wait = count_attempt(session, NDA_REQUESTS, subject=str(recipient_organisation_id), now=now)
    if wait:
        raise RateLimited(wait, N_("Hôm nay tổ chức của bạn đã gửi quá nhiều đề nghị: hãy thử lại vào ngày mai"))
    names = dict(
        session.execute(
            select(Organisation.id, Organisation.name).where(
                Organisation.id.in_([recipient_organisation_id, listing.organisation_id])
            )
        ).all()
    )
    nda = Nda(
        number=f"NDA-{local_date(now).year}-{session.scalar(select(NDA_NUMBERS.next_value())):06d}",
        form_key=form_key,
        listing_id=listing.id,
        listing_title=listing.title,
        listing_kind=listing.kind,
        anonymous=listing.visibility == "anonymous",
        discloser_organisation_id=listing.organisation_id,
        discloser_name=names[listing.organisation_id],
        recipient_organisation_id=recipient_organisation_id,
        recipient_name=names[recipient_organisation_id],
        requested_by_id=person_id,
        purpose=data.purpose,
        requested_at=now,
        updated_at=now,
    )
    session.add(nda)
    session.flush()
    session.add_all(NdaReader(nda_id=nda.id, person_id=one.id, name=one.name) for one in people)
    session.add(
        NdaHistory(
            nda_id=nda.id, sequence=1, from_state=None, to_state="requested", move="request", at=now, actor_id=person_id
        )
    )
    journal.append(session, entity="nda", entity_id=nda.id, action="request", actor_id=person_id, at=now)
    notices.tell_both(session, nda, event="requested", now=now, by="recipient")
    return nda


def _public_listing(session: Session, public_id: str) -> Listing:
    """The listing, held as it is until the transaction ends: it cannot turn anonymous or leave in between."""
    listing = session.scalars(
        publicly_visible()
        .where(Listing.public_id == public_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if listing is None:
        raise NotFound
    return listing


def _members(session: Session, organisation_id: UUID, person_ids: Sequence[UUID]) -> list[Person]:
    found = session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.organisation_id == organisation_id,
            Person.id.in_(person_ids),
            Person.disabled_at.is_(None),
        )
        .order_by(Person.name, Person.id)
    ).all()
    if len(found) != len(set(person_ids)):
        raise Invalid({"readers": N_("Người đọc phải là thành viên của tổ chức đứng tên.")})
    return list(found)


def fix_nda_text(
    session: Session, *, actor: Actor, number: str, data: NdaTextInput, exchange: str, now: datetime
) -> Nda:
    """The discloser fixes the exact text from the current template; again and again until somebody signed.

    Args:
        exchange: the name of this exchange, as the text calls it.

    Raises:
        NotFound, Forbidden, MoveNotAllowed; Invalid at `active_until`.
    """
    nda = locked_nda(session, actor=actor, number=number)
    require_side(actor, nda, "discloser")
    today = local_date(now)
    if not today < data.active_until <= today + timedelta(days=366 * LONGEST_YEARS):
        raise Invalid({"active_until": N_("Ngày hết hạn phải sau hôm nay và trong vòng năm năm.")})
    listing = session.get_one(Listing, nda.listing_id)
    parties = {
        one.id: PartyLine(one.name, one.tax_code)
        for one in session.scalars(
            select(Organisation).where(
                Organisation.id.in_([nda.discloser_organisation_id, nda.recipient_organisation_id])
            )
        )
    }
    fixed = fix_text(
        current_template(today),
        language=data.language,
        number=nda.number,
        exchange=exchange,
        listing_title=nda.listing_title,
        listing_id=listing.public_id,
        discloser=PartyLine() if nda.anonymous else parties[nda.discloser_organisation_id],
        recipient=parties[nda.recipient_organisation_id],
        purpose=nda.purpose,
        readers=[one.name for one in readers_of(session, nda.id) if one.removed_at is None],
        active_until=data.active_until,
        secrecy_years=data.secrecy_years,
        special_terms=data.special_terms,
        prepared_on=today,
    )
    if nda.state == "fixed" and nda.text_sha256 == fixed.sha256:
        return nda
    if nda.state not in MOVES["fix"].sources:
        raise MoveNotAllowed(N_("Văn bản không đổi được nữa: đã có bên ký, hoặc đã khép lại"), state=nda.state)
    nda.template_version = fixed.template_version
    nda.language = fixed.language
    nda.special_terms = data.special_terms
    nda.secrecy_years = data.secrecy_years
    nda.active_until = data.active_until
    nda.text = fixed.text
    nda.text_sha256 = fixed.sha256
    nda.fixed_at = now
    transition(
        session,
        nda,
        move="fix",
        actor=actor,
        now=now,
        reasons={"sha256": fixed.sha256, "template": fixed.template_version},
    )
    notices.tell_both(session, nda, event="fixed", now=now, by="discloser")
    return nda


def sign_nda(
    session: Session,
    *,
    actor: Actor,
    number: str,
    side: Side,
    data: NdaSignatureInput,
    password: str,
    seen_sha256: str,
    now: datetime,
) -> NdaSignature | Refused:
    """Sign for one side, with the password given afresh. The second signature brings the agreement into force.

    Args:
        seen_sha256: the hash of the text that was read; of another text nothing is signed.

    Returns:
        the signature (the one there is, when the same person sends the form twice), or why the password was refused;
        what counts the attempts must then be committed.

    Raises:
        NotFound, Forbidden; Conflict: another text, another owner signed, or the date has passed; MoveNotAllowed.
    """
    proved = prove_password(session, actor=actor, password=password, now=now)
    if isinstance(proved, Refused):
        return proved
    nda = locked_nda(session, actor=actor, number=number)
    person_id = require_signatory(actor, nda, side)
    signatures = {one.side: one for one in signatures_of(session, nda.id)}
    mine = signatures.get(side)
    if mine is not None and mine.person_id == person_id:
        return mine
    if mine is not None:
        raise Conflict(SIGNED_ALREADY)
    if nda.state not in SIGNABLE_STATES or nda.text_sha256 is None or nda.active_until is None:
        raise MoveNotAllowed(N_("Thoả thuận này hiện không ký được"), state=nda.state)
    if seen_sha256 != nda.text_sha256:
        raise Conflict(TEXT_CHANGED)
    if nda.active_until < local_date(now):
        raise Conflict(DATE_PASSED)
    signature = NdaSignature(
        nda_id=nda.id,
        side=side,
        organisation_name=nda.discloser_name if side == "discloser" else nda.recipient_name,
        person_id=person_id,
        email=proved.email,
        typed_name=data.typed_name,
        role=data.role,
        text_sha256=nda.text_sha256,
        address=actor.address,
        signed_at=now,
    )
    session.add(signature)
    if signatures:
        transition(session, nda, move="countersign", actor=actor, now=now)
        nda.activated_at = now
        notices.tell_both(session, nda, event="active", now=now, by=side, until=nda.active_until)
    else:
        transition(session, nda, move="sign", actor=actor, now=now)
        notices.tell_both(session, nda, event="signed", now=now, by=side)
    return signature
