"""how far taking has come in a partner's snapshot, and which runs began with one"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "9c41e7d05ab2"
down_revision: str | Sequence[str] | None = "c3a9f07b1e58"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("taking_progress", sa.Column("snapshot", postgresql.JSONB(), nullable=True))
    for name in ("snapshot_part", "snapshot_line"):
        op.add_column("taking_progress", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        op.alter_column("taking_progress", name, server_default=None)
    op.add_column("taking_run", sa.Column("snapshot", sa.Text(), nullable=False, server_default=""))
    op.alter_column("taking_run", "snapshot", server_default=None)


def downgrade() -> None:
    op.drop_column("taking_run", "snapshot")
    for name in ("snapshot_line", "snapshot_part", "snapshot"):
        op.drop_column("taking_progress", name)
