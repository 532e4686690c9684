"""Quote requests that cross exchanges: which partner each goes to or came from, what is on its way, and every try.

A request has one home: the exchange that owns the listing. There it is a request like others; the exchange of the buyer
keeps a copy that follows it. Nothing here says what was asked or answered: that stands where it always does.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import uuid7

CARRIED_DIRECTIONS = ("out", "in")
CARRIED_ACTS = ("ask", "withdraw", "accept", "reject", "message", "state")
CARRIED_STATES = ("waiting", "delivered", "refused", "failed", "dropped")


class CarriedRequest(Base):
    """That a quote request crosses exchanges: `out` to the listing's home, `in` from the buyer's exchange.

    Attributes:
        carry_id: its name between the two exchanges, given by the buyer's.
        remote_number: what the other exchange calls it, for people on the telephone; "" as long as it is unknown.
        exchange_name: of the partner, as it was called then.
        answers_to: of one that came in, where its exchange likes to hear of changes; "" where it only asks.
        gives_email: of one that goes out, that the person who asked ticked for the e-mail to go along.
        contact_email: of one that came in, that e-mail; forgotten some time after the request has closed.
        consent_version, consent_at: which text about what leaves was agreed to, and when.
        seen_version: the version of the request at its home that the buyer's exchange is known to have.
        next_pull_at: of one that goes out, when its home is asked next; None once nothing more can come.
    """

    __tablename__ = "carried_request"
    __table_args__ = (
        Index(
            "uq_carried_request_in", "partner_id", "carry_id", unique=True, postgresql_where=text("direction = 'in'")
        ),
        Index("uq_carried_request_out", "carry_id", unique=True, postgresql_where=text("direction = 'out'")),
        Index("ix_carried_request_pull", "next_pull_at", postgresql_where=text("next_pull_at IS NOT NULL")),
        CheckConstraint(f"direction IN {CARRIED_DIRECTIONS}", name="direction"),
    )

    request_id: Mapped[UUID] = mapped_column(ForeignKey("quote_request.id"), primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"))
    direction: Mapped[str]
    carry_id: Mapped[str]
    remote_number: Mapped[str] = mapped_column(default="")
    exchange_name: Mapped[str]
    answers_to: Mapped[str] = mapped_column(default="")
    gives_email: Mapped[bool] = mapped_column(default=False)
    contact_email: Mapped[str] = mapped_column(default="")
    consent_version: Mapped[str]
    consent_at: Mapped[datetime]
    seen_version: Mapped[int] = mapped_column(default=0)
    heard_at: Mapped[datetime | None]
    next_pull_at: Mapped[datetime | None]
    pull_failures: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class CarriedDelivery(Base):
    """One message on its way to the other exchange. Those of one request leave in their order.

    Attributes:
        act: what the buyer did, or `state`: how the request stands at its home. Of `ask` and `state` the body is made
            when it is sent, from what is stored then.
        body: what the act says.
        fault: why the last try came to nothing.
    """

    __tablename__ = "carried_delivery"
    __table_args__ = (
        Index("ix_carried_delivery_request", "request_id", "id"),
        Index("ix_carried_delivery_state", "state", "id"),
        Index(
            "uq_carried_delivery_state",
            "request_id",
            unique=True,
            postgresql_where=text("act = 'state' AND state = 'waiting'"),
        ),
        CheckConstraint(f"act IN {CARRIED_ACTS}", name="act"),
        CheckConstraint(f"state IN {CARRIED_STATES}", name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("carried_request.request_id"))
    act: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="waiting")
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    round: Mapped[int] = mapped_column(SmallInteger, default=1)
    next_at: Mapped[datetime | None]
    status: Mapped[int | None]
    fault: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]


class CarriedAttempt(Base):
    """One try, written before it is made; what came of it is filled in afterwards (`ended_at` null: nobody knows)."""

    __tablename__ = "carried_attempt"
    __table_args__ = (PrimaryKeyConstraint("delivery_id", "sequence"),)

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("carried_delivery.id"))
    sequence: Mapped[int] = mapped_column(SmallInteger)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    status: Mapped[int | None]
    fault: Mapped[str] = mapped_column(default="")
