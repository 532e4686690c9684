"""Time: due, stale, archived, expired; one step in one run, one letter per person, statements that do not grow."""

import os
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.features.listings import work
from app.features.listings.files import add_file, keep_picture
from app.features.messages import delivery as _delivery  # noqa: F401 - registers the job that sends
from app.features.messages.rendering import render_letter
from app.integrations.storage import store_from
from app.jobs import JobContext, worker
from app.models import Job, JournalEntry, Listing, Membership
from tests import factories
from tests.factories import NOW
from tests.features.listings.conftest import Scene
from tests.integrations import sample_files
from tests.query_budget import count_queries

DAY = timedelta(days=1)


def context(scene: Scene, now: datetime) -> JobContext:
    return JobContext(database=scene.database, settings=scene.settings, job_id=scene.owner.id, attempt=1, now=now)


def add(scene: Scene, count: int = 1, **given: Any) -> list[str]:
    with scene.database.unit_of_work() as session:
        return [factories.listing(session, of=scene.organisation, **given).public_id for _ in range(count)]


def test_a_listing_ages_step_by_step(scene: Scene) -> None:
    (public_id,) = add(scene, confirm_due_at=NOW)
    at = NOW - timedelta(seconds=1)
    work.age_listings(context(scene, at), {})
    assert scene.row(public_id).state == "published"
    seen = []
    for days in (0, 1, 30, 31, 210, 211):
        work.age_listings(context(scene, NOW + days * DAY), {})
        seen.append(scene.row(public_id).state)
    assert seen == ["due", "due", "stale", "stale", "archived", "archived"]
    assert scene.moves(public_id) == ["fall_due", "demote", "archive"]
    assert scene.journal() == ["created", "fall_due", "demote", "archive"]
    assert scene.row(public_id).version == 4


def test_a_listing_found_late_has_its_time_from_then_on(scene: Scene) -> None:
    (public_id,) = add(scene, confirm_due_at=NOW - 300 * DAY)
    work.age_listings(context(scene, NOW), {})
    assert scene.row(public_id).state == "due"
    work.age_listings(context(scene, NOW + 28 * DAY), {})
    assert scene.row(public_id).state == "due"
    work.age_listings(context(scene, NOW + 29 * DAY), {})
    assert scene.row(public_id).state == "stale"


def test_what_has_passed_its_date_is_archived_from_any_public_state(scene: Scene) -> None:
    ids = [add(scene, kind="need", state=state, expires_at=NOW)[0] for state in ("published", "due", "stale")]
    (draft,) = add(scene, kind="need", state="draft", expires_at=NOW)
    work.age_listings(context(scene, NOW), {})
    assert {scene.row(one).state for one in ids} == {"archived"}
    assert scene.row(draft).state == "draft"
    with scene.database.read_only() as session:
        data = session.scalars(select(JournalEntry.data).where(JournalEntry.action == "archive")).all()
    assert data == [{"reason": "expired"}] * 3


def test_each_person_gets_one_letter_about_all_of_theirs(scene: Scene) -> None:
    with scene.database.unit_of_work() as session:
        colleague = factories.person(session)
        session.add(
            Membership(organisation_id=scene.organisation.id, person_id=colleague.id, role="editor", created_at=NOW)
        )
        factories.person(session)
    add(scene, 3, confirm_due_at=NOW)
    work.age_listings(context(scene, NOW), {})
    for _again in range(2):
        worker.run_due(scene.database, scene.settings, now=NOW)
    with scene.database.read_only() as session:
        letters = session.scalars(select(Job).where(Job.kind == "mail.send")).all()
    assert {one.payload["to"]["person_id"] for one in letters} == {str(scene.owner.id), str(colleague.id)}
    assert [(one.payload["template"], one.payload["context"]["count"]) for one in letters] == [("listing_due", 3)] * 2
    assert {one.state for one in letters} == {"done"}
    written = sorted(scene.settings.mail_folder.glob("*"))
    assert len(written) >= 2


def test_statements_do_not_grow_with_the_listings(scene: Scene) -> None:
    def cost(count: int) -> int:
        add(scene, count, confirm_due_at=NOW)
        with count_queries(scene.database) as sent:
            work.age_listings(context(scene, NOW), {})
        return len(sent)

    assert cost(2) == cost(40)


def test_more_than_a_batch_is_done_in_batches(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "BATCH", 3)
    add(scene, 8, confirm_due_at=NOW)
    work.age_listings(context(scene, NOW), {})
    with scene.database.read_only() as session:
        assert set(session.scalars(select(Listing.state))) == {"due"}


def test_a_listing_being_worked_on_waits_for_the_next_run(scene: Scene) -> None:
    held, free = add(scene, 2, confirm_due_at=NOW)
    with scene.database.unit_of_work() as session:
        session.scalars(select(Listing).where(Listing.public_id == held).with_for_update()).one()
        work.age_listings(context(scene, NOW), {})
    assert (scene.row(held).state, scene.row(free).state) == ("published", "due")
    work.age_listings(context(scene, NOW), {})
    assert scene.row(held).state == "due"


def test_files_that_no_listing_names_are_swept(scene: Scene) -> None:
    store = store_from(scene.settings)
    public_id = scene.draft()
    kept = keep_picture(store, sample_files.jpeg(400, 300), filename="a.jpg")
    with scene.database.unit_of_work() as session:
        add_file(session, actor=scene.mine, public_id=public_id, kept=kept, now=NOW)
    lost = keep_picture(store, sample_files.jpeg(500, 300), filename="b.jpg")
    secret = store.put("confidential", b"x", ending="txt")
    fresh = store.put("public", b"y", ending="txt")
    mine, forgotten = (list(map(_key, one.variants.values())) for one in (kept, lost))
    folder, two_days_ago = scene.settings.files_folder, (NOW - 2 * DAY).timestamp()
    for path in (*(folder / "public" / key for key in (*mine, *forgotten)), folder / "confidential" / secret):
        os.utime(path, (two_days_ago, two_days_ago))
    os.utime(folder / "public" / fresh, (NOW.timestamp(), NOW.timestamp()))
    work.sweep_files(context(scene, NOW), {})
    left = {path.relative_to(folder / "public").as_posix() for path in (folder / "public").glob("*/*/*")}
    assert left == {*mine, fresh}
    assert not list((folder / "confidential").glob("*/*/*"))


def _key(rendition: dict[str, Any]) -> str:
    return str(rendition["key"])


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize(
    "template",
    ["published", "returned", "suspended", "reinstated", "due", "stale", "archived", "expired"],
)
def test_letters_read_well_in_both_languages(template: str, locale: str, scene: Scene) -> None:
    context = {
        "title": "Máy sấy <b>",
        "public_id": "abc",
        "kind": "technology",
        "note": "Cần xem lại",
        "reasons": 2,
        "listings": [{"title": "Máy sấy <b>", "public_id": "abc"}],
        "count": 26,
        "more": 25,
    }
    letter = render_letter(
        template=f"listing_{template}", name="Lan", locale=locale, context=context, settings=scene.settings
    )
    assert "Máy sấy <b>" in letter.text
    assert "Máy sấy &lt;b&gt;" in letter.html
    assert f"http://testserver/{locale}/desk/listings/abc" in letter.text
    assert "\n\n\n" not in letter.text
    assert letter.subject
