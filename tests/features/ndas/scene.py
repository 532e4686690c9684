"""An institute with secrets, a firm that wants to read them, and the steps between them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import Database
from app.features.accounts.attempts import Refused
from app.features.accounts.passwords import hash_password
from app.features.listings import confidential
from app.features.ndas.commands import fix_nda_text, request_nda, sign_nda
from app.features.ndas.disclosing import open_parts, tell_contact, tell_name
from app.features.ndas.schemas import NdaContactInput, NdaRequestInput, NdaSignatureInput, NdaTextInput
from app.features.ndas.states import Side
from app.identity import Actor
from app.integrations.storage import store_from
from app.models import Job, JournalEntry, Listing, Membership, Nda, NdaSignature, Organisation, Person
from app.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.integrations import sample_files

PASSWORD = "mèo mun nằm bếp"
PASSWORD_HASH = hash_password(PASSWORD)
UNTIL = date(2027, 5, 31)
EXCHANGE = "Techmart"
SECRET = "Môi chất R290 pha 4 % R170"


@dataclass(frozen=True)
class Scene:
    """`reader` is named in agreements, `colleague` acts for the same firm and is not; `need` is anonymous."""

    owner_person: Person
    reader_person: Person
    colleague_person: Person
    stranger_person: Person
    institute: Organisation
    firm: Organisation
    listing: Listing
    need: Listing
    file_id: str
    second_file_id: str
    need_file_id: str
    owner: Actor
    reader: Actor
    colleague: Actor
    stranger: Actor
    operator: Actor


def set_scene(database: Database, settings: Settings) -> Scene:
    """Commit the cast; the confidential parts hold a text and files."""
    store = store_from(settings)
    with database.unit_of_work() as session:
        given = {"password_hash": PASSWORD_HASH}
        owner = factories.person(session, email="chu@vien.test", name="Lê Thị Chủ", locale="en", **given)
        reader = factories.person(session, email="doc@congty.test", name="Trần Văn Đọc", **given)
        colleague = factories.person(session, email="ban@congty.test", name="Võ Thị Bạn", **given)
        stranger = factories.person(session, email="la@noikhac.test", name="Phạm Người Lạ", **given)
        official = factories.person(session, email="vanhanh@so.test", name="Đỗ Vận Hành", is_operator=True)
        institute = factories.organisation(session, owner=owner, name="Viện Cơ điện Ẩn Mình", slug="vien-co-dien")
        firm = factories.organisation(
            session, owner=reader, name="Công ty Nông sản Bàu Bàng", type="firm", tax_code="3702345678"
        )
        elsewhere = factories.organisation(session, owner=stranger, name="Công ty Nơi Khác", type="firm")
        session.add(Membership(organisation_id=firm.id, person_id=colleague.id, role="owner", created_at=NOW))
        listing = factories.listing(session, of=institute, title="Máy sấy bơm nhiệt", slug="may-say")
        need = factories.listing(
            session, of=institute, kind="need", visibility="anonymous", title="Cần giảm điện kho lạnh", slug="can"
        )
        acting = factories.actor(owner, institute)
        files = []
        for of, name in ((listing, "ban-ve.pdf"), (listing, "gia-von.pdf"), (need, "so-do.pdf")):
            kept = confidential.keep_file(store, sample_files.pdf("Ban ve"), filename=name)
            files.append(
                confidential.add_file(session, actor=acting, public_id=of.public_id, kept=kept, now=NOW).public_id
            )
        for of in (listing, need):
            confidential.set_text(session, actor=acting, public_id=of.public_id, text=SECRET, now=NOW)
    return Scene(
        owner_person=owner,
        reader_person=reader,
        colleague_person=colleague,
        stranger_person=stranger,
        institute=institute,
        firm=firm,
        listing=listing,
        need=need,
        file_id=files[0],
        second_file_id=files[1],
        need_file_id=files[2],
        owner=factories.actor(owner, institute),
        reader=factories.actor(reader, firm),
        colleague=factories.actor(colleague, firm),
        stranger=factories.actor(stranger, elsewhere),
        operator=factories.actor(official, operator=True),
    )


def request(session: Session, scene: Scene, *, form_key: str = "form-1", about: Listing | None = None) -> Nda:
    return request_nda(
        session,
        actor=scene.reader,
        listing_public_id=(about or scene.listing).public_id,
        recipient_organisation_id=scene.firm.id,
        data=NdaRequestInput(purpose="Đánh giá để mua giấy phép sử dụng", readers=[scene.reader_person.id]),
        form_key=form_key,
        now=NOW,
    )


def fix(session: Session, scene: Scene, number: str, **given: Any) -> Nda:
    values: dict[str, Any] = {"active_until": UNTIL, "secrecy_years": 3} | given
    return fix_nda_text(
        session, actor=scene.owner, number=number, data=NdaTextInput(**values), exchange=EXCHANGE, now=NOW
    )


def sign(
    session: Session, scene: Scene, number: str, side: Side, *, actor: Actor | None = None, **given: Any
) -> NdaSignature | Refused:
    values: dict[str, Any] = {
        "password": PASSWORD,
        "seen_sha256": session.scalars(select(Nda.text_sha256).where(Nda.number == number)).one() or "",
        "now": NOW,
    } | given
    return sign_nda(
        session,
        actor=actor or (scene.owner if side == "discloser" else scene.reader),
        number=number,
        side=side,
        data=NdaSignatureInput(typed_name="Người Ký Tên", role="Giám đốc", agreed=True),
        **values,
    )


def requested(database: Database, scene: Scene, *, about: Listing | None = None) -> str:
    """The number of an agreement that was asked for and committed."""
    with database.unit_of_work() as session:
        return request(session, scene, about=about).number


def fixed(database: Database, scene: Scene, *, about: Listing | None = None) -> str:
    number = requested(database, scene, about=about)
    with database.unit_of_work() as session:
        fix(session, scene, number)
    return number


def signed_by_one(database: Database, scene: Scene, *, about: Listing | None = None) -> str:
    number = fixed(database, scene, about=about)
    with database.unit_of_work() as session:
        sign(session, scene, number, "recipient")
    return number


def in_force(database: Database, scene: Scene, *, about: Listing | None = None) -> str:
    """The number of an agreement in force; nothing is opened yet."""
    number = signed_by_one(database, scene, about=about)
    with database.unit_of_work() as session:
        sign(session, scene, number, "discloser", now=NOW + timedelta(minutes=5))
    return number


def opened(database: Database, scene: Scene) -> str:
    """The number of an agreement in force under which the text and the first file are open."""
    number = in_force(database, scene)
    with database.unit_of_work() as session:
        open_parts(session, actor=scene.owner, number=number, text=True, file_ids=[scene.file_id], now=NOW)
    return number


def need_opened(database: Database, scene: Scene) -> str:
    """The same about the anonymous need, told step by step."""
    number = in_force(database, scene, about=scene.need)
    with database.unit_of_work() as session:
        tell_name(session, actor=scene.owner, number=number, now=NOW)
        contact = NdaContactInput(contact="Bà Chủ, 0900 000 000")
        tell_contact(session, actor=scene.owner, number=number, data=contact, now=NOW)
        open_parts(session, actor=scene.owner, number=number, text=True, file_ids=[scene.need_file_id], now=NOW)
    return number


def nda_of(database: Database, number: str) -> Nda:
    with database.read_only() as session:
        return session.scalars(select(Nda).where(Nda.number == number)).one()


def actions(database: Database) -> list[str]:
    """What the journal says of agreements, in its order."""
    with database.read_only() as session:
        return list(
            session.scalars(select(JournalEntry.action).where(JournalEntry.entity == "nda").order_by(JournalEntry.id))
        )


def letters(database: Database) -> list[tuple[str, dict[str, Any]]]:
    """The letters asked for: template and what it was given."""
    with database.read_only() as session:
        jobs = session.scalars(select(Job).where(Job.kind == "mail.send").order_by(Job.id)).all()
        return [(one.payload["template"], one.payload["context"]) for one in jobs]
