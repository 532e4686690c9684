"""Subscriptions are a person's own: nobody else sees them, not the operator and not the rest of the organisation."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from app.features.accounts.policies import require_in_person
from app.identity import Actor
from app.models import Membership, Person, Subscription

# A deleted subscription can be brought back for so long, then it is swept.
UNDO: Final = timedelta(days=30)


# Who left an organisation hears no more of what fits its listings.
_acts_for: Final = exists().where(
    Membership.organisation_id == Subscription.organisation_id, Membership.person_id == Subscription.person_id
)


def visible_to(actor: Actor) -> Select[Subscription]:
    """The actor's own subscriptions, those deleted lately among them.

    Raises:
        SignInRequired, Forbidden: nobody is signed in, or a program asks.
    """
    return select(Subscription).where(Subscription.person_id == require_in_person(actor))


def is_watching() -> ColumnElement[bool]:
    """The condition for a subscription that is to be looked after: live, not paused, its person reachable.

    The statement must join `person`.
    """
    return and_(
        Subscription.deleted_at.is_(None),
        Subscription.paused_at.is_(None),
        Person.confirmed_at.is_not(None),
        Person.disabled_at.is_(None),
        or_(Subscription.kind != "matches", _acts_for),
    )


def shown_until(now: datetime) -> ColumnElement[bool]:
    """The condition for subscriptions on their person's page: live ones, and those that can still be brought back."""
    return or_(Subscription.deleted_at.is_(None), Subscription.deleted_at > now - UNDO)
