"""exchange records"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "c2e7a0914f5d"
down_revision: str | Sequence[str] | None = "a94d17c5e0b8"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("listing", sa.Column("share", sa.Text(), server_default="all", nullable=False))
    op.create_check_constraint("share", "listing", "share IN ('all', 'partners', 'link_only', 'none')")
    op.create_table(
        "exchange_record",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("listing_id", sa.UUID(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("local_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("share", sa.Text(), nullable=False),
        sa.Column("open_once", sa.Boolean(), nullable=False),
        sa.Column("sets", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("datestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("envelope", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("share IN ('all', 'partners', 'link_only')", name="share"),
        sa.CheckConstraint("NOT deleted OR reason IS NOT NULL", name="reason"),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name="fk_exchange_record_listing_id_listing"),
        sa.PrimaryKeyConstraint("id", name="pk_exchange_record"),
    )
    op.create_index("uq_exchange_record_key", "exchange_record", ["authority", "local_id"], unique=True)
    op.create_index("uq_exchange_record_position", "exchange_record", ["position"], unique=True)
    op.create_index("uq_exchange_record_listing", "exchange_record", ["listing_id"], unique=True)
    op.create_index("ix_exchange_record_datestamp", "exchange_record", ["datestamp", "id"])
    op.create_index("ix_exchange_record_sets", "exchange_record", ["sets"], postgresql_using="gin")
    op.create_table(
        "exchange_progress",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("datestamp", sa.DateTime(timezone=True), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("writing_since", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name="one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_exchange_progress"),
    )


def downgrade() -> None:
    op.drop_table("exchange_progress")
    op.drop_table("exchange_record")
    op.drop_constraint("ck_listing_share", "listing", type_="check")
    op.drop_column("listing", "share")
