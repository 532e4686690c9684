"""clusters of listings about the same subject"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "7c15e0a2d9f4"
down_revision: str | Sequence[str] | None = "0be97f4412d8"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    op.create_table(
        "listing_identifier",
        sa.Column("listing_id", sa.UUID(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        _key("listing_identifier", "listing_id", "listing"),
        sa.PrimaryKeyConstraint("listing_id", "scheme", "value", name=op.f("pk_listing_identifier")),
    )
    op.create_index("ix_listing_identifier_value", "listing_identifier", ["scheme", "value"])
    op.create_table(
        "cluster_member",
        sa.Column("listing_id", sa.UUID(), nullable=False),
        sa.Column("cluster_id", sa.UUID(), nullable=False),
        sa.Column("joined_by", sa.Text(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_by_id", sa.UUID(), nullable=True),
        sa.Column("separated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("separated_by_id", sa.UUID(), nullable=True),
        sa.CheckConstraint("joined_by IN ('identifier', 'person')", name=op.f("ck_cluster_member_joined_by")),
        _key("cluster_member", "listing_id", "listing"),
        _key("cluster_member", "joined_by_id", "person"),
        _key("cluster_member", "separated_by_id", "person"),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_cluster_member")),
    )
    op.create_index("ix_cluster_member_cluster", "cluster_member", ["cluster_id", "listing_id"])
    op.create_table(
        "cluster_suggestion",
        sa.Column("listing_id", sa.UUID(), nullable=False),
        sa.Column("other_id", sa.UUID(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.UUID(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'joined', 'dismissed')", name=op.f("ck_cluster_suggestion_state")),
        sa.CheckConstraint("listing_id < other_id", name=op.f("ck_cluster_suggestion_order")),
        _key("cluster_suggestion", "listing_id", "listing"),
        _key("cluster_suggestion", "other_id", "listing"),
        _key("cluster_suggestion", "ended_by_id", "person"),
        sa.PrimaryKeyConstraint("listing_id", "other_id", name=op.f("pk_cluster_suggestion")),
    )
    op.create_index("ix_cluster_suggestion_other", "cluster_suggestion", ["other_id"])
    op.create_index("ix_cluster_suggestion_open", "cluster_suggestion", ["state", "score", "listing_id", "other_id"])


def downgrade() -> None:
    for table in ("cluster_suggestion", "cluster_member", "listing_identifier"):
        op.drop_table(table)
