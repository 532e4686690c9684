"""brokers, their cases, read marks"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "a94d17c5e0b8"
down_revision: str | Sequence[str] | None = "6c0f2e83d517"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    op.add_column("person", sa.Column("is_broker", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_table(
        "broker_case",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("request_id", sa.UUID(), nullable=True),
        sa.Column("organisation_id", sa.UUID(), nullable=True),
        sa.Column("need_id", sa.UUID(), nullable=True),
        sa.Column("working_days", sa.SmallInteger(), nullable=True),
        sa.Column("opened_by_id", sa.UUID(), nullable=True),
        sa.Column("taken_by_id", sa.UUID(), nullable=True),
        sa.Column("next_step", sa.Text(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('no_answer', 'call')", name=op.f("ck_broker_case_kind")),
        sa.CheckConstraint("state IN ('open', 'taken', 'closed')", name=op.f("ck_broker_case_state")),
        sa.CheckConstraint(
            "outcome IN ('answered', 'introduced', 'need_posted', 'no_interest', 'other')",
            name=op.f("ck_broker_case_outcome"),
        ),
        _key("broker_case", "request_id", "quote_request"),
        _key("broker_case", "organisation_id", "organisation"),
        _key("broker_case", "need_id", "listing"),
        _key("broker_case", "opened_by_id", "person"),
        _key("broker_case", "taken_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broker_case")),
    )
    op.create_index("uq_broker_case_public_id", "broker_case", ["public_id"], unique=True)
    op.create_index(
        "uq_broker_case_request",
        "broker_case",
        ["request_id"],
        unique=True,
        postgresql_where=sa.text("request_id IS NOT NULL"),
    )
    op.create_index("ix_broker_case_board", "broker_case", ["state", "opened_at", "id"])
    op.create_index("ix_broker_case_taken", "broker_case", ["taken_by_id", "state", "opened_at", "id"])
    op.create_table(
        "broker_case_note",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("author_id", sa.UUID(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("form_key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key("broker_case_note", "author_id", "person"),
        _key("broker_case_note", "case_id", "broker_case"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broker_case_note")),
    )
    op.create_index("ix_broker_case_note_case", "broker_case_note", ["case_id", "at", "id"])
    op.create_index("uq_broker_case_note_form", "broker_case_note", ["case_id", "form_key"], unique=True)
    op.create_table(
        "broker_case_history",
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        _key("broker_case_history", "actor_id", "person"),
        _key("broker_case_history", "case_id", "broker_case"),
        sa.PrimaryKeyConstraint("case_id", "sequence", name=op.f("pk_broker_case_history")),
    )
    op.create_table(
        "enquiry_seen",
        sa.Column("request_id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("side IN ('buyer', 'holder')", name=op.f("ck_enquiry_seen_side")),
        _key("enquiry_seen", "person_id", "person"),
        _key("enquiry_seen", "request_id", "quote_request"),
        sa.PrimaryKeyConstraint("request_id", "person_id", "side", name=op.f("pk_enquiry_seen")),
    )


def downgrade() -> None:
    for table in ("enquiry_seen", "broker_case_history", "broker_case_note", "broker_case"):
        op.drop_table(table)
    op.drop_column("person", "is_broker")
