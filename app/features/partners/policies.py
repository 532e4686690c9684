"""Who may deal with partners: the operator alone."""

from sqlalchemy import Select, false, select

from app.features.accounts.policies import require_operator
from app.identity import Actor
from app.models.partners import Partner


def visible_to(actor: Actor) -> Select[Partner]:
    """The partners this actor may know of: all for an operator, none for anybody else."""
    if actor.is_operator or actor.is_system:
        return select(Partner)
    return select(Partner).where(false())


def require_dealing(actor: Actor) -> None:
    """Raises Forbidden (SignInRequired for nobody) unless the actor runs this exchange."""
    require_operator(actor)
