"""What a broker does for others: writes a firm's need down for it to confirm, and brings two sides together."""

import re
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.features.brokering.commands import changed, locked_case
from app.features.brokering.schemas import CallNeedInput, IntroductionInput
from app.features.listings.commands import create_draft
from app.features.listings.notices import people_of
from app.features.listings.schemas import NeedInput, parse
from app.features.messages import send_message
from app.i18n import N_
from app.identity import PUBLIC_ID_LENGTH, Actor
from app.models import BrokerCase, BrokerCaseNote, Listing, Organisation, Person
from app.models.listings import PUBLIC_STATES
from app.settings import Settings

NO_ORGANISATION = N_("Không có tổ chức nào trên sàn có mã số thuế hoặc địa chỉ trang này.")
NOBODY_THERE = N_("Tổ chức này chưa có người nào trên sàn để xác nhận.")


def _id_in(text: str) -> str:
    """The public id at the end of an address; a bare id stays what it is."""
    found = re.search(rf"([a-z0-9]{{{PUBLIC_ID_LENGTH}}})/?(?:[?#].*)?$", text.strip())
    return found[1] if found else text.strip()


def _organisation(session: Session, text: str) -> tuple[Organisation, list[Person]]:
    """The firm, and who can be written to there."""
    found = session.scalars(
        select(Organisation)
        .where(or_(Organisation.tax_code == text.strip(), Organisation.public_id == _id_in(text)))
        .order_by(Organisation.id)
    ).first()
    if found is None:
        raise Invalid({"organisation": NO_ORGANISATION})
    people = people_of(session, [found.id]).get(found.id, [])
    if not people:
        raise Invalid({"organisation": NOBODY_THERE})
    return found, people


def _open_case(session: Session, *, actor: Actor, public_id: str) -> BrokerCase:
    case = locked_case(session, actor=actor, public_id=public_id)
    if case.state == "closed":
        raise Invalid({"organisation": N_("Vụ việc này đã khép lại.")})
    return case


def draft_need(
    session: Session,
    *,
    actor: Actor,
    public_id: str,
    data: CallNeedInput,
    settings: Settings,
    now: datetime,
) -> Listing:
    """Write the need of a call down as a draft of the firm's own. Only the firm can send it to be published.

    The firm's people are told by e-mail; until they submit it, nobody else sees it. One need a case: a second time
    gives the first one.

    Raises:
        NotFound; Invalid by field.
    """
    case = _open_case(session, actor=actor, public_id=public_id)
    if case.need_id is not None:
        return session.get_one(Listing, case.need_id)
    firm, people = _organisation(session, data.organisation)
    details = {
        name: text
        for name in ("baseline", "target", "acceptance", "constraints", "quantity")
        if (text := getattr(data, name))
    }
    deadline = data.deadline.isoformat() if data.deadline else None
    need = parse({"kind": "need", "title": data.title, "details": details, "deadline": deadline})
    assert isinstance(need, NeedInput)  # noqa: S101 - what the kind says
    # In the firm's name for this one draft: it is theirs from the first moment, and only they can submit it.
    for_firm = Actor(person_id=actor.person_id, organisations={firm.id: "editor"}, locale=actor.locale)
    listing = create_draft(session, actor=for_firm, organisation_id=firm.id, data=need, settings=settings, now=now)
    case.organisation_id, case.need_id = firm.id, listing.id
    _note(session, case, actor=actor, body=f"{firm.name}: {data.title}", key=f"need:{listing.id}", now=now)
    changed(session, case, action="need_drafted", actor=actor, now=now)
    for person in people:
        send_message(
            session,
            to=person,
            template="case_need_drafted",
            context={"title": data.title, "public_id": listing.public_id, "organisation": firm.name},
            key=f"case:{case.id}:need:{person.id}",
            now=now,
        )
    return listing


def introduce(session: Session, *, actor: Actor, public_id: str, data: IntroductionInput, now: datetime) -> Listing:
    """Bring a firm and a holder together about a listing, once: both get a letter, neither an address of the other.

    The firm is told of the listing; the holder that a firm may ask, by name only where the firm agreed.

    Raises:
        NotFound; Invalid by field.
    """
    case = _open_case(session, actor=actor, public_id=public_id)
    firm, people = _organisation(session, data.organisation)
    listing = session.scalars(
        select(Listing).where(
            Listing.public_id == _id_in(data.listing),
            Listing.kind != "need",
            Listing.state.in_(PUBLIC_STATES),
            Listing.visibility == "public",
        )
    ).one_or_none()
    if listing is None:
        raise Invalid({"listing": N_("Không có mục nào đang đăng với mã hoặc địa chỉ này.")})
    if listing.organisation_id == firm.id:
        raise Invalid({"listing": N_("Mục này là của chính tổ chức đó.")})
    holder = session.get_one(Organisation, listing.organisation_id)
    known = session.scalars(
        select(BrokerCaseNote.id).where(
            BrokerCaseNote.case_id == case.id, BrokerCaseNote.form_key == _introduced(listing.id, firm.id)
        )
    ).first()
    if known is not None:
        return listing
    _note(
        session,
        case,
        actor=actor,
        body=f"{firm.name} ↔ {holder.name}: {listing.title}",
        key=_introduced(listing.id, firm.id),
        now=now,
    )
    case.organisation_id = case.organisation_id or firm.id
    changed(session, case, action="introduced", actor=actor, now=now)
    context = {
        "title": listing.title,
        "public_id": listing.public_id,
        "slug": listing.slug or "tin",
        "holder_name": holder.name,
        "firm_name": firm.name if data.named else "",
    }
    readers = [("firm", person) for person in people]
    readers += [("holder", person) for person in people_of(session, [holder.id]).get(holder.id, [])]
    for reader, person in readers:
        send_message(
            session,
            to=person,
            template="case_introduction",
            context={**context, "reader": reader},
            key=f"case:{case.id}:introduction:{listing.id}:{firm.id}:{reader}:{person.id}",
            now=now,
        )
    return listing


def _introduced(listing_id: UUID, firm_id: UUID) -> str:
    return f"introduced:{listing_id}:{firm_id}"


def _note(session: Session, case: BrokerCase, *, actor: Actor, body: str, key: str, now: datetime) -> None:
    assert actor.person_id is not None  # noqa: S101 - locked_case lets only people pass
    session.add(BrokerCaseNote(case_id=case.id, author_id=actor.person_id, body=body, form_key=key, at=now))
