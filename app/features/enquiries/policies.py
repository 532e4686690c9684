"""Who knows of which quote requests, and who may do what to one.

The two organisations of a request read all of it. The operator knows that it exists, between whom and how far it has
come, which is what figures and mediation need, but reads no text, price or file of it. Nobody else learns that a
request exists: for them its number leads nowhere (404).
"""

from sqlalchemy import Select, false, or_, select, true

from app.errors import Forbidden, SignInRequired
from app.features.enquiries.states import Side
from app.i18n import N_
from app.identity import Actor
from app.models.enquiries import QuoteRequest

READ = "enquiries:read"
WRITE = "enquiries:write"


def visible_to(actor: Actor) -> Select[QuoteRequest]:
    """Requests this actor may know of: those of their organisations on either side, all for an operator."""
    if actor.is_operator or actor.is_system:
        return select(QuoteRequest).where(true())
    return readable_by(actor)


def readable_by(actor: Actor) -> Select[QuoteRequest]:
    """Requests this actor may read: those where they act for the buyer or the holder."""
    if not actor.organisations or not actor.may(READ):
        return select(QuoteRequest).where(false())
    return select(QuoteRequest).where(
        or_(
            QuoteRequest.buyer_organisation_id.in_(actor.organisations),
            QuoteRequest.holder_organisation_id.in_(actor.organisations),
        )
    )


def sides_of(actor: Actor, request: QuoteRequest) -> tuple[Side, ...]:
    """The sides the actor acts for: none, one, or both when one person acts for both organisations."""
    sides: list[Side] = []
    if actor.acts_for(request.buyer_organisation_id):
        sides.append("buyer")
    if actor.acts_for(request.holder_organisation_id):
        sides.append("holder")
    return tuple(sides)


def may_read(actor: Actor, request: QuoteRequest) -> bool:
    """Whether the actor may read the request's text, prices and files."""
    return bool(sides_of(actor, request)) and actor.may(READ)


def require_side(actor: Actor, request: QuoteRequest, side: Side) -> None:
    """Raises Forbidden unless the actor acts for that side and may write there."""
    if side not in sides_of(actor, request) or not actor.may(WRITE):
        raise Forbidden(N_("Việc này dành cho bên hỏi giá") if side == "buyer" else N_("Việc này dành cho bên báo giá"))


def require_asker(actor: Actor) -> None:
    """Raises SignInRequired or Forbidden unless the actor is a person who acts for some organisation."""
    if actor.person_id is None:
        raise SignInRequired
    if not actor.organisations or not actor.may(WRITE):
        raise Forbidden(N_("Để hỏi giá, bạn cần đại diện cho một tổ chức trên sàn"))


def require_operator(actor: Actor) -> None:
    """Raises Forbidden unless the actor is an operator."""
    if not actor.is_operator:
        raise Forbidden(N_("Việc này dành cho đơn vị vận hành sàn"))
