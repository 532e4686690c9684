"""Several holders asked at once: a request each, and nobody but the buyer learns that there were others."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import Database
from app.errors import Forbidden, Invalid, NotFound
from app.features.enquiries.asking import criteria_of, send_round
from app.features.enquiries.rounds import list_rounds, round_record
from app.models import EnquiryFile, Listing, Organisation, QuoteRequest, QuoteRound
from tests import factories
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, request_input
from tests.features.enquiries.test_commands import actions, counted, letters
from tests.features.enquiries.test_races import second_while_first_is_open


@dataclass(frozen=True)
class More:
    """A second holder with an equipment listing, and a need of the buyer's."""

    organisation: Organisation
    listing: Listing
    need: Listing


@pytest.fixture
def more(database: Database, scene: Scene) -> More:
    with database.unit_of_work() as session:
        person = factories.person(session, email="hai@may.test")
        organisation = factories.organisation(session, owner=person, name="Công ty Máy Sấy Hai", type="firm")
        listing = factories.listing(session, of=organisation, kind="equipment", trl=None, title="Máy sấy HP-300")
        need = factories.listing(
            session,
            of=scene.buyer_organisation,
            kind="need",
            title="Sấy xoài ít điện",
            details={"acceptance": "- Ẩm cuối 15 % ± 1\n\n• Điện dưới 0,9 kWh mỗi kg nước\n"},
        )
    return More(organisation, listing, need)


def send(session: Session, scene: Scene, more: More, **given: Any) -> tuple[QuoteRound, Any]:
    values: dict[str, Any] = {
        "actor": scene.buyer,
        "listing_public_ids": [scene.listing.public_id, more.listing.public_id],
        "buyer_organisation_id": scene.buyer_organisation.id,
        "data": request_input(questions=["readiness", "spare_parts", "warranty"], answer_by=date(2026, 12, 4)),
        "title": "Máy sấy",
        "form_key": "round-1",
        "now": NOW,
    } | given
    return send_round(session, **values)


def test_each_holder_gets_a_request_of_its_own(database: Database, scene: Scene, more: More) -> None:
    with database.unit_of_work() as session:
        made, requests = send(session, scene, more)
        assert [(one.number, one.holder_name, one.questions) for one in requests] == [
            ("2026-000001", "Viện Cơ điện Nông nghiệp", ["readiness"]),
            ("2026-000002", "Công ty Máy Sấy Hai", ["warranty", "spare_parts"]),
        ]
        assert {one.answer_by for one in requests} == {date(2026, 12, 4)}
        assert {one.round_id for one in requests} == {made.id}
    assert actions(database) == ["send", "send"]
    # The buyer hears of each, and each holder of its own.
    assert len(letters(database)) == 4


def test_the_round_is_the_buyers_alone(database: Database, scene: Scene, more: More) -> None:
    with database.unit_of_work() as session:
        public_id = send(session, scene, more)[0].public_id
    with database.read_only() as session:
        assert len(round_record(session, actor=scene.buyer, public_id=public_id).requests) == 2
        assert [one.public_id for one in list_rounds(session, actor=scene.buyer).rows] == [public_id]
        for other in (scene.holder, scene.stranger, scene.operator):
            with pytest.raises(NotFound):
                round_record(session, actor=other, public_id=public_id)
            assert not list_rounds(session, actor=other).rows


def test_one_that_cannot_be_asked_stops_all(database: Database, scene: Scene, more: More) -> None:
    with database.unit_of_work() as session:
        gone = factories.listing(session, of=more.organisation, state="withdrawn")
        own = factories.listing(session, of=scene.buyer_organisation)
    for bad in (gone.public_id, own.public_id, more.need.public_id, "khong-co"):
        with pytest.raises(Invalid) as fault, database.unit_of_work() as session:
            send(session, scene, more, listing_public_ids=[scene.listing.public_id, bad])
        assert list(fault.value.fields) == ["listings"]
    with pytest.raises(Invalid), database.unit_of_work() as session:
        send(session, scene, more, listing_public_ids=[])
    with pytest.raises(Forbidden), database.unit_of_work() as session:
        send(session, scene, more, actor=scene.stranger)
    assert (counted(database, QuoteRequest), counted(database, QuoteRound), letters(database)) == (0, 0, [])


def test_a_form_sent_twice_at_once_sends_once(database: Database, scene: Scene, more: More) -> None:
    def step(session: Session) -> None:
        send(session, scene, more)

    assert second_while_first_is_open(database, step, step) is None
    assert (counted(database, QuoteRequest), counted(database, QuoteRound)) == (2, 1)
    assert actions(database) == ["send", "send"]


def test_a_needs_criteria_go_along_and_its_round_is_found_again(database: Database, scene: Scene, more: More) -> None:
    criteria = ["Ẩm cuối 15 % ± 1", "Điện dưới 0,9 kWh mỗi kg nước"]
    assert criteria_of(more.need) == criteria
    with database.unit_of_work() as session:
        first, _requests = send(
            session,
            scene,
            more,
            listing_public_ids=[scene.listing.public_id],
            need_public_id=more.need.public_id,
            form_key="a",
        )
        second, _requests = send(
            session,
            scene,
            more,
            listing_public_ids=[more.listing.public_id],
            need_public_id=more.need.public_id,
            form_key="b",
            data=request_input(criteria=["Ồn dưới 70 dB"]),
        )
        assert first.id == second.id
    with database.read_only() as session:
        assert session.scalars(select(QuoteRequest.criteria).order_by(QuoteRequest.number)).all() == [
            criteria,
            ["Ồn dưới 70 dB"],
        ]
        assert session.scalars(select(QuoteRound.title)).all() == ["Sấy xoài ít điện"]


def test_a_passed_deadline_is_refused(database: Database, scene: Scene, more: More) -> None:
    with pytest.raises(Invalid) as fault, database.unit_of_work() as session:
        send(session, scene, more, data=request_input(answer_by=date(2026, 11, 22)))
    assert list(fault.value.fields) == ["answer_by"]
    assert counted(database, EnquiryFile) == counted(database, QuoteRequest) == 0


def test_two_people_asking_about_one_need_share_its_round(database: Database, scene: Scene, more: More) -> None:
    def step(key: str, listing: Listing) -> Any:
        return lambda session: send(
            session,
            scene,
            more,
            listing_public_ids=[listing.public_id],
            need_public_id=more.need.public_id,
            form_key=key,
        )

    fault = second_while_first_is_open(database, step("a", scene.listing), step("b", more.listing))
    assert fault is None
    assert (counted(database, QuoteRequest), counted(database, QuoteRound)) == (2, 1)
