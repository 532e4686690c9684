"""The page of sent letters is there in development, and nowhere else."""

import re

from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.database import Database
from app.features.messages import send_message
from app.main import build
from app.settings import Settings
from app.web.urls import url
from tests import factories
from tests.factories import NOW
from tests.features.accounts.given import letters
from tests.web.people.reading import text_of


def test_letters_are_listed_and_read_in_development(client: TestClient, database: Database, settings: Settings) -> None:
    assert "Chưa có thư nào" in text_of(client.get("/vi/_mail"))
    with database.unit_of_work() as session:
        for name in ("an", "binh"):
            person = factories.person(session, email=f"{name}@example.test", name=name.title())
            send_message(
                session,
                to=person,
                template="account_password_changed",
                context={"changed_at": NOW},
                key=name,
                now=NOW,
            )
    letters(database, settings)
    page = client.get("/vi/_mail")
    assert text_of(page).count("Mật khẩu Techmart của bạn đã đổi") == 2
    only = client.get("/vi/_mail?to=binh@")
    assert "An <an@example.test>" not in text_of(only)
    [path] = re.findall(r'href="(/vi/_mail/[0-9a-f]+)"', only.text)
    letter = client.get(path)
    assert 'href="http://testserver/vi/reset"' in letter.text
    assert "Kính gửi Binh," in text_of(letter)
    shown = client.get(f"{path}/html")
    assert "Kính gửi Binh," in shown.text
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    assert client.get("/vi/_mail/missing").status_code == 404


def test_letters_are_nobodys_business_in_production(database: Database, settings: Settings) -> None:
    production = build(settings.model_copy(update={"environment": "production"}), database=database)
    with TestClient(production, follow_redirects=False) as client:
        for path in ("/vi/_mail", "/vi/_mail/x", "/vi/_mail/x/html"):
            assert client.get(path).status_code == 404
        assert "_mail" not in client.get("/vi/register/sent").text


def test_links_in_letters_lead_to_pages(application: FastAPI, client: TestClient) -> None:
    """Letters are written without the router; what they link to must be what it answers."""
    from starlette.requests import Request

    from app.settings import REPOSITORY
    from app.web.context import answering

    request = Request({"type": "http", "app": application, "path": "/vi/", "headers": [], "method": "GET"})
    with answering(request):
        pages = {
            url("sign_in"),
            url("reset_request"),
            url("confirm_email", token="*"),
            url("reset_password", token="*"),
            url("invitation", token="*"),
            url("edit_organisation", public_id="*"),
        }
    known = {page.replace("%2A", "*").removeprefix("/vi") for page in pages}
    linked = set()
    for path in sorted((REPOSITORY / "frontend/templates/mail").glob("[ao][cr]*.txt")):
        for base, variable in re.findall(r'link\("([^"]+)"( ~ \w+)?\)', path.read_text(encoding="utf-8")):
            linked.add(base + ("*" if variable else ""))
    assert linked
    assert linked <= known
