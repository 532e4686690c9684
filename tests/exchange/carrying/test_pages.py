"""The way of a request over the pages of both exchanges, as buyer, holder and operator see it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app import clock
from app.database import Database
from app.features.accounts.tokens import digest
from app.models.accounts import Person, SignIn
from app.models.audit import AuditEntry
from app.models.carrying import CarriedRequest
from app.models.enquiries import QuoteRequest
from app.models.organisations import Organisation
from app.models.partners import Partner
from tests import factories
from tests.exchange.carrying.test_refusals import change_partner
from tests.exchange.carrying.two import House, Two
from tests.query_budget import count_queries
from tests.web.enquiries.conftest import Browser

Open = Callable[[House, str], Browser]
ROW = {"items__0__description": "Máy sấy", "items__0__quantity": "2", "items__0__unit": "máy"}


@pytest.fixture
def open_at(two: Two) -> Iterator[Open]:
    """open_at(house, email) opens a browser there, signed in."""
    with ExitStack() as stack:

        def made(house: House, email: str) -> Browser:
            client = stack.enter_context(TestClient(house.app, follow_redirects=False, base_url=house.base))  # type: ignore[attr-defined]
            token = f"token-of-{email}"
            now = clock.now()
            with house.database.unit_of_work() as session:
                person = session.scalars(select(Person).where(Person.email == email)).one()
                session.add(
                    SignIn(
                        person_id=person.id,
                        token_sha256=digest(token),
                        created_at=now,
                        expires_at=now.replace(year=now.year + 1),
                    )
                )
            client.cookies.set("techmart_session", token)
            return Browser(client)

        yield made


def ask_page(two: Two, locale: str = "vi") -> str:
    here = two.here()
    return f"/{locale}/listings/{here.slug}-{here.public_id}/ask"


def first(database: Database, model: Any) -> Any:
    with database.read_only() as session:
        return session.scalars(select(model)).one()


def test_a_buyer_reads_what_is_sent_where_and_consents(two: Two, open_at: Open) -> None:
    buyer = open_at(two.asking, "mua@nongsan.test")
    here = two.here()
    listing = buyer.page(f"/vi/listings/{here.slug}-{here.public_id}")
    assert ask_page(two) in listing
    assert f"Yêu cầu được chuyển đến Sàn {two.home.authority}; báo giá trở về đây." in listing
    page = buyer.page(ask_page(two))
    assert f"Gửi đến <b>{two.home.authority}</b>: tên và tỉnh thành của tổ chức bạn" in page
    assert 'type="file"' not in page
    # Nothing is ticked beforehand, and without consent nothing goes; what was typed stays.
    assert "checked" not in page[page.index('name="carry_consent"') - 200 :]
    refused = buyer.submit(ask_page(two), **ROW, message="Sấy xoài")
    assert refused.status_code == 422
    assert "Hãy đồng ý để yêu cầu được chuyển đi" in refused.text
    assert "Sấy xoài" in refused.text
    sent = buyer.submit(ask_page(two), **ROW, message="Sấy xoài", carry_consent="true")
    assert sent.status_code == 303
    kept = first(two.asking.database, CarriedRequest)
    assert (kept.gives_email, kept.consent_version) == (False, "2026-11-30")
    there = sent.headers["location"]
    page = buyer.page(there)
    assert f"Đang chuyển đến Sàn {two.home.authority}" in page
    assert "Yêu cầu chưa đến sàn gốc." in page
    assert f"gửi đến Sàn {two.home.authority}" in buyer.page("/vi/desk/enquiries?side=sent")
    two.work(two.asking)
    assert f"Đã đến Sàn {two.home.authority}" in buyer.page(there)
    with two.home.database.read_only() as session:
        assert session.scalars(select(CarriedRequest.contact_email)).all() == [""]


def test_without_an_agreement_the_page_leads_to_the_origin_as_before(two: Two, open_at: Open) -> None:
    change_partner(two.asking, enquiries_out=False)
    buyer = open_at(two.asking, "mua@nongsan.test")
    here = two.here()
    listing = buyer.page(f"/vi/listings/{here.slug}-{here.public_id}")
    assert ask_page(two) not in listing
    assert "Hỏi ở sàn gốc" in listing
    assert buyer.get(ask_page(two)).status_code == 409


def test_holder_and_buyer_go_the_whole_way_over_pages(two: Two, open_at: Open) -> None:
    number = two.ask(email=True)
    two.work(two.asking)
    holder = open_at(two.home, "ban@vien.test")
    received = first(two.home.database, QuoteRequest).number
    assert f"qua Sàn {two.asking.authority}" in holder.page("/vi/desk/enquiries?side=received")
    there = f"/vi/desk/enquiries/{received}"
    with count_queries(two.home.database) as sent:
        page = holder.page(there)
    assert len(sent) <= 16, sent
    assert f"Qua Sàn {two.asking.authority}" in page
    assert 'href="mailto:mua@nongsan.test"' in page
    # The buyer's organisation has no page here.
    name = first(two.home.database, CarriedRequest)
    assert name.remote_number == number
    with two.home.database.read_only() as session:
        firm = session.scalars(select(Organisation).where(Organisation.name == "Công ty Nông sản")).one()
    assert f"/organisations/{firm.slug}" not in page
    anybody = TestClient(two.home.app, base_url=two.home.base)  # type: ignore[attr-defined]
    assert anybody.get(f"/vi/organisations/{firm.slug}-{firm.public_id}").status_code == 404

    said = holder.submit(there, f"{there}/messages", body="Bạn sấy loại xoài nào?")
    assert said.status_code == 303
    two.work(two.home)
    buyer = open_at(two.asking, "mua@nongsan.test")
    mine = f"/vi/desk/enquiries/{number}"
    with count_queries(two.asking.database) as sent:
        page = buyer.page(mine)
    assert len(sent) <= 17, sent
    assert "Bạn sấy loại xoài nào?" in page
    assert "Lê Văn Viện" not in page
    buyer.submit(mine, f"{mine}/messages", body="Xoài cát Hoà Lộc.")
    two.work(two.asking)
    page = holder.page(there)
    assert "Xoài cát Hoà Lộc." in page
    assert "Trần Thị Mua" not in page

    two.quote("quote-1", 850_000_000)
    two.work(two.home)
    assert "850.000.000" in buyer.page(mine)
    lines = {"lines.1.take": "true", "lines.1.quantity": "2"}
    review = buyer.client.get(f"{mine}/quotes/1/accept/review", params=lines)
    assert review.status_code == 200
    accepted = buyer.post(f"{mine}/quotes/1/accept/now", {**lines, "seen_total": "1836000000"})
    assert accepted.status_code == 303
    page = buyer.page(mine)
    assert "Việc chấp nhận báo giá đang được chuyển đến sàn gốc" in page
    assert "Báo giá đã được chấp nhận" not in page
    assert f"{mine}/quotes/1/reject" not in page
    two.work(two.asking)
    page = buyer.page(mine)
    assert "Báo giá đã được chấp nhận" in page
    assert "Đến thương vụ" not in page
    assert f"Thương vụ được theo dõi ở Sàn {two.home.authority}" in page
    assert "Đến thương vụ" in holder.page(there)


def test_a_rejection_and_a_withdrawal_travel(two: Two, open_at: Open) -> None:
    number = two.ask()
    two.work(two.asking)
    two.quote("quote-1", 850_000_000)
    two.work(two.home)
    buyer = open_at(two.asking, "mua@nongsan.test")
    mine = f"/vi/desk/enquiries/{number}"
    # While it is on its way a newer quote is sent: the newer counts, the decision does not, and the buyer is told.
    assert buyer.post(f"{mine}/quotes/1/reject", {"reason": "price"}).status_code == 303
    two.quote("quote-2", 840_000_000)
    two.work(two.asking)
    assert (two.sent("reject").state, two.sent("reject").status) == ("refused", 409)
    two.ask_home()
    assert [one.quote.revision for one in two.asked().quotes] == [1, 2]
    assert two.asked().request.state == "quoted"
    assert buyer.post(f"{mine}/quotes/2/reject", {"reason": "other", "note": ""}).status_code == 422
    assert buyer.post(f"{mine}/quotes/2/reject", {"reason": "price", "note": "Vượt ngân sách"}).status_code == 303
    two.work(two.asking)
    for record in (two.asked(), two.received()):
        assert (record.request.state, record.quotes[1].quote.rejected_note) == ("rejected", "Vượt ngân sách")


def test_what_never_arrived_is_withdrawn_at_once(two: Two, open_at: Open) -> None:
    number = two.ask()
    buyer = open_at(two.asking, "mua@nongsan.test")
    mine = f"/vi/desk/enquiries/{number}"
    assert buyer.post(f"{mine}/withdraw", {"note": ""}).status_code == 303
    assert two.asked().request.state == "withdrawn"
    two.work(two.asking)
    with two.home.database.read_only() as session:
        assert session.scalars(select(QuoteRequest)).all() == []


def test_the_operator_switches_it_and_sees_what_is_stuck(two: Two, open_at: Open) -> None:
    with two.asking.database.unit_of_work() as session:
        factories.person(session, email="vanhanh@so.test", is_operator=True)
    operator = open_at(two.asking, "vanhanh@so.test")
    public_id = first(two.asking.database, Partner).public_id
    page = operator.page(f"/vi/desk/partners/{public_id}")
    assert "chuyển đến đối tác" in page
    form = operator.page(f"/vi/desk/partners/{public_id}/agreement")
    assert 'name="enquiries_out" value="true" checked' in form.replace("  ", " ")
    found = first(two.asking.database, Partner)
    typed = {
        "version": str(found.version),
        "authority": found.authority,
        "name": found.name,
        "protocol": "techmart",
        "direction": "both",
        "address": found.address,
        "starts_on": found.starts_on.isoformat(),
        "rate_per_minute": "120",
        "accepting": "publish",
        "every_minutes": "60",
    }
    assert operator.post(f"/vi/desk/partners/{public_id}/agreement", typed).status_code == 303
    assert not first(two.asking.database, Partner).enquiries_out
    with two.asking.database.read_only() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "partner.carrying")).one()
    assert entry.data == {"enquiries_out": False}
    assert "Bật hoặc tắt việc chuyển yêu cầu báo giá" in operator.page(f"/vi/desk/partners/{public_id}")
