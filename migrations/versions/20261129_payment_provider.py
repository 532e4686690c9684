"""payment_provider"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "6df10c029872"
down_revision: str | Sequence[str] | None = "8e21f6ad05c7"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "payment_event",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'handled', 'ignored', 'refused')", name=op.f("ck_payment_event_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_event")),
        sa.UniqueConstraint("source", "event_id", name=op.f("uq_payment_event_source_event_id")),
    )
    op.create_index(
        "ix_payment_event_open",
        "payment_event",
        ["received_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'refused')"),
    )
    op.create_index("ix_payment_event_received", "payment_event", ["received_at", "id"], unique=False)
    op.create_table(
        "reconciliation",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("compared", sa.Integer(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
    )
    op.create_index("ix_reconciliation_at", "reconciliation", ["at", "id"], unique=False)
    op.create_table(
        "reconciliation_difference",
        sa.Column("reconciliation_id", sa.UUID(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("movement", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("payment_number", sa.Text(), nullable=False),
        sa.Column("our_amount", sa.BigInteger(), nullable=True),
        sa.Column("our_currency", sa.Text(), nullable=True),
        sa.Column("their_amount", sa.BigInteger(), nullable=True),
        sa.Column("their_currency", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('missing_here', 'missing_there', 'differs')", name=op.f("ck_reconciliation_difference_kind")
        ),
        sa.ForeignKeyConstraint(
            ["reconciliation_id"], ["reconciliation.id"], name=op.f("fk_reconciliation_difference_reconciliation_id")
        ),
        sa.PrimaryKeyConstraint("reconciliation_id", "line", name=op.f("pk_reconciliation_difference")),
    )
    op.create_table(
        "payee_account",
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("charges_enabled", sa.Boolean(), nullable=False),
        sa.Column("payouts_enabled", sa.Boolean(), nullable=False),
        sa.Column("details_submitted", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_payee_account_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_payee_account")),
    )
    op.create_index("uq_payee_account_external", "payee_account", ["external_id"], unique=True)
    op.create_table(
        "payout_seen",
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("arrives_on", sa.Date(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_payout_seen_organisation_id")),
        sa.PrimaryKeyConstraint("external_id", name=op.f("pk_payout_seen")),
    )
    op.create_index(
        "ix_payout_seen_organisation", "payout_seen", ["organisation_id", "arrives_on", "external_id"], unique=False
    )
    op.create_table(
        "payment_call",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("payment_id", sa.UUID(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("asked_by_id", sa.UUID(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('account', 'account_link', 'checkout', 'end_checkout', 'refund')",
            name=op.f("ck_payment_call_kind"),
        ),
        sa.CheckConstraint("state IN ('waiting', 'done', 'refused')", name=op.f("ck_payment_call_state")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_payment_call_asked_by_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_payment_call_organisation_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_payment_call_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_call")),
    )
    op.create_index(
        "ix_payment_call_organisation", "payment_call", ["organisation_id", "kind", "asked_at"], unique=False
    )
    op.create_index("ix_payment_call_payment", "payment_call", ["payment_id", "kind", "asked_at"], unique=False)
    op.create_index(
        "ix_payment_call_waiting",
        "payment_call",
        ["asked_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("uq_payment_call_key", "payment_call", ["idempotency_key"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_payment_call_key", table_name="payment_call")
    op.drop_index("ix_payment_call_waiting", table_name="payment_call", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index("ix_payment_call_payment", table_name="payment_call")
    op.drop_index("ix_payment_call_organisation", table_name="payment_call")
    op.drop_table("payment_call")
    op.drop_index("ix_payout_seen_organisation", table_name="payout_seen")
    op.drop_table("payout_seen")
    op.drop_index("uq_payee_account_external", table_name="payee_account")
    op.drop_table("payee_account")
    op.drop_table("reconciliation_difference")
    op.drop_index("ix_reconciliation_at", table_name="reconciliation")
    op.drop_table("reconciliation")
    op.drop_index("ix_payment_event_received", table_name="payment_event")
    op.drop_index(
        "ix_payment_event_open", table_name="payment_event", postgresql_where=sa.text("state IN ('waiting', 'refused')")
    )
    op.drop_table("payment_event")
