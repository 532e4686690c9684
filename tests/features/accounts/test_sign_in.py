"""Signing in and out, resets, and what limits attempts."""

from datetime import timedelta
from unittest.mock import patch
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from app.database import Database
from app.errors import Forbidden, Invalid, NotFound, SignInRequired
from app.features.accounts import passwords
from app.features.accounts.attempts import SIGN_IN_EMAIL, Refused, address_subject
from app.features.accounts.commands import (
    change_password,
    create_person,
    request_reset,
    reset_password,
    set_operator,
    sweep_accounts,
    update_profile,
)
from app.features.accounts.links import LinkNotGood
from app.features.accounts.queries import actor_from_sign_in, own_sign_ins, signed_in
from app.features.accounts.schemas import Credentials, EmailOnly, PasswordChange, PasswordReset, Profile
from app.features.accounts.sign_in import Accepted, end_sign_in, sign_in, sign_out
from app.identity import ANONYMOUS, SYSTEM, Actor
from app.models import AccessToken, AttemptWindow, AuditEntry, Membership, Person, SignIn
from app.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.features.accounts.given import PASSWORD, letters, person_with_password, token_in
from tests.query_budget import count_queries

EMAIL = "an@example.test"


def enter(
    database: Database, password: str = PASSWORD, *, email: str = EMAIL, address: str = "203.0.113.9", **given: object
) -> Accepted | Refused:
    with database.unit_of_work() as session:
        return sign_in(
            session,
            data=Credentials(email=email, password=password),
            address=address,
            user_agent="Firefox",
            **{"now": NOW} | given,  # type: ignore[arg-type]
        )


def entered(database: Database, **given: object) -> str:
    outcome = enter(database, **given)  # type: ignore[arg-type]
    assert isinstance(outcome, Accepted)
    return outcome.token


def test_the_right_password_opens_a_browser_and_only_its_hash_is_kept(database: Database) -> None:
    person = person_with_password(database, email=EMAIL, locale="en")
    outcome = enter(database, email=" AN@example.test ")
    assert isinstance(outcome, Accepted)
    assert outcome.locale == "en"
    assert outcome.expires_at == NOW + timedelta(days=30)
    with database.read_only() as session:
        stored = session.scalars(select(SignIn)).one()
        assert (stored.person_id, stored.user_agent, stored.address) == (person.id, "Firefox", "203.0.113.9")
        assert outcome.token != stored.token_sha256
        assert session.scalars(select(AttemptWindow.count).order_by(AttemptWindow.key)).all() == [0, 0]


def test_no_account_and_a_wrong_password_are_one_answer_after_the_same_work(database: Database) -> None:
    person_with_password(database, email=EMAIL)
    with patch.object(passwords._hasher.__class__, "verify", autospec=True, side_effect=PasswordHasher.verify) as work:
        assert enter(database, "sai mật khẩu rồi") == Refused("wrong")
        assert enter(database, "sai mật khẩu rồi", email="khong-ai@example.test") == Refused("wrong")
        assert enter(database, "sai mật khẩu rồi", email="không phải địa chỉ") == Refused("wrong")
    assert work.call_count == 3


def test_a_password_typed_decomposed_is_the_same_password(database: Database) -> None:
    import unicodedata

    person_with_password(database, email=EMAIL, password=unicodedata.normalize("NFC", "tiếng Việt có dấu"))
    assert isinstance(enter(database, unicodedata.normalize("NFD", "tiếng Việt có dấu")), Accepted)


def test_an_unconfirmed_person_gets_the_link_again_but_not_in(database: Database, settings: Settings) -> None:
    person_with_password(database, email=EMAIL, confirmed_at=None)
    assert enter(database, "sai mật khẩu rồi") == Refused("wrong")
    assert letters(database, settings) == []
    assert enter(database) == Refused("unconfirmed")
    [letter] = letters(database, settings)
    assert letter.subject == "Xác nhận địa chỉ e-mail trên Techmart"
    with database.read_only() as session:
        assert session.scalars(select(SignIn)).all() == []


def test_a_disabled_person_is_told_so_only_with_the_right_password(database: Database) -> None:
    person_with_password(database, email=EMAIL, disabled_at=NOW)
    assert enter(database, "sai mật khẩu rồi") == Refused("wrong")
    assert enter(database) == Refused("disabled")


def test_attempts_on_one_account_are_limited_whether_it_exists_or_not(database: Database) -> None:
    person_with_password(database, email=EMAIL)
    for email in (EMAIL, "khong-ai@example.test"):
        for _ in range(SIGN_IN_EMAIL.most):
            assert enter(database, "sai mật khẩu rồi", email=email) == Refused("wrong")
        assert enter(database, "sai mật khẩu rồi", email=email) == Refused("too_many", 900)
    assert enter(database) == Refused("too_many", 900)
    assert isinstance(enter(database, now=NOW + timedelta(minutes=15)), Accepted)


def test_attempts_from_one_network_are_limited_over_all_accounts(database: Database) -> None:
    person_with_password(database, email=EMAIL)
    for number in range(60):
        enter(database, "sai mật khẩu rồi", email=f"x{number}@example.test", address="2001:db8:1:2::7")
    assert enter(database, address="2001:db8:1:2:ffff::1") == Refused("too_many", 900)
    assert isinstance(enter(database, address="2001:db8:1:3::7"), Accepted)


def test_addresses_stand_for_who_holds_them() -> None:
    assert address_subject("203.0.113.9") == address_subject("::ffff:203.0.113.9") == "203.0.113.9"
    assert address_subject("2001:db8::1") == address_subject("2001:db8::2") == "2001:db8::/64"
    assert address_subject("testclient") == address_subject(None) == "unknown"


def test_signing_in_again_ends_what_the_browser_held(database: Database) -> None:
    person_with_password(database, email=EMAIL)
    first = entered(database)
    second = entered(database, replaces=first)
    with database.read_only() as session:
        assert actor_from_sign_in(session, token=first, now=NOW) is None
        assert actor_from_sign_in(session, token=second, now=NOW) is not None


def test_an_old_hash_is_stretched_anew(database: Database) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD.encode())
    with database.unit_of_work() as session:
        factories.person(session, email=EMAIL, password_hash=weak)
    entered(database)
    with database.read_only() as session:
        stored = session.scalars(select(Person.password_hash)).one()
        assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    entered(database)


def test_who_is_signed_in_is_one_query_with_all_they_act_for(database: Database) -> None:
    person = person_with_password(database, email=EMAIL, is_operator=True)
    with database.unit_of_work() as session:
        later = factories.organisation(session, owner=session.merge(person), name="Đại học B")
        first = factories.organisation(session, name="Công ty A")
        session.add(Membership(organisation_id=first.id, person_id=person.id, role="editor", created_at=NOW))
    token = entered(database)
    with database.read_only() as session, count_queries(database) as sent:
        found = signed_in(session, token=token, now=NOW)
    assert len(sent) == 1
    assert found is not None
    assert [(seat.name, seat.role) for seat in found.seats] == [("Công ty A", "editor"), ("Đại học B", "owner")]
    assert found.actor(address="203.0.113.9", locale="en") == Actor(
        person_id=person.id,
        organisations={first.id: "editor", later.id: "owner"},
        is_operator=True,
        address="203.0.113.9",
        locale="en",
    )


def test_a_sign_in_opens_nothing_once_ended_expired_or_disabled(database: Database) -> None:
    person = person_with_password(database, email=EMAIL)
    token = entered(database)
    with database.read_only() as session:
        assert signed_in(session, token=token, now=NOW + timedelta(days=30)) is None
        assert signed_in(session, token="nonsense", now=NOW) is None
    with database.unit_of_work() as session:
        sign_out(session, token=token, now=NOW)
        assert signed_in(session, token=token, now=NOW) is None
    token = entered(database)
    with database.unit_of_work() as session:
        session.merge(person).disabled_at = NOW
    with database.read_only() as session:
        assert signed_in(session, token=token, now=NOW) is None


def test_people_end_their_own_sign_ins_only(database: Database) -> None:
    mine, other = person_with_password(database, email=EMAIL), person_with_password(database)
    token = entered(database)
    with database.unit_of_work() as session:
        [open_one] = own_sign_ins(session, actor=factories.actor(mine), now=NOW)
        assert own_sign_ins(session, actor=factories.actor(other), now=NOW) == []
        with pytest.raises(NotFound):
            end_sign_in(session, actor=factories.actor(other), sign_in_id=open_one.id, now=NOW)
        with pytest.raises(NotFound):
            end_sign_in(session, actor=factories.actor(mine), sign_in_id=uuid4(), now=NOW)
        with pytest.raises(SignInRequired):
            end_sign_in(session, actor=ANONYMOUS, sign_in_id=open_one.id, now=NOW)
        assert signed_in(session, token=token, now=NOW) is not None
        end_sign_in(session, actor=factories.actor(mine), sign_in_id=open_one.id, now=NOW)
        assert signed_in(session, token=token, now=NOW) is None


def ask_reset(database: Database, email: str) -> Refused | None:
    with database.unit_of_work() as session:
        return request_reset(session, data=EmailOnly(email=email), address="203.0.113.9", limit_addresses=True, now=NOW)


def test_a_reset_is_asked_for_in_the_same_way_with_and_without_an_account(
    database: Database, settings: Settings
) -> None:
    person_with_password(database, email=EMAIL)
    with count_queries(database) as known:
        assert ask_reset(database, EMAIL) is None
    with count_queries(database) as unknown:
        assert ask_reset(database, "khong-ai@example.test") is None
    assert known == unknown
    assert not any("person" in statement for statement in known)
    assert [mail.to.rpartition("<")[2] for mail in letters(database, settings)] == [f"{EMAIL}>"]


def test_a_reset_sets_the_password_and_throws_everybody_out(database: Database, settings: Settings) -> None:
    person = person_with_password(database, email=EMAIL)
    token = entered(database)
    with database.unit_of_work() as session:
        session.add(
            AccessToken(
                person_id=person.id, name="x", prefix="x", token_sha256="x", scopes=["listings:read"], created_at=NOW
            )
        )
    ask_reset(database, EMAIL)
    link = token_in(letters(database, settings)[0])
    with pytest.raises(Invalid) as fault, database.unit_of_work() as session:
        reset_password(session, token=link, data=PasswordReset(password="matkhau12345"), now=NOW)
    assert list(fault.value.fields) == ["password"]
    with database.unit_of_work() as session:
        reset_password(session, token=link, data=PasswordReset(password="cái cày đi theo sau"), now=NOW)
    with pytest.raises(LinkNotGood), database.unit_of_work() as session:
        reset_password(session, token=link, data=PasswordReset(password="lần thứ hai thì thôi"), now=NOW)
    with database.read_only() as session:
        assert signed_in(session, token=token, now=NOW) is None
        assert session.scalars(select(AccessToken.revoked_at)).one() == NOW
    assert enter(database) == Refused("wrong")
    assert isinstance(enter(database, "cái cày đi theo sau"), Accepted)
    assert letters(database, settings)[0].subject == "Mật khẩu Techmart của bạn đã đổi"


def test_a_reset_proves_the_address_too(database: Database, settings: Settings) -> None:
    person_with_password(database, email=EMAIL, confirmed_at=None)
    ask_reset(database, EMAIL)
    link = token_in(letters(database, settings)[0])
    with database.unit_of_work() as session:
        assert (
            reset_password(session, token=link, data=PasswordReset(password="cái cày đi sau"), now=NOW).confirmed_at
            == NOW
        )


def test_resets_are_limited(database: Database) -> None:
    for _ in range(5):
        assert ask_reset(database, EMAIL) is None
    assert ask_reset(database, EMAIL) == Refused("too_many", 3600)


def test_a_new_password_needs_the_present_one_and_ends_other_sign_ins(database: Database) -> None:
    actor = factories.actor(person_with_password(database, email=EMAIL))
    here, elsewhere = entered(database), entered(database)
    with database.unit_of_work() as session:
        found = signed_in(session, token=here, now=NOW)
        assert found is not None

        def change(current: str, password: str) -> Refused | None:
            data = PasswordChange(current=current, password=password)
            return change_password(session, actor=actor, data=data, keep_sign_in=found.sign_in_id, now=NOW)

        assert change("không phải mật khẩu", "cái cày đi sau") == Refused("wrong")
        assert signed_in(session, token=elsewhere, now=NOW) is not None
        assert change(PASSWORD, "cái cày đi sau") is None
        assert signed_in(session, token=elsewhere, now=NOW) is None
        assert signed_in(session, token=here, now=NOW) is not None
        for _ in range(10):
            assert change("không phải mật khẩu", "xyz xyz xyz xyz") == Refused("wrong")
        assert change("cái cày đi sau", "xyz xyz xyz xyz") == Refused("too_many", 900)


def test_a_person_changes_their_name_and_language(database: Database) -> None:
    person = person_with_password(database, email=EMAIL)
    with database.unit_of_work() as session:
        update_profile(session, actor=factories.actor(person), data=Profile(name="Lê Thị Ân", locale="en"))
    with database.read_only() as session:
        stored = session.scalars(select(Person)).one()
        assert (stored.name, stored.locale) == ("Lê Thị Ân", "en")


def test_a_token_cannot_change_the_account(session: object, database: Database) -> None:
    person = person_with_password(database, email=EMAIL)
    program = Actor(person_id=person.id, scopes=frozenset({"listings:write"}))
    with database.unit_of_work() as writing, pytest.raises(Forbidden):
        update_profile(writing, actor=program, data=Profile(name="Khác", locale="en"))


def test_only_operators_and_the_system_make_people(database: Database) -> None:
    plain = factories.actor(person_with_password(database, email=EMAIL))
    with database.unit_of_work() as session:
        given = {"email": "moi@example.test", "name": "Người Mới", "password": PASSWORD, "now": NOW}
        with pytest.raises(Forbidden):
            create_person(session, actor=plain, **given)  # type: ignore[arg-type]
        with pytest.raises(Forbidden):
            set_operator(session, actor=plain, email=EMAIL, is_operator=True, now=NOW)
        made = create_person(session, actor=SYSTEM, **given)  # type: ignore[arg-type]
        assert set_operator(session, actor=SYSTEM, email="MOI@example.test", is_operator=True, now=NOW) is made
        with pytest.raises(NotFound):
            set_operator(session, actor=SYSTEM, email="khong-ai@example.test", is_operator=True, now=NOW)
    assert isinstance(enter(database, email="moi@example.test"), Accepted)
    with database.read_only() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [(entry.action, entry.entity_id, entry.data) for entry in entries] == [
            ("person.created", made.id, {"is_operator": False}),
            ("person.operator", made.id, {"is_operator": True}),
        ]


def test_what_is_long_over_is_forgotten(database: Database) -> None:
    person_with_password(database, email=EMAIL)
    entered(database)
    with database.unit_of_work() as session:
        sweep_accounts(session, now=NOW + timedelta(days=59))
        assert len(session.scalars(select(SignIn)).all()) == 1
        sweep_accounts(session, now=NOW + timedelta(days=61))
        assert session.scalars(select(SignIn)).all() == []
