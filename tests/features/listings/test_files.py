"""Pictures and documents of a listing, and the confidential part: who puts, who reads, what is refused."""

from typing import Any

import pytest
from sqlalchemy import select

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.features.listings import commands, confidential, files, queries
from app.features.listings.schemas import parse
from app.identity import ANONYMOUS, Actor
from app.integrations.storage import store_from
from app.models import JournalEntry, ListingConfidential
from tests.factories import NOW
from tests.features.listings.conftest import Scene
from tests.features.listings.inputs import NEED
from tests.integrations import sample_files


def put(scene: Scene, public_id: str, *, actor: Actor | None = None, **given: Any) -> str:
    kept = files.keep_picture(store_from(scene.settings), sample_files.jpeg(400, 300), filename="a.jpg")
    with scene.database.unit_of_work() as session:
        return files.add_file(
            session, actor=actor or scene.mine, public_id=public_id, kept=kept, now=NOW, **given
        ).public_id


def shown(scene: Scene, public_id: str, actor: Actor | None = None) -> list[str]:
    with scene.database.read_only() as session:
        detail = queries.detail(session, actor=actor or scene.mine, public_id=public_id)
        return [one.public_id for one in (*detail.pictures, *detail.documents)]


def test_files_are_added_ordered_and_taken_off(scene: Scene) -> None:
    public_id = scene.draft()
    first, second, third = (put(scene, public_id, caption=f"Ảnh {n}") for n in range(3))
    assert shown(scene, public_id) == [first, second, third]
    with scene.database.unit_of_work() as session:
        files.order_files(session, actor=scene.mine, public_id=public_id, file_ids=[third, first, second], now=NOW)
    assert shown(scene, public_id) == [third, first, second]
    with scene.database.unit_of_work() as session:
        files.remove_file(session, actor=scene.mine, public_id=public_id, file_id=third, now=NOW)
    assert shown(scene, public_id) == [first, second]
    assert scene.row(public_id).version == 6
    with pytest.raises(Invalid), scene.database.unit_of_work() as session:
        files.order_files(session, actor=scene.mine, public_id=public_id, file_ids=[third, first], now=NOW)
    with pytest.raises(NotFound), scene.database.unit_of_work() as session:
        files.remove_file(session, actor=scene.mine, public_id=public_id, file_id=third, now=NOW)
    with pytest.raises(NotFound), scene.database.read_only() as session:
        files.public_file(session, actor=scene.mine, file_id=third)


def test_only_the_owner_puts_files_and_only_while_it_may_be_changed(scene: Scene) -> None:
    public_id = scene.submitted()
    before = scene.traces()
    refusals: list[tuple[Actor, type[Exception]]] = [
        (scene.stranger, NotFound),
        (ANONYMOUS, NotFound),
        (scene.operator, Forbidden),
        (scene.mine, Conflict),
    ]
    for actor, refusal in refusals:
        with pytest.raises(refusal):
            put(scene, public_id, actor=actor)
    assert scene.traces() == before


def test_there_is_a_most(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_PICTURES", 2)
    public_id = scene.draft()
    put(scene, public_id)
    put(scene, public_id)
    with pytest.raises(Invalid):
        put(scene, public_id)


def test_a_needs_documents_lose_name_and_author_and_must_not_name_its_organisation(scene: Scene) -> None:
    public_id = scene.draft(NEED)
    store = store_from(scene.settings)
    plain = files.keep_document(store, sample_files.pdf("Yeu cau"), filename="Co dien Minh Long.pdf", strip=True)
    with scene.database.unit_of_work() as session:
        made = files.add_file(session, actor=scene.mine, public_id=public_id, kept=plain, now=NOW)
    assert made.filename == "tai-lieu-1.pdf"
    with store.open("public", made.storage_key) as stream:
        assert b"Minh Long" not in stream.read()
    named = files.keep_document(store, sample_files.pdf("Co dien Minh Long"), filename="x.pdf", strip=True)
    with pytest.raises(Invalid) as caught, scene.database.unit_of_work() as session:
        files.add_file(session, actor=scene.mine, public_id=public_id, kept=named, now=NOW)
    assert set(caught.value.fields) == {"document"}
    with pytest.raises(Invalid), scene.database.unit_of_work() as session:
        files.caption_file(
            session, actor=scene.mine, public_id=public_id, file_id=made.public_id, caption="Cơ điện Minh Long", now=NOW
        )


def test_a_public_needs_document_is_remembered_when_it_turns_anonymous(scene: Scene) -> None:
    public_id = scene.draft(NEED | {"visibility": "public"})
    named = files.keep_document(
        store_from(scene.settings), sample_files.pdf("Co dien Minh Long"), filename="x.pdf", strip=True
    )
    with scene.database.unit_of_work() as session:
        made = files.add_file(session, actor=scene.mine, public_id=public_id, kept=named, now=NOW)
    with scene.database.unit_of_work() as session:
        commands.update(session, actor=scene.mine, public_id=public_id, version=None, data=parse(NEED), now=NOW)
    with pytest.raises(Invalid) as caught, scene.database.unit_of_work() as session:
        commands.submit(session, actor=scene.mine, public_id=public_id, version=None, now=NOW)
    assert set(caught.value.fields) == {f"files.{made.public_id}"}


def test_the_confidential_part_is_its_own_organisations(scene: Scene) -> None:
    public_id = scene.published()
    store = store_from(scene.settings)
    with scene.database.unit_of_work() as session:
        confidential.set_text(session, actor=scene.mine, public_id=public_id, text="Bí quyết: 62 °C", now=NOW)
    kept = confidential.keep_file(store, sample_files.pdf("secret"), filename="bi-mat.pdf")
    with scene.database.unit_of_work() as session:
        made = confidential.add_file(session, actor=scene.mine, public_id=public_id, kept=kept, now=NOW)
    with scene.database.read_only() as session:
        row = queries.find(session, actor=scene.mine, public_id=public_id)
        part = queries.confidential(session, actor=scene.mine, listing=row)
        assert (part.text, [one.public_id for one in part.files]) == ("Bí quyết: 62 °C", [made.public_id])
        token = Actor(
            person_id=scene.mine.person_id, organisations=scene.mine.organisations, scopes=frozenset({"listings:write"})
        )
        for reader in (ANONYMOUS, scene.stranger, scene.operator, token):
            with pytest.raises(Forbidden):
                queries.confidential(session, actor=reader, listing=row)
            with pytest.raises(NotFound):
                confidential.file(session, actor=reader, file_id=made.public_id)
        noted = session.scalars(select(JournalEntry).where(JournalEntry.action == "confidential_changed")).all()
        assert [one.data for one in noted] == [{}, {}]
    before = scene.traces()
    for writer in (scene.stranger, scene.operator, token):
        with pytest.raises(Forbidden), scene.database.unit_of_work() as session:
            confidential.set_text(session, actor=writer, public_id=public_id, text="x", now=NOW)
    assert scene.traces() == before
    with scene.database.unit_of_work() as session:
        confidential.remove_file(session, actor=scene.mine, public_id=public_id, file_id=made.public_id, now=NOW)
        assert session.scalars(select(ListingConfidential.text)).all() == ["Bí quyết: 62 °C"]
