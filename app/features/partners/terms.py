"""Whether an agreement is in force: from its first day to its last, by the days of this country."""

from datetime import datetime

from sqlalchemy import ColumnElement

from app.i18n.formats import local_date
from app.models.partners import Partner


def is_in_force(partner: Partner, *, now: datetime) -> bool:
    """Whether the agreement with a partner is in force at this moment."""
    today = local_date(now)
    return partner.starts_on <= today and (partner.ends_on is None or today <= partner.ends_on)


def in_force(*, now: datetime, of: type[Partner] = Partner) -> ColumnElement[bool]:
    """The same as a condition on rows of `partner`, or of an alias of it."""
    today = local_date(now)
    return (of.starts_on <= today) & (of.ends_on.is_(None) | (of.ends_on >= today))
