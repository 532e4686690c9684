"""non-disclosure agreements"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "1b49e40f64d3"
down_revision: str | Sequence[str] | None = "a3f06b1c92d4"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "nda",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("form_key", sa.Text(), nullable=False),
        sa.Column("listing_id", sa.UUID(), nullable=False),
        sa.Column("listing_title", sa.Text(), nullable=False),
        sa.Column("listing_kind", sa.Text(), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("discloser_organisation_id", sa.UUID(), nullable=False),
        sa.Column("discloser_name", sa.Text(), nullable=False),
        sa.Column("recipient_organisation_id", sa.UUID(), nullable=False),
        sa.Column("recipient_name", sa.Text(), nullable=False),
        sa.Column("requested_by_id", sa.UUID(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("template_version", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("special_terms", sa.Text(), nullable=False),
        sa.Column("secrecy_years", sa.SmallInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("text_sha256", sa.Text(), nullable=True),
        sa.Column("fixed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active_until", sa.Date(), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('requested', 'declined', 'withdrawn') OR (text IS NOT NULL AND text_sha256 IS NOT NULL AND active_until IS NOT NULL)",
            name=op.f("ck_nda_fixed_text"),
        ),
        sa.CheckConstraint(
            "state IN ('requested', 'fixed', 'signed_by_one', 'active', 'declined', 'withdrawn', 'expired', 'revoked')",
            name=op.f("ck_nda_state"),
        ),
        sa.CheckConstraint("discloser_organisation_id <> recipient_organisation_id", name=op.f("ck_nda_two_sides")),
        sa.ForeignKeyConstraint(
            ["discloser_organisation_id"], ["organisation.id"], name=op.f("fk_nda_discloser_organisation_id")
        ),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_nda_listing_id")),
        sa.ForeignKeyConstraint(
            ["recipient_organisation_id"], ["organisation.id"], name=op.f("fk_nda_recipient_organisation_id")
        ),
        sa.ForeignKeyConstraint(["requested_by_id"], ["person.id"], name=op.f("fk_nda_requested_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nda")),
    )
    op.create_index("ix_nda_discloser", "nda", ["discloser_organisation_id", "updated_at", "id"], unique=False)
    op.create_index(
        "ix_nda_ending", "nda", ["active_until", "id"], unique=False, postgresql_where=sa.text("state = 'active'")
    )
    op.create_index("ix_nda_listing", "nda", ["listing_id", "recipient_organisation_id"], unique=False)
    op.create_index("ix_nda_recipient", "nda", ["recipient_organisation_id", "updated_at", "id"], unique=False)
    op.create_index("uq_nda_form", "nda", ["requested_by_id", "form_key"], unique=True)
    op.create_index("uq_nda_number", "nda", ["number"], unique=True)
    op.create_index(
        "uq_nda_pending",
        "nda",
        ["listing_id", "recipient_organisation_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('requested', 'fixed', 'signed_by_one')"),
    )
    op.create_index("uq_nda_public_id", "nda", ["public_id"], unique=True)
    op.create_table(
        "nda_disclosure",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("nda_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_id", sa.UUID(), nullable=True),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_id", sa.UUID(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(kind = 'file') = (file_id IS NOT NULL)", name=op.f("ck_nda_disclosure_file_named")),
        sa.CheckConstraint("kind IN ('name', 'contact', 'text', 'file')", name=op.f("ck_nda_disclosure_kind")),
        sa.ForeignKeyConstraint(["file_id"], ["listing_confidential_file.id"], name=op.f("fk_nda_disclosure_file_id")),
        sa.ForeignKeyConstraint(["nda_id"], ["nda.id"], name=op.f("fk_nda_disclosure_nda_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["person.id"], name=op.f("fk_nda_disclosure_opened_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nda_disclosure")),
    )
    op.create_index(
        "ix_nda_disclosure_file",
        "nda_disclosure",
        ["file_id"],
        unique=False,
        postgresql_where=sa.text("file_id IS NOT NULL"),
    )
    op.create_index(
        "uq_nda_disclosure_open",
        "nda_disclosure",
        ["nda_id", "kind", "file_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "nda_history",
        sa.Column("nda_id", sa.UUID(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_nda_history_actor_id")),
        sa.ForeignKeyConstraint(["nda_id"], ["nda.id"], name=op.f("fk_nda_history_nda_id")),
        sa.PrimaryKeyConstraint("nda_id", "sequence", name=op.f("pk_nda_history")),
    )
    op.create_table(
        "nda_reader",
        sa.Column("nda_id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["nda_id"], ["nda.id"], name=op.f("fk_nda_reader_nda_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_nda_reader_person_id")),
        sa.PrimaryKeyConstraint("nda_id", "person_id", name=op.f("pk_nda_reader")),
    )
    op.create_index("ix_nda_reader_person", "nda_reader", ["person_id"], unique=False)
    op.create_table(
        "nda_signature",
        sa.Column("nda_id", sa.UUID(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("organisation_name", sa.Text(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("typed_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("side IN ('discloser', 'recipient')", name=op.f("ck_nda_signature_side")),
        sa.ForeignKeyConstraint(["nda_id"], ["nda.id"], name=op.f("fk_nda_signature_nda_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_nda_signature_person_id")),
        sa.PrimaryKeyConstraint("nda_id", "side", name=op.f("pk_nda_signature")),
    )
    op.execute("CREATE SEQUENCE nda_number_seq OWNED BY nda.number")


def downgrade() -> None:
    op.drop_table("nda_signature")
    op.drop_index("ix_nda_reader_person", table_name="nda_reader")
    op.drop_table("nda_reader")
    op.drop_table("nda_history")
    op.drop_index(
        "uq_nda_disclosure_open",
        table_name="nda_disclosure",
        postgresql_where=sa.text("closed_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index(
        "ix_nda_disclosure_file", table_name="nda_disclosure", postgresql_where=sa.text("file_id IS NOT NULL")
    )
    op.drop_table("nda_disclosure")
    op.drop_index("uq_nda_public_id", table_name="nda")
    op.drop_index(
        "uq_nda_pending", table_name="nda", postgresql_where=sa.text("state IN ('requested', 'fixed', 'signed_by_one')")
    )
    op.drop_index("uq_nda_number", table_name="nda")
    op.drop_index("uq_nda_form", table_name="nda")
    op.drop_index("ix_nda_recipient", table_name="nda")
    op.drop_index("ix_nda_listing", table_name="nda")
    op.drop_index("ix_nda_ending", table_name="nda", postgresql_where=sa.text("state = 'active'"))
    op.drop_index("ix_nda_discloser", table_name="nda")
    op.drop_table("nda")
