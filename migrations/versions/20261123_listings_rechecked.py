"""listings rechecked"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "7d3a61f0c5be"
down_revision: str | Sequence[str] | None = "5c1d0e7a94b2"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("listing", sa.Column("recheck_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("listing", sa.Column("import_sha256", sa.Text(), nullable=True))
    op.add_column(
        "listing_file",
        sa.Column("identifying", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.create_index(
        "ix_listing_submitted",
        "listing",
        ["submitted_at", "id"],
        postgresql_where=sa.text("state = 'submitted'"),
    )
    op.create_index(
        "ix_listing_recheck", "listing", ["recheck_since", "id"], postgresql_where=sa.text("recheck_since IS NOT NULL")
    )
    op.create_index(
        "ix_listing_expires",
        "listing",
        ["expires_at"],
        postgresql_where=sa.text("state IN ('published', 'due', 'stale')"),
    )


def downgrade() -> None:
    op.drop_index("ix_listing_expires", table_name="listing")
    op.drop_index("ix_listing_recheck", table_name="listing")
    op.drop_index("ix_listing_submitted", table_name="listing")
    op.drop_column("listing_file", "identifying")
    op.drop_column("listing", "import_sha256")
    op.drop_column("listing", "recheck_since")
