"""Profiles: made, changed by members with care for what was verified, and journalled."""

import threading

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from app.database import Database
from app.errors import Forbidden, Invalid, NotFound, SignInRequired, StaleVersion
from app.features.organisations.commands import create_organisation, update_organisation
from app.features.organisations.schemas import OrganisationInput
from app.identity import ANONYMOUS, Actor
from app.models import AuditEntry, JournalEntry, Membership, Organisation
from tests import factories
from tests.factories import NOW

TAX_CODE = "0300588569"


def profile(**given: object) -> OrganisationInput:
    values = {
        "name": "Viện Cơ khí Ứng dụng",
        "type": "research_institute",
        "region": "79",
        "tax_code": TAX_CODE,
        "sectors": ["agriculture"],
    }
    return OrganisationInput.model_validate(values | given)


def journal_of(database: Database, organisation: Organisation) -> list[tuple[str, dict[str, object]]]:
    with database.read_only() as session:
        rows = session.execute(
            select(JournalEntry.action, JournalEntry.data)
            .where(JournalEntry.entity == "organisation", JournalEntry.entity_id == organisation.id)
            .order_by(JournalEntry.id)
        ).all()
    return [(row.action, row.data) for row in rows]


def test_whoever_makes_an_organisation_owns_it(database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        made = create_organisation(
            session,
            actor=factories.actor(person),
            data=profile(name="  Viện   Cơ khí Ứng dụng ", website="vien.example.vn", description=" Máy móc. "),
            authority="techmart.test",
            now=NOW,
        )
    with database.read_only() as session:
        stored = session.get_one(Organisation, made.id)
        assert (stored.name, stored.slug) == ("Viện Cơ khí Ứng dụng", "vien-co-khi-ung-dung")
        assert (stored.authority, stored.local_id) == ("techmart.test", stored.public_id)
        assert (stored.website, stored.description) == ("https://vien.example.vn", "Máy móc.")
        assert (stored.verified_at, stored.imported, stored.version) == (None, False, 1)
        assert session.execute(select(Membership.person_id, Membership.role)).one() == (person.id, "owner")
    assert journal_of(database, made) == [("created", {})]


def test_nobody_and_programs_make_no_organisations(database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        for actor, fault in (
            (ANONYMOUS, SignInRequired),
            (Actor(person_id=person.id, scopes=frozenset({"listings:write"})), Forbidden),
        ):
            with pytest.raises(fault):
                create_organisation(session, actor=actor, data=profile(), authority="techmart.test", now=NOW)
        assert session.scalar(select(func.count()).select_from(Organisation)) == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "Mua tại http://lua.example"}, "name"),
        ({"name": "12345"}, "name"),
        ({"type": "bank"}, "type"),
        ({"tax_code": "0300588568"}, "tax_code"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"website": "https://user@vien.example.vn"}, "website"),
        ({"website": "https://localhost/x"}, "website"),
    ],
)
def test_what_does_not_hold_is_told_at_its_field(given: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as fault:
        profile(**given)
    assert {error["loc"][0] for error in fault.value.errors()} == {field}


@pytest.mark.parametrize(
    ("given", "field"), [({"region": "00"}, "region"), ({"region": "74"}, "region"), ({"sectors": ["x"]}, "sectors")]
)
def test_codes_must_stand_in_the_current_tables(database: Database, given: dict[str, object], field: str) -> None:
    with database.unit_of_work() as session:
        actor = factories.actor(factories.person(session))
        with pytest.raises(Invalid) as fault:
            create_organisation(session, actor=actor, data=profile(**given), authority="techmart.test", now=NOW)
    assert list(fault.value.fields) == [field]


def test_a_tax_code_belongs_to_one_organisation_and_names_it_only_if_it_is_public(database: Database) -> None:
    with database.unit_of_work() as session:
        actor = factories.actor(factories.person(session))
        holder = factories.organisation(session, tax_code=TAX_CODE, name="Công ty Trước")
        with pytest.raises(Invalid) as fault:
            create_organisation(session, actor=actor, data=profile(), authority="techmart.test", now=NOW)
        assert "Công ty Trước" not in fault.value.fields["tax_code"]
        factories.listing(session, of=holder)
        with pytest.raises(Invalid) as fault:
            create_organisation(session, actor=actor, data=profile(), authority="techmart.test", now=NOW)
        assert fault.value.fields["tax_code"].startswith("“Công ty Trước” trên sàn đã dùng mã số thuế này.")


def test_of_two_who_take_one_tax_code_at_once_one_gets_it(database: Database) -> None:
    with database.unit_of_work() as session:
        actors = [factories.actor(factories.person(session)) for _ in range(2)]
    begin = threading.Barrier(2)
    outcomes: list[object] = []

    def go(actor: Actor) -> None:
        begin.wait()
        try:
            with database.unit_of_work() as session:
                create_organisation(session, actor=actor, data=profile(), authority="techmart.test", now=NOW)
        except Invalid as fault:
            outcomes.append(list(fault.fields))
        else:
            outcomes.append("made")

    threads = [threading.Thread(target=go, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["['tax_code']", "made"]
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Organisation)) == 1
        assert session.scalar(select(func.count()).select_from(Membership)) == 1


@pytest.fixture
def given(database: Database) -> tuple[Organisation, Actor, Actor]:
    """A verified organisation, its owner and an editor."""
    with database.unit_of_work() as session:
        owner, editor = factories.person(session), factories.person(session)
        values = profile().model_dump() | {"verified_at": NOW, "verified_by_id": owner.id}
        organisation = factories.organisation(session, owner=owner, **values)
        session.add(Membership(organisation_id=organisation.id, person_id=editor.id, role="editor", created_at=NOW))
    return organisation, factories.actor(owner, organisation), factories.actor(editor, organisation, role="editor")


def test_members_change_the_profile_and_the_mark_stays(
    database: Database, given: tuple[Organisation, Actor, Actor]
) -> None:
    organisation, _owner, editor = given
    with database.unit_of_work() as session:
        changed = update_organisation(
            session,
            actor=editor,
            organisation_id=organisation.id,
            data=profile(description="Sấy, nghiền, ép."),
            version=1,
            now=NOW,
        )
    assert (changed.version, changed.verified_at, changed.description) == (2, NOW, "Sấy, nghiền, ép.")
    assert journal_of(database, organisation) == [("created", {}), ("updated", {})]


def test_nothing_changed_is_nothing_journalled(database: Database, given: tuple[Organisation, Actor, Actor]) -> None:
    organisation, owner, _editor = given
    with database.unit_of_work() as session:
        same = update_organisation(
            session, actor=owner, organisation_id=organisation.id, data=profile(), version=1, now=NOW
        )
    assert same.version == 1
    assert journal_of(database, organisation) == [("created", {})]


def test_a_new_name_ends_the_verification_and_is_for_owners(
    database: Database, given: tuple[Organisation, Actor, Actor]
) -> None:
    organisation, owner, editor = given
    renamed = profile(name="Viện Cơ khí Mới", tax_code="0101248141")
    with pytest.raises(Invalid) as fault, database.unit_of_work() as session:
        update_organisation(session, actor=editor, organisation_id=organisation.id, data=renamed, version=1, now=NOW)
    assert list(fault.value.fields) == ["name", "tax_code"]
    with database.unit_of_work() as session:
        changed = update_organisation(
            session, actor=owner, organisation_id=organisation.id, data=renamed, version=1, now=NOW
        )
        assert (changed.verified_at, changed.verified_by_id, changed.slug) == (None, None, "vien-co-khi-moi")
    with database.read_only() as session:
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.action, entry.entity_id) == ("organisation.verification_lapsed", organisation.id)
        assert entry.data == {"changed": ["name", "tax_code"]}
        assert session.get_one(Organisation, organisation.id).name_key == changed.name_key
    assert journal_of(database, organisation)[-1] == ("updated", {"verification_lapsed": True})


def test_a_stale_form_a_stranger_and_a_program_change_nothing(
    database: Database, given: tuple[Organisation, Actor, Actor]
) -> None:
    organisation, owner, _editor = given
    with database.unit_of_work() as session:
        stranger = factories.actor(factories.person(session))
        hidden = factories.organisation(session)
    program = Actor(person_id=owner.person_id, organisations=owner.organisations, scopes=frozenset({"listings:write"}))
    for actor, organisation_id, version, fault in (
        (owner, organisation.id, 7, StaleVersion),
        (stranger, organisation.id, 1, Forbidden),
        (stranger, hidden.id, 1, NotFound),
        (program, organisation.id, 1, Forbidden),
        (ANONYMOUS, organisation.id, 1, SignInRequired),
    ):
        with pytest.raises(fault), database.unit_of_work() as session:
            update_organisation(
                session,
                actor=actor,
                organisation_id=organisation_id,
                data=profile(description="Của kẻ lạ"),
                version=version,
                now=NOW,
            )
    assert journal_of(database, organisation) == [("created", {})]
