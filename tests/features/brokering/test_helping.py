"""A need written down for a firm is the firm's alone to send; an introduction tells each side no more than agreed."""

from datetime import date

import pytest
from sqlalchemy import select

from app.database import Database
from app.errors import Forbidden, Invalid, NotFound
from app.features.brokering.helping import draft_need, introduce
from app.features.brokering.queries import case_record
from app.features.brokering.schemas import CallNeedInput, IntroductionInput
from app.features.listings.commands import submit
from app.features.listings.queries import find
from app.identity import Actor
from app.models import BrokerCaseNote, Job, Listing
from app.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.features.brokering.test_cases import broker, call, scene
from tests.features.enquiries.scene import Scene
from tests.features.enquiries.test_commands import counted, letters

__all__ = ["broker", "scene"]


def need_input(organisation: str) -> CallNeedInput:
    return CallNeedInput(
        organisation=organisation,
        title="Hút bụi gỗ mịn cho ba xưởng",
        baseline="Quạt hút cũ, 8 mg/m³",
        target="Dưới 2 mg/m³",
        acceptance="Đo ba ca liền dưới 2 mg/m³",
        deadline=date(2027, 2, 1),
    )


def test_a_need_from_a_call_is_the_firms_to_confirm(
    database: Database, scene: Scene, broker: Actor, settings: Settings
) -> None:
    public_id = call(database, broker)
    where = f"http://testserver/vi/organisations/nong-san-{scene.buyer_organisation.public_id}"
    with database.unit_of_work() as session:
        data = need_input(where)
        made = draft_need(session, actor=broker, public_id=public_id, data=data, settings=settings, now=NOW)
        again = draft_need(session, actor=broker, public_id=public_id, data=data, settings=settings, now=NOW)
        assert again.id == made.id
    assert [one for one in letters(database) if one[0] == "case_need_drafted"] == [("case_need_drafted", "")]
    with database.read_only() as session:
        draft = find(session, actor=scene.buyer, public_id=made.public_id)
        assert (draft.state, draft.organisation_id) == ("draft", scene.buyer_organisation.id)
        assert draft.details["acceptance"] == "Đo ba ca liền dưới 2 mg/m³"
        assert case_record(session, actor=broker, public_id=public_id).need_state == "draft"
        # Neither the broker nor anybody else reads or sends it: it is the firm's.
        for other in (broker, scene.holder, scene.stranger):
            with pytest.raises(NotFound):
                find(session, actor=other, public_id=made.public_id)
    with pytest.raises((NotFound, Forbidden)), database.unit_of_work() as session:
        submit(session, actor=broker, public_id=made.public_id, version=None, now=NOW)


def test_a_firm_unknown_or_without_people_is_refused(
    database: Database, scene: Scene, broker: Actor, settings: Settings
) -> None:
    public_id = call(database, broker)
    with database.unit_of_work() as session:
        empty = factories.organisation(session, tax_code="0312345678").tax_code or ""
    listed = counted(database, Listing)
    for firm in ("0399999999", empty):
        with pytest.raises(Invalid) as fault, database.unit_of_work() as session:
            draft_need(session, actor=broker, public_id=public_id, data=need_input(firm), settings=settings, now=NOW)
        assert list(fault.value.fields) == ["organisation"]
    assert counted(database, Listing) == listed
    with pytest.raises(NotFound), database.unit_of_work() as session:
        draft_need(session, actor=scene.buyer, public_id=public_id, data=need_input("x"), settings=settings, now=NOW)


@pytest.mark.parametrize("named", [True, False])
def test_an_introduction_tells_what_was_agreed(database: Database, scene: Scene, broker: Actor, named: bool) -> None:
    public_id = call(database, broker)
    data = IntroductionInput(
        organisation=scene.buyer_organisation.public_id, listing=scene.listing.public_id, named=named
    )
    with database.unit_of_work() as session:
        for _twice in range(2):
            introduce(session, actor=broker, public_id=public_id, data=data, now=NOW)
    assert sorted(letters(database)) == [("case_introduction", "firm"), ("case_introduction", "holder")]
    with database.read_only() as session:
        told = {
            job.payload["context"]["reader"]: str(job.payload["context"])
            for job in session.scalars(select(Job).where(Job.kind == "mail.send"))
        }
    assert "Viện Cơ điện Nông nghiệp" in told["firm"]
    assert ("Công ty Nông sản Bàu Bàng" in told["holder"]) is named
    assert "@" not in told["firm"] + told["holder"]
    assert counted(database, BrokerCaseNote) == 2


def test_needs_and_own_listings_are_not_introduced(database: Database, scene: Scene, broker: Actor) -> None:
    public_id = call(database, broker)
    with database.unit_of_work() as session:
        need = factories.listing(session, of=scene.holder_organisation, kind="need").public_id
        gone = factories.listing(session, of=scene.holder_organisation, state="withdrawn").public_id
    firm = scene.buyer_organisation.public_id
    pairs = [(firm, need), (firm, gone), (scene.holder_organisation.public_id, scene.listing.public_id)]
    for organisation, listing in pairs:
        with pytest.raises(Invalid) as fault, database.unit_of_work() as session:
            data = IntroductionInput(organisation=organisation, listing=listing)
            introduce(session, actor=broker, public_id=public_id, data=data, now=NOW)
        assert list(fault.value.fields) == ["listing"]
    assert letters(database) == []
