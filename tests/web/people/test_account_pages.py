"""One's own account over HTTP: profile, password, browsers, tokens, the corner of every page."""

import re

from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from app.features.accounts.queries import actor_from_access_token
from app.models import AccessToken, Consent, Membership, Person, SignIn
from app.web.accounts.browsers import browser_name
from tests import factories
from tests.factories import NOW
from tests.features.accounts.given import PASSWORD, person_with_password
from tests.web.people.conftest import OpenBrowser
from tests.web.people.reading import error_at, flash_of, text_of, value_of


def test_the_account_page_shows_and_changes_ones_own_data(browser: OpenBrowser, database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session, name="Lê Thị An", email="an@example.test")
        session.add(
            Consent(person_id=person.id, text="regulation", version="2026-11", locale="vi", address=None, given_at=NOW)
        )
    client = browser(person)
    page = client.get("/vi/account")
    assert value_of(page, "name") == "Lê Thị An"
    assert "an@example.test" in text_of(page)
    assert "Quy chế hoạt động · phiên bản 2026-11" in text_of(page)
    wrong = client.post("/vi/account", data={"name": "http://lua.example", "locale": "fr"})
    assert wrong.status_code == 422
    assert value_of(wrong, "name") == "http://lua.example"
    assert error_at(wrong, "name") is not None
    assert error_at(wrong, "locale") is not None
    answer = client.post("/vi/account", data={"name": "Lê Thị Ân", "locale": "en"})
    assert (answer.status_code, answer.headers["location"], flash_of(client)) == (303, "/vi/account", "Đã lưu.")
    with database.read_only() as session:
        stored = session.get_one(Person, person.id)
        assert (stored.name, stored.locale) == ("Lê Thị Ân", "en")


def test_a_new_password_needs_the_present_one(browser: OpenBrowser, database: Database) -> None:
    person = person_with_password(database)
    here, elsewhere = browser(person), browser(person)
    wrong = here.post("/vi/account/security", data={"current": "không phải", "password": "cái cày đi theo"})
    assert (wrong.status_code, error_at(wrong, "current")) == (422, "Mật khẩu hiện nay chưa đúng.")
    weak = here.post("/vi/account/security", data={"current": PASSWORD, "password": "matkhau12345"})
    assert (weak.status_code, error_at(weak, "current")) == (422, None)
    assert error_at(weak, "password") is not None
    assert elsewhere.get("/vi/account").status_code == 200
    done = here.post("/vi/account/security", data={"current": PASSWORD, "password": "cái cày đi theo sau"})
    assert done.status_code == 303
    assert here.get("/vi/account").status_code == 200
    assert elsewhere.get("/vi/account").status_code == 303


def test_browsers_are_listed_and_signed_out_one_by_one(browser: OpenBrowser, database: Database) -> None:
    with database.unit_of_work() as session:
        person, stranger = factories.person(session), factories.person(session)
    here, lost, foreign = browser(person), browser(person), browser(stranger)
    page = here.get("/vi/account/security")
    assert text_of(page).count("Firefox · Windows") == 4
    assert text_of(page).count("trình duyệt này") == 1
    ends = re.findall(r"/vi/account/browsers/[0-9a-f-]+/end", page.text)
    assert len(ends) == 2
    assert foreign.post(ends[1]).status_code == 404
    assert here.post(ends[1]).headers["location"] == "/vi/account/security"
    assert lost.get("/vi/account").status_code == 303
    assert here.post(ends[0]).headers["location"] == "/vi/sign-in"
    assert here.get("/vi/account").status_code == 303
    assert foreign.get("/vi/account").status_code == 200


def test_browsers_are_named_so_that_people_know_them() -> None:
    for said, name in (
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Version/19.0 Mobile Safari/604.1", "Safari · iPhone"),
        ("curl/8.0", "Trình duyệt không rõ"),
        (None, "Trình duyệt không rõ"),
    ):
        assert browser_name(said) == name


def test_a_token_is_shown_once_and_revoked(browser: OpenBrowser, database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
    client = browser(person)
    wrong = client.post("/vi/account/tokens", data={"name": "Đồng bộ", "days": "7"})
    assert wrong.status_code == 422
    assert value_of(wrong, "name") == "Đồng bộ"
    assert error_at(wrong, "scopes") is not None
    assert error_at(wrong, "days") == "Hãy chọn một trong các mục có sẵn."
    made = client.post(
        "/vi/account/tokens", data={"name": "Đồng bộ", "days": "30", "scopes": ["listings:read", "enquiries:read"]}
    )
    assert made.status_code == 201
    assert made.headers["cache-control"] == "private, no-store"
    [token] = re.findall(r"tmpat_[\w-]{43}", made.text)
    with database.read_only() as session:
        actor = actor_from_access_token(session, token=token, now=NOW)
        assert actor is not None
        assert actor.scopes == frozenset({"listings:read", "enquiries:read"})
    later = client.get("/vi/account/tokens")
    assert token not in later.text
    assert f"Đồng bộ {token[:12]}… Đang dùng được" in text_of(later)
    assert "chưa dùng lần nào" in text_of(later)
    [revoke] = re.findall(r"/vi/account/tokens/[0-9a-f-]+/revoke", later.text)
    with database.unit_of_work() as session:
        stranger = factories.person(session)
    assert browser(stranger).post(revoke).status_code == 404
    assert client.post(revoke).status_code == 303
    with database.read_only() as session:
        assert session.scalars(select(AccessToken.revoked_at)).one() == NOW
        assert actor_from_access_token(session, token=token, now=NOW) is None
    assert "Đã thu hồi" in text_of(client.get("/vi/account/tokens"))


def test_pages_of_an_account_are_for_who_is_signed_in(client: TestClient, database: Database) -> None:
    for path in ("/vi/account", "/vi/account/security", "/vi/account/tokens"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/vi/sign-in")
        assert client.post(path, data={}).status_code == 401
    with database.read_only() as session:
        assert session.scalars(select(SignIn)).all() == []


def test_the_corner_says_who_is_signed_in_and_for_whom_they_act(browser: OpenBrowser, database: Database) -> None:
    assert "/vi/sign-in" in browser(None).get("/vi/fragments/account").text
    with database.unit_of_work() as session:
        person = factories.person(session, name="Lê Thị An")
        operator = factories.person(session, is_operator=True)
        first = factories.organisation(session, name="Công ty A", name_en="Company A")
        factories.organisation(session, owner=person, name="Viện B")
        session.add(Membership(organisation_id=first.id, person_id=person.id, role="editor", created_at=NOW))
    client = browser(person)
    fragment = client.get("/vi/fragments/account")
    assert fragment.headers["cache-control"] == "private, no-store"
    # Of several organisations the one they own comes first, until they choose.
    assert "Lê Thị An Đang đại diện cho Viện B Chuyển sang Công ty A" in text_of(fragment)
    assert "/vi/verification" not in fragment.text
    answer = client.post("/vi/desk/act-for", data={"organisation": first.public_id, "next": "/vi/account"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/vi/account")
    assert "Acting for Company A Switch to Viện B" in text_of(client.get("/en/fragments/account"))
    stranger = public_id_of_another(database)
    assert client.post("/vi/desk/act-for", data={"organisation": stranger}).status_code == 404
    assert "/vi/verification" in browser(operator).get("/vi/fragments/account").text


def public_id_of_another(database: Database) -> str:
    with database.unit_of_work() as session:
        return factories.organisation(session).public_id
