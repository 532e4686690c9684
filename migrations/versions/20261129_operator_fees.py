"""operator_fees"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "3420fecca850"
down_revision: str | Sequence[str] | None = "6df10c029872"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "operator_fee",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("listing_id", sa.UUID(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.Text(), nullable=True),
        sa.Column("ends_with_period", sa.Boolean(), nullable=False),
        sa.Column("paid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ordered_by_id", sa.UUID(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(product = 'promotion') = (listing_id IS NOT NULL)", name=op.f("ck_operator_fee_listing")),
        sa.CheckConstraint("product IN ('membership', 'promotion')", name=op.f("ck_operator_fee_product")),
        sa.CheckConstraint("state IN ('ordered', 'active', 'past_due', 'ended')", name=op.f("ck_operator_fee_state")),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_operator_fee_listing_id")),
        sa.ForeignKeyConstraint(["ordered_by_id"], ["person.id"], name=op.f("fk_operator_fee_ordered_by_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_operator_fee_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_fee")),
    )
    op.create_index("ix_operator_fee_organisation", "operator_fee", ["organisation_id", "ordered_at"], unique=False)
    op.create_index(
        "uq_operator_fee_open",
        "operator_fee",
        ["organisation_id", "product", sa.literal_column("coalesce(listing_id, organisation_id)")],
        unique=True,
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_index("uq_operator_fee_subscription", "operator_fee", ["subscription_id"], unique=True)
    op.create_table(
        "operator_invoice",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("fee_id", sa.UUID(), nullable=False),
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("organisation_name", sa.Text(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'paid', 'failed', 'void')", name=op.f("ck_operator_invoice_state")),
        sa.CheckConstraint("total >= 0", name=op.f("ck_operator_invoice_total")),
        sa.ForeignKeyConstraint(["fee_id"], ["operator_fee.id"], name=op.f("fk_operator_invoice_fee_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_operator_invoice_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_invoice")),
    )
    op.create_index(
        "ix_operator_invoice_organisation", "operator_invoice", ["organisation_id", "issued_at", "id"], unique=False
    )
    op.create_index("uq_operator_invoice_external", "operator_invoice", ["external_id"], unique=True)
    op.create_index("uq_operator_invoice_number", "operator_invoice", ["number"], unique=True)
    op.execute("CREATE SEQUENCE operator_invoice_number_seq OWNED BY operator_invoice.number")
    op.drop_constraint(op.f("ck_payment_call_kind"), "payment_call", type_="check")
    op.create_check_constraint(
        op.f("ck_payment_call_kind"),
        "payment_call",
        "kind IN ('account', 'account_link', 'checkout', 'end_checkout', 'refund', 'fee_checkout', 'fee_end')",
    )


def downgrade() -> None:
    op.execute("DELETE FROM payment_call WHERE kind IN ('fee_checkout', 'fee_end')")
    op.drop_constraint(op.f("ck_payment_call_kind"), "payment_call", type_="check")
    op.create_check_constraint(
        op.f("ck_payment_call_kind"),
        "payment_call",
        "kind IN ('account', 'account_link', 'checkout', 'end_checkout', 'refund')",
    )
    op.drop_index("uq_operator_invoice_number", table_name="operator_invoice")
    op.drop_index("uq_operator_invoice_external", table_name="operator_invoice")
    op.drop_index("ix_operator_invoice_organisation", table_name="operator_invoice")
    op.drop_table("operator_invoice")
    op.drop_index("uq_operator_fee_subscription", table_name="operator_fee")
    op.drop_index("uq_operator_fee_open", table_name="operator_fee", postgresql_where=sa.text("state <> 'ended'"))
    op.drop_index("ix_operator_fee_organisation", table_name="operator_fee")
    op.drop_table("operator_fee")
