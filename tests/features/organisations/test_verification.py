"""The operator's mark: given once on the profile that was looked at, taken away with a reason, always accounted for."""

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from app.database import Database
from app.errors import Conflict, Forbidden, NotFound
from app.features.organisations.queries import awaiting_verification, find_for_operator, verification_history
from app.features.organisations.schemas import RevocationInput, VerificationInput
from app.features.organisations.verification import revoke_verification, verify_organisation
from app.identity import Actor, uuid7
from app.models import AuditEntry, JournalEntry, Organisation, Person
from app.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.features.accounts.given import letters
from tests.features.organisations.test_members import at_once

EVIDENCE = VerificationInput(evidence="So với Cổng thông tin đăng ký doanh nghiệp ngày 23/11/2026")


@pytest.fixture
def operator(database: Database) -> Actor:
    with database.unit_of_work() as session:
        person = factories.person(session, is_operator=True, name="Cán bộ Sàn")
    return Actor(person_id=person.id, is_operator=True, address="203.0.113.5")


@pytest.fixture
def organisation(database: Database) -> Organisation:
    with database.unit_of_work() as session:
        owner = factories.person(session, email="chu@example.test", locale="en")
        return factories.organisation(session, owner=owner, name="Viện Cơ khí")


def do_verify(database: Database, actor: Actor, organisation: Organisation, version: int = 1) -> None:
    with database.unit_of_work() as session:
        verify_organisation(
            session, actor=actor, organisation_id=organisation.id, version=version, data=EVIDENCE, now=NOW
        )


def test_the_mark_is_given_with_evidence_and_told(
    database: Database, settings: Settings, operator: Actor, organisation: Organisation
) -> None:
    do_verify(database, operator, organisation)
    with database.read_only() as session:
        stored = session.get_one(Organisation, organisation.id)
        assert (stored.verified_at, stored.verified_by_id, stored.version) == (NOW, operator.person_id, 2)
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.action, entry.actor_id, entry.address) == (
            "organisation.verified",
            operator.person_id,
            "203.0.113.5",
        )
        assert entry.data == {"evidence": EVIDENCE.evidence}
        journalled = session.scalars(select(JournalEntry).order_by(JournalEntry.id)).all()
        assert [(one.action, one.data) for one in journalled] == [("created", {}), ("verified", {})]
    [letter] = letters(database, settings)
    assert letter.subject == "Viện Cơ khí has been verified"
    assert f"http://testserver/en/desk/organisations/{organisation.public_id}" in letter.text
    assert EVIDENCE.evidence not in letter.text


def test_the_mark_is_taken_away_with_a_reason_that_is_told(
    database: Database, settings: Settings, operator: Actor, organisation: Organisation
) -> None:
    do_verify(database, operator, organisation)
    reason = "Giấy phép đã bị thu hồi từ tháng trước"
    with database.unit_of_work() as session:
        revoke_verification(
            session, actor=operator, organisation_id=organisation.id, data=RevocationInput(reason=reason), now=NOW
        )
    with pytest.raises(Conflict), database.unit_of_work() as session:
        revoke_verification(
            session, actor=operator, organisation_id=organisation.id, data=RevocationInput(reason=reason), now=NOW
        )
    with database.read_only() as session:
        stored = session.get_one(Organisation, organisation.id)
        assert (stored.verified_at, stored.verified_by_id, stored.version) == (None, None, 3)
        lines = verification_history(session, actor=operator, organisation_id=organisation.id)
        assert [(line.action, line.actor_name, line.data) for line in lines] == [
            ("organisation.verification_revoked", "Cán bộ Sàn", {"reason": reason}),
            ("organisation.verified", "Cán bộ Sàn", {"evidence": EVIDENCE.evidence}),
        ]
    assert reason in letters(database, settings)[0].text


def test_only_an_operator_and_only_what_was_looked_at(
    database: Database, operator: Actor, organisation: Organisation
) -> None:
    with database.read_only() as session:
        owner = factories.actor(session.scalars(select(Person).where(Person.locale == "en")).one(), organisation)
    with pytest.raises(Forbidden):
        do_verify(database, owner, organisation)
    with pytest.raises(Conflict):
        do_verify(database, operator, organisation, version=9)
    with database.unit_of_work() as session:
        for forbidden in (
            lambda: awaiting_verification(session, actor=owner),
            lambda: verification_history(session, actor=owner, organisation_id=organisation.id),
            lambda: find_for_operator(session, actor=owner, public_id=organisation.public_id),
        ):
            with pytest.raises(Forbidden):
                forbidden()
        with pytest.raises(NotFound):
            verify_organisation(session, actor=operator, organisation_id=uuid7(), version=1, data=EVIDENCE, now=NOW)
        assert session.scalars(select(AuditEntry)).all() == []
    with pytest.raises(ValidationError):
        VerificationInput(evidence="ok")


def test_two_operators_at_once_verify_once(database: Database, operator: Actor, organisation: Organisation) -> None:
    def verify() -> None:
        do_verify(database, operator, organisation)

    assert at_once(verify, verify) == ["Conflict", "done"]
    with database.read_only() as session:
        assert len(session.scalars(select(AuditEntry)).all()) == 1


def test_those_with_a_tax_code_are_first_in_the_queue(database: Database, operator: Actor) -> None:
    with database.unit_of_work() as session:
        factories.organisation(session, name="Không mã")
        factories.organisation(session, name="Có mã", tax_code="0300588569")
        factories.organisation(session, name="Đã xong", verified_at=NOW)
        factories.organisation(session, name="Nhập về", imported=True)
    with database.read_only() as session:
        first, total = awaiting_verification(session, actor=operator, limit=1)
        assert ([one.name for one in first], total) == (["Có mã"], 2)
        rest, _ = awaiting_verification(session, actor=operator, after=first[0].public_id)
        assert [one.name for one in rest] == ["Không mã"]
