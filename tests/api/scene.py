"""An exchange for the API's tests: two organisations, a listing of every kind, an anonymous need, a draft, tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import FastAPI
from sqlalchemy.orm import Session

from app import clock
from app.database import Database
from app.features.accounts.access_tokens import create_access_token
from app.features.accounts.schemas import NewAccessToken
from app.models import Listing, ListingClassification, Organisation, Person
from app.search.indexer import rebuild_index
from tests import factories

MARKER = "BIMAT-7f3a"


@dataclass(frozen=True)
class Scene:
    """What is there. `token` acts for `institute` with both scopes, `reader` may only read, `stranger` is another's."""

    person: Person
    institute: Organisation
    firm: Organisation
    dryer: Listing
    spectrometer: Listing
    patent: Listing
    testing: Listing
    paint: Listing
    hidden_need: Listing
    draft: Listing
    withdrawn: Listing
    token: str
    reader: str
    writer: str
    stranger: str

    @property
    def public_ids(self) -> set[str]:
        """What everybody sees."""
        shown = (self.dryer, self.spectrometer, self.patent, self.testing, self.paint, self.hidden_need)
        return {one.public_id for one in shown}


def bearer(token: str) -> dict[str, str]:
    """The header a program sends its token in."""
    return {"Authorization": f"Bearer {token}"}


def index(application: FastAPI, database: Database) -> None:
    """Bring what is in the database into the search index."""
    rebuild_index(database, application.state.search)


def make_token(session: Session, *, of: Person, scopes: Sequence[str]) -> str:
    _row, token = create_access_token(
        session,
        actor=factories.actor(of),
        data=NewAccessToken(name="thử", scopes=list(scopes), days=30),  # type: ignore[arg-type]
        now=clock.now(),
    )
    return token


def classify(session: Session, listing: Listing, *codes: tuple[str, str, str]) -> None:
    """Give a listing codes: (scheme, version, code)."""
    for position, (scheme, version, code) in enumerate(codes):
        session.add(
            ListingClassification(
                listing_id=listing.id, scheme=scheme, version=version, code=code, position=position, label=""
            )
        )
    session.flush()


def make_scene(database: Database) -> Scene:
    """Everything, committed."""
    with database.unit_of_work() as session:
        person, other = factories.person(session, name="Nguyễn Thu Hà"), factories.person(session)
        institute = factories.organisation(
            session, owner=person, name="Viện Cơ điện Cửu Long", name_en="Cuu Long Institute", verified_at=factories.NOW
        )
        firm = factories.organisation(session, owner=other, name="Công ty Gỗ Hoa Ban", type="firm", region="01")
        dryer = factories.listing(
            session,
            of=institute,
            external_id="SAY-01",
            slug="may-say-bom-nhiet",
            title="Máy sấy bơm nhiệt cho trái cây",
            title_en="Heat-pump dryer for fruit",
            benefit_en="Uses 40 % less electricity than resistance drying",
            trl=8,
            transfer_forms=["non_exclusive_licence"],
            price_kind="indicative",
            price_from=850_000_000,
            price_to=1_200_000_000,
            price_currency="VND",
            details={"problem": "Sấy điện trở tốn điện.", "standards": ["TCVN 5699-1"]},
        )
        classify(session, dryer, ("research-field", "2025", "203"), ("ipc", "2023.01", "F26"))
        paint = factories.listing(
            session,
            of=firm,
            kind="need",
            title="Cần máy sấy gỗ tiết kiệm điện",
            benefit="",
            summary="Thay lò sấy điện trở bằng bơm nhiệt.",
            trl=7,
            price_kind="indicative",
            price_to=1_500_000_000,
            price_currency="VND",
            deadline=date(2099, 12, 31),
            transfer_forms=["non_exclusive_licence"],
            region="01",
            details={"baseline": "450 kWh mỗi mẻ", "target": "Dưới 250 kWh mỗi mẻ"},
        )
        classify(session, paint, ("research-field", "2025", "203"))
        return Scene(
            person=person,
            institute=institute,
            firm=firm,
            dryer=dryer,
            spectrometer=factories.listing(
                session,
                of=institute,
                kind="equipment",
                external_id="QP-02",
                title="Máy quang phổ dùng chung",
                trl=None,
                details={"model": "ICP-9000", "condition": "used", "offered_for": ["shared_use"], "year": 2019},
            ),
            patent=factories.listing(
                session,
                of=institute,
                kind="patent",
                title="Bộ trao đổi nhiệt dạng gấp",
                trl=None,
                details={
                    "ip_kind": "invention",
                    "grant_number": "1-0026606",
                    "as_given": {"grant_number": "1-26606"},
                    "legal_status": "granted",
                    "filing_date": "2019-03-04",
                    "applicants": ["Viện Cơ điện Cửu Long"],
                },
            ),
            testing=factories.listing(
                session,
                of=institute,
                kind="service",
                title="Thử nghiệm nước thải",
                trl=None,
                details={"service_type": "testing", "scope": "24 chỉ tiêu", "expert_name": "Trần Kín Tiếng"},
            ),
            paint=paint,
            hidden_need=factories.listing(
                session,
                of=firm,
                kind="need",
                visibility="anonymous",
                external_id=f"NC-{MARKER}",
                source=f"src-{MARKER}",
                owners=[{"name": f"chủ {MARKER}", "percent": 100}],
                title="Cần lọc bụi sơn",
                benefit="",
                summary="Xưởng sơn gỗ có bụi vượt ngưỡng.",
                region="01",
                trl=None,
                details={"baseline": "12 mg/m³"},
            ),
            draft=factories.listing(session, of=institute, state="draft", external_id="NHAP-03", title="Bản nháp kín"),
            withdrawn=factories.listing(session, of=firm, state="withdrawn", title="Đã rút"),
            token=make_token(session, of=person, scopes=["listings:read", "listings:write"]),
            reader=make_token(session, of=person, scopes=["listings:read"]),
            writer=make_token(session, of=person, scopes=["listings:write"]),
            stranger=make_token(session, of=other, scopes=["listings:read", "listings:write"]),
        )
