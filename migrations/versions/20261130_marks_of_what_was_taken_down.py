"""by what a listing that was taken down is known again; by what a source that goes round in circles is found out"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "d26f8a1c40e7"
down_revision: str | Sequence[str] | None = "9c41e7d05ab2"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "taken_down_mark",
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("listing_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_taken_down_mark_listing_id")),
        sa.PrimaryKeyConstraint("mark", "listing_id", name=op.f("pk_taken_down_mark")),
    )
    op.create_index("ix_taken_down_mark_listing", "taken_down_mark", ["listing_id"])
    op.add_column("taking_run", sa.Column("anchor", sa.Text(), nullable=False, server_default=""))
    op.alter_column("taking_run", "anchor", server_default=None)


def downgrade() -> None:
    op.drop_column("taking_run", "anchor")
    op.drop_table("taken_down_mark")
