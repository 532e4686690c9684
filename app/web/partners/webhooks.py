"""A partner's webhooks as the operator sees them: where it is told of changes, and how the last telling went."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.features.partners.subscriptions import last_pings, subscriptions_of
from app.i18n import N_, _
from app.i18n.formats import format_datetime
from app.models.partners import Partner
from app.web.views.basics import Badge

_ENDED = {
    "waiting": N_("đang gửi"),
    "delivered": N_("đã nhận"),
    "failed": N_("không gửi được"),
}


@dataclass(frozen=True)
class WebhookRow:
    """One address. `last` says when a ping was last made and what became of it."""

    address: str
    badge: Badge
    last: str


def webhooks_of(session: Session, partner: Partner) -> Sequence[WebhookRow]:
    """The partner's webhooks, oldest first."""
    found = subscriptions_of(session, partner_id=partner.id)
    pings = last_pings(session, subscription_ids=[one.id for one in found])
    rows = []
    for one in found:
        if one.disabled_for is None:
            badge = Badge(_("Đang báo"), "good", "check")
        else:
            badge = Badge(_("Đã tắt"), "warn", "close")
        ping = pings.get(one.id)
        last = ""
        if ping is not None:
            last = _(
                "Lần gần nhất: %(at)s, %(outcome)s sau %(attempts)s lần thử",
                at=format_datetime(ping.created_at),
                outcome=_(_ENDED[ping.state]),
                attempts=ping.attempts,
            )
        rows.append(WebhookRow(one.address, badge, last))
    return rows
