"""Agreements of the demo exchange in three states, for the pages that only they have."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.demo.load import PASSWORD
from app.features.listings import confidential
from app.features.ndas.commands import fix_nda_text, request_nda, sign_nda
from app.features.ndas.disclosing import open_parts
from app.features.ndas.gate import read_text
from app.features.ndas.schemas import NdaRequestInput, NdaSignatureInput, NdaTextInput
from app.features.ndas.states import Side
from app.i18n.formats import local_date
from app.identity import Actor
from app.integrations.storage import store_from
from app.models import Listing, Nda
from app.settings import Settings
from tests.integrations import sample_files


def agreements(session: Session, settings: Settings, *, owner: Actor, reader: Actor) -> dict[str, str]:
    """Their numbers by name: asked for, fixed, and in force with its text and a file open and read once."""
    numbers = {
        "nda_requested": _requested(session, reader, "CN-002"),
        "nda_fixed": _requested(session, reader, "SC-001"),
        "nda_active": _requested(session, reader, "CN-001"),
    }
    now = clock.now()
    for name in ("nda_fixed", "nda_active"):
        fix_nda_text(
            session,
            actor=owner,
            number=numbers[name],
            data=NdaTextInput(active_until=local_date(now + timedelta(days=180))),
            exchange=settings.site_name,
            now=now,
        )
    number = numbers["nda_active"]
    sides: list[tuple[Side, Actor]] = [("recipient", reader), ("discloser", owner)]
    for side, actor in sides:
        sign_nda(
            session,
            actor=actor,
            number=number,
            side=side,
            data=NdaSignatureInput(typed_name="Nguyễn Văn Ký", role="Giám đốc", agreed=True),
            password=PASSWORD,
            seen_sha256=session.scalars(select(Nda.text_sha256).where(Nda.number == number)).one() or "",
            now=now,
        )
    listing = session.scalars(select(Listing).where(Listing.external_id == "CN-001")).one()
    confidential.set_text(
        session,
        actor=owner,
        public_id=listing.public_id,
        text="## Bí quyết\n\nMôi chất R290 pha **4 %** R170 giữ COP 4,6 ở 55 °C.",
        now=now,
    )
    kept = confidential.keep_file(store_from(settings), sample_files.pdf("Ban ve"), filename="ban-ve-che-tao.pdf")
    file = confidential.add_file(session, actor=owner, public_id=listing.public_id, kept=kept, now=now)
    open_parts(session, actor=owner, number=number, text=True, file_ids=[file.public_id], now=now)
    read_text(session, actor=reader, number=number, now=now)
    return numbers


def _requested(session: Session, reader: Actor, external_id: str) -> str:
    listing = session.scalars(select(Listing).where(Listing.external_id == external_id)).one()
    (organisation_id,) = reader.organisations
    assert reader.person_id is not None
    return request_nda(
        session,
        actor=reader,
        listing_public_id=listing.public_id,
        recipient_organisation_id=organisation_id,
        data=NdaRequestInput(
            purpose="Đánh giá khả năng lắp dây chuyền tại xưởng của hợp tác xã.", readers=[reader.person_id]
        ),
        form_key=f"demo-{external_id}",
        now=clock.now(),
    ).number
