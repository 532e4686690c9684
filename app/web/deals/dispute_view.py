"""The case of a dispute as a side of the deal sees it."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.features.brokering.states import OUTCOME_NAMES
from app.features.brokering.states import STATE_NAMES as CASE_STATES
from app.features.deals.disputes import DisputeRecord
from app.features.deals.queries import DealRecord
from app.i18n import _
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Message


@dataclass(frozen=True)
class DisputeView:
    """The case as a side sees it; `state` is empty where there never was one, `action` where it is closed."""

    state: Badge
    taken_by: str
    entries: Sequence[Message]
    action: str


def dispute_view(record: DealRecord, dispute: DisputeRecord | None, *, side: str) -> DisputeView | None:
    """The case in words; None where there is none."""
    if dispute is None:
        return None
    case, deal = dispute.case, record.deal
    names = {"buyer": deal.buyer_name, "holder": deal.holder_name}
    if case.state == "closed":
        badge = Badge(_(OUTCOME_NAMES[str(case.outcome)]), "good" if case.outcome == "settled" else "plain", "check")
    else:
        badge = Badge(_(CASE_STATES[case.state]), "warn", "alert")
    return DisputeView(
        state=badge,
        taken_by=dispute.taken_by,
        entries=[
            Message(
                text=one.body,
                at=one.at,
                author=one.name,
                organisation=names[one.side] if one.side is not None else _("Đơn vị vận hành sàn"),
                mine=one.side == side,
            )
            for one in dispute.statements
        ],
        action=url("deal_statement", number=deal.number) if case.state != "closed" else "",
    )
