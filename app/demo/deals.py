"""Deals of the demo in several states: negotiated, signed with a clock and milestones, completed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.features.deals import legal, milestones, terms
from app.features.deals.commands import move_deal, record_contract, report_outcome
from app.features.deals.legal_rules import rules_in_force
from app.features.deals.schemas import (
    ContractInput,
    DealReasonInput,
    EvidenceInput,
    MilestoneInput,
    OutcomeInput,
    TermsInput,
)
from app.features.deals.states import Side
from app.features.enquiries import asking, quoting
from app.features.enquiries.schemas import AcceptInput, QuoteInput, RequestInput
from app.i18n.formats import local_date
from app.identity import Actor
from app.models import Deal, Listing, Organisation

Goal = Literal["agreed", "signed", "disputed", "completed"]


@dataclass(frozen=True, kw_only=True)
class DemoDeal:
    """One story: who buys what from whom, and how far it has come. Prices in đồng; days count from today."""

    buyer: str
    buyer_organisation: str
    holder: str
    listing: str
    item: str
    price: int
    message: str
    goal: Goal
    accepted_days_ago: int
    terms: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    milestones: Sequence[tuple[str, int, int | None, Literal["planned", "reported", "accepted"]]] = ()
    evidence: str = ""
    dispute: str = ""


DEALS = (
    DemoDeal(
        buyer="trong.nghia@techmart.example",
        buyer_organisation="",
        holder="ha.giang@techmart.example",
        listing="SC-001",
        item="Quyền sử dụng sáng chế cho một xưởng sấy",
        price=450_000_000,
        message="Chúng tôi muốn dùng phương pháp này cho hai buồng sấy có sẵn.",
        goal="signed",
        accepted_days_ago=40,
        terms={
            "transfer_forms": ["non_exclusive_licence", "with_technical_services"],
            "territory": "Thành phố Hồ Chí Minh và Tây Ninh",
            "term_years": 6,
            "payment_form": "fee_and_royalty",
            "lump_sum": 150_000_000,
            "royalty_percent": Decimal("2.5"),
            "royalty_base": "net_sales",
            "royalty_period": "quarter",
            "royalty_years": 5,
            "minimum": 12_000_000,
        },
        answers={
            "technology": "yes",
            "direction": "domestic",
            "state_money": "yes",
            "result_certificate": "no",
            "list": "none",
        },
        milestones=(
            ("Bàn giao bộ thông số và phần mềm điều khiển", -12, 150_000_000, "accepted"),
            ("Chạy thử hai buồng, ba mẻ liên tiếp", 4, None, "reported"),
            ("Đào tạo bốn người vận hành", 18, None, "planned"),
        ),
        evidence="Ba mẻ 280, 295 và 290 kg; độ ẩm cuối lệch dưới 1 điểm phần trăm giữa các khay.",
    ),
    DemoDeal(
        buyer="ngoc.tram@techmart.example",
        buyer_organisation="",
        holder="ha.giang@techmart.example",
        listing="CN-002",
        item="Công nghệ sấy nấm, quy mô 60 kg mỗi mẻ",
        price=880_000_000,
        message="Hợp tác xã cần cả thiết bị lẫn quy trình.",
        goal="agreed",
        accepted_days_ago=3,
        terms={
            "transfer_forms": ["exclusive_licence"],
            "territory": "Việt Nam",
            "payment_form": "lump_sum",
            "lump_sum": 880_000_000,
        },
    ),
    DemoDeal(
        buyer="hoang.phuc@techmart.example",
        buyer_organisation="",
        holder="van.lanh@techmart.example",
        listing="TB-001",
        item="Máy sấy tầng sôi kèm lắp đặt",
        price=1_350_000_000,
        message="Giao tại xưởng, có người hướng dẫn một tuần.",
        goal="completed",
        accepted_days_ago=210,
        answers={"technology": "no"},
        milestones=(("Giao máy và chạy thử tại xưởng", -120, 1_350_000_000, "accepted"),),
        evidence="Chạy đủ tải 800 kg/giờ trong 16 giờ, biên bản hai bên ký.",
    ),
    DemoDeal(
        buyer="hoang.phuc@techmart.example",
        buyer_organisation="",
        holder="anh.tuan@techmart.example",
        listing="CN-016",
        item="Quyền sử dụng phần mềm lập tuyến, ba xe",
        price=160_000_000,
        message="Ba xe lạnh chở tôm giống, có giờ cấm tải.",
        goal="disputed",
        accepted_days_ago=25,
        answers={"technology": "yes", "direction": "domestic", "state_money": "no", "list": "none"},
        milestones=(("Cài đặt và chạy thử hai tuần", 6, 160_000_000, "reported"),),
        evidence="Đã chạy mười chuyến; quãng đường giảm 14 %.",
        dispute="Mười chuyến chạy thử chỉ có hai chuyến trong giờ cấm tải, chưa đủ để nghiệm thu.",
    ),
)


def tell_deals(
    session: Session,
    actors: Mapping[str, Actor],
    organisations: Mapping[str, Organisation],
    listings: Mapping[str, Listing],
    *,
    now: datetime,
) -> dict[str, str]:
    """Carry out the stories; the deals' numbers by the listing they are about."""
    return {story.listing: _tell(session, story, actors, organisations, listings, now=now) for story in DEALS}


def _tell(
    session: Session,
    story: DemoDeal,
    actors: Mapping[str, Actor],
    organisations: Mapping[str, Organisation],
    listings: Mapping[str, Listing],
    *,
    now: datetime,
) -> str:
    buyer, holder = actors[story.buyer], actors[story.holder]
    accepted_at = now - timedelta(days=story.accepted_days_ago)
    request = asking.send_request(
        session,
        actor=buyer,
        listing_public_id=listings[story.listing].public_id,
        buyer_organisation_id=_seat(buyer, organisations, story),
        data=RequestInput.model_validate(
            {"items": [{"description": story.item, "quantity": 1, "unit": "gói"}], "message": story.message}
        ),
        form_key=f"deal-{story.listing}",
        now=accepted_at - timedelta(days=6),
    )
    quote = {
        "answers": [{"position": 1, "offers": [{"unit_price": story.price, "lead_time_days": 60}]}],
        "valid_until": local_date(accepted_at) + timedelta(days=30),
    }
    quoting.send_quote(
        session,
        actor=holder,
        number=request.number,
        data=QuoteInput.model_validate(quote),
        version=0,
        form_key=f"deal-{story.listing}-quote",
        now=accepted_at - timedelta(days=3),
    )
    chosen = AcceptInput.model_validate({"lines": [{"offer": 1, "quantity": 1}]})
    quoting.accept(session, actor=buyer, number=request.number, revision=1, data=chosen, now=accepted_at)
    number = session.scalars(select(Deal.number).where(Deal.request_number == request.number)).one()
    _negotiate(session, story, number, buyer=buyer, holder=holder, at=accepted_at + timedelta(days=1))
    if story.goal != "agreed":
        _carry_out(session, story, number, buyer=buyer, holder=holder, now=now)
    return number


def _seat(buyer: Actor, organisations: Mapping[str, Organisation], story: DemoDeal) -> Any:
    if story.buyer_organisation:
        return organisations[story.buyer_organisation].id
    return next(iter(buyer.organisations))


def _negotiate(session: Session, story: DemoDeal, number: str, *, buyer: Actor, holder: Actor, at: datetime) -> None:
    if story.terms:
        proposed = TermsInput.model_validate(story.terms)
        terms.propose_terms(session, actor=holder, number=number, side="holder", data=proposed, now=at)
        if story.goal != "agreed":
            terms.answer_terms(
                session,
                actor=buyer,
                number=number,
                revision=1,
                side="buyer",
                answer="agree",
                note="",
                now=at + timedelta(hours=5),
            )
    if story.answers:
        rules = rules_in_force(local_date(at))
        legal.record_check(
            session,
            actor=buyer,
            number=number,
            side="buyer",
            rules_version=rules.version,
            answers=story.answers,
            now=at + timedelta(hours=6),
        )


def _carry_out(session: Session, story: DemoDeal, number: str, *, buyer: Actor, holder: Actor, now: datetime) -> None:
    signed_at = now - timedelta(days=story.accepted_days_ago - 3)
    today = local_date(now)
    planned = [
        (
            milestones.plan_milestone(
                session,
                actor=holder,
                number=number,
                side="holder",
                data=MilestoneInput(title=title, due_on=today + timedelta(days=days), amount=amount),
                now=signed_at,
            ).public_id,
            reached,
            days,
        )
        for title, days, amount, reached in story.milestones
    ]
    contract = ContractInput(contract_date=local_date(signed_at))
    record_contract(session, actor=buyer, number=number, side="buyer", data=contract, now=signed_at)
    last = signed_at
    for public_id, reached, days in planned:
        if reached == "planned":
            continue
        last = min(now - timedelta(hours=20), now + timedelta(days=days - 1))
        evidence = EvidenceInput(evidence=story.evidence)
        milestones.report_milestone(
            session,
            actor=holder,
            number=number,
            public_id=public_id,
            side="holder",
            data=evidence,
            files=[],
            now=last,
        )
        if reached == "accepted":
            milestones.answer_milestone(
                session,
                actor=buyer,
                number=number,
                public_id=public_id,
                side="buyer",
                accepted=True,
                note="",
                now=last + timedelta(hours=9),
            )
    if story.goal == "disputed":
        because = DealReasonInput(note=story.dispute)
        move_deal(
            session,
            actor=buyer,
            number=number,
            side="buyer",
            move="dispute",
            data=because,
            now=last + timedelta(hours=2),
        )
    if story.goal == "completed":
        sides: tuple[tuple[Side, Actor], ...] = (("holder", holder), ("buyer", buyer))
        for side, actor in sides:
            outcome = OutcomeInput(value=story.price, shown="exact")
            report_outcome(session, actor=actor, number=number, side=side, data=outcome, now=last + timedelta(days=2))
