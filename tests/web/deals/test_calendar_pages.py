"""The dates of deals, read back by the library that calendar programs are built on."""

from datetime import date, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from app import journal
from app.database import Database
from app.features.enquiries.quoting import accept
from app.models import DealCalendar, DealMilestone, Membership, Nda, QuoteRequest
from tests.factories import NOW
from tests.features.enquiries.scene import Scene
from tests.features.enquiries.test_races import ALL
from tests.query_budget import count_queries
from tests.web.enquiries.conftest import Browser, _fixed_moment, browser, buyer, holder, scene, stranger, talked

__all__ = ["_fixed_moment", "browser", "buyer", "holder", "scene", "stranger", "talked"]

DEAL = "/vi/desk/deals/TV-2026-000001"


@pytest.fixture
def deal(database: Database, scene: Scene, talked: str, holder: Browser, buyer: Browser) -> str:
    """A signed deal with two milestones, the clock running, and an agreement behind it."""
    with database.unit_of_work() as session:
        accept(session, actor=scene.buyer, number=talked, revision=1, data=ALL, now=NOW)
    for title, day in (("Giao máy; lắp đặt, chạy thử", "2027-01-15"), ("Đào tạo", "2027-02-01")):
        holder.post(f"{DEAL}/milestones/new", {"title": title, "due_on": day, "amount": "712.345.678"})
    answers = {"technology": "yes", "direction": "from_abroad", "list": "none", "rules_version": "2018-07"}
    buyer.post(f"{DEAL}/legal/check", answers)
    buyer.post(f"{DEAL}/contract", {"contract_date": "2026-11-20"})
    with database.unit_of_work() as session:
        request = session.query(QuoteRequest).one()
        nda = Nda(
            number="NDA-2026-000001",
            state="active",
            form_key="k",
            listing_id=request.listing_id,
            listing_title=request.listing_title,
            listing_kind=request.listing_kind,
            discloser_organisation_id=request.holder_organisation_id,
            discloser_name=request.holder_name,
            recipient_organisation_id=request.buyer_organisation_id,
            recipient_name=request.buyer_name,
            requested_by_id=scene.buyer_person.id,
            purpose="Đánh giá",
            requested_at=NOW,
            text="Văn bản",
            text_sha256="0" * 64,
            active_until=date(2027, 5, 31),
            activated_at=NOW,
            updated_at=NOW,
        )
        session.add(nda)
        session.flush()

        journal.append(session, entity="nda", entity_id=nda.id, action="request", actor_id=None, at=NOW)
    return DEAL


def events(data: bytes) -> dict[str, Any]:
    """The events by what they are called."""
    calendar = Calendar.from_ical(data)
    assert str(calendar["VERSION"]) == "2.0"
    return {str(one["SUMMARY"]): one for one in calendar.walk("VEVENT")}


def test_a_deal_has_its_dates_in_a_calendar(
    database: Database, deal: str, buyer: Browser, holder: Browser, stranger: Browser
) -> None:
    assert 'href="/vi/desk/deals/TV-2026-000001/calendar.ics"' in buyer.page(deal)
    with count_queries(database) as sent:
        answer = buyer.get(f"{deal}/calendar.ics")
    assert len(sent) <= 9, sent
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    # RFC 5545: lines end with CRLF and are at most 75 bytes long.
    assert b"\r\n" in answer.content
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75
    found = events(answer.content)
    assert {name: one.decoded("DTSTART") for name, one in found.items()} == {
        "Mốc: Giao máy; lắp đặt, chạy thử (TV-2026-000001)": date(2027, 1, 15),
        "Mốc: Đào tạo (TV-2026-000001)": date(2027, 2, 1),
        "Hạn gửi hồ sơ đăng ký hợp đồng TV-2026-000001": date(2027, 2, 18),
        "Thoả thuận bảo mật NDA-2026-000001 hết hạn (TV-2026-000001)": date(2027, 5, 31),
    }
    first = found["Mốc: Giao máy; lắp đặt, chạy thử (TV-2026-000001)"]
    assert first.decoded("DTEND") - first.decoded("DTSTART") == timedelta(days=1)
    assert str(first["UID"]).startswith("milestone-")
    assert str(first["UID"]).endswith("@techmart.test")
    (alarm,) = first.walk("VALARM")
    assert alarm.decoded("TRIGGER") == timedelta(days=-3)
    assert str(first["URL"]).endswith("/vi/desk/deals/TV-2026-000001")
    assert stranger.get(f"{deal}/calendar.ics").status_code == 404

    with database.read_only() as session:
        here = f"{deal}/milestones/{session.query(DealMilestone).filter_by(title='Đào tạo').one().public_id}"
    holder.post(f"{here}/report", {"evidence": "Bốn người đã học"})
    found = events(holder.get(f"{deal}/calendar.ics").content)
    done = found["Mốc: Đào tạo (TV-2026-000001) – đã xong"]
    assert done.walk("VALARM") == []


def test_a_feed_of_ones_own_opens_changes_and_closes(
    database: Database, scene: Scene, deal: str, buyer: Browser, stranger: Browser, browser: Any
) -> None:
    assert "Mở địa chỉ lịch" in buyer.page("/vi/desk/deals")
    assert buyer.post("/vi/desk/deals/calendar", {}).status_code == 303

    def address() -> str:
        with database.read_only() as session:
            return f"/vi/deals/calendars/{session.query(DealCalendar).one().feed_key}.ics"

    nobody = browser(None)
    first = address()
    assert first in buyer.page("/vi/desk/deals")
    answer = nobody.get(first)
    assert answer.status_code == 200
    assert len(events(answer.content)) == 4
    said = answer.content.replace(b"\r\n ", b"")
    assert b"712345678" not in said
    assert b"712.345.678" not in said
    assert len(events(nobody.get(first.replace("/vi/", "/en/")).content)) == 4
    assert "Milestone: Đào tạo (TV-2026-000001)" in events(nobody.get(first.replace("/vi/", "/en/")).content)
    buyer.post("/vi/desk/deals/calendar", {})
    assert nobody.get(first).status_code == 410
    assert nobody.get(address()).status_code == 200
    stranger.post("/vi/desk/deals/calendar", {})
    with database.read_only() as session:
        other = session.get(DealCalendar, scene.stranger_person.id)
        assert other is not None
    assert events(nobody.get(f"/vi/deals/calendars/{other.feed_key}.ics").content) == {}
    with database.read_only() as session:
        own = session.get(DealCalendar, scene.buyer_person.id)
        assert own is not None
    mine = f"/vi/deals/calendars/{own.feed_key}.ics"
    # Who no longer acts for the firm has none of its dates.
    with database.unit_of_work() as session:
        for seat in session.query(Membership).filter_by(person_id=scene.buyer_person.id):
            session.delete(seat)
    assert events(nobody.get(mine).content) == {}
    buyer.post("/vi/desk/deals/calendar/close", {})
    assert nobody.get(mine).status_code == 410
    assert nobody.get("/vi/deals/calendars/khong-co.ics").status_code == 410
