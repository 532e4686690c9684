"""What newly fits an organisation's listings is told to those of its people who chose it, once."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import journal
from app.database import Database
from app.errors import Forbidden
from app.features.alerts.commands import follow_organisation, hear_of_matches
from app.features.alerts.fitting import notice_matches
from app.features.alerts.queries import hearing_of_matches
from app.features.alerts.schemas import Following
from app.features.alerts.work import read_matches, write_letters
from app.features.messages import delivery as _delivery  # noqa: F401 - registers the job that sends letters
from app.integrations.mail import StoredMail, stored_mails
from app.jobs.registry import JobContext
from app.jobs.worker import run_due
from app.models import Alert, Listing, ListingMatch, MatchReading, Membership, Organisation, Person
from app.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.features.alerts.given import LATER
from tests.mates import together

AT_ONCE = Following(rhythm="at_once")
SOON = LATER + timedelta(minutes=10)


def chooses(session: Session, person: Person, organisation: Organisation, rhythm: str = "at_once") -> UUID:
    data = Following(rhythm=rhythm)  # type: ignore[arg-type]
    actor = factories.actor(person, organisation)
    return hear_of_matches(session, actor=actor, organisation_id=organisation.id, data=data, now=NOW).id


def fits(session: Session, need: Listing, offer: Listing, *, at: datetime = LATER, score: int = 84) -> ListingMatch:
    made = ListingMatch(
        need_id=need.id,
        offer_id=offer.id,
        score=score,
        text_ratio=0.8,
        reasons=[],
        first_seen_at=at,
        judged_at=at,
        left_at=None,
    )
    session.add(made)
    session.flush()
    return made


def starts(database: Database) -> None:
    """The first reading of matches, on which nothing is new yet."""
    with database.unit_of_work() as session:
        assert notice_matches(session, now=NOW) == 0


def told(database: Database) -> set[tuple[UUID, UUID, UUID | None]]:
    with database.read_only() as session:
        rows = session.scalars(select(Alert))
        return {(one.subscription_id, one.listing_id, one.for_listing_id) for one in rows}


def post(database: Database, settings: Settings, *, now: datetime) -> list[StoredMail]:
    context = JobContext(database, settings, UUID(int=1), 1, now)
    read_matches(context, {})
    write_letters(context, {})
    run_due(database, settings, now=now)
    return stored_mails(settings.mail_folder)


def test_both_sides_hear_of_a_match_and_nobody_twice(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        buyer, holder, silent = (factories.person(session) for _number in range(3))
        firm = factories.organisation(session, owner=buyer, name="Công ty Gỗ Bình An")
        institute = factories.organisation(session, owner=holder, name="Viện Cơ điện")
        session.add(Membership(organisation_id=firm.id, person_id=silent.id, role="editor", created_at=NOW))
        need = factories.listing(session, of=firm, kind="need", title="Cần sấy dăm gỗ")
        offer = factories.listing(session, of=institute, title="Máy sấy dăm gỗ", trl=8)
        old = factories.listing(session, of=institute, title="Máy cũ")
        of_need, of_offer = chooses(session, buyer, firm), chooses(session, holder, institute)
        fits(session, need, old, at=NOW - timedelta(days=3))
    starts(database)
    with database.unit_of_work() as session:
        fits(session, need, offer)
    with database.unit_of_work() as session:
        assert notice_matches(session, now=SOON) == 2
    assert told(database) == {(of_need, offer.id, need.id), (of_offer, need.id, offer.id)}
    with database.unit_of_work() as session:
        assert notice_matches(session, now=SOON) == 0
        # Also when the reading starts over, as after a restore.
        session.get_one(MatchReading, 1).until = NOW
        session.flush()
        assert notice_matches(session, now=SOON) == 0
    letters = {mail.to: mail for mail in post(database, settings, now=SOON + timedelta(minutes=10))}
    assert set(letters) == {f"{one.name} <{one.email}>" for one in (buyer, holder)}
    mine = letters[f"{buyer.name} <{buyer.email}>"]
    assert mine.subject == "Mới cho bạn: Máy sấy dăm gỗ"
    assert "Mới hợp với tin của Công ty Gỗ Bình An" in mine.text
    assert (
        "• Máy sấy dăm gỗ\nCông nghệ · TRL 8 · Viện Cơ điện\nHợp 84 điểm trên 100 với “Cần sấy dăm gỗ”\n" in mine.text
    )
    assert "chọn được báo khi có mục hợp với tin của Công ty Gỗ Bình An ngày 23/11/2026" in mine.text


def test_a_nameless_need_is_told_to_the_holder_without_its_name(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        holder = factories.person(session)
        hidden = factories.organisation(session, name="Công ty Kín Tiếng")
        institute = factories.organisation(session, owner=holder, name="Viện Cơ điện")
        need = factories.listing(session, of=hidden, kind="need", visibility="anonymous", title="Cần sấy dăm gỗ")
        offer = factories.listing(session, of=institute)
        by_invitation = factories.listing(session, of=hidden, kind="need", visibility="invitation", title="Bí mật")
        chooses(session, holder, institute)
    starts(database)
    with database.unit_of_work() as session:
        fits(session, need, offer)
        fits(session, by_invitation, offer)
    (mail,) = (post(database, settings, now=SOON), post(database, settings, now=SOON + timedelta(minutes=9)))[1]
    assert "• Cần sấy dăm gỗ\nNhu cầu công nghệ\n" in mail.text
    assert "Kín Tiếng" not in mail.text + mail.html + mail.subject
    assert "Bí mật" not in mail.text


@pytest.mark.parametrize("change", ["left", "withdrawn", "own withdrawn", "member left"])
def test_what_no_longer_fits_or_concerns_is_not_sent(change: str, database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        buyer = factories.person(session)
        firm = factories.organisation(session, owner=buyer)
        need = factories.listing(session, of=firm, kind="need")
        offer = factories.listing(session, of=factories.organisation(session))
        chooses(session, buyer, firm)
    starts(database)
    with database.unit_of_work() as session:
        match = fits(session, need, offer)
    with database.unit_of_work() as session:
        assert notice_matches(session, now=SOON) == 1
    with database.unit_of_work() as session:
        if change == "left":
            session.get_one(ListingMatch, match.id).left_at = SOON
        elif change == "member left":
            session.delete(session.get_one(Membership, (firm.id, buyer.id)))
        else:
            gone = session.get_one(Listing, need.id if change == "own withdrawn" else offer.id)
            gone.state = "withdrawn"
            journal.append(session, entity="listing", entity_id=gone.id, action="withdraw", at=SOON)
    assert post(database, settings, now=SOON + timedelta(minutes=10)) == []


def test_each_member_chooses_alone_and_only_for_their_own_organisation(database: Database) -> None:
    with database.unit_of_work() as session:
        person, colleague = factories.person(session), factories.person(session)
        firm = factories.organisation(session, owner=person, verified_at=NOW)
        other = factories.organisation(session)
        mine, theirs = factories.actor(person, firm), factories.actor(colleague, firm)
        with pytest.raises(Forbidden):
            hear_of_matches(session, actor=mine, organisation_id=other.id, data=AT_ONCE, now=NOW)
        chooses(session, person, firm, "daily")
        # Following the organisation itself is another thing.
        follow_organisation(session, actor=mine, public_id=firm.public_id, data=AT_ONCE, now=NOW)
        assert {one: row.rhythm for one, row in hearing_of_matches(session, actor=mine).items()} == {firm.id: "daily"}
        assert hearing_of_matches(session, actor=theirs) == {}
        chooses(session, person, firm, "off")
        assert {one: row.rhythm for one, row in hearing_of_matches(session, actor=mine).items()} == {firm.id: "off"}


def test_whoever_a_listing_stands_for_hears_of_its_matches(database: Database) -> None:
    with database.unit_of_work() as session:
        buyer, holder, other = (factories.person(session) for _ in range(3))
        firm, institute, school = (factories.organisation(session, owner=one) for one in (buyer, holder, other))
        need = factories.listing(session, of=firm, kind="need")
        head, mine = (factories.listing(session, of=one) for one in (institute, school))
        together(session, head, mine)
        by_head, by_mine = chooses(session, holder, institute), chooses(session, other, school)
    starts(database)
    with database.unit_of_work() as session:
        fits(session, need, head)
    with database.unit_of_work() as session:
        notice_matches(session, now=SOON)
    assert told(database) == {(by_head, need.id, head.id), (by_mine, need.id, mine.id)}
