"""Two people at one listing in the same moment, on real connections: one wins, the other is told."""

import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, TechmartError
from app.features.listings import commands
from app.features.listings.schemas import parse
from app.features.moderation import commands as moderation
from app.models import AuditEntry
from tests.factories import NOW
from tests.features.listings.conftest import Scene
from tests.features.listings.inputs import TECHNOLOGY


def at_once(scene: Scene, *acts: Callable[[Session], object]) -> list[type[BaseException] | None]:
    """Do all in threads that start together; what each raised, None for done."""
    barrier = threading.Barrier(len(acts))
    outcomes: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[Session], object]) -> None:
        barrier.wait()
        try:
            with scene.database.unit_of_work() as session:
                act(session)
        except TechmartError as fault:
            outcomes[place] = type(fault)

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
        assert not thread.is_alive()
    return outcomes


def test_two_approvals_at_once_publish_once(scene: Scene) -> None:
    public_id = scene.submitted()

    def approve(session: Session) -> None:
        moderation.approve(
            session, actor=scene.operator, public_id=public_id, version=None, settings=scene.settings, now=NOW
        )

    outcomes = at_once(scene, approve, approve, approve)
    assert outcomes.count(None) == 1
    assert all(issubclass(one, Conflict) for one in outcomes if one is not None)
    assert scene.moves(public_id) == ["create", "submit", "publish"]
    with scene.database.read_only() as session:
        assert len(session.scalars(select(AuditEntry)).all()) == 1
    assert scene.journal() == ["created", "submit", "publish"]


def test_a_withdrawal_during_approval_ends_withdrawn_or_not_published(scene: Scene) -> None:
    for _round in range(5):
        public_id = scene.submitted()

        def approve(session: Session, public_id: str = public_id) -> None:
            moderation.approve(
                session, actor=scene.operator, public_id=public_id, version=None, settings=scene.settings, now=NOW
            )

        def withdraw(session: Session, public_id: str = public_id) -> None:
            commands.withdraw(session, actor=scene.mine, public_id=public_id, reason="changed", now=NOW)

        approved, withdrawn = at_once(scene, approve, withdraw)
        assert withdrawn is None
        assert scene.row(public_id).state == "withdrawn"
        expected = ["create", "submit", *(["publish"] if approved is None else []), "withdraw"]
        assert scene.moves(public_id) == expected


def test_two_updates_at_once_lose_nothing_unnoticed(scene: Scene) -> None:
    public_id = scene.draft()

    def write(title: str) -> Callable[[Session], object]:
        data = parse(TECHNOLOGY | {"title": title})
        return lambda session: commands.update(
            session, actor=scene.mine, public_id=public_id, version=1, data=data, now=NOW
        )

    outcomes = at_once(scene, write("Một"), write("Hai"))
    assert sorted(one.__name__ if one else "" for one in outcomes) == ["", "StaleVersion"]
    assert scene.row(public_id).title == ("Một" if outcomes[0] is None else "Hai")
    assert scene.row(public_id).version == 2
