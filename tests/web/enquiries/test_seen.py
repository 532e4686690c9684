"""Read marks, and reasons in figures."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.database import Database
from app.features.enquiries.commands import decline
from app.features.enquiries.figures import reasons_counted
from app.features.enquiries.quoting import reject
from app.features.enquiries.schemas import DeclineInput, RejectInput
from app.models import Person
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, ask, quoted
from tests.features.enquiries.test_commands import actions, request_of
from tests.web.enquiries.conftest import Browser

HERE = "/vi/desk/enquiries/2026-000001"


def test_the_other_side_has_seen_it(talked: str, database: Database, buyer: Browser, holder: Browser) -> None:
    assert "Bên kia đã xem" not in buyer.page(HERE)
    before = (request_of(database, talked).version, actions(database))
    assert f'hx-post="{HERE}/seen?side=holder"' in holder.page(HERE)
    assert holder.post(f"{HERE}/seen?side=holder", {}).status_code == 204
    assert "Bên kia đã xem" in buyer.page(HERE)
    assert (request_of(database, talked).version, actions(database)) == before


def test_only_ones_own_side_is_marked(talked: str, buyer: Browser, stranger: Browser) -> None:
    assert buyer.post(f"{HERE}/seen?side=holder", {}).status_code == 404
    assert stranger.post(f"{HERE}/seen?side=holder", {}).status_code == 404
    assert buyer.post(f"{HERE}/seen?side=nobody", {}).status_code == 404


def test_lists_tell_what_is_new(
    talked: str, scene: Scene, database: Database, holder: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "/vi/desk/enquiries?side=received"
    assert "enquiry-new" in holder.page(path)
    monkeypatch.setattr("app.clock.now", lambda: NOW + timedelta(minutes=1))
    holder.post(f"{HERE}/seen?side=holder", {})
    assert "enquiry-new" not in holder.page(path)


def test_reasons_are_counted_for_owners_and_the_operator(
    scene: Scene, database: Database, buyer: Browser, holder: Browser, browser: Callable[[Person | None], Browser]
) -> None:
    number = quoted(database, scene)
    with database.unit_of_work() as session:
        reject(session, actor=scene.buyer, number=number, revision=1, data=RejectInput(reason="lead_time"), now=NOW)
        other = ask(session, scene, form_key="2").number
        decline(session, actor=scene.holder, number=other, data=DeclineInput(reason="too_early"), now=NOW)
        official = browser(session.get_one(Person, scene.operator.person_id))
    with database.read_only() as session:
        expected = [("buyer", "lead_time", 1), ("holder", "too_early", 1)]
        for actor in (scene.holder, scene.operator):
            found = reasons_counted(session, actor=actor)
            assert [(one.said_by, one.reason, one.count) for one in found] == expected
        assert reasons_counted(session, actor=scene.buyer) == []
        assert reasons_counted(session, actor=scene.stranger) == []
    assert "Thời gian giao không phù hợp" in holder.page("/vi/desk/enquiries?side=received")
    assert "Why holders declined" in official.page("/en/desk/enquiries?side=all")


def test_the_profile_tells_how_quickly_it_answers(
    scene: Scene, database: Database, browser: Callable[[Person | None], Browser]
) -> None:
    path = f"/vi/organisations/{scene.holder_organisation.slug}-{scene.holder_organisation.public_id}"
    for number in range(2):
        answered(database, scene, f"form-{number}", hours=4)
    assert "Thời gian trả lời hỏi giá" not in browser(None).page(path)
    answered(database, scene, "form-9", hours=6)
    assert "trong khoảng 4 giờ (trung vị của 3 lần trả lời trong một năm)" in browser(None).page(path)


def answered(database: Database, scene: Scene, key: str, *, hours: int) -> None:
    with database.unit_of_work() as session:
        number = ask(session, scene, form_key=f"asked-{key}").number
        decline(
            session,
            actor=scene.holder,
            number=number,
            data=DeclineInput(reason="too_early"),
            now=NOW + timedelta(hours=hours),
        )
