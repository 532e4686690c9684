"""Who may judge suggestions, and who sees what was judged."""

from uuid import UUID

from app.errors import Forbidden
from app.i18n import N_
from app.identity import Actor


def may_judge(actor: Actor, *, organisation_id: UUID) -> bool:
    """People of the organisation whose listing it is, and operators and brokers, who bring two sides together."""
    return actor.person_id is not None and (actor.acts_for(organisation_id) or actor.is_operator or actor.is_broker)


def require_judge(actor: Actor, *, organisation_id: UUID) -> None:
    """Raises Forbidden unless the actor may judge what is suggested for this organisation's listing."""
    if not may_judge(actor, organisation_id=organisation_id):
        raise Forbidden(N_("Chỉ người của đơn vị đăng hoặc đơn vị vận hành mới đánh giá được gợi ý"))
