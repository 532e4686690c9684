"""Puts the demo content into an empty exchange, through the same commands that people use.

Every step is told at the moment it would have happened, so that histories, due dates and reply times look lived-in.
"""

import io
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, select, text
from sqlalchemy.orm import Session

from app.database import Database
from app.demo import content
from app.demo.deals import tell_deals
from app.demo.partners import tell_partners
from app.demo.payments import tell_payments
from app.demo.pictures import draw
from app.errors import Conflict
from app.features.accounts.commands import create_person
from app.features.accounts.registration import record_consents
from app.features.enquiries import asking, quoting
from app.features.enquiries import commands as enquiries
from app.features.enquiries.schemas import MessageInput
from app.features.listings import commands as listings
from app.features.listings import confidential
from app.features.listings import files as listing_files
from app.features.listings.states import transition
from app.features.moderation import commands as moderation
from app.features.organisations.commands import create_organisation
from app.i18n import N_
from app.identity import SYSTEM, Actor
from app.integrations.storage import FileStore
from app.models import Job, Listing, Membership, Organisation, Person, metadata
from app.settings import Settings

PASSWORD = "techmart-demo"  # noqa: S105 - printed on the sign-in page of a demo, and nowhere else

_BEFORE_ALL = timedelta(days=330)
_REVIEW_TAKES = timedelta(hours=20)

Progress = Callable[[str, int, int], None]


class NotEmpty(Conflict):
    """Demo content is only put into an exchange that holds no organisation yet."""

    code = "not-empty"
    title = N_("Sàn đã có dữ liệu; chỉ nạp dữ liệu mẫu vào sàn còn trống")


def is_empty(session: Session) -> bool:
    """Whether nobody has put anything here yet."""
    return not session.scalar(select(exists(select(Organisation.id)) | exists(select(Person.id))))


def reset(database: Database) -> None:
    """Remove every row but the reference tables. Files that no row names any more stay until swept."""
    names = [table.name for table in metadata.sorted_tables if not table.name.startswith("reference_")]
    with database.unit_of_work() as session:
        listed = ", ".join(f'"{name}"' for name in names)
        session.execute(text(f"TRUNCATE {listed} RESTART IDENTITY CASCADE"))


def load_demo(
    database: Database,
    settings: Settings,
    *,
    files: FileStore,
    now: datetime,
    progress: Progress = lambda _what, _done, _of: None,
) -> Mapping[str, int]:
    """Load everything but the partners in one transaction, and them after it; returns how many of each were made.

    Args:
        progress: called with what is being made, how many are done, and of how many.

    Raises:
        NotEmpty: the exchange holds organisations or people already.
    """
    with database.unit_of_work() as session:
        if not is_empty(session):
            raise NotEmpty
        people = _people(session, settings, now=now, progress=progress)
        organisations = _organisations(session, settings, people, now=now, progress=progress)
        actors = _actors(session, people, organisations, now=now)
        made = _listings(session, settings, actors, organisations, files, now=now, progress=progress)
        _enquiries(session, actors, organisations, made, now=now, progress=progress)
        deals = tell_deals(session, actors, organisations, made, now=now)
        progress("deals", len(deals), len(deals))
        tell_payments(session, actors, deals, now=now)
        # The letters of eleven months would all be sent at once; the demo starts with an empty outbox.
        session.execute(delete(Job).where(Job.kind == "mail.send"))
    operator = next(one.email for one in content.people() if one.is_operator)
    foreign = tell_partners(database, settings, operator_email=operator, now=now)
    progress("foreign listings", foreign, foreign)
    return {
        "people": len(people),
        "organisations": len(organisations),
        "listings": len(made),
        "enquiries": len(content.enquiries()),
        "deals": len(deals),
        "foreign listings": foreign,
    }


def _people(session: Session, settings: Settings, *, now: datetime, progress: Progress) -> dict[str, Person]:
    made: dict[str, Person] = {}
    everybody = content.people()
    versions = {"regulation": settings.regulation_version, "privacy": settings.privacy_version}
    for number, one in enumerate(everybody, start=1):
        person = create_person(
            session,
            actor=SYSTEM,
            email=one.email,
            name=one.name,
            password=PASSWORD,
            is_operator=one.is_operator,
            now=now - _BEFORE_ALL,
        )
        record_consents(
            session, person_id=person.id, versions=versions, locale="vi", address=None, now=now - _BEFORE_ALL
        )
        person.is_broker = one.role == "broker"
        made[one.email] = person
        progress("people", number, len(everybody))
    return made


def _first_member(name: str) -> content.DemoPerson:
    members = [
        (membership.role != "owner", one)
        for one in content.people()
        for membership in one.memberships
        if membership.organisation == name
    ]
    if not members:
        raise ValueError(f"nobody of the demo acts for {name}")
    return min(members, key=lambda pair: pair[0])[1]


def _organisations(
    session: Session, settings: Settings, people: Mapping[str, Person], *, now: datetime, progress: Progress
) -> dict[str, Organisation]:
    made: dict[str, Organisation] = {}
    operator = next(people[one.email] for one in content.people() if one.is_operator)
    everyone = content.organisations()
    for number, one in enumerate(everyone, start=1):
        founder = people[_first_member(one.name).email]
        organisation = create_organisation(
            session,
            actor=Actor(person_id=founder.id),
            data=one.as_input(),
            authority=settings.authority,
            now=now - _BEFORE_ALL,
        )
        if one.verified:
            organisation.verified_at = now - _BEFORE_ALL + timedelta(days=number % 9 + 2)
            organisation.verified_by_id = operator.id
        made[one.name] = organisation
        progress("organisations", number, len(everyone))
    return made


def _actors(
    session: Session, people: Mapping[str, Person], organisations: Mapping[str, Organisation], *, now: datetime
) -> dict[str, Actor]:
    """Everybody with their seats, by e-mail; seats the founders do not hold yet are added."""
    seated = {(row.organisation_id, row.person_id) for row in session.scalars(select(Membership))}
    actors: dict[str, Actor] = {}
    for one in content.people():
        person = people[one.email]
        seats = {organisations[seat.organisation].id: seat.role for seat in one.memberships}
        session.add_all(
            Membership(organisation_id=key, person_id=person.id, role=role, created_at=now - _BEFORE_ALL)
            for key, role in seats.items()
            if (key, person.id) not in seated
        )
        actors[one.email] = Actor(person_id=person.id, organisations=seats, is_operator=one.is_operator)
    session.flush()
    return actors


def _listings(
    session: Session,
    settings: Settings,
    actors: Mapping[str, Actor],
    organisations: Mapping[str, Organisation],
    files: FileStore,
    *,
    now: datetime,
    progress: Progress,
) -> dict[str, Listing]:
    made: dict[str, Listing] = {}
    operator = next(actors[one.email] for one in content.people() if one.is_operator)
    everything = (*content.offers(), *content.needs())
    for number, one in enumerate(everything, start=1):
        owner = actors[_first_member(one.organisation).email]
        made[one.external_id] = _listing(
            session,
            settings,
            one,
            owner=owner,
            operator=operator,
            organisation_id=organisations[one.organisation].id,
            files=files,
            now=now,
        )
        progress("listings", number, len(everything))
    return made


def _listing(
    session: Session,
    settings: Settings,
    one: content.DemoListing,
    *,
    owner: Actor,
    operator: Actor,
    organisation_id: UUID,
    files: FileStore,
    now: datetime,
) -> Listing:
    published = one.published_at(now)
    submitted = (published or now - timedelta(days=1)) - _REVIEW_TAKES
    listing = listings.create_draft(
        session,
        actor=owner,
        organisation_id=organisation_id,
        data=one.as_input(now=now),
        settings=settings,
        now=submitted - timedelta(hours=3),
    )
    public_id = listing.public_id
    if one.confidential:
        confidential.set_text(session, actor=owner, public_id=public_id, text=one.confidential, now=submitted)
    if one.picture:
        _picture(session, one, public_id=public_id, actor=owner, files=files, now=submitted)
    if one.state == "draft":
        return listing
    listings.submit(session, actor=owner, public_id=public_id, version=None, now=submitted)
    if one.state == "returned":
        moderation.return_for_changes(
            session,
            actor=operator,
            public_id=public_id,
            version=None,
            reasons=one.return_reasons,
            now=submitted + _REVIEW_TAKES / 2,
        )
    if published is None:
        return listing
    moderation.approve(session, actor=operator, public_id=public_id, version=None, settings=settings, now=published)
    confirmed = one.confirmed_at(now)
    if confirmed is not None and confirmed > published:
        listings.confirm(session, actor=owner, public_id=public_id, settings=settings, now=confirmed)
    if one.state in {"due", "stale"}:
        transition(session, listing, move="fall_due", actor=SYSTEM, now=now - timedelta(days=20))
    if one.state == "stale":
        transition(session, listing, move="demote", actor=SYSTEM, now=now - timedelta(days=2))
    if one.withdraw_reason:
        listings.withdraw(
            session,
            actor=owner,
            public_id=public_id,
            reason=one.withdraw_reason,
            now=now - timedelta(days=6),
        )
    return listing


def _picture(
    session: Session, one: content.DemoListing, *, public_id: str, actor: Actor, files: FileStore, now: datetime
) -> None:
    """Draw the listing's picture and add it as an upload would, with the title as its caption."""
    drawn = io.BytesIO()
    draw(one).save(drawn, "PNG")
    kept = listing_files.keep_picture(files, drawn.getvalue(), filename=f"{one.external_id.lower()}.png")
    listing_files.add_file(session, actor=actor, public_id=public_id, kept=kept, caption=one.title[:200], now=now)


def _enquiries(
    session: Session,
    actors: Mapping[str, Actor],
    organisations: Mapping[str, Organisation],
    made: Mapping[str, Listing],
    *,
    now: datetime,
    progress: Progress,
) -> None:
    stories = content.enquiries()
    for count, story in enumerate(stories, start=1):
        _enquiry(session, story, actors, organisations, made, now=now)
        progress("enquiries", count, len(stories))


def _enquiry(
    session: Session,
    story: content.DemoEnquiry,
    actors: Mapping[str, Actor],
    organisations: Mapping[str, Organisation],
    made: Mapping[str, Listing],
    *,
    now: datetime,
) -> None:
    buyer, holder = actors[story.buyer], actors[story.holder]

    def ago(hours: float) -> datetime:
        return now - timedelta(hours=hours)

    need = made[story.need] if story.need else None
    data = story.as_input(now=now)
    if need is not None and need.visibility == "anonymous":
        data = data.model_copy(update={"reveal": True})
    number = asking.send_request(
        session,
        actor=buyer,
        listing_public_id=made[story.listing].public_id,
        buyer_organisation_id=organisations[story.buyer_organisation].id,
        data=data,
        form_key=story.key,
        need_public_id=need.public_id if need is not None else None,
        now=ago(story.sent_hours_ago),
    ).number
    steps: list[tuple[float, Callable[[datetime], object]]] = []
    if story.acknowledged_hours_ago is not None:
        steps.append(
            (
                story.acknowledged_hours_ago,
                lambda at: enquiries.acknowledge(session, actor=holder, number=number, now=at),
            )
        )
    for place, message in enumerate(story.messages):

        def say(at: datetime, message: content.DemoMessage = message, place: int = place) -> object:
            return enquiries.post_message(
                session,
                actor=buyer if message.by == "buyer" else holder,
                number=number,
                side=message.by,
                data=MessageInput(body=message.text),
                form_key=f"{story.key}-{place}",
                now=at,
            )

        steps.append((message.hours_ago, say))
    for quote in story.quotes:

        def answer(at: datetime, quote: content.DemoQuote = quote) -> object:
            return quoting.send_quote(
                session,
                actor=holder,
                number=number,
                data=quote.as_input(now=now),
                version=0,
                form_key=f"{story.key}-quote-{quote.revision}",
                now=at,
            )

        steps.append((quote.sent_hours_ago, answer))
    if story.decline is not None:
        refusal = story.decline.as_input()
        steps.append(
            (
                story.decline.hours_ago,
                lambda at: enquiries.decline(session, actor=holder, number=number, data=refusal, now=at),
            )
        )
    for hours, step in sorted(steps, key=lambda pair: -pair[0]):
        step(ago(hours))
