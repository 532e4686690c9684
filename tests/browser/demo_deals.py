"""A deal of the demo exchange on its way, for the pages that only deals have."""

import hashlib
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.demo.load import PASSWORD
from app.features.deals.commands import record_contract
from app.features.deals.documents import add_document, add_version, sign_document
from app.features.deals.legal import record_check
from app.features.deals.legal_rules import rules_in_force
from app.features.deals.milestones import change_milestone, plan_milestone, report_milestone
from app.features.deals.schemas import ContractInput, DocumentInput, EvidenceInput, MilestoneInput, VersionInput
from app.features.enquiries.records import AttachedFile
from app.features.ndas.schemas import NdaSignatureInput
from app.i18n.formats import local_date
from app.identity import Actor
from app.integrations.storage import store_from
from app.settings import Settings
from tests.integrations import sample_files


def deal_on_its_way(
    session: Session, settings: Settings, *, number: str, buyer: Actor, holder: Actor
) -> dict[str, str]:
    """Sign the deal with two milestones: one reported by the holder, one that the buyer wants to move."""
    now = clock.now()
    today = local_date(now)
    names = {}
    for name, title, days, amount in (
        ("milestone_reported", "Giao và lắp dây chuyền tại xưởng", 20, 180_000_000),
        ("milestone_planned", "Chạy thử 72 giờ, đo độ ẩm từng mẻ", 45, None),
    ):
        data = MilestoneInput(title=title, due_on=today + timedelta(days=days), amount=amount)
        names[name] = plan_milestone(session, actor=holder, number=number, side="holder", data=data, now=now).public_id
    # Technology from abroad: the clock of the registration runs.
    answers = {"technology": "yes", "direction": "from_abroad", "list": "none"}
    rules = rules_in_force(today)
    record_check(
        session, actor=buyer, number=number, side="buyer", rules_version=rules.version, answers=answers, now=now
    )
    data_signed = ContractInput(contract_date=today)
    record_contract(session, actor=buyer, number=number, side="buyer", data=data_signed, now=now)
    report_milestone(
        session,
        actor=holder,
        number=number,
        public_id=names["milestone_reported"],
        side="holder",
        data=EvidenceInput(evidence="Đã lắp xong ngày thứ Ba, biên bản hai bên ký tại chỗ."),
        files=[],
        now=now,
    )
    later = MilestoneInput(title="Chạy thử 96 giờ", due_on=today + timedelta(days=60), reason="Kho lạnh chưa có điện")
    change_milestone(
        session, actor=buyer, number=number, public_id=names["milestone_planned"], side="buyer", data=later, now=now
    )
    names["document"] = _document(session, settings, number=number, buyer=buyer)
    return names


def _document(session: Session, settings: Settings, *, number: str, buyer: Actor) -> str:
    """A contract in two versions, the second signed by the buyer; its id."""
    store = store_from(settings)
    now = clock.now()
    public_id, sha256 = "", ""
    for text in ("Hop dong, ban dau", "Hop dong, ban sua"):
        data = sample_files.pdf(text)
        sha256 = hashlib.sha256(data).hexdigest()
        file = AttachedFile(
            filename="hop-dong.pdf",
            media_type="application/pdf",
            size=len(data),
            sha256=sha256,
            storage_key=store.put("deals", data, ending="pdf"),
        )
        given: dict[str, Any] = {"actor": buyer, "number": number, "side": "buyer", "files": [file], "now": now}
        if not public_id:
            said = DocumentInput(kind="contract", title="Hợp đồng chuyển giao công nghệ sấy hai cấp")
            public_id = add_document(session, data=said, **given).public_id
        else:
            add_version(session, public_id=public_id, data=VersionInput(note="Sửa điều 7"), **given)
    sign_document(
        session,
        actor=buyer,
        number=number,
        public_id=public_id,
        side="buyer",
        data=NdaSignatureInput(typed_name="Phạm Thị Ngọc Trâm", role="Giám đốc", agreed=True),
        password=PASSWORD,
        seen_sha256=sha256,
        now=now,
    )
    return public_id
