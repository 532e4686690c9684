"""quote requests that cross exchanges"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "e4b1c7d92a60"
down_revision: str | Sequence[str] | None = "d26f8a1c40e7"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_STATES = (
    "sent",
    "acknowledged",
    "clarifying",
    "quoted",
    "declined",
    "accepted",
    "rejected",
    "withdrawn",
    "lapsed",
    "undelivered",
)
# Who wrote them here; nobody of what came from another exchange.
_WRITTEN_BY = (
    ("quote_request", "sent_by_id"),
    ("quote", "created_by_id"),
    ("acceptance", "accepted_by_id"),
    ("enquiry_message", "author_id"),
)


def _key(table: str, column: str, to: str, what: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.{what}"], name=op.f(f"fk_{table}_{column}_{to}"))


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.UUID(), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _allow_states(states: Sequence[str]) -> None:
    op.drop_constraint(op.f("ck_quote_request_state"), "quote_request", type_="check")
    op.create_check_constraint(op.f("ck_quote_request_state"), "quote_request", f"state IN {tuple(states)}")


def upgrade() -> None:
    for name in ("enquiries_out", "enquiries_in"):
        op.add_column("partner", sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False))
    for table, column in _WRITTEN_BY:
        op.alter_column(table, column, nullable=True)
    _allow_states(_STATES)
    op.create_table(
        "carried_request",
        _id("request_id"),
        _id("partner_id"),
        _text("direction"),
        _text("carry_id"),
        _text("remote_number"),
        _text("exchange_name"),
        _text("answers_to"),
        sa.Column("gives_email", sa.Boolean(), nullable=False),
        _text("contact_email"),
        _text("consent_version"),
        _at("consent_at"),
        sa.Column("seen_version", sa.Integer(), nullable=False),
        _at("heard_at", nullable=True),
        _at("next_pull_at", nullable=True),
        sa.Column("pull_failures", sa.Integer(), nullable=False),
        _at("created_at"),
        sa.CheckConstraint("direction IN ('out', 'in')", name=op.f("ck_carried_request_direction")),
        _key("carried_request", "request_id", "quote_request"),
        _key("carried_request", "partner_id", "partner"),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_carried_request")),
    )
    op.create_index(
        "uq_carried_request_in",
        "carried_request",
        ["partner_id", "carry_id"],
        unique=True,
        postgresql_where=sa.text("direction = 'in'"),
    )
    op.create_index(
        "uq_carried_request_out",
        "carried_request",
        ["carry_id"],
        unique=True,
        postgresql_where=sa.text("direction = 'out'"),
    )
    op.create_index(
        "ix_carried_request_pull",
        "carried_request",
        ["next_pull_at"],
        postgresql_where=sa.text("next_pull_at IS NOT NULL"),
    )
    op.create_table(
        "carried_delivery",
        _id(),
        _id("request_id"),
        _text("act"),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        _text("state"),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        _at("next_at", nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        _text("fault"),
        _at("created_at"),
        _id("created_by_id", nullable=True),
        _at("ended_at", nullable=True),
        sa.CheckConstraint(
            "act IN ('ask', 'withdraw', 'accept', 'reject', 'message', 'state')", name=op.f("ck_carried_delivery_act")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'refused', 'failed', 'dropped')", name=op.f("ck_carried_delivery_state")
        ),
        _key("carried_delivery", "request_id", "carried_request", "request_id"),
        _key("carried_delivery", "created_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carried_delivery")),
    )
    op.create_index("ix_carried_delivery_request", "carried_delivery", ["request_id", "id"])
    op.create_index("ix_carried_delivery_state", "carried_delivery", ["state", "id"])
    op.create_index(
        "uq_carried_delivery_state",
        "carried_delivery",
        ["request_id"],
        unique=True,
        postgresql_where=sa.text("act = 'state' AND state = 'waiting'"),
    )
    op.create_table(
        "carried_attempt",
        _id("delivery_id"),
        sa.Column("sequence", sa.SmallInteger(), nullable=False),
        _at("began_at"),
        _at("ended_at", nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        _text("fault"),
        _key("carried_attempt", "delivery_id", "carried_delivery"),
        sa.PrimaryKeyConstraint("delivery_id", "sequence", name=op.f("pk_carried_attempt")),
    )


def downgrade() -> None:
    op.drop_table("carried_attempt")
    op.drop_table("carried_delivery")
    op.drop_table("carried_request")
    _allow_states(_STATES[:-1])
    for table, column in reversed(_WRITTEN_BY):
        op.alter_column(table, column, nullable=False)
    for name in ("enquiries_in", "enquiries_out"):
        op.drop_column("partner", name)
