"""The terms of a deal: one side proposes a version, the other agrees, declines, or answers with another version.

Terms are open until the contract is signed. Every version stays; the newest agreed one is in force.
"""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid
from app.features.accounts.policies import require_in_person
from app.features.deals import notices
from app.features.deals.records import NOT_YOURS, count_letter, locked_deal, note_change, require_state
from app.features.deals.schemas import TermsInput
from app.features.deals.states import BEFORE_CONTRACT, Side
from app.i18n import N_
from app.identity import Actor
from app.models import Deal, DealTerms

SIGNED_ALREADY = N_("Hợp đồng đã ký: điều khoản không đổi ở đây được nữa; hãy làm phụ lục hợp đồng ở trang Tài liệu")
NO_PROPOSAL = N_("Đề nghị này đã được trả lời hoặc đã thay bằng đề nghị khác")
MOST_VERSIONS = 100

BASE_NAMES = {
    "net_sales": N_("doanh thu thuần"),
    "gross_sales": N_("doanh thu gộp"),
    "profit": N_("lợi nhuận"),
    "savings": N_("phần tiết kiệm được"),
}
PERIOD_NAMES = {
    "month": N_("mỗi tháng"),
    "quarter": N_("mỗi quý"),
    "half_year": N_("mỗi nửa năm"),
    "year": N_("mỗi năm"),
}
STATE_NAMES = {
    "open": N_("Chờ trả lời"),
    "agreed": N_("Đã đồng ý"),
    "declined": N_("Không đồng ý"),
    "withdrawn": N_("Đã rút lại"),
    "countered": N_("Được trả lời bằng đề nghị khác"),
}
_FIELDS = (
    "transfer_forms",
    "territory",
    "term_years",
    "payment_form",
    "lump_sum",
    "royalty_percent",
    "royalty_base",
    "royalty_period",
    "royalty_years",
    "minimum",
    "note",
)


def propose_terms(
    session: Session, *, actor: Actor, number: str, side: Side, data: TermsInput, now: datetime
) -> DealTerms:
    """Propose a version. An open proposal of one's own is withdrawn by it, one of the other side countered.

    Sent again just as it stands open, it changes nothing.

    Raises:
        NotFound, Forbidden; Conflict: the contract is signed, closed or held; Invalid by field.
    """
    deal = locked_deal(session, actor=actor, number=number, side=side)
    require_state(deal, BEFORE_CONTRACT, SIGNED_ALREADY)
    given = _consistent(data)
    before = _open(session, deal)
    if before is not None and before.side == side and content_of(before) == given:
        return before
    last = session.scalar(select(func.coalesce(func.max(DealTerms.revision), 0)).where(DealTerms.deal_id == deal.id))
    if (last or 0) >= MOST_VERSIONS:
        raise Invalid({"note": N_("Thương vụ này đã có quá nhiều phiên bản điều khoản.")})
    count_letter(session, deal, side=side, now=now)
    if before is not None:
        before.state = "withdrawn" if before.side == side else "countered"
        before.decided_by_id, before.decided_at = require_in_person(actor), now
        session.flush()
    terms = DealTerms(
        deal_id=deal.id,
        revision=(last or 0) + 1,
        side=side,
        proposed_by_id=require_in_person(actor),
        proposed_at=now,
        **given,
    )
    session.add(terms)
    note_change(session, deal, action="terms_proposed", actor=actor, now=now)
    notices.tell_both(session, deal, event="terms", now=now, by=side, state="open")
    return terms


def answer_terms(
    session: Session,
    *,
    actor: Actor,
    number: str,
    revision: int,
    side: Side,
    answer: Literal["agree", "decline", "withdraw"],
    note: str,
    now: datetime,
) -> DealTerms:
    """The other side agrees to the open version or declines it; the side that proposed it may withdraw it.

    Raises:
        NotFound, Forbidden; Conflict: another version is open, or the contract is signed, closed or held.
    """
    deal = locked_deal(session, actor=actor, number=number, side=side)
    terms = _open(session, deal)
    if terms is None or terms.revision != revision:
        raise Conflict(NO_PROPOSAL)
    if (terms.side == side) != (answer == "withdraw"):
        raise Conflict(NOT_YOURS)
    require_state(deal, BEFORE_CONTRACT, SIGNED_ALREADY)
    count_letter(session, deal, side=side, now=now)
    terms.state = {"agree": "agreed", "decline": "declined", "withdraw": "withdrawn"}[answer]
    terms.answer = note
    terms.decided_by_id, terms.decided_at = require_in_person(actor), now
    if answer == "agree":
        deal.transfer_forms = list(terms.transfer_forms)
        deal.territory = terms.territory
        deal.payment_forms = [terms.payment_form]
    note_change(session, deal, action=f"terms_{terms.state}", actor=actor, now=now)
    notices.tell_both(session, deal, event="terms", now=now, by=side, state=terms.state)
    return terms


def content_of(terms: DealTerms) -> dict[str, Any]:
    """What a version says, by field."""
    return {name: getattr(terms, name) for name in _FIELDS}


def _open(session: Session, deal: Deal) -> DealTerms | None:
    return session.scalars(
        select(DealTerms)
        .where(DealTerms.deal_id == deal.id, DealTerms.state == "open")
        .execution_options(populate_existing=True)
    ).one_or_none()


def _consistent(data: TermsInput) -> dict[str, Any]:
    """The fields that the payment form needs; what it has no use for is not kept.

    Raises:
        Invalid: a field that it needs is missing.
    """
    given = data.model_dump()
    missing: dict[str, str] = {}
    if data.payment_form == "royalty":
        given["lump_sum"] = None
    elif data.lump_sum is None:
        missing["lump_sum"] = N_("Hãy ghi số tiền trả một lần.")
    if data.payment_form == "lump_sum":
        for name in ("royalty_percent", "royalty_base", "royalty_period", "royalty_years", "minimum"):
            given[name] = None
    else:
        if data.royalty_percent is None:
            missing["royalty_percent"] = N_("Hãy ghi tỷ lệ phí.")
        if data.royalty_base is None:
            missing["royalty_base"] = N_("Hãy chọn phí tính trên gì.")
        if data.royalty_period is None:
            missing["royalty_period"] = N_("Hãy chọn kỳ trả.")
    if missing:
        raise Invalid(missing)
    return {name: given[name] for name in _FIELDS}
