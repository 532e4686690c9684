"""Seats: by invitation, with roles, never without an owner; races end with one winner."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.database import Database
from app.errors import Conflict, Forbidden, Invalid, NotFound, SignInRequired, TechmartError
from app.features.accounts.attempts import Refused
from app.features.organisations import work as _work  # noqa: F401 - registers its letters
from app.features.organisations.invitations import (
    InvitationNotGood,
    accept_invitation,
    accept_own_invitation,
    find_invitation,
    invite,
    revoke_invitation,
    state_of,
)
from app.features.organisations.members import change_role, remove_member
from app.features.organisations.queries import invitations_to, members, open_invitations
from app.features.organisations.schemas import InvitationInput, Role
from app.identity import ANONYMOUS, Actor
from app.models import Invitation, JournalEntry, Membership, Organisation, Person
from app.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.features.accounts.given import letters, token_in

GUEST = "khach@example.test"


def at_once(*calls: Callable[[], object]) -> list[str]:
    """Run calls in threads of their own at the same moment; what became of each, in no order."""
    begin = threading.Barrier(len(calls))
    outcomes: list[str] = []

    def go(call: Callable[[], object]) -> None:
        begin.wait()
        try:
            call()
        except TechmartError as fault:
            outcomes.append(type(fault).__name__)
        else:
            outcomes.append("done")

    threads = [threading.Thread(target=go, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


@pytest.fixture
def organisation(database: Database) -> Organisation:
    with database.unit_of_work() as session:
        owner = factories.person(session, name="Trần Chủ Quản", email="chu@example.test")
        return factories.organisation(session, owner=owner, name="Viện Cơ khí")


@pytest.fixture
def owner(database: Database, organisation: Organisation) -> Actor:
    with database.read_only() as session:
        person = session.scalars(select(Person).where(Person.email == "chu@example.test")).one()
    return factories.actor(person, organisation)


@pytest.fixture
def guest(database: Database) -> Person:
    with database.unit_of_work() as session:
        return factories.person(session, email=GUEST, locale="en")


def seat(database: Database, organisation: Organisation, role: Role) -> tuple[Person, Actor]:
    with database.unit_of_work() as session:
        person = factories.person(session)
        session.add(Membership(organisation_id=organisation.id, person_id=person.id, role=role, created_at=NOW))
    return person, factories.actor(person, organisation, role=role)


def do_invite(database: Database, owner: Actor, organisation: Organisation, role: Role = "editor") -> Invitation:
    with database.unit_of_work() as session:
        made = invite(
            session,
            actor=owner,
            organisation_id=organisation.id,
            data=InvitationInput(email=GUEST, role=role),
            now=NOW,
        )
    assert isinstance(made, Invitation)
    return made


def actions(database: Database, organisation: Organisation) -> list[str]:
    with database.read_only() as session:
        return list(
            session.scalars(
                select(JournalEntry.action).where(JournalEntry.entity_id == organisation.id).order_by(JournalEntry.id)
            )
        )


def test_an_invitation_is_accepted_by_link_once(
    database: Database, settings: Settings, organisation: Organisation, owner: Actor, guest: Person
) -> None:
    do_invite(database, owner, organisation)
    [letter] = letters(database, settings)
    assert letter.to == f"{guest.name} <{GUEST}>"
    assert letter.subject == "Invitation to act for Viện Cơ khí on Techmart"
    assert "Trần Chủ Quản invites you to be an editor of “Viện Cơ khí”" in letter.text
    token = token_in(letter)
    visitor = factories.actor(guest)
    with database.read_only() as session:
        found = find_invitation(session, token=token)
        assert found is not None
        assert (found[0].email, found[1].id, state_of(found[0], now=NOW)) == (GUEST, organisation.id, "open")
        assert token not in found[0].token_sha256
        assert [one.id for _, one in invitations_to(session, actor=visitor, now=NOW)] == [organisation.id]
    with database.unit_of_work() as session:
        assert accept_invitation(session, actor=visitor, token=token, now=NOW).id == organisation.id
    with pytest.raises(Conflict), database.unit_of_work() as session:
        accept_invitation(session, actor=visitor, token=token, now=NOW)
    with database.read_only() as session:
        assert [(one.name, one.role) for one in members(session, actor=owner, organisation_id=organisation.id)] == [
            ("Trần Chủ Quản", "owner"),
            (guest.name, "editor"),
        ]
        assert open_invitations(session, actor=owner, organisation_id=organisation.id, now=NOW) == []
    assert actions(database, organisation) == ["created", "member_joined"]


def test_the_link_is_for_the_address_it_was_sent_to(
    database: Database, settings: Settings, organisation: Organisation, owner: Actor, guest: Person
) -> None:
    do_invite(database, owner, organisation)
    token = token_in(letters(database, settings)[0])
    with database.unit_of_work() as session:
        other = factories.actor(factories.person(session))
    for actor, fault in ((other, Forbidden), (ANONYMOUS, SignInRequired)):
        with pytest.raises(fault), database.unit_of_work() as session:
            accept_invitation(session, actor=actor, token=token, now=NOW)
    with pytest.raises(InvitationNotGood), database.unit_of_work() as session:
        accept_invitation(session, actor=factories.actor(guest), token="nonsense", now=NOW)
    with pytest.raises(InvitationNotGood), database.unit_of_work() as session:
        accept_invitation(session, actor=factories.actor(guest), token=token, now=NOW + timedelta(days=14))
    assert actions(database, organisation) == ["created"]


def test_a_confirmed_address_is_proof_enough_without_the_link(
    database: Database, organisation: Organisation, owner: Actor, guest: Person
) -> None:
    invitation = do_invite(database, owner, organisation)
    with database.unit_of_work() as session:
        other = factories.actor(factories.person(session))
    for actor, invitation_id, fault in (
        (other, invitation.id, Forbidden),
        (factories.actor(guest), organisation.id, InvitationNotGood),
    ):
        with pytest.raises(fault), database.unit_of_work() as session:
            accept_own_invitation(session, actor=actor, invitation_id=invitation_id, now=NOW)
    with database.unit_of_work() as session:
        accept_own_invitation(session, actor=factories.actor(guest), invitation_id=invitation.id, now=NOW)
    assert actions(database, organisation) == ["created", "member_joined"]


def test_an_invitation_taken_back_opens_nothing(
    database: Database, settings: Settings, organisation: Organisation, owner: Actor, guest: Person
) -> None:
    invitation = do_invite(database, owner, organisation)
    token = token_in(letters(database, settings)[0])
    _, editor = seat(database, organisation, "editor")
    with database.unit_of_work() as session:
        with pytest.raises(Forbidden):
            revoke_invitation(
                session, actor=editor, organisation_id=organisation.id, invitation_id=invitation.id, now=NOW
            )
        revoke_invitation(session, actor=owner, organisation_id=organisation.id, invitation_id=invitation.id, now=NOW)
    with pytest.raises(InvitationNotGood), database.unit_of_work() as session:
        accept_invitation(session, actor=factories.actor(guest), token=token, now=NOW)


def test_an_invitation_taken_back_before_its_letter_is_sent_sends_none(
    database: Database, settings: Settings, organisation: Organisation, owner: Actor
) -> None:
    invitation = do_invite(database, owner, organisation)
    with database.unit_of_work() as session:
        revoke_invitation(session, actor=owner, organisation_id=organisation.id, invitation_id=invitation.id, now=NOW)
    assert letters(database, settings) == []


def test_inviting_again_renews_the_invitation_and_its_link(
    database: Database, settings: Settings, organisation: Organisation, owner: Actor, guest: Person
) -> None:
    first = do_invite(database, owner, organisation)
    old = token_in(letters(database, settings)[0])
    assert do_invite(database, owner, organisation, role="owner").id == first.id
    new = token_in(letters(database, settings)[0])
    with pytest.raises(InvitationNotGood), database.unit_of_work() as session:
        accept_invitation(session, actor=factories.actor(guest), token=old, now=NOW)
    with database.unit_of_work() as session:
        accept_invitation(session, actor=factories.actor(guest), token=new, now=NOW)
        assert session.scalars(select(Membership.role).where(Membership.person_id == guest.id)).one() == "owner"


def test_only_owners_invite_and_not_members_nor_without_end(
    database: Database, organisation: Organisation, owner: Actor
) -> None:
    person, editor = seat(database, organisation, "editor")
    with database.unit_of_work() as session:
        given = {"organisation_id": organisation.id, "now": NOW}
        with pytest.raises(Forbidden):
            invite(session, actor=editor, data=InvitationInput(email=GUEST, role="editor"), **given)  # type: ignore[arg-type]
        with pytest.raises(Invalid):
            invite(session, actor=owner, data=InvitationInput(email=person.email, role="editor"), **given)  # type: ignore[arg-type]
        for _ in range(29):
            invite(session, actor=owner, data=InvitationInput(email=GUEST, role="editor"), **given)  # type: ignore[arg-type]
        outcome = invite(session, actor=owner, data=InvitationInput(email=GUEST, role="editor"), **given)  # type: ignore[arg-type]
        assert isinstance(outcome, Refused)
        assert session.scalar(select(func.count()).select_from(Invitation)) == 1


def test_accepting_twice_at_once_gives_one_seat_and_one_entry(
    database: Database, settings: Settings, organisation: Organisation, owner: Actor, guest: Person
) -> None:
    do_invite(database, owner, organisation)
    token = token_in(letters(database, settings)[0])

    def accept() -> None:
        with database.unit_of_work() as session:
            accept_invitation(session, actor=factories.actor(guest), token=token, now=NOW)

    assert at_once(accept, accept, accept) == ["Conflict", "Conflict", "done"]
    assert actions(database, organisation) == ["created", "member_joined"]
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Membership).where(Membership.person_id == guest.id)) == 1


def test_the_last_owner_stays(database: Database, organisation: Organisation, owner: Actor) -> None:
    assert owner.person_id is not None
    person, _ = seat(database, organisation, "editor")
    given: dict[str, Any] = {
        "actor": owner,
        "organisation_id": organisation.id,
        "person_id": owner.person_id,
        "now": NOW,
    }
    with pytest.raises(Conflict), database.unit_of_work() as session:
        change_role(session, role="editor", **given)
    with pytest.raises(Conflict), database.unit_of_work() as session:
        remove_member(session, **given)
    with database.unit_of_work() as session:
        change_role(session, actor=owner, organisation_id=organisation.id, person_id=person.id, role="owner", now=NOW)
        remove_member(session, actor=owner, organisation_id=organisation.id, person_id=owner.person_id, now=NOW)
    with database.read_only() as session:
        assert session.execute(select(Membership.person_id, Membership.role)).all() == [(person.id, "owner")]
    assert actions(database, organisation) == ["created", "member_role_changed", "member_left"]


def test_two_owners_who_leave_at_once_leave_one(database: Database, organisation: Organisation, owner: Actor) -> None:
    _, second = seat(database, organisation, "owner")

    def leave(actor: Actor) -> Callable[[], None]:
        def go() -> None:
            assert actor.person_id is not None
            with database.unit_of_work() as session:
                remove_member(session, actor=actor, organisation_id=organisation.id, person_id=actor.person_id, now=NOW)

        return go

    assert at_once(leave(owner), leave(second)) == ["Conflict", "done"]
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Membership)) == 1


def test_two_owners_who_demote_each_other_at_once_leave_one_owner(
    database: Database, organisation: Organisation, owner: Actor
) -> None:
    _, second = seat(database, organisation, "owner")

    def demote(actor: Actor, other: Actor) -> Callable[[], None]:
        def go() -> None:
            assert other.person_id is not None
            with database.unit_of_work() as session:
                change_role(
                    session,
                    actor=actor,
                    organisation_id=organisation.id,
                    person_id=other.person_id,
                    role="editor",
                    now=NOW,
                )

        return go

    # The second was an owner when their request began, and is none once it is their turn.
    assert at_once(demote(owner, second), demote(second, owner)) == ["Forbidden", "done"]
    with database.read_only() as session:
        assert sorted(session.scalars(select(Membership.role))) == ["editor", "owner"]


def test_editors_leave_but_decide_nothing(database: Database, organisation: Organisation, owner: Actor) -> None:
    person, editor = seat(database, organisation, "editor")
    assert owner.person_id is not None
    with database.unit_of_work() as session:
        with pytest.raises(Forbidden):
            remove_member(session, actor=editor, organisation_id=organisation.id, person_id=owner.person_id, now=NOW)
        with pytest.raises(Forbidden):
            change_role(
                session, actor=editor, organisation_id=organisation.id, person_id=person.id, role="owner", now=NOW
            )
        remove_member(session, actor=editor, organisation_id=organisation.id, person_id=person.id, now=NOW)
        with pytest.raises(NotFound):
            remove_member(session, actor=owner, organisation_id=organisation.id, person_id=person.id, now=NOW)
