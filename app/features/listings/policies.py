"""Who sees which listings, and who may do what to one.

Visibility is a query: every list, page, feed and answer starts from `visible_to`. Fetch through it (404 when absent),
then ask the policy (403).
"""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, true

from app.errors import Forbidden
from app.i18n import N_
from app.identity import Actor
from app.models.listings import PUBLIC_STATES, Listing


def is_public() -> ColumnElement[bool]:
    """The condition for a listing anybody may see: published (also due or stale), and not by invitation only."""
    return and_(Listing.state.in_(PUBLIC_STATES), Listing.visibility != "invitation")


def publicly_visible() -> Select[Listing]:
    """Listings anybody may see."""
    return select(Listing).where(is_public())


def visible_to(actor: Actor) -> Select[Listing]:
    """Listings this actor may know of: the public ones, those of their organisations, all for an operator."""
    if actor.is_operator or actor.is_system:
        return select(Listing).where(true())
    if not actor.organisations:
        return publicly_visible()
    return select(Listing).where(or_(is_public(), Listing.organisation_id.in_(actor.organisations)))


def shows_organisation(actor: Actor, listing: Listing) -> bool:
    """Whether this actor may be told whose listing it is: an anonymous need names its organisation to itself only."""
    return names_organisation(actor, visibility=listing.visibility, organisation_id=listing.organisation_id)


def names_organisation(actor: Actor, *, visibility: str, organisation_id: UUID) -> bool:
    """The same for a row that is not a whole listing."""
    return visibility == "public" or actor.acts_for(organisation_id) or actor.is_operator


def may_edit(actor: Actor, listing: Listing) -> bool:
    return actor.acts_for(listing.organisation_id) and actor.may("listings:write")


def require_edit(actor: Actor, listing: Listing) -> None:
    """Raises Forbidden unless the actor acts for the listing's organisation."""
    if not may_edit(actor, listing):
        raise Forbidden(N_("Chỉ người của đơn vị đăng mới được sửa mục này"))


def require_review(actor: Actor) -> None:
    """Raises Forbidden unless the actor is an operator."""
    if not (actor.is_operator or actor.is_system):
        raise Forbidden(N_("Việc này dành cho đơn vị vận hành sàn"))


def may_read_confidential(actor: Actor, listing: Listing) -> bool:
    """Its own organisation, in a browser; for others under an agreement see app/features/ndas/gate.py."""
    return actor.acts_for(listing.organisation_id) and actor.scopes is None
