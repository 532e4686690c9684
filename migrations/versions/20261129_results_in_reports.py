"""whether a side lets the exchange's report list its results; nobody was asked before"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "a47e2d90c6b3"
down_revision: str | Sequence[str] | None = "5e1c93b7d2a4"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("deal_outcome", sa.Column("in_report", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("deal_outcome", "in_report", server_default=None)


def downgrade() -> None:
    op.drop_column("deal_outcome", "in_report")
