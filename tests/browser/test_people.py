"""Pages of accounts and organisations in a real browser: axe-core finds nothing, nothing runs over, keys work."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect
from pydantic import SecretStr

from app import clock
from app.database import Database
from app.features.accounts.links import issue_link
from app.features.accounts.passwords import hash_password
from app.features.accounts.tokens import digest
from app.features.organisations.invitations import invite
from app.features.organisations.schemas import InvitationInput
from app.main import build
from app.models import Invitation, Membership, SignIn
from app.settings import Settings
from tests import factories
from tests.browser.driving import axe_violations, overflow, served
from tests.database_server import drop_database, fresh_database

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=900)
PASSWORD = "con trâu đi trước"

# Who looks, and where.
PAGES = {
    "sign in": ("nobody", "/sign-in"),
    "register": ("nobody", "/register"),
    "mail sent": ("nobody", "/register/sent"),
    "confirm": ("nobody", "/confirm/{confirm}"),
    "confirm, too late": ("nobody", "/confirm/x"),
    "reset request": ("nobody", "/reset"),
    "reset": ("nobody", "/reset/{reset}"),
    "invitation": ("nobody", "/invitations/{invitation}"),
    "organisations": ("nobody", "/organisations"),
    "organisations, none": ("nobody", "/organisations?q=khongco"),
    "organisation": ("nobody", "/organisations/{slug}-{public}"),
    "account": ("member", "/account"),
    "security": ("member", "/account/security"),
    "tokens": ("member", "/account/tokens"),
    "my organisations": ("member", "/desk/organisations"),
    "new organisation": ("member", "/desk/organisations/new"),
    "edit organisation": ("member", "/desk/organisations/{own}"),
    "members": ("member", "/desk/organisations/{own}/members"),
    "verifications": ("operator", "/verification"),
    "verification": ("operator", "/verification/{own}"),
    "verified": ("operator", "/verification/{public}"),
    "mail box": ("nobody", "/_mail"),
}


class Exchange:
    """A served exchange with a member and an operator who are signed in."""

    def __init__(self, address: str, places: dict[str, str]) -> None:
        self.address = address
        self.places = places

    def url(self, locale: str, path: str) -> str:
        return f"{self.address}/{locale}{path.format(**self.places)}"

    def sign_in(self, context: BrowserContext, who: str) -> None:
        if who != "nobody":
            context.add_cookies([{"name": "techmart_session", "value": f"token-of-{who}", "url": self.address}])


def set_scene(database: Database) -> dict[str, str]:
    now = clock.now()
    with database.unit_of_work() as session:
        member = factories.person(
            session, email="an@example.test", name="Lê Thị An", password_hash=hash_password(PASSWORD)
        )
        guest = factories.person(session, name="Nguyễn Văn Khách")
        operator = factories.person(session, is_operator=True, name="Cán bộ Sàn")
        for person, who in ((member, "member"), (operator, "operator")):
            session.add(
                SignIn(
                    person_id=person.id,
                    token_sha256=digest(f"token-of-{who}"),
                    created_at=now,
                    expires_at=now + timedelta(days=1),
                )
            )
        own = factories.organisation(session, owner=member, name="Viện Cơ khí Ứng dụng", tax_code="0300588569")
        session.add(Membership(organisation_id=own.id, person_id=guest.id, role="editor", created_at=now))
        public = factories.organisation(
            session,
            name="Trường Đại học Kỹ thuật",
            type="university",
            verified_at=now,
            description="Sấy, nghiền, **ép**.",
            website="https://truong.example",
            sectors=["agriculture"],
        )
        factories.listing(session, of=public)
        factories.listing(session, of=public, kind="need", trl=None, details={"baseline": "12 giờ", "target": "6 giờ"})
        invitation = invite(
            session,
            actor=factories.actor(member, own),
            organisation_id=own.id,
            data=InvitationInput(email="khach@example.test", role="editor"),
            now=now,
        )
        assert isinstance(invitation, Invitation)
        invitation.token_sha256 = digest("invitation-of-the-test")
        return {
            "own": own.public_id,
            "public": public.public_id,
            "slug": public.slug,
            "invitation": "invitation-of-the-test",
            "confirm": issue_link(session, person_id=member.id, purpose="confirm", now=now),
            "reset": issue_link(session, person_id=member.id, purpose="reset", now=now),
        }


@pytest.fixture(scope="module")
def exchange(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    name = f"techmart_browser_people_{worker_id}"
    url = fresh_database(name)
    database = Database(url, pool_size=6)
    folder: Path = tmp_path_factory.mktemp("people")
    settings = Settings(data=folder, database_url=SecretStr(url), authority="techmart.test", rate_limits="off")
    try:
        places = set_scene(database)
        with served(build(settings, database=database)) as address:
            yield Exchange(address, places)
    finally:
        database.dispose()
        drop_database(name)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with chromium.new_context(viewport=DESK, reduced_motion="reduce") as context:
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        yield page
        assert faults == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("locale", "scheme", "size"),
    [("vi", "light", DESK), ("en", "dark", PHONE)],
    ids=["vi light desk", "en dark phone"],
)
def test_axe_finds_nothing(
    page: Page, exchange: Exchange, name: str, locale: str, scheme: str, size: ViewportSize
) -> None:
    who, path = PAGES[name]
    exchange.sign_in(page.context, who)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page.set_viewport_size(size)
    page.goto(exchange.url(locale, path), wait_until="networkidle")
    assert axe_violations(page) == []
    assert overflow(page) == 0


def test_errors_lead_to_their_fields(page: Page, exchange: Exchange) -> None:
    page.goto(exchange.url("vi", "/register"))
    page.fill("#f-name", "Lê Thị An")
    page.get_by_role("button", name="Mở tài khoản").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    assert axe_violations(page) == []
    page.get_by_role("link", name="Mật khẩu").click()
    expect(page.locator("#f-password")).to_be_focused()
    expect(page.locator("#f-name")).to_have_value("Lê Thị An")


def test_the_corner_opens_by_keyboard_and_signs_out(page: Page, exchange: Exchange) -> None:
    page.goto(exchange.url("vi", "/sign-in"))
    page.fill("#f-email", "an@example.test")
    page.fill("#f-password", PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    corner = page.locator(".account-menu summary")
    expect(corner).to_have_text("Lê Thị An")
    corner.focus()
    page.keyboard.press("Enter")
    menu = page.locator(".account-panel")
    expect(menu.get_by_role("link", name="Tổ chức của tôi")).to_be_visible()
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(corner).to_be_focused()
    corner.click()
    menu.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_text("Bạn đã đăng xuất.")).to_be_visible()
    expect(page.locator(".account a")).to_have_text("Đăng nhập")


def test_a_token_is_taken_back_only_after_asking(page: Page, exchange: Exchange) -> None:
    exchange.sign_in(page.context, "member")
    page.goto(exchange.url("vi", "/account/tokens"))
    page.fill("#f-name", "Đồng bộ kho thiết bị")
    page.check("text=Đọc tin đăng và bản nháp của tổ chức mình")
    page.get_by_role("button", name="Tạo mã").click()
    expect(page.locator("code.token")).to_contain_text("tmpat_")
    page.get_by_role("button", name="Thu hồi", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert axe_violations(page) == []
    dialog.get_by_role("button", name="Thu hồi mã").click()
    expect(page.get_by_text("Chương trình dùng mã này không còn vào được.")).to_be_visible()
