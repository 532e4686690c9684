"""quote rounds, kept listings, reminders"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "3be1c7d2a940"
down_revision: str | Sequence[str] | None = "1b49e40f64d3"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "quote_round",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("created_by_id", sa.UUID(), nullable=False),
        sa.Column("form_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("need_id", sa.UUID(), nullable=True),
        sa.Column("wishes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_quote_round_created_by_id_person")),
        sa.ForeignKeyConstraint(["need_id"], ["listing.id"], name=op.f("fk_quote_round_need_id_listing")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_quote_round_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote_round")),
    )
    op.create_index("uq_quote_round_public_id", "quote_round", ["public_id"], unique=True)
    op.create_index("ix_quote_round_organisation", "quote_round", ["organisation_id", "created_at", "id"])
    op.create_index("uq_quote_round_form", "quote_round", ["created_by_id", "form_key"], unique=True)
    op.create_index(
        "uq_quote_round_need",
        "quote_round",
        ["organisation_id", "need_id"],
        unique=True,
        postgresql_where=sa.text("need_id IS NOT NULL"),
    )
    op.create_table(
        "kept_listing",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("listing_id", sa.UUID(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_kept_listing_listing_id_listing")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_kept_listing_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", "listing_id", name=op.f("pk_kept_listing")),
    )
    op.create_index("ix_kept_listing_newest", "kept_listing", ["person_id", "kept_at"])
    op.create_table(
        "enquiry_reminder",
        sa.Column("request_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["quote_request.id"], name=op.f("fk_enquiry_reminder_request_id_quote_request")
        ),
        sa.PrimaryKeyConstraint("request_id", "kind", name=op.f("pk_enquiry_reminder")),
    )
    op.add_column("quote_request", sa.Column("round_id", sa.UUID(), nullable=True))
    op.add_column("quote_request", sa.Column("answer_by", sa.Date(), nullable=True))
    for name in ("criteria", "questions"):
        op.add_column(
            "quote_request",
            sa.Column(name, postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        )
    op.create_foreign_key(
        op.f("fk_quote_request_round_id_quote_round"), "quote_request", "quote_round", ["round_id"], ["id"]
    )
    op.create_index(
        "ix_quote_request_round",
        "quote_request",
        ["round_id"],
        postgresql_where=sa.text("round_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_quote_request_round", table_name="quote_request")
    op.drop_constraint(op.f("fk_quote_request_round_id_quote_round"), "quote_request", type_="foreignkey")
    for name in ("questions", "criteria", "answer_by", "round_id"):
        op.drop_column("quote_request", name)
    for table in ("enquiry_reminder", "kept_listing", "quote_round"):
        op.drop_table(table)
