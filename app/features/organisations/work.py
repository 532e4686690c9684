"""What the worker does for organisations."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.features.accounts.tokens import digest, new_token
from app.features.messages import prepares
from app.features.organisations.invitations import state_of
from app.models import Invitation


@prepares("organisation_invitation")
def _invitation(session: Session, context: Mapping[str, Any], now: datetime) -> Mapping[str, Any] | None:
    """Give the invitation the token that this letter carries; the link of an earlier letter ends."""
    invitation = session.scalars(
        select(Invitation).where(Invitation.id == UUID(context["invitation_id"])).with_for_update()
    ).one_or_none()
    if invitation is None or state_of(invitation, now=now) != "open":
        return None
    token = new_token()
    invitation.token_sha256 = digest(token)
    return {"token": token}
