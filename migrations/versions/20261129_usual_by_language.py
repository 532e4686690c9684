"""usual shares by language"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "d1f4a8e36c52"
down_revision: str | Sequence[str] | None = "c7e20d5b6f18"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("match_list", sa.Column("usual", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.execute("UPDATE match_list SET usual = jsonb_build_object('', usual_share)")
    op.alter_column("match_list", "usual", nullable=False)
    op.drop_column("match_list", "usual_share")
    op.drop_column("match_list", "feedback")


def downgrade() -> None:
    op.add_column("match_list", sa.Column("usual_share", sa.Float(), nullable=True))
    op.execute("UPDATE match_list SET usual_share = (usual ->> '')::float")
    op.alter_column("match_list", "usual_share", nullable=False)
    op.add_column(
        "match_list",
        sa.Column("feedback", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
    )
    op.alter_column("match_list", "feedback", server_default=None)
    op.drop_column("match_list", "usual")
