"""payments"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "607f27344967"
down_revision: str | Sequence[str] | None = "8e21f60b9ad3"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "bank_account",
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("bank_bin", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["confirmed_by_id"], ["person.id"], name=op.f("fk_bank_account_confirmed_by_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_bank_account_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_bank_account")),
    )
    op.create_table(
        "bank_statement",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("uploaded_by_id", sa.UUID(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_bank_statement_organisation_id")
        ),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["person.id"], name=op.f("fk_bank_statement_uploaded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statement")),
        sa.UniqueConstraint("organisation_id", "sha256", name=op.f("uq_bank_statement_organisation_id_sha256")),
    )
    op.create_index("uq_bank_statement_public", "bank_statement", ["public_id"], unique=True)
    op.create_table(
        "payment",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.UUID(), nullable=False),
        sa.Column("milestone_id", sa.UUID(), nullable=True),
        sa.Column("deal_number", sa.Text(), nullable=False),
        sa.Column("listing_title", sa.Text(), nullable=False),
        sa.Column("buyer_organisation_id", sa.UUID(), nullable=False),
        sa.Column("buyer_name", sa.Text(), nullable=False),
        sa.Column("holder_organisation_id", sa.UUID(), nullable=False),
        sa.Column("holder_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("bank_bin", sa.Text(), nullable=True),
        sa.Column("bank_account", sa.Text(), nullable=True),
        sa.Column("bank_holder", sa.Text(), nullable=True),
        sa.Column("form_key", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.UUID(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('deposit', 'milestone', 'balance', 'royalty')", name=op.f("ck_payment_kind")),
        sa.CheckConstraint(
            "state IN ('asked', 'reported', 'part_paid', 'paid', 'partly_refunded', 'refunded', 'disputed', 'charged_back', 'cancelled')",
            name=op.f("ck_payment_state"),
        ),
        sa.CheckConstraint("(bank_bin IS NULL) = (bank_account IS NULL)", name=op.f("ck_payment_bank")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_amount")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_payment_asked_by_id")),
        sa.ForeignKeyConstraint(
            ["buyer_organisation_id"], ["organisation.id"], name=op.f("fk_payment_buyer_organisation_id")
        ),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_payment_deal_id")),
        sa.ForeignKeyConstraint(["milestone_id"], ["deal_milestone.id"], name=op.f("fk_payment_milestone_id")),
        sa.ForeignKeyConstraint(
            ["holder_organisation_id"], ["organisation.id"], name=op.f("fk_payment_holder_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("id", "currency", name=op.f("uq_payment_id_currency")),
    )
    op.create_index("ix_payment_buyer", "payment", ["buyer_organisation_id", "updated_at", "id"], unique=False)
    op.create_index("ix_payment_deal", "payment", ["deal_id", "asked_at"], unique=False)
    op.create_index("ix_payment_holder", "payment", ["holder_organisation_id", "updated_at", "id"], unique=False)
    op.create_index("uq_payment_form", "payment", ["holder_organisation_id", "form_key"], unique=True)
    op.create_index("uq_payment_number", "payment", ["number"], unique=True)
    op.create_index("uq_payment_reference", "payment", ["reference"], unique=True)
    op.create_table(
        "payment_entry",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("payment_id", sa.UUID(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by_id", sa.UUID(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('charge', 'refund', 'refund_returned', 'dispute', 'dispute_won', 'dispute_lost', 'fee')",
            name=op.f("ck_payment_entry_kind"),
        ),
        sa.CheckConstraint("source IN ('hand', 'statement', 'stripe')", name=op.f("ck_payment_entry_source")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_entry_amount")),
        sa.ForeignKeyConstraint(["noted_by_id"], ["person.id"], name=op.f("fk_payment_entry_noted_by_id")),
        sa.ForeignKeyConstraint(
            ["payment_id", "currency"],
            ["payment.id", "payment.currency"],
            name=op.f("fk_payment_entry_payment_id_currency"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_entry")),
        sa.UniqueConstraint("source", "kind", "external_id", name=op.f("uq_payment_entry_source_kind_external_id")),
    )
    op.create_index("ix_payment_entry_noted", "payment_entry", ["source", "noted_at", "id"], unique=False)
    op.create_index("ix_payment_entry_payment", "payment_entry", ["payment_id", "noted_at", "id"], unique=False)
    op.create_table(
        "payment_history",
        sa.Column("payment_id", sa.UUID(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_payment_history_actor_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_payment_history_payment_id")),
        sa.PrimaryKeyConstraint("payment_id", "sequence", name=op.f("pk_payment_history")),
    )
    op.create_table(
        "bank_statement_row",
        sa.Column("statement_id", sa.UUID(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.UUID(), nullable=True),
        sa.Column("entry_id", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["payment_entry.id"], name=op.f("fk_bank_statement_row_entry_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_bank_statement_row_payment_id")),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["bank_statement.id"], name=op.f("fk_bank_statement_row_statement_id")
        ),
        sa.PrimaryKeyConstraint("statement_id", "line", name=op.f("pk_bank_statement_row")),
    )
    op.create_index("ix_bank_statement_row_fingerprint", "bank_statement_row", ["fingerprint"], unique=False)
    op.execute("CREATE SEQUENCE payment_number_seq OWNED BY payment.number")
    # Written once: neither the application nor somebody at the database's prompt changes what was seen.
    op.execute(
        """
        CREATE FUNCTION payment_entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'payment_entry is written once';
        END $$;
        CREATE TRIGGER payment_entry_stays BEFORE UPDATE OR DELETE ON payment_entry
            FOR EACH ROW EXECUTE FUNCTION payment_entry_stays();
        """
    )


def downgrade() -> None:
    op.drop_index("ix_bank_statement_row_fingerprint", table_name="bank_statement_row")
    op.drop_table("bank_statement_row")
    op.drop_table("payment_history")
    op.drop_index("ix_payment_entry_payment", table_name="payment_entry")
    op.drop_index("ix_payment_entry_noted", table_name="payment_entry")
    op.drop_table("payment_entry")
    op.drop_index("uq_payment_reference", table_name="payment")
    op.drop_index("uq_payment_number", table_name="payment")
    op.drop_index("uq_payment_form", table_name="payment")
    op.drop_index("ix_payment_holder", table_name="payment")
    op.drop_index("ix_payment_deal", table_name="payment")
    op.drop_index("ix_payment_buyer", table_name="payment")
    op.drop_table("payment")
    op.drop_index("uq_bank_statement_public", table_name="bank_statement")
    op.drop_table("bank_statement")
    op.drop_table("bank_account")
    op.execute("DROP FUNCTION payment_entry_stays()")
