"""Personal access tokens: shown once, scoped, revocable, noted when used."""

from datetime import timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from app.database import Database
from app.errors import Conflict, Forbidden, NotFound
from app.features.accounts.access_tokens import (
    MOST_TOKENS,
    create_access_token,
    note_access_token_use,
    revoke_access_token,
)
from app.features.accounts.queries import actor_from_access_token, own_access_tokens
from app.features.accounts.schemas import NewAccessToken
from app.identity import Actor
from app.models import AccessToken, Person
from tests import factories
from tests.factories import NOW
from tests.query_budget import count_queries


def asked(**given: object) -> NewAccessToken:
    return NewAccessToken.model_validate(
        {"name": "Nạp thiết bị", "scopes": ["listings:write", "listings:read"], "days": 90} | given
    )


@pytest.fixture
def person(database: Database) -> Person:
    with database.unit_of_work() as session:
        return factories.person(session, is_operator=True, locale="en")


def test_a_token_acts_within_its_scopes_and_never_as_operator(database: Database, person: Person) -> None:
    with database.unit_of_work() as session:
        organisation = factories.organisation(session, owner=session.merge(person))
        row, token = create_access_token(session, actor=factories.actor(person), data=asked(), now=NOW)
    assert token.startswith("tmpat_")
    assert row.prefix == token[:12]
    assert row.expires_at == NOW + timedelta(days=90)
    with database.read_only() as session:
        stored = session.scalars(select(AccessToken)).one()
        assert token not in {value for value in vars(stored).values() if isinstance(value, str)}
        with count_queries(database) as sent:
            actor = actor_from_access_token(session, token=token, now=NOW)
        assert len(sent) == 1
    assert actor == Actor(
        person_id=person.id,
        organisations={organisation.id: "owner"},
        is_operator=False,
        scopes=frozenset({"listings:read", "listings:write"}),
        locale="en",
    )
    assert actor.may("listings:write")
    assert not actor.may("enquiries:read")


def test_a_token_ends_by_time_by_hand_and_with_its_person(database: Database, person: Person) -> None:
    actor = factories.actor(person)
    with database.unit_of_work() as session:
        row, token = create_access_token(session, actor=actor, data=asked(days=30), now=NOW)
        assert actor_from_access_token(session, token=token, now=NOW + timedelta(days=30)) is None
        assert actor_from_access_token(session, token=token[:-1] + "?", now=NOW) is None
        assert actor_from_access_token(session, token="tmpat_", now=NOW) is None
        assert actor_from_access_token(session, token="", now=NOW) is None
        other = factories.actor(factories.person(session))
        with pytest.raises(NotFound):
            revoke_access_token(session, actor=other, token_id=row.id, now=NOW)
        assert actor_from_access_token(session, token=token, now=NOW) is not None
        session.merge(person).disabled_at = NOW
        session.flush()
        assert actor_from_access_token(session, token=token, now=NOW) is None
        session.merge(person).disabled_at = None
        session.flush()
        revoke_access_token(session, actor=actor, token_id=row.id, now=NOW)
        revoke_access_token(session, actor=actor, token_id=row.id, now=NOW + timedelta(days=1))
        assert row.revoked_at == NOW
        assert actor_from_access_token(session, token=token, now=NOW) is None
        assert [one.id for one in own_access_tokens(session, actor=actor)] == [row.id]


def test_use_is_noted_but_not_with_every_call(database: Database, person: Person) -> None:
    with database.unit_of_work() as session:
        row, token = create_access_token(session, actor=factories.actor(person), data=asked(), now=NOW)
        for minutes, noted in ((0, 0), (9, 0), (11, 11)):
            note_access_token_use(session, token=token, now=NOW + timedelta(minutes=minutes))
            session.refresh(row)
            assert row.last_used_at == NOW + timedelta(minutes=noted)


def test_tokens_are_counted_and_made_in_a_browser_only(database: Database, person: Person) -> None:
    actor = factories.actor(person)
    with database.unit_of_work() as session:
        with pytest.raises(Forbidden):
            create_access_token(session, actor=Actor(person_id=person.id, scopes=frozenset()), data=asked(), now=NOW)
        for _ in range(MOST_TOKENS):
            create_access_token(session, actor=actor, data=asked(), now=NOW)
        with pytest.raises(Conflict):
            create_access_token(session, actor=actor, data=asked(), now=NOW)
        create_access_token(session, actor=actor, data=asked(), now=NOW + timedelta(days=91))


@pytest.mark.parametrize(
    ("given", "field"),
    [({"name": ""}, "name"), ({"scopes": []}, "scopes"), ({"scopes": ["admin"]}, "scopes"), ({"days": 4000}, "days")],
)
def test_what_a_token_may_be_is_limited(given: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as fault:
        asked(**given)
    assert fault.value.errors()[0]["loc"][0] == field
