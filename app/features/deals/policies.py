"""Who knows of which deals: its two organisations, nobody else. Figures of deals name no deal."""

from sqlalchemy import Select, false, or_, select

from app.errors import Forbidden
from app.features.accounts.policies import require_in_person
from app.features.deals.states import Side
from app.identity import Actor
from app.models.deals import Deal


def visible_to(actor: Actor) -> Select[Deal]:
    """Deals in which the actor acts, in a browser, for one of the two sides."""
    if not actor.organisations or actor.scopes is not None:
        return select(Deal).where(false())
    return select(Deal).where(
        or_(Deal.buyer_organisation_id.in_(actor.organisations), Deal.holder_organisation_id.in_(actor.organisations))
    )


def sides_of(actor: Actor, deal: Deal) -> tuple[Side, ...]:
    """The sides the actor acts for: none, one, or both."""
    sides: list[Side] = []
    if actor.acts_for(deal.buyer_organisation_id):
        sides.append("buyer")
    if actor.acts_for(deal.holder_organisation_id):
        sides.append("holder")
    return tuple(sides)


def require_side(actor: Actor, deal: Deal, side: Side) -> None:
    """Raises SignInRequired or Forbidden unless the actor acts for that side, in a browser."""
    require_in_person(actor)
    if side not in sides_of(actor, deal):
        raise Forbidden
