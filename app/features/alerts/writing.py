"""Letters: which of the things to tell go into one, and what it says of them when it is sent."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.features.alerts.commands import hours_of, token_digest
from app.features.alerts.policies import is_watching
from app.features.listings.queries import cards_of
from app.features.listings.views import Card
from app.features.messages import send_message
from app.features.messages.preparation import UNSUBSCRIBE_PATH
from app.i18n import current_locale, use_locale
from app.i18n.terms import term
from app.identity import ANONYMOUS, uuid7
from app.models import Alert, AlertLetter, Listing, ListingMatch, Organisation, Person, Subscription

TEMPLATE: Final = "alert_digest"
LISTED_OF_ONE: Final = 10
LISTED: Final = 60
# States in which what was public once may still be named; a listing taken down may not.
_LEFT: Final = ("withdrawn", "archived", "transferred")


def people_due(session: Session, *, now: datetime, limit: int) -> Sequence[UUID]:
    """People for whom something may go into a letter at this moment."""
    return session.scalars(
        select(Subscription.person_id)
        .join(Alert, Alert.subscription_id == Subscription.id)
        .join(Person, Person.id == Subscription.person_id)
        .where(Alert.letter_id.is_(None), Alert.due_at <= now, is_watching(), Subscription.rhythm != "off")
        .distinct()
        .limit(limit)
    ).all()


def write_letter(session: Session, *, person_id: UUID, now: datetime) -> AlertLetter | None:
    """Put everything that is due for a person into one letter and have it sent; None when there is nothing.

    Each thing is locked and belongs to one letter for good, and a letter has one job: two workers at once write two
    different letters or one. In quiet hours nothing is written; what is due waits for their end.
    """
    hours = hours_of(session, person_id)
    waiting = session.execute(
        select(Alert.id, Alert.subscription_id)
        .join(Subscription, Subscription.id == Alert.subscription_id)
        .join(Person, Person.id == Subscription.person_id)
        .where(
            Subscription.person_id == person_id,
            Alert.letter_id.is_(None),
            Alert.due_at <= now,
            is_watching(),
            Subscription.rhythm != "off",
        )
        .with_for_update(of=Alert, skip_locked=True)
    ).all()
    if not waiting:
        return None
    ids = [row.id for row in waiting]
    if hours.is_quiet(now):
        session.execute(update(Alert).where(Alert.id.in_(ids)).values(due_at=hours.after_quiet(now)))
        return None
    letter = AlertLetter(id=uuid7(), person_id=person_id, created_at=now)
    session.add(letter)
    session.flush()
    session.execute(update(Alert).where(Alert.id.in_(ids)).values(letter_id=letter.id))
    session.execute(
        update(Subscription)
        .where(Subscription.id.in_({row.subscription_id for row in waiting}))
        .values(last_told_at=now)
        .execution_options(synchronize_session=False)
    )
    send_message(
        session,
        to=session.get_one(Person, person_id),
        template=TEMPLATE,
        context={"letter_id": letter.id},
        key=f"alert:{letter.id}",
        at_most_once=True,
        now=now,
    )
    return letter


def fill_letter(session: Session, *, letter_id: UUID, now: datetime) -> Mapping[str, Any] | None:
    """What the letter says at the moment it is sent; None when nothing is left to say.

    Everything is looked up again as anybody may see it now. The secret of its unsubscribe address is made here and
    kept as a hash.
    """
    letter = session.get_one(AlertLetter, letter_id, with_for_update=True)
    person = session.get_one(Person, letter.person_id)
    hours = hours_of(session, person.id)
    if hours.is_quiet(now):
        # The mail server was away until now. What the letter held goes into another one, when it may.
        session.execute(
            update(Alert).where(Alert.letter_id == letter_id).values(letter_id=None, due_at=hours.after_quiet(now))
        )
        return None
    rows = session.execute(
        select(
            Subscription,
            Alert.listing_id,
            Alert.for_listing_id,
            Alert.occasion,
            Organisation.name.label("organisation_name"),
            Organisation.name_en.label("organisation_name_en"),
        )
        .join(Alert, Alert.subscription_id == Subscription.id)
        .join(Person, Person.id == Subscription.person_id)
        .outerjoin(Organisation, Organisation.id == Subscription.organisation_id)
        .where(Alert.letter_id == letter_id, is_watching(), Subscription.rhythm != "off")
        .order_by(Subscription.created_at, Subscription.id, Alert.noticed_at.desc(), Alert.id.desc())
    ).all()
    ids = list(dict.fromkeys(row.listing_id for row in rows))
    own = [row.for_listing_id for row in rows if row.for_listing_id is not None]
    shown = {card.id: card for card in cards_of(session, actor=ANONYMOUS, ids=list(dict.fromkeys([*ids, *own])))}
    left = _left(session, [one for one in ids if one not in shown])
    scores = _scores(session, [row.occasion for row in rows])
    with use_locale(person.locale):
        sections = _sections(rows, shown, left, scores)
    if not sections:
        return None
    token = secrets.token_urlsafe(32)
    letter.stop_sha256 = token_digest(token)
    return {
        "sections": sections,
        "count": sum(section["count"] for section in sections),
        "stop": f"/alerts/stop/{token}",
        UNSUBSCRIBE_PATH: f"/alerts/stop/{token}",
    }


def _left(session: Session, listing_ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Those that were public and were taken back by their owner or by time."""
    if not listing_ids:
        return {}
    rows = session.execute(
        select(Listing.id, Listing.title, Listing.title_en, Listing.language, Listing.kind).where(
            Listing.id.in_(listing_ids),
            Listing.published_at.is_not(None),
            Listing.visibility != "invitation",
            Listing.state.in_(_LEFT),
        )
    )
    return {row.id: row for row in rows}


def _scores(session: Session, occasions: Sequence[str]) -> dict[str, int]:
    """How well the matches among the occasions fit; those that no longer do are left out."""
    ids = [UUID(one.removeprefix("match:")) for one in occasions if one.startswith("match:")]
    if not ids:
        return {}
    rows = session.execute(
        select(ListingMatch.id, ListingMatch.score).where(ListingMatch.id.in_(ids), ListingMatch.left_at.is_(None))
    )
    return {f"match:{row.id}": row.score for row in rows}


def _sections(
    rows: Sequence[Any], shown: Mapping[UUID, Card], left: Mapping[UUID, Any], scores: Mapping[str, int]
) -> list[dict[str, Any]]:
    """What is told, by what it is told for, in the language of the moment.

    A listing stands under each once, but once for each of one's own listings that it fits.
    """
    sections: list[dict[str, Any]] = []
    places: dict[UUID, dict[str, Any]] = {}
    seen: set[tuple[UUID, UUID, UUID | None]] = set()
    listed = 0
    for row in rows:
        one: Subscription = row[0]
        told = (one.id, row.listing_id, row.for_listing_id)
        if told in seen:
            continue
        seen.add(told)
        word = row.occasion.partition(":")[0]
        item = _item(shown.get(row.listing_id), left.get(row.listing_id), word)
        if item is not None and row.for_listing_id is not None:
            item = _fitting(item, shown.get(row.for_listing_id), scores.get(row.occasion))
        if item is None:
            continue
        if one.id not in places:
            places[one.id] = {
                "kind": one.kind,
                "name": _name(row),
                "since": one.created_at,
                "rhythm": one.rhythm,
                "criteria": one.criteria,
                "listings": [],
                "count": 0,
            }
            sections.append(places[one.id])
        place = places[one.id]
        place["count"] += 1
        if len(place["listings"]) < LISTED_OF_ONE and listed < LISTED:
            place["listings"].append(item)
            listed += 1
    return sections


def _name(row: Any) -> str:
    if row.organisation_name is None:
        return str(row[0].name)
    return str(row.organisation_name_en or row.organisation_name if current_locale() == "en" else row.organisation_name)


def _fitting(item: dict[str, str], mine: Card | None, score: int | None) -> dict[str, str] | None:
    """The item with how well it fits which of one's own listings; None when it no longer does."""
    if mine is None or score is None:
        return None
    title, _language = mine.text("title", current_locale())
    return {**item, "score": str(score), "mine": title}


def _item(card: Card | None, left: Any | None, word: str) -> dict[str, str] | None:
    """One listing as the letter names it; None for one that may not be named any more."""
    if card is not None:
        title, _language = card.text("title", current_locale())
        organisation = card.organisation.title(current_locale()) if card.organisation is not None else ""
        return {
            "word": "back" if word == "closed" else word,
            "title": title,
            "kind": term("kind", card.kind),
            "trl": str(card.trl) if card.trl and card.kind != "need" else "",
            "organisation": organisation,
            "path": f"/listings/{card.slug or 'tin'}-{card.public_id}",
            "score": "",
        }
    if left is not None and word == "closed":
        english = current_locale() == "en" and left.language != "en" and left.title_en
        return {
            "word": word,
            "title": left.title_en if english else left.title,
            "kind": term("kind", left.kind),
            "trl": "",
            "organisation": "",
            "path": "",
            "score": "",
        }
    return None
