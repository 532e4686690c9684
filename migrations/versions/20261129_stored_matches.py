"""stored matches"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "a3f06b1c92d4"
down_revision: str | Sequence[str] | None = "7d3a61f0c5be"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "listing_match",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("need_id", sa.UUID(), nullable=False),
        sa.Column("offer_id", sa.UUID(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("text_ratio", sa.Float(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_listing_match_score")),
        sa.ForeignKeyConstraint(["need_id"], ["listing.id"], name=op.f("fk_listing_match_need_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["listing.id"], name=op.f("fk_listing_match_offer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_match")),
    )
    op.create_index("uq_listing_match_pair", "listing_match", ["need_id", "offer_id"], unique=True)
    current = sa.text("left_at IS NULL")
    op.create_index("ix_listing_match_offer", "listing_match", ["offer_id", "score"], postgresql_where=current)
    op.create_index("ix_listing_match_new", "listing_match", ["first_seen_at", "id"], postgresql_where=current)
    op.create_table(
        "match_list",
        sa.Column("need_id", sa.UUID(), nullable=False),
        sa.Column("usual_share", sa.Float(), nullable=False),
        sa.Column("feedback", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("lowest", sa.SmallInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["listing.id"], name=op.f("fk_match_list_need_id")),
        sa.PrimaryKeyConstraint("need_id", name=op.f("pk_match_list")),
    )
    op.create_table(
        "match_due",
        sa.Column("listing_id", sa.UUID(), nullable=False),
        sa.Column("is_need", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_match_due_listing_id")),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_match_due")),
    )
    op.create_index("ix_match_due_turn", "match_due", ["is_need", "since", "listing_id"])


def downgrade() -> None:
    op.drop_table("match_due")
    op.drop_table("match_list")
    op.drop_table("listing_match")
