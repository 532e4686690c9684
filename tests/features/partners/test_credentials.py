"""Keys of partners: shown once, rotated with an overlap, revoked at once; what each lets its holder see."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.database import Database
from app.errors import Conflict, Forbidden, NotFound
from app.features.accounts.tokens import digest
from app.features.partners.commands import move_partner
from app.features.partners.credentials import (
    MOST_GOOD,
    Issued,
    issue_credential,
    revoke_credential,
    sight_of_client,
    sight_of_credential,
    sight_of_key,
)
from app.features.partners.queries import credentials_of
from app.features.partners.schemas import IssueInput
from app.features.partners.states import transition
from app.identity import SYSTEM, Actor, uuid7
from app.models.audit import AuditEntry
from app.models.partners import Partner
from tests import factories
from tests.factories import NOW


def issue(database: Database, partner: Partner, actor: Actor, kind: str = "api_key", **given: object) -> Issued:
    with database.unit_of_work() as session:
        data = IssueInput(kind=kind, **given)  # type: ignore[arg-type]
        return issue_credential(session, actor=actor, public_id=partner.public_id, data=data, now=NOW)


def go_live(database: Database, partner: Partner) -> None:
    with database.unit_of_work() as session:
        found = session.get_one(Partner, partner.id)
        transition(session, found, move="test", actor=SYSTEM, now=NOW)
        transition(session, found, move="go_live", actor=SYSTEM, now=NOW)


def test_a_key_is_shown_once_and_kept_as_a_hash(database: Database, partner: Partner, operator: Actor) -> None:
    made = issue(database, partner, operator)
    assert made.secret.startswith("tmpx_")
    with database.read_only() as session:
        (kept,) = credentials_of(session, actor=operator, partner_id=partner.id)
        assert kept.secret_sha256 == digest(made.secret)
        assert kept.name == made.secret[:12]
        audited = session.scalars(select(AuditEntry.data).where(AuditEntry.action.like("%issued"))).one()
        assert made.secret not in str(audited)


def test_what_a_partner_sees_follows_the_agreement_and_its_state(
    database: Database, partner: Partner, operator: Actor
) -> None:
    made = issue(database, partner, operator, days=1_000)

    def sight(days: int = 0) -> bool | None:
        with database.read_only() as session:
            found = sight_of_key(session, key=made.secret, now=NOW + timedelta(days=days))
            return None if found is None else found.partners_too

    assert sight() is False
    go_live(database, partner)
    assert sight() is True
    # Behind the last day of the agreement what is for partners is no longer for this one.
    assert sight(days=400) is False
    with database.unit_of_work() as session:
        move_partner(session, actor=operator, public_id=partner.public_id, move="pause", now=NOW)
    assert sight() is None
    with database.read_only() as session:
        assert sight_of_key(session, key="tmpx_khac", now=NOW) is None
        assert sight_of_key(session, key=made.secret.removeprefix("tmpx_"), now=NOW) is None


def test_a_client_is_known_by_both_its_halves(database: Database, partner: Partner, operator: Actor) -> None:
    made = issue(database, partner, operator, kind="oauth_client")
    key = issue(database, partner, operator)
    with database.read_only() as session:
        found = sight_of_client(session, client_id=made.name, secret=made.secret, now=NOW)
        assert found is not None
        assert (found.authority, found.credential_id) == ("san.danang.test", made.credential.id)
        assert sight_of_client(session, client_id=made.name, secret=key.secret, now=NOW) is None
        assert sight_of_client(session, client_id=key.name, secret=key.secret, now=NOW) is None
        assert sight_of_key(session, key=made.secret, now=NOW) is None


def test_rotation_leaves_time_for_the_change(database: Database, partner: Partner, operator: Actor) -> None:
    old = issue(database, partner, operator)
    client = issue(database, partner, operator, kind="oauth_client")
    new = issue(database, partner, operator, overlap_hours=24)

    def good(made: Issued, hours: int) -> bool:
        with database.read_only() as session:
            at = NOW + timedelta(hours=hours)
            return sight_of_credential(session, credential_id=made.credential.id, now=at) is not None

    assert [good(old, 23), good(old, 24), good(new, 25), good(client, 25)] == [True, False, True, True]


def test_what_is_revoked_opens_nothing_any_more(database: Database, partner: Partner, operator: Actor) -> None:
    made = issue(database, partner, operator)
    for _again in range(2):
        with database.unit_of_work() as session:
            revoke_credential(
                session, actor=operator, public_id=partner.public_id, credential_id=made.credential.id, now=NOW
            )
    with database.read_only() as session:
        assert sight_of_key(session, key=made.secret, now=NOW) is None
        acts = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("%revoked"))).all()
        assert acts == ["partner.credential_revoked"]
    with pytest.raises(NotFound), database.unit_of_work() as session:
        revoke_credential(session, actor=operator, public_id=partner.public_id, credential_id=uuid7(), now=NOW)


def test_not_too_many_and_not_by_anybody(database: Database, partner: Partner, operator: Actor) -> None:
    for _number in range(MOST_GOOD):
        issue(database, partner, operator)
    with pytest.raises(Conflict):
        issue(database, partner, operator)
    with database.unit_of_work() as session:
        somebody = factories.actor(factories.person(session))
    with pytest.raises(Forbidden):
        issue(database, partner, somebody)
