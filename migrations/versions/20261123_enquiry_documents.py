"""enquiry documents"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "84ff8eb1ccb2"
down_revision: str | Sequence[str] | None = "e3463587b3f3"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Columns that every row must have: added empty, filled from what is known, then closed.
_FILLED: tuple[tuple[str, str, sa.types.TypeEngine[Any], str], ...] = (
    ("acceptance", "accepted_by_name", sa.Text(), "(SELECT name FROM person WHERE person.id = accepted_by_id)"),
    ("acceptance", "net", sa.BigInteger(), "total"),
    ("acceptance", "tax", sa.BigInteger(), "0"),
    (
        "acceptance_line",
        "position",
        sa.SmallInteger(),
        "(SELECT position FROM quote_offer WHERE quote_offer.id = offer_id)",
    ),
    (
        "acceptance_line",
        "unit",
        sa.Text(),
        """(SELECT item.unit FROM quote_offer JOIN quote_request_item AS item ON item.id = quote_offer.item_id
        WHERE quote_offer.id = offer_id)""",
    ),
    ("acceptance_line", "amount", sa.BigInteger(), "round(quantity * unit_price)"),
    ("quote", "draft", postgresql.JSONB(astext_type=sa.Text()), "'{}'::jsonb"),
    ("quote", "version", sa.Integer(), "1"),
    ("quote", "updated_at", sa.DateTime(timezone=True), "coalesce(sent_at, created_at)"),
)


def upgrade() -> None:
    op.execute("CREATE SEQUENCE quote_request_number_seq OWNED BY quote_request.number")
    for table, column, kind, known in _FILLED:
        op.add_column(table, sa.Column(column, kind, nullable=True))
        op.execute(f"UPDATE {table} SET {column} = {known}")
        op.alter_column(table, column, nullable=False)
    op.add_column("acceptance", sa.Column("tax_percent", sa.Numeric(precision=5, scale=2), nullable=True))

    op.add_column("enquiry_message", sa.Column("form_key", sa.Text(), nullable=True))
    op.create_index("uq_enquiry_message_form", "enquiry_message", ["request_id", "form_key"], unique=True)

    op.add_column("quote", sa.Column("form_key", sa.Text(), nullable=True))
    op.create_index(
        "ix_quote_lapsing", "quote", ["valid_until"], unique=False, postgresql_where=sa.text("state = 'sent'")
    )
    op.create_index("uq_quote_draft", "quote", ["request_id"], unique=True, postgresql_where=sa.text("state = 'draft'"))

    op.add_column("quote_request", sa.Column("awaits", sa.Text(), nullable=True))
    op.add_column("quote_request", sa.Column("form_key", sa.Text(), nullable=True))
    op.add_column("quote_request", sa.Column("need_title", sa.Text(), nullable=True))
    op.execute(
        "UPDATE quote_request SET awaits = CASE WHEN state = 'quoted' THEN 'buyer' "
        "WHEN state IN ('sent', 'acknowledged', 'clarifying') THEN 'holder' END"
    )
    op.execute(
        "UPDATE quote_request SET need_title = (SELECT title FROM listing WHERE listing.id = need_id) "
        "WHERE need_id IS NOT NULL"
    )
    op.create_check_constraint("awaits", "quote_request", "awaits IN ('buyer', 'holder')")
    for side in ("buyer", "holder"):
        op.create_index(
            f"ix_quote_request_awaits_{side}",
            "quote_request",
            [f"{side}_organisation_id"],
            unique=False,
            postgresql_where=sa.text(f"awaits = '{side}'"),
        )
    op.create_index("ix_quote_request_newest", "quote_request", ["updated_at", "id"], unique=False)
    op.create_index(
        "uq_quote_request_form",
        "quote_request",
        ["sent_by_id", "form_key"],
        unique=True,
        postgresql_where=sa.text("form_key IS NOT NULL"),
    )

    op.create_table(
        "held_form",
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_held_form")),
    )
    op.create_index("ix_held_form_expires_at", "held_form", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_table("held_form")
    op.drop_index("uq_quote_request_form", table_name="quote_request")
    op.drop_index("ix_quote_request_newest", table_name="quote_request")
    for side in ("buyer", "holder"):
        op.drop_index(f"ix_quote_request_awaits_{side}", table_name="quote_request")
    for column in ("need_title", "form_key", "awaits"):
        op.drop_column("quote_request", column)
    op.drop_index("uq_quote_draft", table_name="quote")
    op.drop_index("ix_quote_lapsing", table_name="quote")
    op.drop_column("quote", "form_key")
    op.drop_index("uq_enquiry_message_form", table_name="enquiry_message")
    op.drop_column("enquiry_message", "form_key")
    op.drop_column("acceptance", "tax_percent")
    for table, column, _kind, _known in reversed(_FILLED):
        op.drop_column(table, column)
    op.execute("DROP SEQUENCE quote_request_number_seq")
