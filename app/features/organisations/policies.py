"""Which organisations are seen, and who may do what to one."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select, true

from app.errors import Forbidden
from app.features.accounts.policies import require_in_person
from app.i18n import N_
from app.identity import Actor
from app.models.listings import PUBLIC_STATES, Listing
from app.models.organisations import Organisation


def is_public() -> ColumnElement[bool]:
    """An organisation has a public page once somebody looked at it or at something of it: verified, brought in by an
    import, or with a public listing. An anonymous need gives none, or the page would tell whose it is.
    """
    shown = (
        select(Listing.id)
        .where(
            Listing.organisation_id == Organisation.id,
            Listing.state.in_(PUBLIC_STATES),
            Listing.visibility == "public",
        )
        .exists()
    )
    return or_(Organisation.verified_at.is_not(None), Organisation.imported, shown)


def visible_to(actor: Actor) -> Select[Organisation]:
    """Organisations this actor may know of: the public ones, their own, all for an operator."""
    if actor.is_operator or actor.is_system:
        return select(Organisation).where(true())
    if not actor.organisations:
        return select(Organisation).where(is_public())
    return select(Organisation).where(or_(is_public(), Organisation.id.in_(actor.organisations)))


def require_edit(actor: Actor, organisation_id: UUID) -> None:
    """Raises Forbidden unless the actor is a member, in a browser."""
    require_in_person(actor)
    if not actor.acts_for(organisation_id):
        raise Forbidden(N_("Chỉ thành viên của tổ chức mới được sửa hồ sơ"))


def require_owner(actor: Actor, organisation_id: UUID) -> None:
    """Raises Forbidden unless the actor is an owner, in a browser."""
    require_in_person(actor)
    if not actor.owns(organisation_id):
        raise Forbidden(N_("Chỉ chủ quản của tổ chức mới được làm việc này"))
