"""The life of a listing by commands: what each does, and that a refused one does nothing."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.errors import Conflict, Forbidden, Invalid, MoveNotAllowed, NotFound, StaleVersion
from app.features.listings import commands, queries
from app.features.listings.schemas import parse
from app.features.moderation import commands as moderation
from app.identity import Actor
from app.models import AuditEntry, Job, JournalEntry, Listing
from tests.factories import NOW
from tests.features.listings.conftest import Scene
from tests.features.listings.inputs import NEED, PATENT, TECHNOLOGY


def test_from_draft_to_the_public_and_back(scene: Scene) -> None:
    public_id = scene.submitted()
    with scene.database.unit_of_work() as session:
        row = moderation.approve(
            session, actor=scene.operator, public_id=public_id, version=2, settings=scene.settings, now=NOW
        )
        assert (row.state, row.published_at, row.confirmed_at) == ("published", NOW, NOW)
        assert row.confirm_due_at == NOW + timedelta(days=scene.settings.confirm_after_days)
    later = NOW + timedelta(days=100)
    with scene.database.unit_of_work() as session:
        commands.confirm(session, actor=scene.mine, public_id=public_id, settings=scene.settings, now=later)
    assert scene.row(public_id).confirmed_at == later
    with scene.database.unit_of_work() as session:
        commands.withdraw(session, actor=scene.mine, public_id=public_id, reason="sold", now=later)
    with scene.database.unit_of_work() as session:
        commands.reopen(session, actor=scene.mine, public_id=public_id, now=later)
    assert scene.row(public_id).state == "draft"
    assert scene.moves(public_id) == ["create", "submit", "publish", "confirm", "withdraw", "reopen"]
    assert scene.journal() == ["created", "submit", "publish", "confirm", "withdraw", "reopen"]
    with scene.database.read_only() as session:
        withdrawn = session.scalars(select(JournalEntry).where(JournalEntry.action == "withdraw")).one()
        assert withdrawn.data == {"reason": "sold"}
        audited = session.scalars(select(AuditEntry)).one()
        assert (audited.action, audited.actor_id) == ("publish", scene.operator.person_id)
        letter = session.scalars(select(Job).where(Job.kind == "mail.send")).one()
        assert letter.payload["template"] == "listing_published"


def test_reasons_of_a_return_stand_at_their_fields(scene: Scene) -> None:
    public_id = scene.submitted()
    with scene.database.unit_of_work() as session:
        moderation.return_for_changes(
            session,
            actor=scene.operator,
            public_id=public_id,
            version=2,
            reasons={"benefit": " Thiếu con số ", "details.problem": "Nói rõ ai gặp", "summary": "  "},
            now=NOW,
        )
    with scene.database.read_only() as session:
        row = queries.find(session, actor=scene.mine, public_id=public_id)
        last = queries.history(session, actor=scene.mine, listing=row)[-1]
    assert (row.state, last.move) == ("returned", "return")
    assert last.reasons == {"benefit": "Thiếu con số", "details.problem": "Nói rõ ai gặp"}
    with scene.database.unit_of_work() as session:
        commands.submit(session, actor=scene.mine, public_id=public_id, version=3, now=NOW)
    assert scene.row(public_id).state == "submitted"


@pytest.mark.parametrize(
    ("reasons", "note"), [({}, ""), ({"nothing": "x"}, ""), ({"title": "x" * 1001}, ""), ({"title": " "}, " ")]
)
def test_a_return_without_a_usable_reason_is_refused(reasons: dict[str, str], note: str, scene: Scene) -> None:
    public_id = scene.submitted()
    before = scene.traces()
    with pytest.raises(Invalid), scene.database.unit_of_work() as session:
        moderation.return_for_changes(
            session, actor=scene.operator, public_id=public_id, version=2, reasons=reasons, note=note, now=NOW
        )
    assert scene.traces() == before


def test_update_writes_only_what_differs(scene: Scene) -> None:
    public_id = scene.draft()
    before = scene.traces()
    with scene.database.unit_of_work() as session:
        commands.update(session, actor=scene.mine, public_id=public_id, version=1, data=parse(TECHNOLOGY), now=NOW)
    assert scene.traces() == before
    changed = TECHNOLOGY | {"title": "Máy sấy 50 kW", "classifications": ["vsic:C", "ipc:F26B"]}
    with scene.database.unit_of_work() as session:
        row = commands.update(session, actor=scene.mine, public_id=public_id, version=1, data=parse(changed), now=NOW)
        assert (row.version, row.slug, row.recheck_since) == (2, "may-say-50-kw", None)
    with pytest.raises(StaleVersion), scene.database.unit_of_work() as session:
        commands.update(session, actor=scene.mine, public_id=public_id, version=1, data=parse(TECHNOLOGY), now=NOW)


def test_a_public_listing_stays_complete_and_is_looked_at_again(scene: Scene) -> None:
    public_id = scene.published()
    before = scene.traces()
    with pytest.raises(Invalid) as caught, scene.database.unit_of_work() as session:
        bare = parse(TECHNOLOGY | {"description": ""})
        commands.update(session, actor=scene.mine, public_id=public_id, version=None, data=bare, now=NOW)
    assert set(caught.value.fields) == {"description"}
    assert scene.traces() == before
    with scene.database.unit_of_work() as session:
        data = parse(TECHNOLOGY | {"benefit": "Giảm 45 % điện"})
        row = commands.update(session, actor=scene.mine, public_id=public_id, version=None, data=data, now=NOW)
        assert (row.state, row.recheck_since) == ("published", NOW)
    with scene.database.unit_of_work() as session:
        version = scene.row(public_id).version
        moderation.mark_checked(session, actor=scene.operator, public_id=public_id, version=version, now=NOW)
    assert scene.row(public_id).recheck_since is None


def test_a_submitted_listing_is_not_changed_under_the_reviewers_eyes(scene: Scene) -> None:
    public_id = scene.submitted()
    before = scene.traces()
    with pytest.raises(Conflict), scene.database.unit_of_work() as session:
        data = parse(TECHNOLOGY | {"title": "Khác"})
        commands.update(session, actor=scene.mine, public_id=public_id, version=None, data=data, now=NOW)
    assert scene.traces() == before
    with scene.database.unit_of_work() as session:
        commands.recall(session, actor=scene.mine, public_id=public_id, now=NOW)
    with pytest.raises(MoveNotAllowed), scene.database.unit_of_work() as session:
        moderation.approve(
            session, actor=scene.operator, public_id=public_id, version=None, settings=scene.settings, now=NOW
        )


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"region": "Atlantis"}, "region"),
        ({"classifications": ["vsic:ZZ"]}, "classifications"),
        ({"classifications": ["mine:1"]}, "classifications"),
    ],
)
def test_places_and_codes_are_those_of_the_tables(data: dict[str, Any], path: str, scene: Scene) -> None:
    before = scene.traces()
    with pytest.raises(Invalid) as caught:
        scene.draft(TECHNOLOGY | data)
    assert set(caught.value.fields) == {path}
    assert scene.traces() == before


def test_former_names_and_spellings_of_codes_are_understood(scene: Scene) -> None:
    public_id = scene.draft(TECHNOLOGY | {"region": "Bình Dương", "classifications": ["ipc:f26b 3/06", "vsic:c"]})
    with scene.database.read_only() as session:
        shown = queries.detail(session, actor=scene.mine, public_id=public_id)
    assert shown.region == "79"
    assert [(one.scheme, one.code) for one in shown.classifications] == [("ipc", "F26B 3/06"), ("vsic", "C")]


def test_an_organisations_own_id_is_unique_there(scene: Scene) -> None:
    scene.draft(TECHNOLOGY | {"external_id": "A-1"})
    other = scene.draft(TECHNOLOGY | {"external_id": "A-2"})
    with pytest.raises(Invalid), scene.database.unit_of_work() as session:
        data = parse(TECHNOLOGY | {"external_id": "A-1"})
        commands.update(session, actor=scene.mine, public_id=other, version=None, data=data, now=NOW)
    with pytest.raises(Invalid):
        scene.draft(TECHNOLOGY | {"external_id": "A-2"})


def test_the_spelling_of_a_number_survives_saving_the_form(scene: Scene) -> None:
    details = PATENT["details"] | {"grant_number": "26606"}
    public_id = scene.draft(PATENT | {"details": details})
    normal = details | {"grant_number": "1-0026606"}
    with scene.database.unit_of_work() as session:
        data = parse(PATENT | {"title": "Khác", "details": normal})
        row = commands.update(session, actor=scene.mine, public_id=public_id, version=None, data=data, now=NOW)
    assert row.details["as_given"] == {"grant_number": "26606"}


def test_a_need_is_shown_until_the_end_of_its_last_day(scene: Scene) -> None:
    public_id = scene.published(NEED)
    expires = scene.row(public_id).expires_at
    assert expires is not None
    assert expires.isoformat() == "2027-03-31T17:00:00+00:00"
    late = expires + timedelta(hours=1)
    with pytest.raises(Conflict), scene.database.unit_of_work() as session:
        commands.confirm(session, actor=scene.mine, public_id=public_id, settings=scene.settings, now=late)


@pytest.mark.parametrize(("reason", "note"), [("", ""), ("gone", ""), ("other", " "), ("sold", "x" * 2001)])
def test_a_withdrawal_says_why(reason: str, note: str, scene: Scene) -> None:
    public_id = scene.published()
    before = scene.traces()
    with pytest.raises(Invalid), scene.database.unit_of_work() as session:
        commands.withdraw(session, actor=scene.mine, public_id=public_id, reason=reason, note=note, now=NOW)
    assert scene.traces() == before


def test_suspension_and_reinstatement(scene: Scene) -> None:
    public_id = scene.published()
    with pytest.raises(Invalid), scene.database.unit_of_work() as session:
        moderation.suspend(session, actor=scene.operator, public_id=public_id, note="", now=NOW)
    with scene.database.unit_of_work() as session:
        moderation.suspend(session, actor=scene.operator, public_id=public_id, note="Bị khiếu nại", now=NOW)
    with pytest.raises(NotFound), scene.database.read_only() as session:
        queries.detail(session, public_id=public_id)
    with scene.database.unit_of_work() as session:
        moderation.reinstate(session, actor=scene.operator, public_id=public_id, now=NOW)
    with scene.database.read_only() as session:
        assert queries.detail(session, public_id=public_id).state == "published"
        acts = session.scalars(select(AuditEntry.action).order_by(AuditEntry.at, AuditEntry.id)).all()
    assert sorted(acts) == ["publish", "reinstate", "suspend"]


COMMANDS: dict[str, Any] = {
    "update": lambda s, a, p, x: commands.update(
        s, actor=a, public_id=p, version=None, data=parse(TECHNOLOGY), now=NOW
    ),
    "submit": lambda s, a, p, x: commands.submit(s, actor=a, public_id=p, version=None, now=NOW),
    "recall": lambda s, a, p, x: commands.recall(s, actor=a, public_id=p, now=NOW),
    "withdraw": lambda s, a, p, x: commands.withdraw(s, actor=a, public_id=p, reason="sold", now=NOW),
    "archive": lambda s, a, p, x: commands.archive(s, actor=a, public_id=p, now=NOW),
    "confirm": lambda s, a, p, x: commands.confirm(s, actor=a, public_id=p, settings=x, now=NOW),
    "reopen": lambda s, a, p, x: commands.reopen(s, actor=a, public_id=p, now=NOW),
}
REVIEWS: dict[str, Any] = {
    "approve": lambda s, a, p, x: moderation.approve(s, actor=a, public_id=p, version=None, settings=x, now=NOW),
    "return": lambda s, a, p, x: moderation.return_for_changes(
        s, actor=a, public_id=p, version=None, reasons={"title": "x"}, now=NOW
    ),
    "suspend": lambda s, a, p, x: moderation.suspend(s, actor=a, public_id=p, note="x", now=NOW),
    "reinstate": lambda s, a, p, x: moderation.reinstate(s, actor=a, public_id=p, now=NOW),
    "checked": lambda s, a, p, x: moderation.mark_checked(s, actor=a, public_id=p, version=3, now=NOW),
}


@pytest.mark.parametrize("name", [*COMMANDS, *REVIEWS])
@pytest.mark.parametrize("state", ["draft", "published"])
def test_nobody_acts_on_what_is_not_theirs(name: str, state: str, scene: Scene) -> None:
    """Strangers know nothing of a draft (404) and may not touch what is public (403); nor may a reading token."""
    public_id = scene.draft() if state == "draft" else scene.published()
    act = (COMMANDS | REVIEWS)[name]
    reading = Actor(
        person_id=scene.mine.person_id, organisations=scene.mine.organisations, scopes=frozenset({"listings:read"})
    )
    before = scene.traces()
    refusal = Forbidden if name in REVIEWS or state == "published" else NotFound
    with pytest.raises(refusal), scene.database.unit_of_work() as session:
        act(session, scene.stranger, public_id, scene.settings)
    with pytest.raises(Forbidden), scene.database.unit_of_work() as session:
        act(session, reading, public_id, scene.settings)
    if name in COMMANDS:
        with pytest.raises(Forbidden), scene.database.unit_of_work() as session:
            act(session, scene.operator, public_id, scene.settings)
    assert scene.traces() == before


def test_nobody_drafts_for_another_organisation(scene: Scene) -> None:
    before = scene.traces()
    with pytest.raises(Forbidden), scene.database.unit_of_work() as session:
        commands.create_draft(
            session,
            actor=scene.stranger,
            organisation_id=scene.organisation.id,
            data=parse(TECHNOLOGY),
            settings=scene.settings,
            now=NOW,
        )
    assert scene.traces() == before
    with scene.database.read_only() as session:
        assert session.scalars(select(Listing)).all() == []
