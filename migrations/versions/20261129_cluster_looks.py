"""which listings were looked at for others that read alike"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "e91c3b7d05a6"
down_revision: str | Sequence[str] | None = "7c15e0a2d9f4"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "cluster_look",
        sa.Column("listing_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_cluster_look_listing_id_listing")),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_cluster_look")),
    )


def downgrade() -> None:
    op.drop_table("cluster_look")
