"""terms, legal check, registration and documents of deals; disputes as cases; bands of value"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "8e21f6ad05c7"
down_revision: str | Sequence[str] | None = "b70c4e1f52aa"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The bands as they were on the day of this migration (app/features/deals/bands.py), in minor units.
_BANDS = """
    UPDATE deal_outcome AS o SET band = coalesce((
        SELECT count(*) FROM unnest(CASE
            WHEN d.currency = 'VND' THEN ARRAY[100000000, 500000000, 1000000000, 5000000000, 20000000000]
            WHEN d.currency = 'JPY' THEN ARRAY[500000, 2000000, 5000000, 20000000, 100000000]
            WHEN d.currency = 'KRW' THEN ARRAY[5000000, 20000000, 50000000, 200000000, 1000000000]
            ELSE ARRAY[500000, 2000000, 5000000, 20000000, 100000000] END) AS bound WHERE o.value >= bound), 0)
    FROM deal AS d WHERE d.id = o.deal_id AND o.shown = 'band'
"""


def upgrade() -> None:
    op.create_table(
        "deal_calendar",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("feed_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_deal_calendar_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_deal_calendar")),
    )
    op.create_index("uq_deal_calendar_feed_key", "deal_calendar", ["feed_key"], unique=True)
    op.create_table(
        "deal_document",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('contract', 'annex', 'minutes', 'other')", name=op.f("ck_deal_document_kind")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_document_deal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_document")),
    )
    op.create_index("ix_deal_document_deal", "deal_document", ["deal_id", "created_at", "id"], unique=False)
    op.create_index("uq_deal_document_public_id", "deal_document", ["public_id"], unique=True)
    op.create_table(
        "deal_legal_check",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("deal_id", sa.UUID(), nullable=False),
        sa.Column("rules_version", sa.Text(), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("findings", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("must_register", sa.Boolean(), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("checked_by_id", sa.UUID(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("side IN ('buyer', 'holder')", name=op.f("ck_deal_legal_check_side")),
        sa.ForeignKeyConstraint(["checked_by_id"], ["person.id"], name=op.f("fk_deal_legal_check_checked_by_id")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_legal_check_deal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_legal_check")),
    )
    op.create_index("ix_deal_legal_check_deal", "deal_legal_check", ["deal_id", "checked_at", "id"], unique=False)
    op.create_table(
        "deal_terms",
        sa.Column("deal_id", sa.UUID(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("transfer_forms", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("territory", sa.Text(), nullable=False),
        sa.Column("term_years", sa.SmallInteger(), nullable=True),
        sa.Column("payment_form", sa.Text(), nullable=False),
        sa.Column("lump_sum", sa.BigInteger(), nullable=True),
        sa.Column("royalty_percent", sa.Numeric(precision=7, scale=4), nullable=True),
        sa.Column("royalty_base", sa.Text(), nullable=True),
        sa.Column("royalty_period", sa.Text(), nullable=True),
        sa.Column("royalty_years", sa.SmallInteger(), nullable=True),
        sa.Column("minimum", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", sa.UUID(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.UUID(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(payment_form = 'lump_sum') = (royalty_percent IS NULL) AND (royalty_percent IS NULL) = (royalty_base IS NULL) AND (royalty_percent IS NULL) = (royalty_period IS NULL)",
            name=op.f("ck_deal_terms_royalty"),
        ),
        sa.CheckConstraint("(payment_form = 'royalty') = (lump_sum IS NULL)", name=op.f("ck_deal_terms_lump_sum")),
        sa.CheckConstraint(
            "payment_form IN ('lump_sum', 'royalty', 'fee_and_royalty')", name=op.f("ck_deal_terms_payment_form")
        ),
        sa.CheckConstraint(
            "royalty_base IN ('net_sales', 'gross_sales', 'profit', 'savings')", name=op.f("ck_deal_terms_royalty_base")
        ),
        sa.CheckConstraint(
            "royalty_period IN ('month', 'quarter', 'half_year', 'year')", name=op.f("ck_deal_terms_royalty_period")
        ),
        sa.CheckConstraint("side IN ('buyer', 'holder')", name=op.f("ck_deal_terms_side")),
        sa.CheckConstraint(
            "state IN ('open', 'agreed', 'declined', 'withdrawn', 'countered')", name=op.f("ck_deal_terms_state")
        ),
        sa.CheckConstraint(
            "royalty_percent > 0 AND royalty_percent <= 100", name=op.f("ck_deal_terms_royalty_percent")
        ),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_terms_deal_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_deal_terms_decided_by_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["person.id"], name=op.f("fk_deal_terms_proposed_by_id")),
        sa.PrimaryKeyConstraint("deal_id", "revision", name=op.f("pk_deal_terms")),
    )
    op.create_index(
        "uq_deal_terms_open", "deal_terms", ["deal_id"], unique=True, postgresql_where=sa.text("state = 'open'")
    )
    op.create_table(
        "deal_signature",
        sa.Column("document_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.UUID(), nullable=False),
        sa.Column("organisation_name", sa.Text(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("typed_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("side IN ('buyer', 'holder')", name=op.f("ck_deal_signature_side")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_signature_deal_id")),
        sa.ForeignKeyConstraint(["document_id"], ["deal_document.id"], name=op.f("fk_deal_signature_document_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_deal_signature_person_id")),
        sa.PrimaryKeyConstraint("document_id", "version", "side", name=op.f("pk_deal_signature")),
    )
    op.create_table(
        "deal_document_version",
        sa.Column("document_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("deal_id", sa.UUID(), nullable=False),
        sa.Column("file_id", sa.UUID(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_document_version_deal_id")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["deal_document.id"], name=op.f("fk_deal_document_version_document_id")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["deal_file.id"], name=op.f("fk_deal_document_version_file_id")),
        sa.PrimaryKeyConstraint("document_id", "version", name=op.f("pk_deal_document_version")),
    )
    op.create_table(
        "deal_registration",
        sa.Column("deal_id", sa.UUID(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("certificate_number", sa.Text(), nullable=True),
        sa.Column("certificate_on", sa.Date(), nullable=True),
        sa.Column("certificate_file_id", sa.UUID(), nullable=True),
        sa.Column("refused_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(certificate_number IS NULL) = (certificate_on IS NULL)", name=op.f("ck_deal_registration_certificate")
        ),
        sa.ForeignKeyConstraint(
            ["certificate_file_id"], ["deal_file.id"], name=op.f("fk_deal_registration_certificate_file_id")
        ),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_registration_deal_id")),
        sa.PrimaryKeyConstraint("deal_id", name=op.f("pk_deal_registration")),
    )
    op.create_index(
        "ix_deal_registration_due",
        "deal_registration",
        ["due_on", "deal_id"],
        unique=False,
        postgresql_where=sa.text("filed_on IS NULL"),
    )
    op.add_column("broker_case", sa.Column("deal_id", sa.UUID(), nullable=True))
    op.create_index(
        "ix_broker_case_deal",
        "broker_case",
        ["deal_id", "opened_at"],
        unique=False,
        postgresql_where=sa.text("deal_id IS NOT NULL"),
    )
    op.create_index(
        "uq_broker_case_deal",
        "broker_case",
        ["deal_id"],
        unique=True,
        postgresql_where=sa.text("deal_id IS NOT NULL AND state <> 'closed'"),
    )
    op.create_foreign_key(op.f("fk_broker_case_deal_id"), "broker_case", "deal", ["deal_id"], ["id"])
    op.add_column("broker_case_note", sa.Column("shared", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("broker_case_note", "shared", server_default=None)
    op.add_column("deal_outcome", sa.Column("band", sa.SmallInteger(), nullable=True))
    op.add_column(
        "deal_outcome",
        sa.Column("results", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="[]"),
    )
    op.alter_column("deal_outcome", "results", server_default=None)
    # A band without a value said nothing: it is private now.
    op.execute("UPDATE deal_outcome SET shown = 'private' WHERE shown = 'band' AND value IS NULL")
    op.execute(_BANDS)
    op.create_check_constraint(op.f("ck_deal_outcome_band"), "deal_outcome", "(shown = 'band') = (band IS NOT NULL)")
    op.drop_constraint(op.f("ck_broker_case_kind"), "broker_case", type_="check")
    op.drop_constraint(op.f("ck_broker_case_outcome"), "broker_case", type_="check")
    op.create_check_constraint(op.f("ck_broker_case_kind"), "broker_case", "kind IN ('no_answer', 'call', 'dispute')")
    op.create_check_constraint(
        op.f("ck_broker_case_outcome"),
        "broker_case",
        "outcome IN ('answered', 'introduced', 'need_posted', 'no_interest', 'settled', 'ended', 'other')",
    )


def downgrade() -> None:
    # Cases that the older schema has no name for.
    op.execute(
        "DELETE FROM broker_case_note USING broker_case AS c WHERE c.id = broker_case_note.case_id AND c.kind = 'dispute'"
    )
    op.execute(
        "DELETE FROM broker_case_history USING broker_case AS c WHERE c.id = broker_case_history.case_id "
        "AND c.kind = 'dispute'"
    )
    op.execute("DELETE FROM broker_case WHERE kind = 'dispute'")
    op.drop_constraint(op.f("ck_broker_case_outcome"), "broker_case", type_="check")
    op.drop_constraint(op.f("ck_broker_case_kind"), "broker_case", type_="check")
    op.create_check_constraint(op.f("ck_broker_case_kind"), "broker_case", "kind IN ('no_answer', 'call')")
    op.create_check_constraint(
        op.f("ck_broker_case_outcome"),
        "broker_case",
        "outcome IN ('answered', 'introduced', 'need_posted', 'no_interest', 'other')",
    )
    op.drop_constraint(op.f("ck_deal_outcome_band"), "deal_outcome", type_="check")
    op.drop_column("deal_outcome", "results")
    op.drop_column("deal_outcome", "band")
    op.drop_column("broker_case_note", "shared")
    op.drop_constraint(op.f("fk_broker_case_deal_id"), "broker_case", type_="foreignkey")
    op.drop_index(
        "uq_broker_case_deal",
        table_name="broker_case",
        postgresql_where=sa.text("deal_id IS NOT NULL AND state <> 'closed'"),
    )
    op.drop_index("ix_broker_case_deal", table_name="broker_case", postgresql_where=sa.text("deal_id IS NOT NULL"))
    op.drop_column("broker_case", "deal_id")
    op.drop_index(
        "ix_deal_registration_due", table_name="deal_registration", postgresql_where=sa.text("filed_on IS NULL")
    )
    op.drop_table("deal_registration")
    op.drop_table("deal_document_version")
    op.drop_table("deal_signature")
    op.drop_index("uq_deal_terms_open", table_name="deal_terms", postgresql_where=sa.text("state = 'open'"))
    op.drop_table("deal_terms")
    op.drop_index("ix_deal_legal_check_deal", table_name="deal_legal_check")
    op.drop_table("deal_legal_check")
    op.drop_index("uq_deal_document_public_id", table_name="deal_document")
    op.drop_index("ix_deal_document_deal", table_name="deal_document")
    op.drop_table("deal_document")
    op.drop_index("uq_deal_calendar_feed_key", table_name="deal_calendar")
    op.drop_table("deal_calendar")
