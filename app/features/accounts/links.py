"""Single-use links sent by mail: to confirm an address, to set a new password."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.errors import Gone
from app.features.accounts.tokens import digest, new_token
from app.i18n import N_
from app.models import AccountToken

Purpose = Literal["confirm", "reset"]
LinkState = Literal["good", "used", "expired", "unknown"]
LIFETIMES: dict[Purpose, timedelta] = {"confirm": timedelta(days=2), "reset": timedelta(hours=2)}


class LinkNotGood(Gone):
    """The link was used before, has expired, or never was."""

    code = "link-not-good"
    title = N_("Liên kết không còn dùng được")


def issue_link(session: Session, *, person_id: UUID, purpose: Purpose, now: datetime) -> str:
    """Make the token of a link and store its hash; earlier links stay good until one of them is used."""
    token = new_token()
    session.add(
        AccountToken(
            person_id=person_id,
            purpose=purpose,
            token_sha256=digest(token),
            created_at=now,
            expires_at=now + LIFETIMES[purpose],
        )
    )
    return token


def link_state(session: Session, *, token: str, purpose: Purpose, now: datetime) -> LinkState:
    """What opening the link would do. Looking does not use it up: mail scanners open every link."""
    found = session.execute(
        select(AccountToken.used_at, AccountToken.expires_at).where(
            AccountToken.token_sha256 == digest(token), AccountToken.purpose == purpose
        )
    ).one_or_none()
    if found is None:
        return "unknown"
    if found.used_at is not None:
        return "used"
    return "good" if found.expires_at > now else "expired"


def use_link(session: Session, *, token: str, purpose: Purpose, now: datetime) -> UUID:
    """Use the link up, with all others of the same person and purpose; returns whose it was.

    Raises:
        LinkNotGood: used (also a moment ago, by another request), expired or unknown.
    """
    person_id = session.execute(
        update(AccountToken)
        .where(
            AccountToken.token_sha256 == digest(token),
            AccountToken.purpose == purpose,
            AccountToken.used_at.is_(None),
            AccountToken.expires_at > now,
        )
        .values(used_at=now)
        .returning(AccountToken.person_id)
    ).scalar_one_or_none()
    if person_id is None:
        raise LinkNotGood(N_("Liên kết đã được dùng, đã hết hạn hoặc bị cắt mất một đoạn. Hãy xin một liên kết mới."))
    spend_links(session, person_id=person_id, purpose=purpose, now=now)
    return person_id


def spend_links(session: Session, *, person_id: UUID, purpose: Purpose, now: datetime) -> None:
    """Make every open link of this person and purpose worthless."""
    session.execute(
        update(AccountToken)
        .where(AccountToken.person_id == person_id, AccountToken.purpose == purpose, AccountToken.used_at.is_(None))
        .values(used_at=now)
    )
