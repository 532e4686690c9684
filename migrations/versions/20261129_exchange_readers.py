"""sets a shared record was ever in, and where one of another exchange was taken from"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "c3e01f77a9b2"
down_revision: str | Sequence[str] | None = "5ab90c7d31e4"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("exchange_record", sa.Column("sets_once", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column("exchange_record", sa.Column("source_address", sa.Text(), nullable=True))
    op.execute("UPDATE exchange_record SET sets_once = sets")
    op.alter_column("exchange_record", "sets_once", nullable=False)
    op.create_index("ix_exchange_record_sets_once", "exchange_record", ["sets_once"], postgresql_using="gin")


def downgrade() -> None:
    op.drop_index("ix_exchange_record_sets_once", table_name="exchange_record")
    op.drop_column("exchange_record", "source_address")
    op.drop_column("exchange_record", "sets_once")
