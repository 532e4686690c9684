"""Who may change what about an account."""

from uuid import UUID

from app.errors import Forbidden, SignInRequired
from app.i18n import N_
from app.identity import Actor


def require_person(actor: Actor) -> UUID:
    """The id of the person acting.

    Raises:
        SignInRequired: nobody is signed in.
    """
    if actor.person_id is None:
        raise SignInRequired
    return actor.person_id


def require_in_person(actor: Actor) -> UUID:
    """The id of the person acting in a browser: a token must not make tokens, change passwords or move people.

    Raises:
        SignInRequired: nobody is signed in.
        Forbidden: a personal access token asks.
    """
    person_id = require_person(actor)
    if actor.scopes is not None:
        raise Forbidden(N_("Việc này chỉ làm được khi đăng nhập trên trình duyệt"))
    return person_id


def require_operator(actor: Actor) -> None:
    """Raises Forbidden (SignInRequired for nobody) unless the actor is an operator or the system itself."""
    if actor.is_system:
        return
    require_person(actor)
    if not actor.is_operator:
        raise Forbidden(N_("Việc này dành cho đơn vị vận hành sàn"))
