"""match judgements"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "c7e20d5b6f18"
down_revision: str | Sequence[str] | None = "c2e7a0914f5d"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "match_judgement",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("need_id", sa.UUID(), nullable=False),
        sa.Column("offer_id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("organisation_id", sa.UUID(), nullable=True),
        sa.Column("fits", sa.Boolean(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "because IN ('', 'other_problem', 'not_ready', 'price', 'scale', 'terms', 'known', 'other')",
            name=op.f("ck_match_judgement_because"),
        ),
        sa.CheckConstraint("fits OR because <> ''", name=op.f("ck_match_judgement_why")),
        sa.ForeignKeyConstraint(["need_id"], ["listing.id"], name=op.f("fk_match_judgement_need_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["listing.id"], name=op.f("fk_match_judgement_offer_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_match_judgement_person_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_match_judgement_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_judgement")),
    )
    op.create_index("uq_match_judgement_person", "match_judgement", ["need_id", "offer_id", "person_id"], unique=True)
    op.create_index("ix_match_judgement_offer", "match_judgement", ["offer_id"])


def downgrade() -> None:
    op.drop_table("match_judgement")
