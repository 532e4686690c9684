"""The legal pre-check of a deal, and the registration of its contract that may follow. Rules: legal_rules.py."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid
from app.features.accounts.policies import require_in_person
from app.features.deals import notices
from app.features.deals.legal_rules import complete, judge, rules_in_force
from app.features.deals.records import attach, count_letter, locked_deal, note_change, require_state
from app.features.deals.schemas import FiledInput, RefusedInput, RegistrationInput
from app.features.deals.states import BEFORE_CONTRACT, OPEN_STATES, REGISTRABLE_STATES, Side, transition
from app.features.enquiries.records import AttachedFile
from app.i18n import N_
from app.i18n.formats import local_date
from app.identity import Actor
from app.models import Deal, DealLegalCheck, DealRegistration

BLOCKED = N_(
    "Lần rà soát pháp lý gần nhất cho thấy công nghệ thuộc danh mục cấm chuyển giao, nên không ghi ngày ký được"
)
NOT_DUE = N_("Hợp đồng này chưa ký, hoặc lần rà soát gần nhất cho thấy không phải đăng ký")
NEWER_RULES = N_("Bộ quy tắc vừa thay đổi: hãy trả lời lại theo bộ quy tắc đang có hiệu lực")


def record_check(
    session: Session,
    *,
    actor: Actor,
    number: str,
    side: Side,
    rules_version: str,
    answers: Mapping[str, str],
    now: datetime,
    folder: Path | None = None,
) -> DealLegalCheck:
    """Keep one run of the check under the rules in force today. On a signed deal the clock starts or stops by it.

    Args:
        rules_version: the version whose questions were answered.
        folder: where an operator keeps rule sets of its own.

    Raises:
        NotFound, Forbidden; Conflict: the deal is closed, or other rules are in force by now; Invalid: answers missing.
    """
    deal = locked_deal(session, actor=actor, number=number, side=side)
    require_state(deal, OPEN_STATES, NOT_DUE)
    rules = rules_in_force(local_date(now), folder)
    if rules.version != rules_version:
        raise Conflict(NEWER_RULES)
    counted = complete(rules, answers)
    if counted is None:
        raise Invalid({"answers": N_("Hãy trả lời mọi câu hỏi.")})
    count_letter(session, deal, side=side, now=now)
    judgement = judge(rules, counted)
    check = DealLegalCheck(
        deal_id=deal.id,
        rules_version=rules.version,
        answers=counted,
        findings=[rule.code for rule in judgement.findings],
        must_register=judgement.must_register,
        blocked=judgement.blocked,
        side=side,
        checked_by_id=require_in_person(actor),
        checked_at=now,
    )
    session.add(check)
    session.flush()
    if deal.state == "agreed":
        transition(session, deal, move="check", actor=actor, now=now, by=side, reasons={"rules": rules.version})
    else:
        note_change(session, deal, action="legal_check", actor=actor, now=now)
    if deal.contract_date is not None:
        due = deal.contract_date + timedelta(days=rules.registration_days) if judgement.must_register else None
        _set_clock(session, deal, due)
    notices.tell_both(session, deal, event="checked", now=now, by=side, must_register=judgement.must_register)
    return check


def newest_check(session: Session, deal: Deal) -> DealLegalCheck | None:
    """The check that holds; None when nobody has checked yet."""
    return session.scalars(
        select(DealLegalCheck)
        .where(DealLegalCheck.deal_id == deal.id)
        .order_by(DealLegalCheck.checked_at.desc(), DealLegalCheck.id.desc())
        .limit(1)
    ).one_or_none()


def start_clock(session: Session, deal: Deal, *, contract_date: date, now: datetime, folder: Path | None) -> None:
    """As the contract is signed: refuse what is forbidden, start the clock where registration is due.

    Raises:
        Conflict: the newest check says that the transfer is prohibited.
    """
    check = newest_check(session, deal)
    if check is None:
        return
    if check.blocked:
        raise Conflict(BLOCKED)
    if check.must_register:
        days = rules_in_force(local_date(now), folder).registration_days
        _set_clock(session, deal, contract_date + timedelta(days=days))


def _set_clock(session: Session, deal: Deal, due: date | None) -> None:
    registration = session.get(DealRegistration, deal.id)
    if registration is None and due is not None:
        session.add(DealRegistration(deal_id=deal.id, due_on=due))
    elif registration is not None:
        registration.due_on = due


def unfiled_registration(session: Session, deal: Deal) -> date | None:
    """The last day to send a contract that must be registered, while it is not noted as sent; else None."""
    registration = session.get(DealRegistration, deal.id)
    return registration.due_on if registration is not None and registration.filed_on is None else None


def file_registration(
    session: Session, *, actor: Actor, number: str, side: Side, data: FiledInput, now: datetime
) -> DealRegistration:
    """Either side says on which day the file was sent to the authority, which stops the clock.

    Raises:
        NotFound, Forbidden; Conflict: nothing is to be registered; Invalid at `filed_on`.
    """
    deal, registration = _due(session, actor=actor, number=number, side=side)
    _past(deal, "filed_on", data.filed_on, now)
    if registration.filed_on != data.filed_on:
        registration.filed_on = data.filed_on
        note_change(session, deal, action="registration_filed", actor=actor, now=now)
        notices.tell_both(session, deal, event="registration", now=now, by=side, what="filed")
    return registration


def record_certificate(
    session: Session,
    *,
    actor: Actor,
    number: str,
    side: Side,
    data: RegistrationInput,
    files: Sequence[AttachedFile],
    now: datetime,
) -> DealRegistration:
    """Either side records the certificate, with a scan of it if there is one.

    Raises:
        NotFound, Forbidden, MoveNotAllowed; Conflict: nothing is to be registered; Invalid at `certificate_on`.
    """
    deal, registration = _due(session, actor=actor, number=number, side=side)
    _past(deal, "certificate_on", data.certificate_on, now)
    if (
        deal.state in {"registered", "accepted", "completed"}
        and registration.certificate_number == data.certificate_number
    ):
        return registration
    registration.certificate_number = data.certificate_number
    registration.certificate_on = data.certificate_on
    registration.filed_on = registration.filed_on or data.certificate_on
    kept = attach(session, deal, files[:1], actor=actor, side=side, now=now)
    session.flush()
    if kept:
        registration.certificate_file_id = kept[0].id
    reasons = {"certificate": data.certificate_number}
    if deal.state in {"accepted", "completed"}:
        # What the buyer accepted already stays accepted, what is over stays over.
        note_change(session, deal, action="registered_late", actor=actor, now=now)
    else:
        transition(session, deal, move="register", actor=actor, now=now, by=side, reasons=reasons)
    notices.tell_both(session, deal, event="registration", now=now, by=side, what="registered")
    return registration


def record_refusal(
    session: Session, *, actor: Actor, number: str, side: Side, data: RefusedInput, now: datetime
) -> DealRegistration:
    """Either side records that the authority refused to register, and why. A later certificate mends it.

    Raises:
        NotFound, Forbidden, MoveNotAllowed; Conflict: nothing is to be registered; Invalid at `refused_on`.
    """
    deal, registration = _due(session, actor=actor, number=number, side=side)
    _past(deal, "refused_on", data.refused_on, now)
    registration.refused_on = data.refused_on
    registration.filed_on = registration.filed_on or data.refused_on
    transition(session, deal, move="refuse", actor=actor, now=now, by=side, note=data.note)
    notices.tell_both(session, deal, event="registration", now=now, by=side, what="refused")
    return registration


def _due(session: Session, *, actor: Actor, number: str, side: Side) -> tuple[Deal, DealRegistration]:
    deal = locked_deal(session, actor=actor, number=number, side=side)
    require_state(deal, BEFORE_CONTRACT | REGISTRABLE_STATES, NOT_DUE)
    registration = session.get(DealRegistration, deal.id, populate_existing=True)
    if registration is None or registration.due_on is None:
        raise Conflict(NOT_DUE)
    return deal, registration


def _past(deal: Deal, field: str, day: date, now: datetime) -> None:
    if not (deal.contract_date or day) <= day <= local_date(now):
        raise Invalid({field: N_("Ngày này phải từ ngày ký hợp đồng đến hôm nay.")})
