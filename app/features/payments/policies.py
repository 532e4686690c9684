"""Who knows of which payments: the two sides of the deal. The operator sees those that Stripe carried, to reconcile."""

from uuid import UUID

from sqlalchemy import Select, false, or_, select

from app.errors import Forbidden
from app.features.accounts.policies import require_in_person
from app.features.payments.states import Side
from app.i18n import N_
from app.identity import Actor
from app.models.payments import BankStatement, Payment


def visible_to(actor: Actor) -> Select[Payment]:
    """Payments of deals in which the actor acts, in a browser, for one of the two sides."""
    if not actor.organisations or actor.scopes is not None:
        return select(Payment).where(false())
    return select(Payment).where(
        or_(
            Payment.buyer_organisation_id.in_(actor.organisations),
            Payment.holder_organisation_id.in_(actor.organisations),
        )
    )


def statements_visible_to(actor: Actor) -> Select[BankStatement]:
    """Statements of the actor's own organisations."""
    if not actor.organisations or actor.scopes is not None:
        return select(BankStatement).where(false())
    return select(BankStatement).where(BankStatement.organisation_id.in_(actor.organisations))


def sides_of(actor: Actor, payment: Payment) -> tuple[Side, ...]:
    """The sides the actor acts for: none, one, or both."""
    sides: list[Side] = []
    if actor.acts_for(payment.buyer_organisation_id):
        sides.append("buyer")
    if actor.acts_for(payment.holder_organisation_id):
        sides.append("holder")
    return tuple(sides)


def require_side(actor: Actor, payment: Payment, side: Side) -> UUID:
    """The acting person, on that side, in a browser.

    Raises:
        SignInRequired, Forbidden.
    """
    person_id = require_in_person(actor)
    if side not in sides_of(actor, payment):
        raise Forbidden
    return person_id


def require_owner(actor: Actor, organisation_id: UUID) -> UUID:
    """An owner of the organisation, in a browser: only owners say where money goes.

    Raises:
        SignInRequired, Forbidden.
    """
    person_id = require_in_person(actor)
    if not actor.owns(organisation_id):
        raise Forbidden(N_("Chỉ chủ quản của tổ chức được đặt tài khoản nhận tiền"))
    return person_id
