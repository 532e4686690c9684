"""Making and changing an organisation's profile."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import journal
from app.errors import Invalid, NotFound, StaleVersion
from app.features.accounts.policies import require_in_person
from app.features.organisations.policies import is_public, require_edit, visible_to
from app.features.organisations.schemas import OrganisationInput
from app.i18n import N_, _
from app.identity import Actor, new_public_id, uuid7
from app.models import AuditEntry, Membership, Organisation
from app.reference.current import current_table, refresh
from app.text import slug

_FIELDS = tuple(OrganisationInput.model_fields)
# What a verification was about: changing one of these ends it.
IDENTITY = ("name", "type", "tax_code")
MOST_SEATS = 50
_TAKEN = N_("“%(name)s” trên sàn đã dùng mã số thuế này. Hãy nhờ chủ quản của tổ chức đó mời bạn.")
_TAKEN_BY_SOMEBODY = N_("Một tổ chức khác trên sàn đã dùng mã số thuế này. Nếu nhầm, hãy viết cho đơn vị vận hành.")


def create_organisation(
    session: Session, *, actor: Actor, data: OrganisationInput, authority: str, now: datetime
) -> Organisation:
    """Make an organisation with the actor as its first owner.

    Args:
        authority: this installation's DNS name, the first half of the canonical key.

    Raises:
        SignInRequired: nobody is signed in.
        Invalid: a code is not known, or the tax code belongs to another organisation here.
    """
    person_id = require_in_person(actor)
    if len(actor.organisations) >= MOST_SEATS:
        raise Invalid({"name": N_("Một người đại diện cho nhiều nhất 50 tổ chức.")})
    _check_codes(session, data)
    public_id = new_public_id()
    made = Organisation(
        id=uuid7(),
        public_id=public_id,
        authority=authority,
        local_id=public_id,
        slug=slug(data.name),
        created_at=now,
        updated_at=now,
        **data.model_dump(),
    )
    with _tax_code_is_free(session, data):
        session.add(made)
        session.flush()
    session.add(Membership(organisation_id=made.id, person_id=person_id, role="owner", created_at=now))
    journal.append(session, entity="organisation", entity_id=made.id, action="created", actor_id=person_id, at=now)
    return made


def update_organisation(
    session: Session, *, actor: Actor, organisation_id: UUID, data: OrganisationInput, version: int, now: datetime
) -> Organisation:
    """Change the profile. Nothing happens when nothing differs.

    Owners alone change name, type and tax code; on a verified organisation that ends the verification.

    Args:
        version: of the profile the form was filled in from.

    Raises:
        NotFound: the actor may not know of it.
        Forbidden: the actor is no member.
        StaleVersion: it changed since.
        Invalid: a code is not known, the tax code is another's, or an editor changed what owners decide.
    """
    found = lock(session, actor=actor, organisation_id=organisation_id)
    require_edit(actor, organisation_id)
    if found.version != version:
        raise StaleVersion
    changed = {name for name in _FIELDS if getattr(found, name) != getattr(data, name)}
    if not changed:
        return found
    deciding = changed & set(IDENTITY)
    if deciding and not actor.owns(organisation_id):
        raise Invalid(dict.fromkeys(sorted(deciding), N_("Chỉ chủ quản của tổ chức mới được đổi mục này.")))
    _check_codes(session, data)
    ended = bool(deciding) and found.verified_at is not None
    with _tax_code_is_free(session, data, but=found.id):
        for name in changed:
            setattr(found, name, getattr(data, name))
        if "name" in changed:
            found.slug = slug(found.name)
        if ended:
            found.verified_at = None
            found.verified_by_id = None
        found.version += 1
        found.updated_at = now
        session.flush()
    if ended:
        session.add(
            AuditEntry(
                at=now,
                actor_id=actor.person_id,
                action="organisation.verification_lapsed",
                entity="organisation",
                entity_id=found.id,
                address=actor.address,
                data={"changed": sorted(deciding)},
            )
        )
    journal.append(
        session,
        entity="organisation",
        entity_id=found.id,
        action="updated",
        actor_id=actor.person_id,
        at=now,
        data={"verification_lapsed": True} if ended else None,
    )
    return found


def lock(session: Session, *, actor: Actor, organisation_id: UUID) -> Organisation:
    """The organisation as it is now, held until the transaction ends; what is decided on it goes one after the other.

    Raises:
        NotFound: there is none that this actor may know of.
    """
    found = session.scalars(
        visible_to(actor)
        .where(Organisation.id == organisation_id)
        .with_for_update(of=Organisation)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def _check_codes(session: Session, data: OrganisationInput) -> None:
    refresh(session)
    wrong: dict[str, str] = {}
    region = current_table("region").get(data.region)
    if region is None or region.level != 1:
        wrong["region"] = N_("Hãy chọn một trong các mục có sẵn.")
    if any(code not in current_table("sector") for code in data.sectors):
        wrong["sectors"] = N_("Hãy chọn một trong các mục có sẵn.")
    if wrong:
        raise Invalid(wrong)


@contextmanager
def _tax_code_is_free(session: Session, data: OrganisationInput, *, but: UUID | None = None) -> Iterator[None]:
    """Asks before the block, so that the message can name the holder; the unique index decides between two at once."""
    if data.tax_code is not None:
        holder = session.execute(
            select(Organisation.id, Organisation.name, is_public()).where(Organisation.tax_code == data.tax_code)
        ).one_or_none()
        if holder is not None and holder[0] != but:
            raise Invalid({"tax_code": _(_TAKEN, name=holder[1]) if holder[2] else _(_TAKEN_BY_SOMEBODY)})
    try:
        yield
    except IntegrityError as fault:
        if "uq_organisation_tax_code" not in str(fault.orig):
            raise
        raise Invalid({"tax_code": _(_TAKEN_BY_SOMEBODY)}) from fault
