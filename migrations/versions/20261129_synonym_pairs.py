"""synonym pairs"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "c2e84d7b9f15"
down_revision: str | Sequence[str] | None = "c81d5e7a06b3"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_FIELDS = (
    "high-tech-agriculture",
    "biotechnology",
    "digital-technology",
    "environment",
    "health",
    "manufacturing",
    "logistics",
    "energy",
    "transport",
    "materials",
    "construction",
    "food",
    "education",
    "general",
)


def upgrade() -> None:
    op.create_table(
        "synonym_pair",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("vi", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(collation="C"), nullable=False),
        sa.Column("shipped_key", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"field IN {_FIELDS}", name=op.f("ck_synonym_pair_field")),
        sa.CheckConstraint("origin IN ('shipped', 'operator')", name=op.f("ck_synonym_pair_origin")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_synonym_pair")),
    )
    op.create_index("uq_synonym_pair_key", "synonym_pair", ["key"], unique=True)
    op.create_index("uq_synonym_pair_shipped_key", "synonym_pair", ["shipped_key"], unique=True)
    op.create_index("ix_synonym_pair_revision", "synonym_pair", ["revision"])
    op.create_index("ix_synonym_pair_folded", "synonym_pair", ["folded", "id"])


def downgrade() -> None:
    op.drop_table("synonym_pair")
