"""Two workers at once, and a person who changes their mind meanwhile."""

import threading
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from app.database import Database
from app.features.alerts.commands import set_rhythm
from app.features.alerts.noticing import alerts_consumer
from app.features.alerts.schemas import Following
from app.features.alerts.work import write_letters
from app.features.alerts.writing import write_letter
from app.features.messages import delivery as _delivery  # noqa: F401 - registers the job that sends letters
from app.integrations.mail import stored_mails
from app.jobs.registry import JobContext
from app.jobs.worker import run_due
from app.models import Alert, AlertLetter, Job, Subscription
from app.settings import Settings
from app.web.alerts.criteria import listing_reader
from tests import factories
from tests.factories import NOW
from tests.features.alerts.given import LATER, appears, notice_all, of, saved

SOON = LATER + timedelta(minutes=5)


def test_two_workers_write_each_thing_into_one_letter(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        people = [factories.person(session) for _number in range(6)]
        for person in people:
            saved(session, person, "q=may+say")
        institute = factories.organisation(session)
        for _number in range(3):
            appears(session, institute)
    notice_all(database)
    start = threading.Barrier(3)

    def work() -> None:
        start.wait()
        write_letters(JobContext(database, settings, UUID(int=1), 1, SOON), {})
        run_due(database, settings, now=SOON)

    workers = [threading.Thread(target=work) for _number in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    run_due(database, settings, now=SOON)
    mails = stored_mails(settings.mail_folder)
    assert sorted(mail.to for mail in mails) == sorted(f"{one.name} <{one.email}>" for one in people)
    assert [mail.text.count("• Máy sấy") for mail in mails] == [3] * 6


def test_what_one_worker_holds_another_leaves_alone(database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        saved(session, person, "q=may+say")
        appears(session, factories.organisation(session))
    notice_all(database)
    with database.unit_of_work() as first:
        assert write_letter(first, person_id=person.id, now=SOON) is not None
        with database.unit_of_work() as second:
            assert write_letter(second, person_id=person.id, now=SOON) is None
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(AlertLetter)) == 1
        assert session.scalar(select(func.count()).select_from(Job).where(Job.kind == "mail.send")) == 1


def test_a_worker_that_fails_leaves_everything_to_the_next(database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        saved(session, person, "q=may+say")
        appears(session, factories.organisation(session))
    notice_all(database)

    class Broken(Exception):
        pass

    try:
        with database.unit_of_work() as session:
            write_letter(session, person_id=person.id, now=SOON)
            raise Broken
    except Broken:
        pass
    with database.unit_of_work() as session:
        assert session.scalars(select(AlertLetter)).all() == []
        assert session.scalars(select(Alert.letter_id)).one() is None
        assert write_letter(session, person_id=person.id, now=SOON) is not None


def test_two_consumers_notice_once(database: Database) -> None:
    with database.unit_of_work() as session:
        saved(session, factories.person(session), "q=may+say")
        appears(session, factories.organisation(session))
    start = threading.Barrier(2)

    def read() -> None:
        consumer = alerts_consumer(listing_reader(overdue_days=90))
        start.wait()
        while consumer(database):
            pass

    readers = [threading.Thread(target=read) for _number in range(2)]
    for one in readers:
        one.start()
    for one in readers:
        one.join()
    while alerts_consumer(listing_reader(overdue_days=90))(database):
        pass
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Alert)) == 1


def test_saving_the_same_search_twice_at_once_saves_it_once(database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
    start = threading.Barrier(2)

    def save(rhythm: str) -> None:
        start.wait()
        with database.unit_of_work() as session:
            saved(session, person, "q=may+say", rhythm=rhythm)

    clicks = [threading.Thread(target=save, args=(rhythm,)) for rhythm in ("daily", "weekly")]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    with database.read_only() as session:
        assert session.scalars(select(Subscription.rhythm)).one() in {"daily", "weekly"}


def test_what_waits_follows_a_new_rhythm(database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        search = saved(session, person, "q=may+say")
        appears(session, factories.organisation(session))
    notice_all(database)
    for rhythm, due in (("weekly", NOW.replace(day=30, hour=1)), ("off", None), ("daily", None)):
        with database.unit_of_work() as session:
            data = Following(rhythm=rhythm)  # type: ignore[arg-type]
            set_rhythm(session, actor=of(person), subscription_id=search.id, data=data, now=LATER)
        with database.read_only() as session:
            # Once switched off, what was waiting is not sent when letters are switched on again.
            assert session.scalars(select(Alert.due_at)).one() == due
