"""Three people and their browsers, the clock on the wall, the post that arrives."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.database import Database
from app.demo import content
from app.features.accounts.passwords import hash_password
from app.integrations.mail import StoredMail, stored_mails
from app.jobs.worker import run_due
from app.settings import Settings
from app.terminal.work import consumers
from tests import factories
from tests.factories import NOW
from tests.flows.plain_browser import PlainBrowser, Typed
from tests.indexing import index_everything

PASSWORD = "con trâu đi trước cái cày"
_LINK = re.compile(r"^http://testserver(/\S+)$", re.MULTILINE)


class Clock:
    """The time everybody's clock shows. It moves only when a test says so."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moving = Clock(NOW)
    monkeypatch.setattr("app.clock.now", lambda: moving.now)
    return moving


class Exchange:
    """What works behind the pages: the worker with its jobs and the index, and the letters it sends."""

    def __init__(self, application: FastAPI, database: Database, settings: Settings, clock: Clock) -> None:
        self.application, self.database, self.settings, self.clock = application, database, settings, clock
        self._known: set[str] = set()
        # Registers the handlers of every kind of job, as the worker does. The engine it makes is not used.
        consumers(settings)

    def work(self) -> None:
        """Do all that is due, and index what changed."""
        run_due(self.database, self.settings, now=self.clock.now)
        index_everything(self.application, self.database)

    def post(self, *, to: str) -> list[StoredMail]:
        """Have the worker work, then read the letters that came to an address since it was last asked, oldest first."""
        self.work()
        new = [one for one in stored_mails(self.settings.mail_folder, to=to, most=1_000) if one.name not in self._known]
        self._known |= {one.name for one in new}
        return new[::-1]


def link_in(letter: StoredMail) -> str:
    """The address that the letter asks to open."""
    found = _LINK.findall(letter.text)
    assert found, letter.text
    return str(found[0])


@pytest.fixture
def exchange(application: FastAPI, database: Database, settings: Settings, clock: Clock) -> Exchange:
    return Exchange(application, database, settings, clock)


@pytest.fixture
def browser(application: FastAPI) -> Iterator[Callable[[], PlainBrowser]]:
    """browser() opens a browser that knows nobody yet."""
    with ExitStack() as stack:

        def new() -> PlainBrowser:
            return PlainBrowser(stack.enter_context(TestClient(application, follow_redirects=False)))

        yield new


@pytest.fixture
def operator(browser: Callable[[], PlainBrowser], database: Database, clock: Clock) -> PlainBrowser:
    """The operator, signed in; made beforehand, as `techmart admin operator` does."""
    with database.unit_of_work() as session:
        factories.person(
            session,
            email="vanhanh@so.example",
            name="Đỗ Thị Vận",
            password_hash=hash_password(PASSWORD),
            is_operator=True,
        )
    mine = browser()
    sign_in(mine, "vanhanh@so.example")
    return mine


@pytest.fixture
def neighbours(database: Database) -> int:
    """What others have on the exchange already: the demo's offers, as plain rows of one organisation; how many."""
    with database.unit_of_work() as session:
        other = factories.organisation(session, name="Liên hiệp Khoa học Đồng Nai Thượng", verified_at=NOW)
        for one in content.offers():
            texts = {name: one.fields.get(name, "") for name in ("title", "benefit", "summary", "description")}
            factories.listing(session, of=other, kind=one.kind, trl=one.fields.get("trl"), **texts)
    return len(content.offers())


def sign_in(browser: PlainBrowser, email: str) -> None:
    """Sign in with everybody's password."""
    page = browser.see("/vi/sign-in").press("Đăng nhập", {"email": email, "password": PASSWORD})
    assert page.status == 200
    assert page.path != "/vi/sign-in", page.text


def register(browser: PlainBrowser, exchange: Exchange, *, name: str, email: str) -> None:
    """Open an account: the form, the letter, its link, its button; then sign in."""
    page = browser.see("/vi/").click("Đăng nhập").click("Mở tài khoản")
    form: dict[str, Typed] = {"name": name, "email": email, "password": PASSWORD, "regulation": True, "privacy": True}
    page = page.press("Mở tài khoản", form)
    assert (page.path, page.heading) == ("/vi/register/sent", "Hãy xem hộp thư của bạn")
    (letter,) = exchange.post(to=email)
    page = browser.see(link_in(letter)).press("Xác nhận địa chỉ của tôi")
    assert page.flash == "Địa chỉ e-mail đã được xác nhận. Mời bạn đăng nhập."
    sign_in(browser, email)
