"""From asking for an agreement to its end: what each step does, and what a refused step leaves alone."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from app.database import Database
from app.errors import Conflict, Forbidden, Invalid, MoveNotAllowed, NotFound, RateLimited
from app.features.accounts.attempts import Refused
from app.features.ndas.commands import NDA_REQUESTS, request_nda
from app.features.ndas.ending import decline_nda, remove_reader, revoke_nda, withdraw_nda
from app.features.ndas.schemas import NdaReasonInput, NdaRequestInput
from app.features.ndas.texts import sha256_of
from app.features.ndas.work import expire, expire_past, tell_of_ending
from app.jobs import JobContext
from app.models import Membership, Nda, NdaHistory, NdaSignature
from app.settings import Settings
from tests.factories import NOW
from tests.features.ndas.scene import (
    UNTIL,
    Scene,
    actions,
    fix,
    fixed,
    in_force,
    letters,
    nda_of,
    request,
    requested,
    sign,
    signed_by_one,
)

BECAUSE = NdaReasonInput(note="Không còn cần nữa")


def test_asking_makes_an_agreement_that_opens_nothing_and_tells_both(database: Database, scene: Scene) -> None:
    number = requested(database, scene)
    nda = nda_of(database, number)
    assert number == "NDA-2026-000001"
    assert (nda.state, nda.anonymous, nda.text, nda.active_until) == ("requested", False, None, None)
    assert actions(database) == ["request"]
    assert [one[0] for one in letters(database)] == ["nda_requested"] * 3


def test_where_nobody_acts_for_the_discloser_the_operator_is_told(database: Database, scene: Scene) -> None:
    with database.unit_of_work() as session:
        session.execute(delete(Membership).where(Membership.organisation_id == scene.institute.id))
    requested(database, scene)
    assert [one[0] for one in letters(database)] == ["nda_requested", "nda_requested", "nda_unattended"]


def test_a_form_sent_twice_asks_once(database: Database, scene: Scene) -> None:
    assert requested(database, scene) == requested(database, scene)
    assert actions(database) == ["request"]


def test_one_agreement_about_a_listing_waits_at_a_time(database: Database, scene: Scene) -> None:
    requested(database, scene)
    with pytest.raises(Conflict) as fault, database.unit_of_work() as session:
        request(session, scene, form_key="another")
    assert fault.value.params == {"number": "NDA-2026-000001"}


@pytest.mark.parametrize("who", ["owner", "stranger", "operator"])
def test_nobody_asks_in_the_name_of_others(database: Database, scene: Scene, who: str) -> None:
    with pytest.raises(Forbidden), database.unit_of_work() as session:
        request_nda(
            session,
            actor=getattr(scene, who),
            listing_public_id=scene.listing.public_id,
            recipient_organisation_id=scene.firm.id,
            data=NdaRequestInput(purpose="Đánh giá để mua", readers=[scene.reader_person.id]),
            form_key="x",
            now=NOW,
        )
    assert actions(database) == []


def test_readers_are_members_and_own_listings_are_not_asked_about(database: Database, scene: Scene) -> None:
    wrong = NdaRequestInput(purpose="Đánh giá để mua", readers=[scene.stranger_person.id])
    with pytest.raises(Invalid) as fault, database.unit_of_work() as session:
        request_nda(
            session,
            actor=scene.reader,
            listing_public_id=scene.listing.public_id,
            recipient_organisation_id=scene.firm.id,
            data=wrong,
            form_key="x",
            now=NOW,
        )
    assert list(fault.value.fields) == ["readers"]
    with pytest.raises(Conflict), database.unit_of_work() as session:
        request_nda(
            session,
            actor=scene.owner,
            listing_public_id=scene.listing.public_id,
            recipient_organisation_id=scene.institute.id,
            data=NdaRequestInput(purpose="Đánh giá để mua", readers=[scene.owner_person.id]),
            form_key="x",
            now=NOW,
        )
    assert actions(database) == []


def test_an_organisation_asks_only_so_often_in_a_day(database: Database, scene: Scene) -> None:
    for place in range(NDA_REQUESTS.most):
        with database.unit_of_work() as session:
            number = request(session, scene, form_key=f"form-{place}").number
        with database.unit_of_work() as session:
            withdraw_nda(session, actor=scene.reader, number=number, data=BECAUSE, now=NOW)
    with pytest.raises(RateLimited), database.unit_of_work() as session:
        request(session, scene, form_key="one too many")
    with database.unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(Nda)) == NDA_REQUESTS.most


def test_fixing_keeps_the_exact_text_its_hash_and_the_template(database: Database, scene: Scene) -> None:
    nda = nda_of(database, fixed(database, scene))
    assert nda.state == "fixed"
    assert nda.text is not None
    assert nda.text_sha256 == sha256_of(nda.text)
    assert (nda.template_version, nda.language, nda.active_until) == ("2026-11", "vi", UNTIL)
    for named in (
        "Viện Cơ điện Ẩn Mình",
        "Công ty Nông sản Bàu Bàng, mã số thuế 3702345678",
        "Trần Văn Đọc",
        "31/05/2027",
    ):
        assert named in nda.text
    with database.read_only() as session:
        last = session.scalars(select(NdaHistory).where(NdaHistory.move == "fix")).one()
    assert last.reasons == {"sha256": nda.text_sha256, "template": "2026-11"}


def test_the_text_may_be_fixed_anew_until_somebody_signed(database: Database, scene: Scene) -> None:
    number = fixed(database, scene)
    first = nda_of(database, number).text_sha256
    with database.unit_of_work() as session:
        fix(session, scene, number, secrecy_years=5, language="en")
    second = nda_of(database, number)
    assert second.text_sha256 != first
    assert second.text is not None
    assert second.text.startswith("# Non-disclosure agreement no. NDA-2026-000001")
    with database.unit_of_work() as session:
        sign(session, scene, number, "recipient")
    with pytest.raises(MoveNotAllowed), database.unit_of_work() as session:
        fix(session, scene, number, secrecy_years=1)
    assert nda_of(database, number).text_sha256 == second.text_sha256


def test_fixing_the_same_text_again_changes_nothing(database: Database, scene: Scene) -> None:
    number = fixed(database, scene)
    with database.unit_of_work() as session:
        fix(session, scene, number)
    assert actions(database) == ["request", "fix"]


@pytest.mark.parametrize("day", [date(2026, 11, 23), date(2025, 1, 1), date(2040, 1, 1)])
def test_an_end_that_is_past_or_too_far_is_told_at_its_field(database: Database, scene: Scene, day: date) -> None:
    number = requested(database, scene)
    with pytest.raises(Invalid) as fault, database.unit_of_work() as session:
        fix(session, scene, number, active_until=day)
    assert list(fault.value.fields) == ["active_until"]
    assert nda_of(database, number).state == "requested"


def test_the_recipient_does_not_write_the_text(database: Database, scene: Scene) -> None:
    number = requested(database, scene)
    with pytest.raises(Forbidden), database.unit_of_work() as session:
        from app.features.ndas.commands import fix_nda_text
        from app.features.ndas.schemas import NdaTextInput

        fix_nda_text(
            session,
            actor=scene.reader,
            number=number,
            data=NdaTextInput(active_until=UNTIL),
            exchange="Techmart",
            now=NOW,
        )
    assert actions(database) == ["request"]


def test_the_second_signature_brings_it_into_force(database: Database, scene: Scene) -> None:
    number = in_force(database, scene)
    nda = nda_of(database, number)
    assert (nda.state, nda.activated_at) == ("active", NOW + timedelta(minutes=5))
    with database.read_only() as session:
        kept = session.scalars(select(NdaSignature).order_by(NdaSignature.signed_at)).all()
    assert [(one.side, one.typed_name, one.role, one.email) for one in kept] == [
        ("recipient", "Người Ký Tên", "Giám đốc", "doc@congty.test"),
        ("discloser", "Người Ký Tên", "Giám đốc", "chu@vien.test"),
    ]
    assert {one.text_sha256 for one in kept} == {nda.text_sha256}
    assert actions(database) == ["request", "fix", "sign", "countersign"]
    templates = [one[0] for one in letters(database)]
    assert {one: templates.count(one) for one in templates} == {
        "nda_requested": 3,
        "nda_fixed": 3,
        "nda_signed": 3,
        "nda_active": 3,
    }


def test_the_owner_may_sign_first(database: Database, scene: Scene) -> None:
    number = fixed(database, scene)
    with database.unit_of_work() as session:
        sign(session, scene, number, "discloser")
    assert nda_of(database, number).state == "signed_by_one"


def test_a_wrong_password_signs_nothing_and_is_counted(database: Database, scene: Scene) -> None:
    number = fixed(database, scene)
    for _ in range(10):
        with database.unit_of_work() as session:
            assert sign(session, scene, number, "recipient", password="sai rồi") == Refused("wrong")
    with database.unit_of_work() as session:
        refused = sign(session, scene, number, "recipient")
    assert isinstance(refused, Refused)
    assert refused.reason == "too_many"
    assert nda_of(database, number).state == "fixed"
    assert actions(database) == ["request", "fix"]


@pytest.mark.parametrize(
    ("who", "side", "given", "fault"),
    [
        ("reader", "discloser", {}, Forbidden),
        ("stranger", "recipient", {}, NotFound),
        ("reader", "recipient", {"seen_sha256": "0" * 64}, Conflict),
        ("reader", "recipient", {"now": NOW.replace(year=2028)}, Conflict),
    ],
)
def test_signatures_that_do_not_count(
    database: Database, scene: Scene, who: str, side: Any, given: dict[str, Any], fault: type[Exception]
) -> None:
    number = fixed(database, scene)
    with pytest.raises(fault), database.unit_of_work() as session:
        sign(session, scene, number, side, actor=getattr(scene, who), **given)
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(NdaSignature)) == 0


def test_only_an_owner_of_the_organisation_signs(database: Database, scene: Scene) -> None:
    from dataclasses import replace

    number = fixed(database, scene)
    editor = replace(scene.reader, organisations={scene.firm.id: "editor"})
    with pytest.raises(Forbidden), database.unit_of_work() as session:
        sign(session, scene, number, "recipient", actor=editor)
    program = replace(scene.reader, scopes=frozenset({"enquiries:write"}))
    with pytest.raises(Forbidden), database.unit_of_work() as session:
        sign(session, scene, number, "recipient", actor=program)
    assert nda_of(database, number).state == "fixed"


def test_signing_twice_is_signing_once_and_a_colleague_is_told(database: Database, scene: Scene) -> None:
    number = signed_by_one(database, scene)
    with database.unit_of_work() as session:
        sign(session, scene, number, "recipient")
    with pytest.raises(Conflict), database.unit_of_work() as session:
        sign(session, scene, number, "recipient", actor=scene.colleague)
    assert actions(database) == ["request", "fix", "sign"]


def test_nothing_is_signed_before_there_is_a_text(database: Database, scene: Scene) -> None:
    number = requested(database, scene)
    with pytest.raises(MoveNotAllowed), database.unit_of_work() as session:
        sign(session, scene, number, "recipient")


@pytest.mark.parametrize("begin", [requested, fixed, signed_by_one])
def test_before_it_is_in_force_the_owner_declines_and_the_recipient_withdraws(
    database: Database, scene: Scene, begin: Any
) -> None:
    number = begin(database, scene)
    with pytest.raises(Forbidden), database.unit_of_work() as session:
        decline_nda(session, actor=scene.reader, number=number, data=BECAUSE, now=NOW)
    with database.unit_of_work() as session:
        decline_nda(session, actor=scene.owner, number=number, data=BECAUSE, now=NOW)
        decline_nda(session, actor=scene.owner, number=number, data=BECAUSE, now=NOW)
    nda = nda_of(database, number)
    assert (nda.state, nda.closed_at) == ("declined", NOW)
    with pytest.raises(MoveNotAllowed), database.unit_of_work() as session:
        withdraw_nda(session, actor=scene.reader, number=number, data=BECAUSE, now=NOW)
    assert actions(database).count("decline") == 1


@pytest.mark.parametrize(("who", "side"), [("owner", "discloser"), ("reader", "recipient")])
def test_either_side_ends_it_and_says_why(database: Database, scene: Scene, who: str, side: Any) -> None:
    number = in_force(database, scene)
    with database.unit_of_work() as session:
        revoke_nda(session, actor=getattr(scene, who), number=number, side=side, data=BECAUSE, now=NOW)
    nda = nda_of(database, number)
    assert (nda.state, nda.closed_at) == ("revoked", NOW)
    with database.read_only() as session:
        last = session.scalars(select(NdaHistory).where(NdaHistory.move == "revoke")).one()
    assert (last.note, last.reasons) == ("Không còn cần nữa", {"by": side})
    assert [one[1]["by"] for one in letters(database) if one[0] == "nda_revoked"] == [side] * 3


def test_it_ends_after_its_last_day_and_a_word_comes_before(
    database: Database, scene: Scene, settings: Settings
) -> None:
    number = in_force(database, scene)
    nda_id = nda_of(database, number).id
    late_on_the_last_day = NOW.replace(year=2027, month=5, day=31, hour=16)
    with database.unit_of_work() as session:
        assert expire(session, nda_id=nda_id, now=late_on_the_last_day) is False

    def worker_at(now: datetime) -> None:
        context = JobContext(database=database, settings=settings, job_id=nda_id, attempt=1, now=now)
        tell_of_ending(context, {})
        expire_past(context, {})

    worker_at(late_on_the_last_day - timedelta(days=15))
    assert "nda_ending" not in [one[0] for one in letters(database)]
    worker_at(late_on_the_last_day - timedelta(days=10))
    worker_at(late_on_the_last_day - timedelta(days=8))
    assert [one[0] for one in letters(database)].count("nda_ending") == 3
    # 17:00 in UTC is midnight here.
    worker_at(late_on_the_last_day + timedelta(hours=2))
    assert nda_of(database, number).state == "expired"
    assert [one[0] for one in letters(database)].count("nda_expired") == 3
    assert actions(database)[-1] == "expire"


def test_either_side_takes_a_reader_off(database: Database, scene: Scene) -> None:
    number = in_force(database, scene)
    with database.unit_of_work() as session:
        for _ in range(2):
            remove_reader(
                session,
                actor=scene.owner,
                number=number,
                side="discloser",
                person_id=scene.reader_person.id,
                now=NOW,
            )
    assert actions(database).count("reader_removed") == 1
    with pytest.raises(NotFound), database.unit_of_work() as session:
        remove_reader(
            session,
            actor=scene.reader,
            number=number,
            side="recipient",
            person_id=scene.stranger_person.id,
            now=NOW,
        )
