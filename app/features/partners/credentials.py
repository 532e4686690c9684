"""What partners prove themselves with: made, rotated and revoked by the operator; a secret is shown once.

Two kinds: an API key, sent as `Authorization: Bearer`; and OAuth2 client credentials (RFC 6749, section 4.4), exchanged
for a token that lives an hour (app/exchange/token.py).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.errors import Conflict, NotFound
from app.features.accounts.tokens import digest, new_token
from app.features.partners.commands import locked_partner, note_change
from app.features.partners.schemas import IssueInput
from app.features.partners.terms import is_in_force
from app.i18n import N_
from app.identity import Actor, new_public_id
from app.models.partners import Partner, PartnerCredential

API_KEY_PREFIX: Final = "tmpx_"
CLIENT_PREFIX: Final = "client-"
MOST_GOOD: Final = 6
_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Issued:
    """A credential just made. `secret` is never to be seen again; `name` is the client id of an OAuth2 client."""

    credential: PartnerCredential
    name: str
    secret: str


@dataclass(frozen=True, slots=True)
class Sight:
    """Who a partner's request comes from and what the agreement lets it see.

    Attributes:
        partners_too: whether it sees what is shared with partners only.
        kinds, research_fields: what the agreement is about; empty for everything.
        withheld: names of content fields to leave out of what it is given.
        rate_per_minute: how many requests it may send.
    """

    partner_id: UUID
    credential_id: UUID
    authority: str
    name: str
    partners_too: bool
    kinds: tuple[str, ...]
    research_fields: tuple[str, ...]
    withheld: tuple[str, ...]
    rate_per_minute: int


def issue_credential(session: Session, *, actor: Actor, public_id: str, data: IssueInput, now: datetime) -> Issued:
    """Make a credential. To rotate, give `overlap_hours`: those before of its kind go on that long and end then.

    Raises:
        Forbidden, NotFound; Conflict: the agreement has ended, or the partner has as many good ones as allowed.
    """
    partner = locked_partner(session, actor=actor, public_id=public_id)
    if partner.state == "ended":
        raise Conflict(N_("Thoả thuận đã chấm dứt"))
    good = session.scalars(
        select(PartnerCredential).where(
            PartnerCredential.partner_id == partner.id,
            PartnerCredential.revoked_at.is_(None),
            or_(PartnerCredential.expires_at.is_(None), PartnerCredential.expires_at > now),
        )
    ).all()
    if len(good) >= MOST_GOOD:
        raise Conflict(N_("Đối tác đã có nhiều khoá đang dùng được. Hãy thu hồi bớt trước khi cấp thêm."))
    if data.overlap_hours is not None:
        until = now + timedelta(hours=data.overlap_hours)
        for one in good:
            if one.kind == data.kind and (one.expires_at is None or one.expires_at > until):
                one.expires_at = until
    secret = (API_KEY_PREFIX if data.kind == "api_key" else "") + new_token()
    name = secret[:_SHOWN] if data.kind == "api_key" else CLIENT_PREFIX + new_public_id()
    made = PartnerCredential(
        partner_id=partner.id,
        kind=data.kind,
        name=name,
        secret_sha256=digest(secret),
        created_at=now,
        created_by_id=actor.person_id,
        expires_at=now + timedelta(days=data.days),
    )
    session.add(made)
    session.flush()
    facts = {"kind": data.kind, "name": name, "overlap_hours": data.overlap_hours}
    note_change(session, partner, actor=actor, action="credential_issued", now=now, data=facts)
    return Issued(made, name, secret)


def revoke_credential(session: Session, *, actor: Actor, public_id: str, credential_id: UUID, now: datetime) -> None:
    """Make a credential worthless at once, with every token it was exchanged for. Doing so again changes nothing.

    Raises:
        Forbidden; NotFound: the partner has no such credential.
    """
    partner = locked_partner(session, actor=actor, public_id=public_id)
    found = session.get(PartnerCredential, credential_id)
    if found is None or found.partner_id != partner.id:
        raise NotFound
    if found.revoked_at is None:
        found.revoked_at = now
        note_change(session, partner, actor=actor, action="credential_revoked", now=now, data={"name": found.name})


def sight_of_key(session: Session, *, key: str, now: datetime) -> Sight | None:
    """Whose API key this is; None for one that opens nothing (any more)."""
    if not key.startswith(API_KEY_PREFIX):
        return None
    return _sight(
        session,
        PartnerCredential.kind == "api_key",
        PartnerCredential.secret_sha256 == digest(key),
        now=now,
    )


def sight_of_client(session: Session, *, client_id: str, secret: str, now: datetime) -> Sight | None:
    """Whose client credentials these are; None when they are not right (any more)."""
    return _sight(
        session,
        PartnerCredential.kind == "oauth_client",
        PartnerCredential.name == client_id,
        PartnerCredential.secret_sha256 == digest(secret),
        now=now,
    )


def sight_of_credential(session: Session, *, credential_id: UUID, now: datetime) -> Sight | None:
    """What the holder of a token made from this credential may see now; None when it was revoked or ended."""
    return _sight(session, PartnerCredential.id == credential_id, now=now)


def _sight(session: Session, *conditions: object, now: datetime) -> Sight | None:
    row = session.execute(
        select(PartnerCredential.id, Partner)
        .join(Partner, Partner.id == PartnerCredential.partner_id)
        .where(
            *conditions,  # type: ignore[arg-type]
            PartnerCredential.revoked_at.is_(None),
            func.coalesce(PartnerCredential.expires_at > now, True),
            # While the agreement is being tried the partner may try as well.
            Partner.state.in_(("draft", "tested", "live")),
        )
    ).one_or_none()
    if row is None:
        return None
    return sight(row[1], credential_id=row[0], now=now)


def sight(partner: Partner, *, credential_id: UUID, now: datetime) -> Sight:
    """What the agreement lets the partner see at this moment, whichever credential it comes with."""
    return Sight(
        partner_id=partner.id,
        credential_id=credential_id,
        authority=partner.authority,
        name=partner.name,
        partners_too=is_in_force(partner, now=now) and partner.state == "live" and partner.direction != "take",
        kinds=tuple(partner.kinds),
        research_fields=tuple(partner.research_fields),
        withheld=tuple(partner.withheld),
        rate_per_minute=partner.rate_per_minute,
    )
