"""Two at once: signatures, a revocation against a reading, a fixing against a signature. Two connections each."""

from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database import Database
from app.errors import Conflict, Forbidden, MoveNotAllowed
from app.features.ndas.ending import revoke_nda, withdraw_nda
from app.features.ndas.gate import read_text
from app.features.ndas.schemas import NdaReasonInput
from app.features.ndas.work import expire
from app.models import AuditEntry, Nda, NdaSignature
from tests.factories import NOW
from tests.features.enquiries.test_races import second_while_first_is_open
from tests.features.ndas.scene import Scene, actions, fix, fixed, nda_of, opened, request, sign, signed_by_one

Step = Callable[[Session], object]
BECAUSE = NdaReasonInput(note="Không còn cần nữa")


def signatures(database: Database) -> list[str]:
    with database.read_only() as session:
        return sorted(session.scalars(select(NdaSignature.side)))


def reads(database: Database) -> int:
    with database.read_only() as session:
        return session.scalar(select(func.count()).where(AuditEntry.action == "read")) or 0


def test_both_sides_sign_at_once(database: Database, scene: Scene) -> None:
    number = fixed(database, scene)
    fault = second_while_first_is_open(
        database,
        lambda session: sign(session, scene, number, "recipient"),
        lambda session: sign(session, scene, number, "discloser"),
    )
    assert fault is None
    assert nda_of(database, number).state == "active"
    assert signatures(database) == ["discloser", "recipient"]
    assert actions(database) == ["request", "fix", "sign", "countersign"]


def test_two_owners_of_one_side_sign_at_once(database: Database, scene: Scene) -> None:
    number = fixed(database, scene)
    fault = second_while_first_is_open(
        database,
        lambda session: sign(session, scene, number, "recipient"),
        lambda session: sign(session, scene, number, "recipient", actor=scene.colleague),
    )
    assert isinstance(fault, Conflict)
    assert signatures(database) == ["recipient"]
    assert nda_of(database, number).state == "signed_by_one"


def test_one_person_signs_twice_at_once(database: Database, scene: Scene) -> None:
    number = fixed(database, scene)

    def signing(session: Session) -> None:
        sign(session, scene, number, "recipient")

    assert second_while_first_is_open(database, signing, signing) is None
    assert actions(database) == ["request", "fix", "sign"]


def test_the_text_is_fixed_anew_while_somebody_signs_the_old_one(database: Database, scene: Scene) -> None:
    number = fixed(database, scene)
    seen = nda_of(database, number).text_sha256
    fault = second_while_first_is_open(
        database,
        lambda session: fix(session, scene, number, secrecy_years=9),
        lambda session: sign(session, scene, number, "recipient", seen_sha256=seen),
    )
    assert isinstance(fault, Conflict)
    assert signatures(database) == []
    fault = second_while_first_is_open(
        database,
        lambda session: sign(session, scene, number, "recipient"),
        lambda session: fix(session, scene, number, secrecy_years=1),
    )
    assert isinstance(fault, MoveNotAllowed)
    assert signatures(database) == ["recipient"]


def test_a_revocation_first_then_a_reading(database: Database, scene: Scene) -> None:
    number = opened(database, scene)
    fault = second_while_first_is_open(
        database,
        lambda session: revoke_nda(session, actor=scene.owner, number=number, side="discloser", data=BECAUSE, now=NOW),
        lambda session: read_text(session, actor=scene.reader, number=number, now=NOW),
    )
    assert isinstance(fault, Forbidden)
    assert reads(database) == 0


def test_a_reading_first_then_the_revocation_waits_until_it_is_recorded(database: Database, scene: Scene) -> None:
    number = opened(database, scene)
    fault = second_while_first_is_open(
        database,
        lambda session: read_text(session, actor=scene.reader, number=number, now=NOW),
        lambda session: revoke_nda(session, actor=scene.owner, number=number, side="discloser", data=BECAUSE, now=NOW),
    )
    assert fault is None
    assert (reads(database), nda_of(database, number).state) == (1, "revoked")


def test_an_expiry_first_then_a_reading(database: Database, scene: Scene) -> None:
    number = opened(database, scene)
    nda_id = nda_of(database, number).id
    fault = second_while_first_is_open(
        database,
        lambda session: expire(session, nda_id=nda_id, now=NOW.replace(year=2028)),
        lambda session: read_text(session, actor=scene.reader, number=number, now=NOW),
    )
    assert isinstance(fault, Forbidden)
    assert reads(database) == 0


def test_a_withdrawal_while_the_owner_countersigns(database: Database, scene: Scene) -> None:
    number = signed_by_one(database, scene)
    fault = second_while_first_is_open(
        database,
        lambda session: withdraw_nda(session, actor=scene.reader, number=number, data=BECAUSE, now=NOW),
        lambda session: sign(session, scene, number, "discloser"),
    )
    assert isinstance(fault, MoveNotAllowed)
    assert (nda_of(database, number).state, signatures(database)) == ("withdrawn", ["recipient"])


def test_two_requests_of_one_firm_at_once(database: Database, scene: Scene) -> None:
    fault = second_while_first_is_open(
        database,
        lambda session: request(session, scene, form_key="one"),
        lambda session: request(session, scene, form_key="two"),
    )
    assert isinstance(fault, Conflict)
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Nda)) == 1
