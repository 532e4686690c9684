"""what language a message was written in; of older ones it is not known"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "c3a9f07b1e58"
down_revision: str | Sequence[str] | None = "a47e2d90c6b3"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("enquiry_message", sa.Column("language", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("enquiry_message", "language")
