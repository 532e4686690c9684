"""operator's overlays on records of other exchanges"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0be97f4412d8"
down_revision: str | Sequence[str] | None = "f4107b3ad9c6"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _key(column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_taken_overlay_{column}_{to}"))


def upgrade() -> None:
    op.create_table(
        "taken_overlay",
        sa.Column("taken_id", sa.UUID(), nullable=False),
        sa.Column("texts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("codes", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by_id", sa.UUID(), nullable=True),
        _key("taken_id", "taken_record"),
        _key("updated_by_id", "person"),
        sa.PrimaryKeyConstraint("taken_id", name=op.f("pk_taken_overlay")),
    )


def downgrade() -> None:
    op.drop_table("taken_overlay")
