"""Opening an account, confirming, signing in and out, resetting: over HTTP, without JavaScript."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select

from app.database import Database
from app.main import build
from app.models import Consent, Person, SignIn
from app.settings import Settings
from app.web.accounts.sign_in import DemoPerson
from app.web.auth import way_back
from tests import factories
from tests.factories import NOW
from tests.features.accounts.given import PASSWORD, letters, person_with_password, token_in
from tests.query_budget import count_queries
from tests.web.people.conftest import OpenBrowser
from tests.web.people.reading import error_at, flash_of, text_of, value_of

EMAIL = "an@example.test"
TYPED = {"name": "Lê Thị An", "email": EMAIL, "password": PASSWORD, "regulation": "true", "privacy": "true"}


def submit_registration(client: TestClient, **given: str) -> Response:
    return client.post("/vi/register", data=TYPED | given)


def submit_sign_in(client: TestClient, password: str = PASSWORD, **given: str) -> Response:
    return client.post("/vi/sign-in", data={"email": EMAIL, "password": password} | given)


def test_from_the_form_to_being_signed_in(client: TestClient, database: Database, settings: Settings) -> None:
    answer = submit_registration(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/vi/register/sent")
    assert "Chúng tôi đã gửi thư đến địa chỉ bạn nhập" in text_of(client.get("/vi/register/sent"))
    with database.read_only() as session:
        rows = session.execute(select(Consent.text, Consent.version, Consent.given_at).order_by(Consent.text)).all()
        assert [tuple(row) for row in rows] == [("privacy", "2026-11", NOW), ("regulation", "2026-11", NOW)]

    token = token_in(letters(database, settings)[0])
    for _ in range(2):
        # Opening the link, as a mail scanner does, uses nothing up.
        assert client.get(f"/vi/confirm/{token}").status_code == 200
    answer = client.post(f"/vi/confirm/{token}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/vi/sign-in")
    assert flash_of(client) == "Địa chỉ e-mail đã được xác nhận. Mời bạn đăng nhập."
    assert "Liên kết này đã được dùng" in text_of(client.get(f"/vi/confirm/{token}"))
    again = client.post(f"/vi/confirm/{token}")
    assert again.status_code == 410
    assert "Hãy xin một liên kết mới" in text_of(again)

    answer = submit_sign_in(client)
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("techmart_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age=2592000" in cookie
    landed = client.get(answer.headers["location"])
    assert (landed.status_code, landed.headers["location"]) == (303, "/vi/desk/organisations")
    account = client.get("/vi/account")
    assert "Lê Thị An" in account.text
    assert account.headers["cache-control"] == "private, no-store"

    answer = client.post("/vi/sign-out")
    assert answer.status_code == 303
    assert client.cookies.get("techmart_session") is None
    answer = client.get("/vi/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/vi/sign-in?next=%2Fvi%2Faccount")
    with database.read_only() as session:
        assert session.scalars(select(SignIn.ended_at)).one() == NOW


def test_over_https_the_cookie_is_for_this_host_alone(database: Database, settings: Settings) -> None:
    person_with_password(database, email=EMAIL)
    secure = build(settings.model_copy(update={"public_url": "https://testserver"}), database=database)
    with TestClient(secure, base_url="https://testserver", follow_redirects=False) as client:
        cookie = submit_sign_in(client).headers["set-cookie"]
        assert cookie.startswith("__Host-techmart_session=")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert client.get("/vi/account").status_code == 200


def test_errors_keep_what_was_typed_but_never_the_password_or_a_consent(client: TestClient) -> None:
    form = client.get("/vi/register")
    assert "checked" not in form.text.partition("<main")[2]
    answer = client.post("/vi/register", data={"name": "Lê Thị An", "email": "an@", "password": "ngắn"})
    assert answer.status_code == 422
    assert value_of(answer, "name") == "Lê Thị An"
    assert value_of(answer, "email") == "an@"
    assert "ngắn" not in answer.text
    assert error_at(answer, "email") == "Hãy nhập địa chỉ e-mail đầy đủ, ví dụ ten@donvi.vn."
    assert error_at(answer, "password") == "Cần ít nhất 10 ký tự."
    assert error_at(answer, "regulation") == "Cần đồng ý với văn bản này để mở tài khoản."
    assert error_at(answer, "privacy") == "Cần đồng ý với văn bản này để mở tài khoản."
    assert error_at(answer, "name") is None
    english = client.post("/en/register", data={"name": "An", "email": EMAIL, "password": "matkhau12345"})
    assert (
        error_at(english, "password") == "This password is too easy to guess. Choose a long phrase that only you know."
    )
    assert error_at(english, "privacy") == "You need to agree to this text to open an account."


def test_no_answer_tells_whether_an_account_exists(client: TestClient, database: Database) -> None:
    person_with_password(database, email=EMAIL)
    for path, data in (
        ("/vi/register", TYPED),
        ("/vi/sign-in", {"email": EMAIL, "password": "sai mật khẩu rồi"}),
        ("/vi/reset", {"email": EMAIL}),
    ):
        known = client.post(path, data=data)
        unknown = client.post(path, data=data | {"email": "xx@example.test"})
        assert known.status_code == unknown.status_code, path
        assert known.headers.get("location") == unknown.headers.get("location"), path
        assert known.text.replace(EMAIL, "xx@example.test").replace("an%40", "xx%40") == unknown.text, path
        assert set(known.headers) == set(unknown.headers), path


def test_a_wrong_password_keeps_the_address_and_says_what_to_do(client: TestClient, database: Database) -> None:
    person_with_password(database, email=EMAIL)
    answer = submit_sign_in(client, "sai mật khẩu rồi", next="/vi/account")
    assert answer.status_code == 422
    assert "E-mail hoặc mật khẩu chưa đúng." in text_of(answer)
    assert (value_of(answer, "email"), value_of(answer, "next")) == (EMAIL, "/vi/account")
    assert "sai mật khẩu" not in answer.text
    assert "set-cookie" not in answer.headers


def test_too_many_attempts_are_told_when_to_come_back(client: TestClient, database: Database) -> None:
    person_with_password(database, email=EMAIL)
    for _ in range(10):
        assert submit_sign_in(client, "sai mật khẩu rồi").status_code == 422
    answer = submit_sign_in(client)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "900"
    assert "Hãy chờ 15 phút rồi thử lại." in text_of(answer)
    assert value_of(answer, "email") == EMAIL
    with database.read_only() as session:
        assert session.scalars(select(SignIn)).all() == []


def test_an_unconfirmed_person_is_sent_the_link_again(
    client: TestClient, database: Database, settings: Settings
) -> None:
    person_with_password(database, email=EMAIL, confirmed_at=None)
    answer = submit_sign_in(client)
    assert answer.status_code == 422
    assert "Chúng tôi vừa gửi lại thư có liên kết xác nhận" in text_of(answer)
    token = token_in(letters(database, settings)[0])
    client.post(f"/vi/confirm/{token}")
    assert submit_sign_in(client).status_code == 303


def test_a_forgotten_password_is_set_anew_by_link(client: TestClient, database: Database, settings: Settings) -> None:
    person_with_password(database, email=EMAIL, locale="en")
    answer = client.post("/en/reset", data={"email": EMAIL})
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/reset-sent")
    letter = letters(database, settings)[0]
    assert letter.subject == "Set a new password for Techmart"
    token = token_in(letter)
    weak = client.post(f"/en/reset/{token}", data={"password": "matkhau12345"})
    assert weak.status_code == 422
    assert error_at(weak, "password") is not None
    assert client.post(f"/en/reset/{token}", data={"password": "short"}).status_code == 422
    answer = client.post(f"/en/reset/{token}", data={"password": "cái cày đi theo sau"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/sign-in")
    assert client.get(f"/en/reset/{token}").status_code == 410
    assert client.post(f"/en/reset/{token}", data={"password": "lần nữa thì thôi nhé"}).status_code == 410
    assert submit_sign_in(client).status_code == 422
    assert submit_sign_in(client, "cái cày đi theo sau").status_code == 303


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/vi/desk/enquiries?side=sent", "/vi/desk/enquiries?side=sent"),
        ("https://lua.example/", "/x"),
        ("//lua.example/", "/x"),
        ("/\\lua.example/", "/x"),
        ("/\t/lua.example/", "/x"),
        ("javascript:alert(1)", "/x"),
        ("", "/x"),
    ],
)
def test_the_way_back_stays_on_this_site(path: str, to: str) -> None:
    assert way_back(path, "/x") == to


def test_signing_in_leads_back_to_where_one_was_going(client: TestClient, database: Database) -> None:
    person_with_password(database, email=EMAIL)
    answer = client.get("/vi/account/tokens")
    form = client.get(answer.headers["location"])
    assert value_of(form, "next") == "/vi/account/tokens"
    answer = submit_sign_in(client, next="/vi/account/tokens")
    assert answer.headers["location"] == "/vi/account/tokens"
    outside = submit_sign_in(client, next="//lua.example/")
    assert outside.headers["location"] == "/vi/sign-in"


def test_a_signed_in_person_needs_no_sign_in_page(browser: OpenBrowser, database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
    answer = browser(person).get("/vi/sign-in?next=/vi/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/vi/account")


def test_another_site_cannot_sign_anybody_in_or_out(client: TestClient, database: Database) -> None:
    person_with_password(database, email=EMAIL)
    answer = client.post(
        "/vi/sign-in",
        data={"email": EMAIL, "password": PASSWORD},
        headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://lua.example"},
    )
    assert answer.status_code == 403
    with database.read_only() as session:
        assert session.scalars(select(SignIn)).all() == []


def test_people_of_the_demonstration_are_named_in_demo_mode_only(
    application: FastAPI, database: Database, settings: Settings
) -> None:
    people = (DemoPerson("mua@example.test", "mật khẩu thử", "Nguyễn Thị Mua", "Người mua", "A buyer"),)
    demo = build(settings.model_copy(update={"demo": True}), database=database)
    for app, shown in ((demo, True), (application, False)):
        app.state.demo_people = people
        with TestClient(app) as client:
            assert ("Nguyễn Thị Mua" in client.get("/vi/sign-in").text) is shown
            assert ("A buyer" in client.get("/en/sign-in").text) is shown


def test_ways_in_cost_few_queries(browser: OpenBrowser, database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
    visitor, member = browser(None), browser(person)
    for client, path, most in (
        (visitor, "/vi/sign-in", 0),
        (visitor, "/vi/register", 0),
        (visitor, "/vi/reset", 0),
        (visitor, "/vi/confirm/x", 1),
        (visitor, "/vi/fragments/account", 0),
        (member, "/vi/fragments/account", 1),
        (member, "/vi/account", 2),
        (member, "/vi/account/security", 2),
        (member, "/vi/account/tokens", 2),
    ):
        client.get(path)
        with count_queries(database) as sent:
            assert client.get(path).status_code in {200, 410}
        assert len(sent) == most, (path, sent)


def test_a_disabled_person_is_out_at_once(browser: OpenBrowser, database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
    client = browser(person)
    assert client.get("/vi/account").status_code == 200
    with database.unit_of_work() as session:
        session.get_one(Person, person.id).disabled_at = NOW
    assert client.get("/vi/account").status_code == 303
