"""Who follows cases: brokers and operators, and nobody else knows that there are any."""

from sqlalchemy import Select, false, select, true

from app.errors import Forbidden
from app.i18n import N_
from app.identity import Actor
from app.models import BrokerCase


def visible_to(actor: Actor) -> Select[BrokerCase]:
    """All cases for a broker or operator in a browser, none for anybody else."""
    return select(BrokerCase).where(true() if brokers(actor) else false())


def brokers(actor: Actor) -> bool:
    """Whether the actor works on cases. A token does not: notes on people are read in a browser only."""
    return (actor.is_broker or actor.is_operator) and actor.scopes is None


def require_broker(actor: Actor) -> None:
    """Raises Forbidden unless the actor is a broker or an operator."""
    if not brokers(actor):
        raise Forbidden(N_("Việc này dành cho môi giới và đơn vị vận hành sàn"))
