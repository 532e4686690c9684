"""Opening accounts: consent is recorded, links work once, and nobody learns who has an account."""

import threading
from datetime import timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from app.database import Database
from app.features.accounts.attempts import Refused
from app.features.accounts.links import LinkNotGood, link_state
from app.features.accounts.registration import confirm_email, register
from app.features.accounts.schemas import Credentials, Registration
from app.features.accounts.sign_in import Accepted, sign_in
from app.models import AccountToken, Consent, Job, Person
from app.settings import Settings
from tests.factories import NOW
from tests.features.accounts.given import (
    PASSWORD,
    VERSIONS,
    letters,
    person_with_password,
    registration,
    token_in,
)


def do_register(database: Database, **given: object) -> Refused | None:
    with database.unit_of_work() as session:
        return register(
            session,
            data=registration(**given),
            versions=VERSIONS,
            locale="vi",
            address="203.0.113.9",
            limit_addresses=False,
            now=NOW,
        )


def test_an_account_waits_for_its_address_to_be_confirmed(database: Database, settings: Settings) -> None:
    assert do_register(database, email=" An@Example.TEST ", name="  Lê   Thị An ") is None
    with database.read_only() as session:
        person = session.scalars(select(Person)).one()
        assert (person.email, person.name, person.locale) == ("an@example.test", "Lê Thị An", "vi")
        assert (person.confirmed_at, person.is_operator) == (None, False)
        assert person.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        consents = session.scalars(select(Consent).order_by(Consent.text)).all()
        assert [(one.text, one.version, one.locale, one.address, one.given_at) for one in consents] == [
            ("privacy", "2026-11", "vi", "203.0.113.9", NOW),
            ("regulation", "2026-11", "vi", "203.0.113.9", NOW),
        ]
        assert session.scalar(select(func.count()).select_from(AccountToken)) == 0
    [letter] = letters(database, settings)
    token = token_in(letter)
    with database.read_only() as session:
        stored = session.scalars(select(AccountToken)).one()
        assert token not in (stored.token_sha256, stored.id.hex)
        assert token not in str([job.payload for job in session.scalars(select(Job))])
        assert link_state(session, token=token, purpose="confirm", now=NOW) == "good"
        assert link_state(session, token=token, purpose="reset", now=NOW) == "unknown"
    with database.unit_of_work() as session:
        assert confirm_email(session, token=token, now=NOW).confirmed_at == NOW
    with database.read_only() as session:
        assert link_state(session, token=token, purpose="confirm", now=NOW) == "used"


def test_a_link_works_once_and_not_for_ever(database: Database, settings: Settings) -> None:
    do_register(database)
    token = token_in(letters(database, settings)[0])
    late = NOW + timedelta(days=2)
    with database.read_only() as session:
        assert link_state(session, token=token, purpose="confirm", now=late) == "expired"
    with pytest.raises(LinkNotGood), database.unit_of_work() as session:
        confirm_email(session, token=token, now=late)
    with database.unit_of_work() as session:
        confirm_email(session, token=token, now=NOW)
    with pytest.raises(LinkNotGood), database.unit_of_work() as session:
        confirm_email(session, token=token, now=NOW)
    with pytest.raises(LinkNotGood), database.unit_of_work() as session:
        confirm_email(session, token="nonsense", now=NOW)


def test_two_who_use_one_link_at_once_use_it_once(database: Database, settings: Settings) -> None:
    do_register(database)
    token = token_in(letters(database, settings)[0])
    begin = threading.Barrier(2)
    outcomes: list[str] = []

    def use() -> None:
        begin.wait()
        try:
            with database.unit_of_work() as session:
                confirm_email(session, token=token, now=NOW)
        except LinkNotGood:
            outcomes.append("refused")
        else:
            outcomes.append("confirmed")

    threads = [threading.Thread(target=use) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["confirmed", "refused"]


def test_registering_an_address_that_has_an_account_changes_nothing_but_writes_to_it(
    database: Database, settings: Settings
) -> None:
    before = person_with_password(database, email="an@example.test", name="Người cũ")
    assert do_register(database, password="mật khẩu khác hẳn", name="Kẻ lạ") is None
    with database.read_only() as session:
        after = session.scalars(select(Person)).one()
        assert (after.name, after.password_hash) == ("Người cũ", before.password_hash)
        assert session.scalars(select(Consent)).all() == []
    [letter] = letters(database, settings)
    assert letter.subject == "Bạn đã có tài khoản trên Techmart"
    assert "Kẻ lạ" not in letter.text


def test_the_newest_registration_of_an_unconfirmed_address_counts(database: Database, settings: Settings) -> None:
    do_register(database, password="mật khẩu của kẻ lạ", name="Kẻ lạ")
    stale = token_in(letters(database, settings)[0])
    do_register(database)
    fresh = token_in(letters(database, settings)[0])
    with pytest.raises(LinkNotGood), database.unit_of_work() as session:
        confirm_email(session, token=stale, now=NOW)
    with database.unit_of_work() as session:
        assert confirm_email(session, token=fresh, now=NOW).name == "Lê Thị An"
    with database.unit_of_work() as session:
        data = Credentials(email="an@example.test", password=PASSWORD)
        assert isinstance(sign_in(session, data=data, address=None, user_agent=None, now=NOW), Accepted)
        assert [one.withdrawn_at for one in session.scalars(select(Consent).order_by(Consent.id))] == [
            NOW,
            NOW,
            None,
            None,
        ]


def test_two_registrations_of_one_address_at_once_make_one_account(database: Database) -> None:
    begin = threading.Barrier(2)
    faults: list[Exception] = []

    def go(name: str) -> None:
        begin.wait()
        try:
            do_register(database, name=name)
        except Exception as fault:  # noqa: BLE001 - told to the test
            faults.append(fault)

    threads = [threading.Thread(target=go, args=(name,)) for name in ("Một", "Hai")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 1
        assert session.scalar(select(func.count()).select_from(Consent).where(Consent.withdrawn_at.is_(None))) == 2


def test_too_many_registrations_of_one_address_have_to_wait(database: Database) -> None:
    for _ in range(5):
        assert do_register(database) is None
    assert do_register(database) == Refused("too_many", 3600)
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 5


@pytest.mark.parametrize(("limited", "last"), [(True, Refused("too_many", 3600)), (False, None)])
def test_registrations_are_counted_per_network_where_limits_are_on(
    limited: bool, last: Refused | None, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is measured is the counting: hashing 31 passwords would only take time.
    monkeypatch.setattr("app.features.accounts.registration.hash_password", lambda _password: "!")
    outcomes = []
    for number in range(31):
        with database.unit_of_work() as session:
            outcomes.append(
                register(
                    session,
                    data=registration(email=f"nguoi{number}@example.test"),
                    versions=VERSIONS,
                    locale="vi",
                    address="203.0.113.9",
                    limit_addresses=limited,
                    now=NOW,
                )
            )
    assert outcomes == [None] * 30 + [last]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Mua ngay: http://lua.example"}, "name"),
        ({"name": "12345"}, "name"),
        ({"email": "an@"}, "email"),
        ({"email": "an@localhost"}, "email"),
        ({"password": "ngắn"}, "password"),
        ({"password": "1234567890"}, "password"),
        ({"password": "aaaaaaaaaaaaa"}, "password"),
        ({"password": "an@example.test"}, "password"),
        ({"password": "x" * 201}, "password"),
        ({"regulation": False}, "regulation"),
        ({"privacy": False}, "privacy"),
    ],
)
def test_what_does_not_hold_is_told_at_its_field(given: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as fault:
        registration(**given)
    assert [error["loc"] for error in fault.value.errors()] == [(field,)]


def test_consent_is_never_taken_for_granted() -> None:
    with pytest.raises(ValidationError) as fault:
        Registration.model_validate({"name": "An", "email": "an@example.test", "password": PASSWORD})
    assert sorted(str(error["loc"][0]) for error in fault.value.errors()) == ["privacy", "regulation"]
