"""Letters: what goes into one, to whom, in which words, and that none goes out twice."""

import email
import email.policy
import re
import smtplib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.database import Database
from app.features.alerts.commands import (
    delete,
    follow_listing,
    follow_organisation,
    pause,
    set_hours,
    set_rhythm,
    stop_letter,
)
from app.features.alerts.schemas import Following, HoursInput
from app.features.alerts.work import sweep, write_letters
from app.features.messages import delivery as _delivery  # noqa: F401 - registers the job that sends letters
from app.integrations.mail import HandoverUnclear, Letter, StoredMail, stored_mails
from app.jobs.registry import JobContext
from app.jobs.worker import run_due
from app.models import Alert, AlertLetter, Job, Listing, MailHandover, Person, Subscription
from app.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.features.alerts.given import LATER, appears, changes, notice_all, of, saved

SOON = LATER + timedelta(minutes=5)
NEXT_MORNING = NOW.replace(day=24, hour=1)


def post(database: Database, settings: Settings, *, now: datetime = SOON) -> list[StoredMail]:
    """Have the worker write and send what is due at that moment; all letters there are, the newest first."""
    write_letters(JobContext(database, settings, UUID(int=1), 1, now), {})
    run_due(database, settings, now=now)
    return stored_mails(settings.mail_folder)


def headers_of(settings: Settings, mail: StoredMail) -> Any:
    raw = (settings.mail_folder / f"{mail.name}.eml").read_bytes()
    return email.message_from_bytes(raw, policy=email.policy.default)


def token_in(mail: StoredMail) -> str:
    return str(re.findall(r"/alerts/stop/([\w-]{43})", mail.text)[0])


def test_one_letter_tells_everything_that_is_due_once(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session, email="an@example.test", name="Lê An")
        firm = factories.organisation(session, name="Công ty Cơ khí Bến Cát")
        need = appears(session, firm, at=NOW, kind="need", title="Cần máy sấy 5 tấn mỗi mẻ")
        search = saved(session, person, "q=may+say+lua", name="máy sấy lúa")
        follow_listing(session, actor=of(person), public_id=need.public_id, data=Following(rhythm="at_once"), now=NOW)
        follow_organisation(
            session, actor=of(person), public_id=firm.public_id, data=Following(rhythm="weekly"), now=NOW
        )
        one = appears(session, firm, title="Máy sấy lúa tầng sôi", trl=8)
        changes(session, need, "updated", trl=None)
    notice_all(database)
    assert post(database, settings, now=LATER) == []
    (mail,) = post(database, settings)
    assert (mail.to, mail.subject) == ("Lê An <an@example.test>", "2 điều mới về những gì bạn theo dõi")
    assert "Tìm kiếm “máy sấy lúa”" in mail.text
    assert "• Máy sấy lúa tầng sôi\nCông nghệ · TRL 8 · Công ty Cơ khí Bến Cát\n" in mail.text
    assert f"\nhttp://testserver/vi/listings/{one.slug}-{one.public_id}\n" in mail.text
    assert "Vừa được sửa: Cần máy sấy 5 tấn mỗi mẻ" in mail.text
    assert "http://testserver/vi/search?q=may+say+lua&sort=newest" in mail.text
    assert "– lưu tìm kiếm “máy sấy lúa” ngày 23/11/2026" in mail.text
    assert "Tổ chức Công ty Cơ khí Bến Cát" not in mail.text
    with database.read_only() as session:
        assert session.get_one(Subscription, search.id).last_told_at == SOON
    # Neither another round, nor the entries read again, nor the next day tell it again.
    notice_all(database)
    assert len(post(database, settings, now=SOON + timedelta(minutes=10))) == 1
    letters = post(database, settings, now=NOW.replace(day=30, hour=1))
    assert len(letters) == 2
    assert "Tổ chức Công ty Cơ khí Bến Cát" in letters[0].text
    assert "Tìm kiếm" not in letters[0].text
    assert letters[0].text.count("• ") == 2


def test_it_can_be_answered_and_unsubscribed_by_one_click(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        saved(session, person, "q=may+say")
        appears(session, factories.organisation(session))
    notice_all(database)
    (mail,) = post(database, settings)
    message = headers_of(settings, mail)
    token = token_in(mail)
    assert message["List-Unsubscribe"] == f"<http://testserver/vi/alerts/stop/{token}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Reply-To"] == "lienhe@techmart.example"
    raw = (settings.mail_folder / f"{mail.name}.eml").read_bytes().replace(b"\r\n ", b" ")
    assert f"<http://testserver/vi/alerts/stop/{token}>".encode() in raw
    assert f'<a href="http://testserver/vi/alerts/stop/{token}">' in mail.html
    with database.read_only() as session:
        assert token not in str(session.scalars(select(Job.payload)).all())
        assert token != session.scalars(select(AlertLetter.stop_sha256)).one()


def test_each_person_reads_their_own_language(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session, locale="en")
        saved(session, person, "q=may+say", name="rice dryers")
        institute = factories.organisation(session, name="Viện Lúa", name_en="Rice Institute")
        appears(session, institute, title="Máy sấy lúa", title_en="Rice dryer")
        appears(session, institute, title="Máy sấy tôm")
    notice_all(database)
    (mail,) = post(database, settings)
    assert (mail.language, mail.subject) == ("en", "2 things are new in what you follow")
    assert "• Rice dryer\nTechnology · TRL 8 · Rice Institute\n" in mail.text
    assert "• Máy sấy tôm" in mail.text
    assert "/en/account/alerts" in mail.text


def test_daily_things_wait_for_the_hour_of_digests_and_come_together(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        saved(session, person, "q=may+say", rhythm="daily")
        set_hours(
            session,
            actor=of(person),
            data=HoursInput(quiet_from=0, quiet_to=0, digest_hour=18, digest_day=4),
            now=NOW,
        )
        institute = factories.organisation(session)
        appears(session, institute)
    notice_all(database)
    with database.unit_of_work() as session:
        appears(session, session.merge(institute), at=LATER + timedelta(hours=1))
    notice_all(database, now=LATER + timedelta(hours=1))
    evening = NOW.replace(hour=11)
    assert post(database, settings, now=evening - timedelta(minutes=1)) == []
    (mail,) = post(database, settings, now=evening)
    assert mail.text.count("• Máy sấy") == 2


def test_nothing_is_sent_in_quiet_hours_even_when_the_worker_was_late(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        saved(session, factories.person(session), "q=may+say")
        appears(session, factories.organisation(session))
    notice_all(database)
    night = NOW.replace(hour=15)  # 22:00 here
    assert post(database, settings, now=night) == []
    assert post(database, settings, now=NOW.replace(hour=23, minute=59)) == []  # 6:59 here
    assert len(post(database, settings, now=NOW.replace(day=24, hour=0))) == 1


def test_a_letter_kept_up_until_the_quiet_hours_goes_out_after_them(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.unit_of_work() as session:
        saved(session, factories.person(session), "q=may+say")
        appears(session, factories.organisation(session))
    notice_all(database)
    with monkeypatch.context() as patch:
        patch.setattr("app.features.messages.delivery.sender_from", _sender(ConnectionRefusedError("away")))
        assert post(database, settings) == []
    assert post(database, settings, now=NOW.replace(hour=15)) == []
    assert len(post(database, settings, now=NOW.replace(day=24, hour=0))) == 1


@pytest.mark.parametrize("change", ["withdrawn", "suspended", "by invitation", "off", "paused", "deleted", "disabled"])
def test_everything_is_looked_at_again_when_the_letter_is_sent(
    change: str, database: Database, settings: Settings
) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        search = saved(session, person, "q=may+say")
        one = appears(session, factories.organisation(session), kind="need")
    notice_all(database)
    write_letters(JobContext(database, settings, UUID(int=1), 1, SOON), {})
    with database.unit_of_work() as session:
        listing = session.get_one(Listing, one.id)
        if change in {"withdrawn", "suspended"}:
            changes(session, listing, "withdraw", state=change)
        elif change == "by invitation":
            changes(session, listing, "updated", visibility="invitation")
        elif change == "off":
            set_rhythm(session, actor=of(person), subscription_id=search.id, data=Following(rhythm="off"), now=SOON)
        elif change == "paused":
            pause(session, actor=of(person), subscription_id=search.id, now=SOON)
        elif change == "deleted":
            delete(session, actor=of(person), subscription_id=search.id, now=SOON)
        else:
            session.get_one(Person, person.id).disabled_at = SOON
    assert post(database, settings) == []


def test_the_end_of_a_followed_listing_is_told_by_name_unless_it_was_taken_down(
    database: Database, settings: Settings
) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        institute = factories.organisation(session)
        ended = appears(session, institute, at=NOW, title="Máy sấy đã bán")
        taken_down = appears(session, institute, at=NOW, title="Máy sấy giả mạo")
        for one in (ended, taken_down):
            follow_listing(
                session, actor=of(person), public_id=one.public_id, data=Following(rhythm="at_once"), now=NOW
            )
        changes(session, ended, "withdraw", state="withdrawn", at=LATER)
        changes(session, taken_down, "suspend", state="suspended", at=LATER)
    notice_all(database)
    (mail,) = post(database, settings)
    assert "Không còn trên sàn: Máy sấy đã bán" in mail.text
    assert "giả mạo" not in mail.text + mail.html + mail.subject
    assert ended.public_id not in mail.text


def test_a_nameless_need_stays_nameless(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        saved(session, factories.person(session), "kind=need")
        firm = factories.organisation(session, name="Công ty Kín Tiếng")
        appears(session, firm, kind="need", visibility="anonymous", title="Cần máy sấy")
    notice_all(database)
    (mail,) = post(database, settings)
    assert "• Cần máy sấy\nNhu cầu công nghệ\n" in mail.text
    assert "Kín Tiếng" not in mail.text + mail.html + mail.subject


def test_a_long_list_is_cut_and_says_so(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        saved(session, factories.person(session), "q=may+say")
        institute = factories.organisation(session)
        for _number in range(13):
            appears(session, institute)
    notice_all(database)
    (mail,) = post(database, settings)
    assert mail.subject == "13 điều mới về những gì bạn theo dõi"
    assert mail.text.count("• Máy sấy") == 10
    assert "Và 3 mục nữa." in mail.text


def _sender(fault: Exception, sent: list[Letter] | None = None, *, accepted: bool = False) -> Any:
    class Failing:
        def send(self, letter: Letter) -> None:
            if accepted and sent is not None:
                sent.append(letter)
            raise fault

    return lambda _settings: Failing()


def _one_due(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        saved(session, factories.person(session), "q=may+say")
        appears(session, factories.organisation(session))
    notice_all(database)
    write_letters(JobContext(database, settings, UUID(int=1), 1, SOON), {})


def test_a_letter_the_server_refused_is_tried_again(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _one_due(database, settings)
    with monkeypatch.context() as patch:
        patch.setattr(
            "app.features.messages.delivery.sender_from", _sender(smtplib.SMTPDataError(451, b"come back later"))
        )
        run_due(database, settings, now=SOON)
    with database.read_only() as session:
        assert session.scalars(select(MailHandover)).all() == []
    run_due(database, settings, now=SOON + timedelta(minutes=1))
    assert len(stored_mails(settings.mail_folder)) == 1
    with database.read_only() as session:
        assert session.scalars(select(MailHandover.sent_at)).one() == SOON + timedelta(minutes=1)


class Killed(BaseException):
    """What the worker's process ends of, in the middle of a job."""


@pytest.mark.parametrize("moment", ["died after the server accepted", "the line broke"])
def test_a_letter_that_may_have_gone_out_is_never_sent_again(
    moment: str, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _one_due(database, settings)
    sent: list[Letter] = []
    died = moment.startswith("died")
    fault: Any = Killed() if died else HandoverUnclear("connection reset")
    with monkeypatch.context() as patch:
        patch.setattr("app.features.messages.delivery.sender_from", _sender(fault, sent, accepted=True))
        if died:
            with pytest.raises(Killed):
                run_due(database, settings, now=SOON)
        else:
            run_due(database, settings, now=SOON)
    assert len(sent) == 1
    # Another worker takes the job over once the lease has run out; it is done without a second letter.
    run_due(database, settings, now=SOON + timedelta(minutes=30))
    assert stored_mails(settings.mail_folder) == []
    with database.read_only() as session:
        assert {one.state for one in session.scalars(select(Job).where(Job.kind == "mail.send"))} == {"done"}
        assert session.scalars(select(MailHandover.sent_at)).one() is None
    # And what it told is not told by another letter either.
    assert post(database, settings, now=NEXT_MORNING) == []


def test_one_click_ends_all_letters_and_keeps_what_is_followed(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        person, other = factories.person(session), factories.person(session)
        mine = [saved(session, person, "q=may+say"), saved(session, person, "kind=need", rhythm="weekly")]
        theirs = saved(session, other, "q=may+say", rhythm="daily")
        institute = factories.organisation(session)
        appears(session, institute)
    notice_all(database)
    (mail,) = post(database, settings)
    token = token_in(mail)
    with database.unit_of_work() as session:
        appears(session, session.merge(institute), at=SOON)
    notice_all(database, now=SOON)
    with database.unit_of_work() as session:
        assert stop_letter(session, token="x" * 43, now=SOON) is None
        assert stop_letter(session, token=token, now=SOON) is not None
        assert stop_letter(session, token=token, now=NEXT_MORNING) is not None
    with database.read_only() as session:
        rhythms = dict(session.execute(select(Subscription.id, Subscription.rhythm)).all())
        assert rhythms == {mine[0].id: "off", mine[1].id: "off", theirs.id: "daily"}
        assert session.scalars(select(AlertLetter.stopped_at)).one() == SOON
    letters = post(database, settings, now=NEXT_MORNING)
    assert [one.to for one in letters] == [f"{other.name} <{other.email}>", f"{person.name} <{person.email}>"]


def test_of_a_letter_only_what_it_told_of_can_be_stopped_alone(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        person, other = factories.person(session), factories.person(session)
        told, untold = saved(session, person, "q=may+say"), saved(session, person, "kind=need")
        theirs = saved(session, other, "kind=patent")
        appears(session, factories.organisation(session))
    notice_all(database)
    (mail,) = post(database, settings)
    with database.unit_of_work() as session:
        stop_letter(session, token=token_in(mail), only=[told.id, untold.id, theirs.id], now=SOON)
    with database.read_only() as session:
        rhythms = dict(session.execute(select(Subscription.id, Subscription.rhythm)).all())
    assert rhythms == {told.id: "off", untold.id: "at_once", theirs.id: "at_once"}


def test_old_things_are_swept_and_old_letters_can_still_be_stopped(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        kept, gone = saved(session, person, "q=may+say"), saved(session, person, "kind=need")
        delete(session, actor=of(person), subscription_id=gone.id, now=NOW)
        appears(session, factories.organisation(session))
    notice_all(database)
    (mail,) = post(database, settings)
    much_later = NOW + timedelta(days=200)
    sweep(JobContext(database, settings, UUID(int=1), 1, much_later), {})
    with database.unit_of_work() as session:
        assert session.scalars(select(Alert)).all() == []
        assert session.scalars(select(MailHandover)).all() == []
        assert session.scalars(select(Subscription.id)).all() == [kept.id]
        assert stop_letter(session, token=token_in(mail), now=much_later) is not None


def test_a_letters_own_rows_cannot_be_taken_into_another(database: Database, settings: Settings) -> None:
    _one_due(database, settings)
    with database.unit_of_work() as session:
        session.execute(update(Alert).values(due_at=LATER))
    assert len(post(database, settings)) == 1
