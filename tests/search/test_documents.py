"""What goes into the index, and above all what does not."""

from dataclasses import asdict
from datetime import date

from sqlalchemy.orm import Session

from app.database import Database
from app.models.listings import Listing, ListingClassification, ListingConfidential
from app.search.documents import all_documents, documents_of
from app.search.port import SearchDocument
from tests import factories
from tests.factories import NOW
from tests.query_budget import count_queries

MARKER = "qxzv-bi-mat"


def classified(session: Session, listing: Listing, *codes: tuple[str, str], label: str = "") -> None:
    for position, (scheme, code) in enumerate(codes):
        session.add(
            ListingClassification(listing_id=listing.id, scheme=scheme, code=code, label=label, position=position)
        )
    session.flush()


def one(session: Session, listing: Listing) -> SearchDocument:
    return documents_of(session, listing_ids=[listing.id])[0]


def test_a_listing_as_a_document(session: Session) -> None:
    organisation = factories.organisation(
        session, name="Viện Cơ khí", name_en="Institute of Mechanics", slug="vien-co-khi", verified_at=NOW
    )
    listing = factories.listing(
        session,
        of=organisation,
        title="Máy sấy lạnh",
        title_en="Cold dryer",
        description="Mô tả **đầy đủ**.",
        keywords=["sấy lạnh"],
        region="79",
        trl=8,
        transfer_forms=["joint_venture"],
        price_kind="indicative",
        price_from=100,
        price_to=200,
        price_currency="VND",
        details={"problem": "Hao điện", "standards": ["ISO 9001", "TCVN 1"], "unknown": "không đọc"},
        source="techport.example",
    )
    classified(session, listing, ("research-field", "203"), ("ipc", "F26B 3/00"), ("vsic", "C"))
    made = one(session, listing)
    assert made.id == listing.public_id
    assert (made.title, made.title_en) == ("Máy sấy lạnh", "Cold dryer")
    assert made.body == "Mô tả **đầy đủ**.\n\nHao điện\n\nISO 9001, TCVN 1"
    assert made.regions == ("79",)
    # Codes come with those above them.
    assert made.fields == ("2", "203")
    assert made.ipc == ("F", "F26", "F26B 3/00")
    assert made.industries == ("C",)
    assert (made.organisation_id, made.organisation_name) == (organisation.public_id, "Viện Cơ khí")
    assert (made.organisation_name_en, made.organisation_slug) == ("Institute of Mechanics", "vien-co-khi")
    assert made.verified
    assert made.organisation_type == organisation.type
    assert made.languages == ("vi",)
    assert (made.price_from, made.price_to, made.currency) == (100, 200, "VND")
    assert (made.keywords, made.source) == (("sấy lạnh",), "techport.example")
    assert made.published_at == NOW


def test_labels_of_classifications_of_other_houses_are_words_to_find_it_by(session: Session) -> None:
    listing = factories.listing(session, of=factories.organisation(session))
    classified(session, listing, ("VNITO-industry", "x1"), label="bán lẻ")
    assert one(session, listing).keywords == ("bán lẻ",)


def test_an_anonymous_need_says_nothing_of_whose_it_is(session: Session) -> None:
    organisation = factories.organisation(
        session, name=f"Công ty {MARKER}", name_en=MARKER, slug=MARKER, public_id="o" + MARKER, verified_at=NOW
    )
    need = factories.listing(
        session,
        of=organisation,
        kind="need",
        visibility="anonymous",
        external_id=MARKER,
        source=MARKER,
        licence=MARKER,
        territory=MARKER,
        owners=[{"name": MARKER, "percent": 100}],
        slug="can-may-say",
        region="79",
        deadline=date(2026, 12, 31),
    )
    made = one(session, need)
    assert MARKER not in str(asdict(made))
    assert (made.organisation_id, made.organisation_type) == (None, None)
    assert not made.verified
    assert made.regions == ("79",)
    assert made.deadline == date(2026, 12, 31)


def test_an_expert_is_named_only_by_consent(session: Session) -> None:
    organisation = factories.organisation(session)
    details = {"scope": "Định giá", "expert_name": "Trần Thị Kín"}
    silent = factories.listing(session, of=organisation, kind="service", details=details)
    open_one = factories.listing(session, of=organisation, kind="service", details={**details, "expert_consent": True})
    assert "Trần Thị Kín" not in str(asdict(one(session, silent)))
    assert "Trần Thị Kín" in one(session, open_one).body


def test_the_confidential_part_is_never_read(session: Session, database: Database) -> None:
    listing = factories.listing(session, of=factories.organisation(session))
    session.add(ListingConfidential(listing_id=listing.id, text=MARKER, updated_at=NOW))
    session.flush()
    assert MARKER not in str(asdict(one(session, listing)))
    with count_queries(database) as sent:
        documents_of(session, listing_ids=[listing.id])
    assert not any("confidential" in statement for statement in sent)


def test_only_what_anybody_may_see_becomes_a_document(session: Session) -> None:
    organisation = factories.organisation(session)
    states = ("draft", "submitted", "returned", "archived", "withdrawn", "suspended", "transferred")
    hidden = [factories.listing(session, of=organisation, state=state) for state in states]
    hidden.append(factories.listing(session, of=organisation, kind="need", visibility="invitation"))
    shown = [factories.listing(session, of=organisation, state=state) for state in ("published", "due", "stale")]
    made = documents_of(session, listing_ids=[one.id for one in hidden + shown])
    assert {one.id for one in made} == {one.public_id for one in shown}
    # For matching one's own draft, and never for the index.
    assert len(documents_of(session, listing_ids=[hidden[0].id], only_public=False)) == 1


def test_many_listings_take_as_many_queries_as_one(session: Session, database: Database) -> None:
    organisation = factories.organisation(session)
    listings = [factories.listing(session, of=organisation) for _ in range(30)]
    for listing in listings:
        classified(session, listing, ("research-field", "203"))
    documents_of(session, listing_ids=[listings[0].id])
    with count_queries(database) as sent:
        made = documents_of(session, listing_ids=[one.id for one in listings])
    assert len(made) == 30
    assert len(sent) == 2, sent


def test_everything_is_read_in_batches_without_gap_or_repetition(database: Database) -> None:
    with database.unit_of_work() as session:
        organisation = factories.organisation(session)
        wanted = {factories.listing(session, of=organisation).public_id for _ in range(11)}
        factories.listing(session, of=organisation, state="draft")
    batches = list(all_documents(database, batch=4))
    assert [len(batch) for batch in batches] == [4, 4, 3]
    assert {one.id for batch in batches for one in batch} == wanted


def test_an_empty_exchange_has_no_batches(database: Database) -> None:
    assert list(all_documents(database)) == []
