"""Records for tests, made straight as rows: what a test does not name gets a plausible value."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from app import journal
from app.identity import Actor, new_public_id, uuid7
from app.models import Listing, Membership, Organisation, Person

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
_serial = count(1)


def person(session: Session, **given: Any) -> Person:
    number = next(_serial)
    values: dict[str, Any] = {
        "email": f"nguoi{number}@example.test",
        "name": f"Nguyễn Văn {number}",
        "password_hash": "!",
        "confirmed_at": NOW,
        "created_at": NOW,
    } | given
    made = Person(**values)
    session.add(made)
    session.flush()
    return made


def organisation(session: Session, *, owner: Person | None = None, **given: Any) -> Organisation:
    number = next(_serial)
    public_id = new_public_id()
    values: dict[str, Any] = {
        "id": uuid7(),
        "public_id": public_id,
        "authority": "techmart.test",
        "local_id": public_id,
        "slug": f"vien-{number}",
        "name": f"Viện Ứng dụng số {number}",
        "type": "research_institute",
        "region": "79",
        "created_at": NOW,
        "updated_at": NOW,
    } | given
    made = Organisation(**values)
    session.add(made)
    journal.append(session, entity="organisation", entity_id=made.id, action="created", at=NOW)
    if owner is not None:
        session.add(Membership(organisation_id=made.id, person_id=owner.id, role="owner", created_at=NOW))
        session.flush()
    return made


def listing(session: Session, *, of: Organisation, **given: Any) -> Listing:
    number = next(_serial)
    public_id = new_public_id()
    values: dict[str, Any] = {
        "id": uuid7(),
        "public_id": public_id,
        "authority": "techmart.test",
        "local_id": public_id,
        "kind": "technology",
        "state": "published",
        "slug": f"may-say-{number}",
        "organisation_id": of.id,
        "title": f"Máy sấy bơm nhiệt số {number}",
        "benefit": "Giảm 40 % điện so với sấy điện trở",
        "summary": "Sấy nông sản ở nhiệt độ thấp.",
        "description": "Dàn lạnh tách ẩm, dàn nóng thu hồi nhiệt.",
        "region": "79",
        "trl": 8,
        "created_at": NOW,
        "updated_at": NOW,
        "published_at": NOW,
        "confirmed_at": NOW,
        "confirm_due_at": NOW + timedelta(days=90),
    } | given
    if values["state"] in {"draft", "submitted", "returned"}:
        values |= {"published_at": None, "confirmed_at": None, "confirm_due_at": None}
    made = Listing(**values)
    session.add(made)
    journal.append(session, entity="listing", entity_id=made.id, action="created", at=NOW)
    return made


def actor(who: Person, *organisations: Organisation, role: str = "owner", operator: bool = False) -> Actor:
    return Actor(
        person_id=who.id,
        organisations={one.id: role for one in organisations},  # type: ignore[misc]
        is_operator=operator,
    )
