"""The gate: readable only while an agreement is in force, by exactly those named, of exactly what was opened."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.database import Database
from app.errors import Conflict, Forbidden, NotFound, TechmartError
from app.features.listings import confidential
from app.features.moderation.commands import suspend
from app.features.ndas.disclosing import open_parts, tell_contact, tell_name
from app.features.ndas.ending import decline_nda, remove_reader, revoke_nda, withdraw_nda
from app.features.ndas.gate import read_file, read_text
from app.features.ndas.queries import nda_record
from app.features.ndas.schemas import NdaContactInput, NdaReasonInput
from app.features.ndas.work import expire
from app.identity import Actor
from app.models import AuditEntry, NdaDisclosure
from tests.factories import NOW
from tests.features.ndas.scene import (
    SECRET,
    Scene,
    actions,
    fixed,
    in_force,
    letters,
    nda_of,
    need_opened,
    opened,
    request,
    requested,
    sign,
    signed_by_one,
)

BECAUSE = NdaReasonInput(note="Không còn cần nữa")


def fault_of(database: Database, step: Any) -> type[TechmartError] | None:
    try:
        with database.unit_of_work() as session:
            step(session)
    except TechmartError as fault:
        return type(fault)
    return None


def reading(database: Database, number: str, file_id: str, actor: Actor, now: Any = NOW) -> tuple[Any, Any]:
    """What stands in the way of the text, and of the file; None where it is read."""
    return (
        fault_of(database, lambda session: read_text(session, actor=actor, number=number, now=now)),
        fault_of(database, lambda session: read_file(session, actor=actor, number=number, file_id=file_id, now=now)),
    )


def reads(database: Database) -> list[dict[str, Any]]:
    with database.read_only() as session:
        return [
            one.data
            for one in session.scalars(select(AuditEntry).where(AuditEntry.action == "read").order_by(AuditEntry.id))
        ]


def test_in_force_the_named_reader_reads_and_it_is_recorded(database: Database, scene: Scene) -> None:
    number = opened(database, scene)
    reader = replace(scene.reader, address="203.0.113.9")
    with database.unit_of_work() as session:
        text = read_text(session, actor=reader, number=number, now=NOW)
        file = read_file(session, actor=reader, number=number, file_id=scene.file_id, now=NOW)
    assert (text.text, text.reader_name) == (SECRET, "Trần Văn Đọc")
    assert file.file.filename == "ban-ve.pdf"
    with database.read_only() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "read").order_by(AuditEntry.id)).all()
        lines = nda_record(session, actor=scene.owner, number=number, now=NOW).reads
    assert [(one.actor_id, one.entity, one.address, one.at) for one in entries] == [
        (scene.reader_person.id, "nda", "203.0.113.9", NOW)
    ] * 2
    assert [one.data for one in entries] == [{"what": "text"}, {"what": "file", "file": scene.file_id}]
    assert [(one.reader, one.file, one.address) for one in lines] == [
        ("Trần Văn Đọc", "ban-ve.pdf", "203.0.113.9"),
        ("Trần Văn Đọc", "", "203.0.113.9"),
    ]


def _declined(database: Database, scene: Scene) -> str:
    number = signed_by_one(database, scene)
    with database.unit_of_work() as session:
        decline_nda(session, actor=scene.owner, number=number, data=BECAUSE, now=NOW)
    return number


def _withdrawn(database: Database, scene: Scene) -> str:
    number = fixed(database, scene)
    with database.unit_of_work() as session:
        withdraw_nda(session, actor=scene.reader, number=number, data=BECAUSE, now=NOW)
    return number


def _expired(database: Database, scene: Scene) -> str:
    number = opened(database, scene)
    with database.unit_of_work() as session:
        assert expire(session, nda_id=nda_of(database, number).id, now=NOW.replace(year=2028))
    return number


def _revoked(database: Database, scene: Scene) -> str:
    number = opened(database, scene)
    with database.unit_of_work() as session:
        revoke_nda(session, actor=scene.owner, number=number, side="discloser", data=BECAUSE, now=NOW)
    return number


@pytest.mark.parametrize("begin", [requested, fixed, signed_by_one, _declined, _withdrawn, _expired, _revoked])
def test_in_every_other_state_nobody_of_the_recipient_reads(database: Database, scene: Scene, begin: Any) -> None:
    number = begin(database, scene)
    for actor in (scene.reader, scene.colleague):
        assert reading(database, number, scene.file_id, actor) == (Forbidden, Forbidden)
    assert reads(database) == []


def test_parts_chosen_beforehand_stay_shut_until_both_signed(database: Database, scene: Scene) -> None:
    number = signed_by_one(database, scene)
    with database.unit_of_work() as session:
        open_parts(session, actor=scene.owner, number=number, text=True, file_ids=[scene.file_id], now=NOW)
    assert reading(database, number, scene.file_id, scene.reader) == (Forbidden, Forbidden)
    assert "nda_opened" not in [one[0] for one in letters(database)]
    with database.unit_of_work() as session:
        sign(session, scene, number, "discloser")
    assert reading(database, number, scene.file_id, scene.reader) == (None, None)


def test_the_last_day_counts_though_the_worker_is_late(database: Database, scene: Scene) -> None:
    number = opened(database, scene)
    last_evening = NOW.replace(year=2027, month=5, day=31, hour=16)
    assert reading(database, number, scene.file_id, scene.reader, last_evening) == (None, None)
    after_midnight = last_evening + timedelta(hours=2)
    assert reading(database, number, scene.file_id, scene.reader, after_midnight) == (Forbidden, Forbidden)
    assert nda_of(database, number).state == "active"


@pytest.mark.parametrize(
    ("who", "fault"), [("colleague", Forbidden), ("stranger", NotFound), ("operator", NotFound), ("owner", Forbidden)]
)
def test_nobody_but_those_named_reads_through_the_gate(
    database: Database, scene: Scene, who: str, fault: type[Exception]
) -> None:
    number = opened(database, scene)
    assert reading(database, number, scene.file_id, getattr(scene, who)) == (fault, fault)
    assert reads(database) == []


def test_a_program_never_reads(database: Database, scene: Scene) -> None:
    number = opened(database, scene)
    program = replace(scene.reader, scopes=frozenset({"enquiries:read", "listings:read"}))
    assert reading(database, number, scene.file_id, program) == (NotFound, NotFound)


def test_who_is_taken_off_or_left_the_firm_reads_no_more(database: Database, scene: Scene) -> None:
    number = opened(database, scene)
    left = replace(scene.reader, organisations={})
    elsewhere = replace(scene.reader, organisations=scene.stranger.organisations)
    for actor in (left, elsewhere):
        assert reading(database, number, scene.file_id, actor) == (NotFound, NotFound)
    with database.unit_of_work() as session:
        remove_reader(
            session,
            actor=scene.reader,
            number=number,
            side="recipient",
            person_id=scene.reader_person.id,
            now=NOW,
        )
    assert reading(database, number, scene.file_id, scene.reader) == (Forbidden, Forbidden)


def test_file_by_file(database: Database, scene: Scene) -> None:
    number = opened(database, scene)
    assert reading(database, number, scene.second_file_id, scene.reader) == (None, NotFound)
    assert reading(database, number, scene.need_file_id, scene.reader) == (None, NotFound)
    with database.unit_of_work() as session:
        open_parts(session, actor=scene.owner, number=number, text=False, file_ids=[scene.second_file_id], now=NOW)
    assert reading(database, number, scene.second_file_id, scene.reader) == (NotFound, None)
    assert reading(database, number, scene.file_id, scene.reader) == (NotFound, NotFound)
    with database.read_only() as session:
        rows = session.scalars(select(NdaDisclosure)).all()
    assert sorted((one.kind, one.closed_at is None) for one in rows) == [
        ("file", False),
        ("file", True),
        ("text", False),
    ]


def test_a_file_that_was_taken_off_is_gone_for_the_reader_too(database: Database, scene: Scene) -> None:
    number = opened(database, scene)
    with database.unit_of_work() as session:
        confidential.remove_file(
            session, actor=scene.owner, public_id=scene.listing.public_id, file_id=scene.file_id, now=NOW
        )
    assert reading(database, number, scene.file_id, scene.reader) == (None, NotFound)


def test_what_the_operator_took_down_is_shut(database: Database, scene: Scene) -> None:
    number = opened(database, scene)
    with database.unit_of_work() as session:
        suspend(session, actor=scene.operator, public_id=scene.listing.public_id, note="Bị phản ánh", now=NOW)
    assert reading(database, number, scene.file_id, scene.reader) == (Forbidden, Forbidden)
    with database.read_only() as session:
        assert nda_record(session, actor=scene.reader, number=number, now=NOW).files == ()


def test_opening_again_what_is_open_changes_and_tells_nothing(database: Database, scene: Scene) -> None:
    number = opened(database, scene)
    before = (actions(database), len(letters(database)))
    with database.unit_of_work() as session:
        open_parts(session, actor=scene.owner, number=number, text=True, file_ids=[scene.file_id], now=NOW)
    assert (actions(database), len(letters(database))) == before


def test_only_the_discloser_opens_and_only_while_the_agreement_lives(database: Database, scene: Scene) -> None:
    number = opened(database, scene)
    with pytest.raises(Forbidden), database.unit_of_work() as session:
        open_parts(session, actor=scene.reader, number=number, text=True, file_ids=[], now=NOW)
    with database.unit_of_work() as session:
        revoke_nda(session, actor=scene.reader, number=number, side="recipient", data=BECAUSE, now=NOW)
    with pytest.raises(Conflict), database.unit_of_work() as session:
        open_parts(session, actor=scene.owner, number=number, text=True, file_ids=[], now=NOW)


def test_an_anonymous_need_reveals_itself_in_its_order_by_its_owner_only(database: Database, scene: Scene) -> None:
    number = in_force(database, scene, about=scene.need)
    contact = NdaContactInput(contact="Bà Chủ, 0900 000 000")
    owner, reader = scene.owner, scene.reader

    def discloser() -> str | None:
        with database.read_only() as session:
            record = nda_record(session, actor=reader, number=number, now=NOW)
            return record.discloser.name if record.discloser else None

    def details(session: Any) -> None:
        open_parts(session, actor=owner, number=number, text=True, file_ids=[scene.need_file_id], now=NOW)

    def telling(session: Any) -> None:
        tell_contact(session, actor=owner, number=number, data=contact, now=NOW)

    assert fault_of(database, lambda session: tell_name(session, actor=reader, number=number, now=NOW)) is Forbidden
    assert fault_of(database, telling) is Conflict
    assert fault_of(database, details) is Conflict
    assert discloser() is None
    assert fault_of(database, lambda session: tell_name(session, actor=owner, number=number, now=NOW)) is None
    assert discloser() == "Viện Cơ điện Ẩn Mình"
    assert fault_of(database, details) is Conflict
    assert fault_of(database, telling) is None
    assert reading(database, number, scene.need_file_id, reader) == (NotFound, NotFound)
    assert fault_of(database, details) is None
    assert reading(database, number, scene.need_file_id, reader) == (None, None)


@pytest.mark.parametrize("begin", [requested, fixed, signed_by_one])
def test_before_it_is_in_force_an_anonymous_need_reveals_nothing(database: Database, scene: Scene, begin: Any) -> None:
    number = begin(database, scene, about=scene.need)
    assert fault_of(database, lambda session: tell_name(session, actor=scene.owner, number=number, now=NOW)) is Conflict
    nda = nda_of(database, number)
    assert "Ẩn Mình" not in (nda.text or "")


def test_letters_to_the_recipient_never_name_an_anonymous_owner(database: Database, scene: Scene) -> None:
    need_opened(database, scene)
    told = [context for _template, context in letters(database) if context["reader"] == "recipient"]
    assert len(told) == 14
    assert [one for one in told if "Ẩn Mình" in str(one)] == []


def test_a_named_listing_has_no_name_to_reveal(database: Database, scene: Scene) -> None:
    number = in_force(database, scene)
    assert fault_of(database, lambda session: tell_name(session, actor=scene.owner, number=number, now=NOW)) is Conflict


def test_a_new_agreement_opens_nothing_of_the_old_one(database: Database, scene: Scene) -> None:
    old = _revoked(database, scene)
    with database.unit_of_work() as session:
        new = request(session, scene, form_key="second").number
    assert new != old
    assert reading(database, new, scene.file_id, scene.reader) == (Forbidden, Forbidden)
