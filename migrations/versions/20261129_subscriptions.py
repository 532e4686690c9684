"""webhooks of partners and the log of telling them"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "b7d2c9105e84"
down_revision: str | Sequence[str] | None = "607f27344967"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _id(name: str = "id") -> sa.Column[object]:
    return sa.Column(name, sa.UUID(), nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "partner_subscription",
        _id(),
        _text("public_id"),
        _id("partner_id"),
        _text("address"),
        sa.Column("generation", sa.Integer(), nullable=False),
        _at("rotated_at", nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        _text("disabled_for", nullable=True),
        _at("disabled_at", nullable=True),
        _at("created_at"),
        sa.CheckConstraint("disabled_for IN ('failing', 'gone')", name=op.f("ck_partner_subscription_disabled_for")),
        sa.CheckConstraint(
            "(disabled_for IS NULL) = (disabled_at IS NULL)", name=op.f("ck_partner_subscription_disabled")
        ),
        _key("partner_subscription", "partner_id", "partner"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_subscription")),
    )
    op.create_index("uq_partner_subscription_public_id", "partner_subscription", ["public_id"], unique=True)
    op.create_index("uq_partner_subscription_address", "partner_subscription", ["partner_id", "address"], unique=True)
    op.create_table(
        "subscription_delivery",
        _id(),
        _id("subscription_id"),
        _text("message_id"),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        _text("state"),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        _at("next_at", nullable=True),
        _at("created_at"),
        _at("ended_at", nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'failed')", name=op.f("ck_subscription_delivery_state")),
        _key("subscription_delivery", "subscription_id", "partner_subscription"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_delivery")),
    )
    op.create_index("uq_subscription_delivery_message", "subscription_delivery", ["message_id"], unique=True)
    op.create_index(
        "uq_subscription_delivery_waiting",
        "subscription_delivery",
        ["subscription_id"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_subscription_delivery_log", "subscription_delivery", ["subscription_id", "created_at", "id"])
    op.create_table(
        "subscription_attempt",
        _id("delivery_id"),
        sa.Column("sequence", sa.SmallInteger(), nullable=False),
        _at("at"),
        sa.Column("status", sa.Integer(), nullable=True),
        _text("fault"),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        _key("subscription_attempt", "delivery_id", "subscription_delivery"),
        sa.PrimaryKeyConstraint("delivery_id", "sequence", name=op.f("pk_subscription_attempt")),
    )


def downgrade() -> None:
    op.drop_table("subscription_attempt")
    op.drop_table("subscription_delivery")
    op.drop_table("partner_subscription")
