"""The pages of quote requests in a real browser: axe-core finds nothing, nothing runs over, documents fit A4."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect
from pydantic import SecretStr
from pypdf import PdfReader

from app import clock
from app.database import Database
from app.features.accounts.tokens import digest
from app.features.enquiries.commands import decline, post_message
from app.features.enquiries.quoting import accept
from app.features.enquiries.schemas import AcceptInput, DeclineInput, MessageInput
from app.main import build
from app.models import Person, SignIn
from app.settings import Settings
from tests import factories
from tests.browser.driving import axe_violations, overflow, served
from tests.database_server import drop_database, fresh_database
from tests.features.enquiries.scene import Scene, answer, ask, set_scene

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=900)
DESK_PATH = "/desk/enquiries"

# Who looks, and where. {…} are the numbers of requests in the states that the pages show.
PAGES = {
    "ask": ("buyer", "{ask}"),
    "list sent": ("buyer", f"{DESK_PATH}?side=sent"),
    "list empty": ("buyer", f"{DESK_PATH}?side=received"),
    "list of the operator": ("operator", f"{DESK_PATH}?side=all"),
    "sent": ("holder", f"{DESK_PATH}/{{sent}}"),
    "quoted twice": ("buyer", f"{DESK_PATH}/{{quoted}}"),
    "accepted": ("holder", f"{DESK_PATH}/{{accepted}}"),
    "declined": ("buyer", f"{DESK_PATH}/{{declined}}"),
    "outline": ("operator", f"{DESK_PATH}/{{quoted}}"),
    "quote form": ("holder", f"{DESK_PATH}/{{sent}}/quote"),
    "decline form": ("holder", f"{DESK_PATH}/{{sent}}/decline"),
    "choose": ("buyer", f"{DESK_PATH}/{{quoted}}/quotes/2/accept"),
    "choose, wrong": ("buyer", f"{DESK_PATH}/{{quoted}}/quotes/2/accept/review"),
    "review": (
        "buyer",
        f"{DESK_PATH}/{{quoted}}/quotes/2/accept/review?lines.1.take=true&lines.1.quantity=1",
    ),
}
PAPERS = {
    "request": f"{DESK_PATH}/{{sent}}/print",
    "quote": f"{DESK_PATH}/{{quoted}}/quotes/2/print",
    "acceptance": f"{DESK_PATH}/{{accepted}}/acceptance/print",
}


class Exchange:
    """A served exchange with its cast signed in."""

    def __init__(self, address: str, people: dict[str, Person], places: dict[str, str]) -> None:
        self.address = address
        self.people = people
        self.places = places

    def url(self, locale: str, path: str) -> str:
        return f"{self.address}/{locale}{path.format(**self.places)}"

    def sign_in(self, context: BrowserContext, who: str) -> None:
        value = f"token-of-{self.people[who].id}"
        context.add_cookies([{"name": "techmart_session", "value": value, "url": self.address}])


@pytest.fixture(scope="module")
def exchange(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    name = f"techmart_test_enquiry_pages_{worker_id}"
    url = fresh_database(name)
    database = Database(url)
    scene = set_scene(database)
    places = _play(database, scene)
    with database.unit_of_work() as session:
        people = {
            "buyer": scene.buyer_person,
            "holder": scene.holder_person,
            "operator": session.get_one(Person, scene.operator.person_id),
        }
        for person in people.values():
            session.add(
                SignIn(
                    person_id=person.id,
                    token_sha256=digest(f"token-of-{person.id}"),
                    created_at=clock.now(),
                    expires_at=clock.now() + timedelta(days=1),
                )
            )
    folder: Path = tmp_path_factory.mktemp("exchange")
    settings = Settings(
        data=folder, database_url=SecretStr(url), authority="techmart.test", public_url="", rate_limits="off"
    )
    with served(build(settings, database=database)) as address:
        yield Exchange(address, people, places)
    database.dispose()
    drop_database(name)


def _play(database: Database, scene: Scene) -> dict[str, str]:
    """Requests in every state that a page shows differently, as of now."""
    now = clock.now()
    future = (now + timedelta(days=30)).date()
    with database.unit_of_work() as session:
        factories.listing(session, of=scene.buyer_organisation, kind="need", visibility="anonymous")
        numbers = {
            name: ask(session, scene, form_key=name, wanted_date=future).number
            for name in ("sent", "quoted", "accepted", "declined")
        }
        for side, actor in (("holder", scene.holder), ("buyer", scene.buyer)):
            post_message(
                session,
                actor=actor,
                number=numbers["quoted"],
                side=side,  # type: ignore[arg-type]
                data=MessageInput(body="Điện 3 pha 380 V, mặt bằng 6 × 12 m.\nGửi kèm bản vẽ."),
                form_key=side,
                now=now,
            )
        costs = {"installation": 25_000_000, "operation_yearly": 120_000_000, "years": 5}
        answer(session, scene, numbers["quoted"], form_key="1", valid_until=future, ownership=costs)
        answer(session, scene, numbers["quoted"], form_key="2", valid_until=future, tax_percent=10, ownership=costs)
        answer(session, scene, numbers["accepted"], form_key="3", valid_until=future)
        accept(
            session,
            actor=scene.buyer,
            number=numbers["accepted"],
            revision=1,
            data=AcceptInput.model_validate({"lines": [{"offer": 1, "quantity": 2}], "note": "Giao trước Tết."}),
            now=now,
        )
        refusal = DeclineInput(reason="other", note="Máy đã ngừng sản xuất.")
        decline(session, actor=scene.holder, number=numbers["declined"], data=refusal, now=now)
    return {**numbers, "ask": f"/listings/{scene.listing.slug}-{scene.listing.public_id}/ask"}


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    with chromium.new_context(viewport=DESK, reduced_motion="reduce") as context:
        yield context


def open_page(context: BrowserContext, exchange: Exchange, who: str, locale: str, path: str) -> Page:
    exchange.sign_in(context, who)
    page = context.new_page()
    page.goto(exchange.url(locale, path))
    return page


# Every pair of language, light and width once.
LOOKS: tuple[tuple[str, Literal["light", "dark"], ViewportSize], ...] = (
    ("vi", "light", DESK),
    ("vi", "dark", PHONE),
    ("en", "light", PHONE),
    ("en", "dark", DESK),
)


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(context: BrowserContext, exchange: Exchange, name: str) -> None:
    who, path = PAGES[name]
    page = open_page(context, exchange, who, "vi", path)
    for locale, scheme, size in LOOKS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size(size)
        page.goto(exchange.url(locale, path))
        assert axe_violations(page) == [], (locale, scheme, size)
        assert overflow(page) == 0, (locale, scheme, size)


@pytest.mark.parametrize("name", PAPERS)
@pytest.mark.parametrize("locale", ["vi", "en"])
def test_a_document_prints_on_one_sheet_of_a4(
    context: BrowserContext, exchange: Exchange, name: str, locale: str
) -> None:
    page = open_page(context, exchange, "buyer", locale, PAPERS[name])
    assert axe_violations(page) == []
    printed = PdfReader(io.BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))
    (sheet,) = printed.pages
    assert (round(float(sheet.mediabox.width)), round(float(sheet.mediabox.height))) == (596, 843)
    # As wide as the sheet between its margins: nothing is cut off, and no button is printed.
    page.set_viewport_size(ViewportSize(width=672, height=900))
    page.emulate_media(media="print")
    assert overflow(page) == 0
    expect(page.locator("[data-print]")).to_be_hidden()
    expect(page.locator(".print-head")).to_be_visible()


def test_rows_come_and_go_and_enter_sends_nothing(context: BrowserContext, exchange: Exchange) -> None:
    page = open_page(context, exchange, "buyer", "vi", "{ask}")
    page.get_by_role("button", name="Thêm hạng mục").click()
    second = page.locator("[name='items.1.description']")
    expect(second).to_be_focused()
    second.fill("Khay sấy")
    page.locator("[data-row]").first.get_by_role("button", name="Bỏ dòng này").click()
    expect(page.locator("[data-row]:visible")).to_have_count(1)
    second.press("Enter")
    expect(page).to_have_title("Yêu cầu báo giá · Techmart")
    expect(page.locator("[name='items.1.description']")).to_have_value("Khay sấy")
