"""Who knows of which agreements, and who may do what to one.

The two organisations of an agreement know of it; nobody else learns that it exists. The recipient of an agreement about
an anonymous need does not learn whose the need is until the owner tells it: `may_know_discloser`.
"""

from uuid import UUID

from sqlalchemy import Select, false, or_, select

from app.errors import Forbidden
from app.features.accounts.policies import require_in_person
from app.features.ndas.states import Side
from app.i18n import N_
from app.identity import Actor
from app.models.ndas import Nda


def visible_to(actor: Actor) -> Select[Nda]:
    """Agreements in which the actor acts, in a browser, for one of the two sides."""
    if not actor.organisations or actor.scopes is not None:
        return select(Nda).where(false())
    return select(Nda).where(
        or_(
            Nda.discloser_organisation_id.in_(actor.organisations),
            Nda.recipient_organisation_id.in_(actor.organisations),
        )
    )


def organisation_of(nda: Nda, side: Side) -> UUID:
    """The organisation on that side."""
    return nda.discloser_organisation_id if side == "discloser" else nda.recipient_organisation_id


def sides_of(actor: Actor, nda: Nda) -> tuple[Side, ...]:
    """The sides the actor acts for: none, one, or both when one person acts for both organisations."""
    sides: list[Side] = []
    if actor.acts_for(nda.discloser_organisation_id):
        sides.append("discloser")
    if actor.acts_for(nda.recipient_organisation_id):
        sides.append("recipient")
    return tuple(sides)


def may_know_discloser(actor: Actor, nda: Nda, *, name_told: bool) -> bool:
    """Whether the actor may be told who discloses: always, unless a need is anonymous and its owner has not said so."""
    return not nda.anonymous or name_told or actor.acts_for(nda.discloser_organisation_id)


def require_side(actor: Actor, nda: Nda, *sides: Side) -> Side:
    """The side the actor acts for among these.

    Raises:
        Forbidden: none of them.
    """
    require_in_person(actor)
    for side in sides_of(actor, nda):
        if side in sides:
            return side
    raise Forbidden(
        N_("Việc này dành cho bên tiết lộ") if sides == ("discloser",) else N_("Việc này dành cho bên nhận")
    )


def require_signatory(actor: Actor, nda: Nda, side: Side) -> UUID:
    """The person, if they may sign for that side: an owner of its organisation, in a browser.

    Raises:
        SignInRequired, Forbidden.
    """
    person_id = require_in_person(actor)
    if not actor.acts_for(organisation_of(nda, side)):
        raise Forbidden(N_("Bạn không đại diện cho bên này"))
    if not actor.owns(organisation_of(nda, side)):
        raise Forbidden(N_("Chỉ chủ quản của tổ chức được ký thay tổ chức"))
    return person_id
