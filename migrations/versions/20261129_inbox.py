"""inbox: nonces and receipts"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "f4107b3ad9c6"
down_revision: str | Sequence[str] | None = "3420fecca850"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    op.create_table(
        "inbox_nonce",
        sa.Column("partner_id", sa.UUID(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key("inbox_nonce", "partner_id", "partner"),
        sa.PrimaryKeyConstraint("partner_id", "nonce", name=op.f("pk_inbox_nonce")),
    )
    op.create_index("ix_inbox_nonce_at", "inbox_nonce", ["at"])
    op.create_table(
        "inbox_receipt",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.UUID(), nullable=False),
        sa.Column("run_id", sa.UUID(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcomes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        _key("inbox_receipt", "partner_id", "partner"),
        _key("inbox_receipt", "run_id", "taking_run"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_receipt")),
    )
    op.create_index("ix_inbox_receipt_partner", "inbox_receipt", ["partner_id", "received_at"])


def downgrade() -> None:
    op.drop_table("inbox_receipt")
    op.drop_table("inbox_nonce")
