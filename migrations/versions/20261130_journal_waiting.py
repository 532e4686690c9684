"""what a reader of the journal has left for later"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "5d1f83b2c6ea"
down_revision: str | Sequence[str] | None = "e4b1c7d92a60"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "journal_waiting",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.UUID(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "entity_id", name=op.f("pk_journal_waiting")),
    )
    op.add_column("journal_cursor", sa.Column("taken_up", sa.BigInteger(), nullable=False, server_default=sa.text("0")))


def downgrade() -> None:
    op.drop_column("journal_cursor", "taken_up")
    op.drop_table("journal_waiting")
