"""A person saves a search, somebody publishes, one letter comes, one click ends it; all as people do it."""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from app.features.alerts.noticing import alerts_consumer
from app.features.listings import commands
from app.features.listings.schemas import parse
from app.features.moderation.commands import approve
from app.integrations.mail import StoredMail
from app.jobs.worker import enqueue_recurring
from app.models import Subscription
from app.settings import Settings
from app.web.alerts.criteria import listing_reader
from tests import factories
from tests.factories import NOW
from tests.features.listings.inputs import NEED, TECHNOLOGY
from tests.flows.conftest import Clock, Exchange, register
from tests.flows.plain_browser import Page, PlainBrowser

ATOM = "{http://www.w3.org/2005/Atom}"


class Publisher:
    """An institute, and the operator who approves what it hands in."""

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        self.database, self.settings, self.clock = database, settings, clock
        with database.unit_of_work() as session:
            person, operator = factories.person(session), factories.person(session, is_operator=True)
            self.organisation = factories.organisation(
                session, owner=person, name="Viện Cơ điện Nông nghiệp", verified_at=NOW
            )
            self.actor = factories.actor(person, self.organisation)
            self.operator = factories.actor(operator, operator=True)

    def publish(self, data: dict[str, Any]) -> str:
        """Write, hand in, approve; the new listing's public id."""
        now, settings = self.clock.now, self.settings
        with self.database.unit_of_work() as session:
            made = commands.create_draft(
                session,
                actor=self.actor,
                organisation_id=self.organisation.id,
                data=parse(data),
                settings=settings,
                now=now,
            )
            public_id = made.public_id
            commands.submit(session, actor=self.actor, public_id=public_id, version=None, now=now)
            approve(session, actor=self.operator, public_id=public_id, version=None, settings=settings, now=now)
        return public_id


def told(exchange: Exchange, *, to: str) -> list[StoredMail]:
    """Have the worker do its round: read the journal, write what is due, send it; the new letters to an address."""
    consumer = alerts_consumer(listing_reader(overdue_days=90))
    while consumer(exchange.database):
        pass
    enqueue_recurring(exchange.database, now=exchange.clock.now)
    return exchange.post(to=to)


def entries_of(client: TestClient, address: str) -> list[str]:
    """The titles in a feed, as a reader of feeds fetches it: without cookies."""
    answer = client.get(address.removeprefix("http://testserver"))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/atom+xml")
    tree = ET.fromstring(answer.text)
    return [one.findtext(f"{ATOM}title") or "" for one in tree.iter(f"{ATOM}entry")]


def feed_address(page: Page) -> str:
    (address,) = page.all(".//code")
    return address


def test_a_saved_search_tells_once_and_ends_with_one_click(
    browser: Callable[[], PlainBrowser],
    exchange: Exchange,
    database: Database,
    settings: Settings,
    clock: Clock,
    client: TestClient,
) -> None:
    institute = Publisher(database, settings, clock)
    institute.publish(TECHNOLOGY | {"title": "Máy sấy lúa có từ trước"})
    clock.later(minutes=1)
    an = browser()
    register(an, exchange, name="Lê Thị An", email="an@lua.example")
    page = an.see("/vi/search?q=may+say+lua&kind=technology").click("Lưu tìm kiếm này")
    assert page.heading == "Lưu tìm kiếm này"
    assert page.value("name") == "may say lua · Công nghệ"
    assert "Hiện có 1 mục." in page.text

    # Nothing is chosen beforehand, and nothing typed is lost.
    page = page.press("Lưu", {"name": "Máy sấy cho mùa tới"})
    assert page.status == 422
    assert page.value("name") == "Máy sấy cho mùa tới"
    page = page.press("Lưu", {"rhythm": ["at_once"]})
    assert (page.path, page.flash) == ("/vi/account/alerts", "Đã lưu tìm kiếm.")
    assert told(exchange, to="an@lua.example") == []

    clock.later(minutes=1)
    new = institute.publish(TECHNOLOGY | {"title": "Máy sấy lúa tầng sôi"})
    institute.publish(TECHNOLOGY | {"title": "Máy ép viên nén", "summary": "Ép trấu."})
    assert told(exchange, to="an@lua.example") == []
    clock.later(minutes=6)
    (letter,) = told(exchange, to="an@lua.example")
    assert letter.subject == "Mới cho bạn: Máy sấy lúa tầng sôi"
    assert f"-{new}\n" in letter.text
    assert "có từ trước" not in letter.text
    clock.later(hours=2)
    assert told(exchange, to="an@lua.example") == []

    # The page says when it was told; the feed has an address of its own.
    page = an.see("/vi/account/alerts")
    assert "1 điều mới đã ghi · thư gần nhất" in page.text
    page = page.press("Tạo địa chỉ nguồn tin – Máy sấy cho mùa tới")
    feed = feed_address(page)
    assert entries_of(client, feed) == ["Máy sấy lúa tầng sôi", "Máy sấy lúa có từ trước"]
    page = page.press("Đổi địa chỉ – Máy sấy cho mùa tới")
    assert feed_address(page) != feed
    assert client.get(feed).status_code == 410
    assert an.see("/vi/account/alerts").press("Thu hồi – Máy sấy cho mùa tới").flash == "Đã thu hồi địa chỉ nguồn tin."

    # What a mail program does when somebody presses “unsubscribe”: no cookie, no page before it, no redirect.
    stop = letter.text.partition("/alerts/stop/")[2].split()[0]
    assert client.get(f"/vi/alerts/stop/{stop}").status_code == 200
    with database.read_only() as session:
        assert session.scalars(select(Subscription.rhythm)).one() == "at_once"
    answer = client.post(
        f"/vi/alerts/stop/{stop}",
        content="List-Unsubscribe=One-Click",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 200
    institute.publish(TECHNOLOGY | {"title": "Máy sấy lúa thứ ba"})
    clock.later(hours=1)
    assert told(exchange, to="an@lua.example") == []
    page = an.see("/vi/account/alerts")
    assert "Không gửi thư" in page.text
    assert "2 điều mới đã ghi" in page.text


def test_a_need_an_organisation_and_a_field_are_followed_and_left(
    browser: Callable[[], PlainBrowser], exchange: Exchange, database: Database, settings: Settings, clock: Clock
) -> None:
    institute = Publisher(database, settings, clock)
    need = institute.publish(NEED)
    exchange.work()
    an = browser()
    register(an, exchange, name="Lê Thị An", email="an@lua.example")
    page = an.see(f"/vi/listings/tin-{need}").click("Theo dõi tin này").press("Theo dõi", {"rhythm": ["at_once"]})
    assert page.flash == "Bạn đang theo dõi mục này."
    page = an.see(f"/vi/organisations/vien-{institute.organisation.public_id}").click("Theo dõi tổ chức này")
    page = page.press("Theo dõi", {"rhythm": ["daily"]})
    page = an.see("/vi/fields").press("Theo dõi", {"search": "industry=C"})
    assert page.heading == "Theo dõi lĩnh vực này"
    page = page.press("Theo dõi", {"rhythm": ["off"]})
    names = page.all(".//h3")
    assert names == ["Công nghiệp chế biến, chế tạo", "Viện Cơ điện Nông nghiệp", NEED["title"]]

    clock.later(minutes=1)
    with database.unit_of_work() as session:
        commands.update(
            session,
            actor=institute.actor,
            public_id=need,
            version=None,
            data=parse(NEED | {"title": "Giảm ẩm dăm gỗ xuống 10 %"}),
            now=clock.now,
        )
    institute.publish(TECHNOLOGY)
    assert told(exchange, to="an@lua.example") == []
    clock.later(minutes=6)
    (letter,) = told(exchange, to="an@lua.example")
    assert "Vừa được sửa: Giảm ẩm dăm gỗ xuống 10 %" in letter.text
    # The need is nameless: not even to who follows its organisation does anything say whose it is.
    assert "Viện Cơ điện" not in letter.text
    clock.later(days=1)
    (digest,) = told(exchange, to="an@lua.example")
    assert digest.subject == f"Mới cho bạn: {TECHNOLOGY['title']}"
    assert "Tổ chức Viện Cơ điện Nông nghiệp" in digest.text

    page = an.see("/vi/account/alerts").press("Thôi theo dõi – Viện Cơ điện Nông nghiệp")
    assert page.flash == "Đã thôi theo dõi. Mục này ở cuối trang trong 30 ngày nếu bạn đổi ý."
    assert "Viện Cơ điện Nông nghiệp" not in page.all(".//h3")
    page = page.press("Theo dõi lại – Viện Cơ điện Nông nghiệp")
    assert page.flash == "Đã theo dõi lại."
    assert "Viện Cơ điện Nông nghiệp" in page.all(".//h3")
