"""The dates of deals as a calendar file (RFC 5545): milestones, registration, the end of the agreement behind a deal.

A feed of one's own: its address holds a secret, a calendar program reads it without signing in, and a new secret ends
the old one. Entries name the deal and what is due, never amounts.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from icalendar import Alarm, Calendar, Event
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from app.features.accounts.policies import require_in_person
from app.features.deals.milestone_states import CHANGEABLE
from app.features.deals.policies import visible_to
from app.features.deals.states import OPEN_STATES
from app.i18n import _
from app.identity import Actor
from app.models import Deal, DealCalendar, DealMilestone, DealRegistration, Membership, Nda, Person

MOST_DATES = 1_000


@dataclass(frozen=True, slots=True)
class DealDate:
    """One day of a deal. `uid` stays when the day moves; `done` days stay in the calendar without a reminder."""

    uid: str
    kind: str
    number: str
    title: str
    subject: str
    day: date
    done: bool
    changed_at: datetime


def dates_of(session: Session, *, actor: Actor, number: str = "") -> list[DealDate]:
    """The dates of one deal, or of all open ones, that the actor may see; in order of day. Three queries."""
    deals = visible_to(actor)
    deals = deals.where(Deal.number == number) if number else deals.where(Deal.state.in_(OPEN_STATES))
    ids = deals.with_only_columns(Deal.id)
    found = [
        DealDate(
            uid=f"milestone-{one.public_id}",
            kind="milestone",
            number=deal.number,
            title=one.title,
            subject=deal.listing_title,
            day=one.due_on,
            done=one.state not in CHANGEABLE,
            changed_at=one.updated_at,
        )
        for one, deal in session.execute(
            select(DealMilestone, Deal)
            .join(Deal, Deal.id == DealMilestone.deal_id)
            .where(DealMilestone.deal_id.in_(ids), DealMilestone.state != "removed")
            .order_by(DealMilestone.due_on, DealMilestone.id)
            .limit(MOST_DATES)
        )
    ]
    found += [
        DealDate(
            uid=f"registration-{deal.number}",
            kind="registration",
            number=deal.number,
            title="",
            subject=deal.listing_title,
            day=one.due_on,
            done=one.filed_on is not None,
            changed_at=deal.updated_at,
        )
        for one, deal in session.execute(
            select(DealRegistration, Deal)
            .join(Deal, Deal.id == DealRegistration.deal_id)
            .where(DealRegistration.deal_id.in_(ids), DealRegistration.due_on.is_not(None))
            .limit(MOST_DATES)
        )
        if one.due_on is not None
    ]
    found += [
        DealDate(
            uid=f"nda-{nda.public_id}",
            kind="nda",
            number=deal.number,
            title=nda.number,
            subject=deal.listing_title,
            day=nda.active_until,
            done=nda.state != "active",
            changed_at=nda.updated_at,
        )
        for nda, deal in session.execute(
            select(Nda, Deal)
            .join(
                Deal,
                and_(
                    Deal.listing_id == Nda.listing_id,
                    or_(
                        and_(
                            Deal.buyer_organisation_id == Nda.recipient_organisation_id,
                            Deal.holder_organisation_id == Nda.discloser_organisation_id,
                        ),
                        and_(
                            Deal.buyer_organisation_id == Nda.discloser_organisation_id,
                            Deal.holder_organisation_id == Nda.recipient_organisation_id,
                        ),
                    ),
                ),
            )
            .where(Deal.id.in_(ids), Nda.activated_at.is_not(None))
            .order_by(Nda.active_until, Nda.id)
            .limit(MOST_DATES)
        )
        if nda.active_until is not None
    ]
    return sorted(found, key=lambda one: (one.day, one.uid))


def calendar_file(dates: Sequence[DealDate], *, name: str, authority: str, address: str, now: datetime) -> bytes:
    """The file, in the language of the moment.

    Args:
        authority: the DNS name of the exchange, which makes the entries' names unique in the world.
        address: where a deal is read, with {number} in it.
        now: when the file is made.
    """
    calendar = Calendar()
    calendar.add("prodid", f"-//{authority}//Techmart//VI")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    seen: set[str] = set()
    for one in dates:
        # One agreement may stand behind several deals.
        if one.uid in seen:
            continue
        seen.add(one.uid)
        event = Event()
        event.add("uid", f"{one.uid}@{authority}")
        event.add("dtstamp", now)
        event.add("last-modified", one.changed_at)
        event.add("dtstart", one.day)
        event.add("dtend", one.day + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
        event.add("class", "PRIVATE")
        event.add("summary", _summary(one))
        event.add("description", f"{one.number} · {one.subject}")
        event.add("url", address.format(number=one.number))
        if not one.done:
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", _summary(one))
            alarm.add("trigger", timedelta(days=-3))
            event.add_component(alarm)
        calendar.add_component(event)
    made: bytes = calendar.to_ical()
    return made


def _summary(one: DealDate) -> str:
    if one.kind == "milestone":
        text = _("Mốc: %(title)s (%(number)s)", title=one.title, number=one.number)
    elif one.kind == "registration":
        text = _("Hạn gửi hồ sơ đăng ký hợp đồng %(number)s", number=one.number)
    else:
        text = _("Thoả thuận bảo mật %(title)s hết hạn (%(number)s)", title=one.title, number=one.number)
    return _("%(text)s – đã xong", text=text) if one.done else text


def feed_of(session: Session, *, actor: Actor) -> str:
    """The secret of the actor's own feed; empty when there is none. One query."""
    found = session.get(DealCalendar, require_in_person(actor))
    return found.feed_key if found is not None else ""


def open_feed(session: Session, *, actor: Actor, now: datetime) -> str:
    """A new secret for the actor's feed; an old one leads nowhere from now on."""
    person_id = require_in_person(actor)
    found = session.get(DealCalendar, person_id, with_for_update=True)
    key = secrets.token_urlsafe(24)
    if found is None:
        session.add(DealCalendar(person_id=person_id, feed_key=key, created_at=now))
    else:
        found.feed_key, found.created_at = key, now
    return key


def close_feed(session: Session, *, actor: Actor) -> None:
    """End the actor's feed."""
    found = session.get(DealCalendar, require_in_person(actor), with_for_update=True)
    if found is not None:
        session.delete(found)


def reader_of_feed(session: Session, *, feed_key: str) -> Actor | None:
    """Whose feed a secret opens, with the organisations they act for today; None for none. Two queries."""
    person = session.execute(
        select(Person.id, Person.locale)
        .join(DealCalendar, DealCalendar.person_id == Person.id)
        .where(
            DealCalendar.feed_key == feed_key,
            func.length(DealCalendar.feed_key) > 0,
            Person.confirmed_at.is_not(None),
            Person.disabled_at.is_(None),
        )
    ).one_or_none()
    if person is None:
        return None
    seats: dict[UUID, str] = dict(
        session.execute(
            select(Membership.organisation_id, Membership.role).where(Membership.person_id == person.id)
        ).all()
    )
    return Actor(person_id=person.id, organisations=seats, locale=person.locale)  # type: ignore[arg-type]
