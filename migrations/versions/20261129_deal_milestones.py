"""milestones of deals, their evidence, and deals that are accepted or held"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "4d7b0c92e1a6"
down_revision: str | Sequence[str] | None = "c3e01f77a9b2"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_STATES_BEFORE = "state IN ('agreed', 'signed', 'disputed', 'completed', 'terminated')"
_STATES = (
    "state IN ('agreed', 'checked', 'signed', 'registered', 'refused', 'accepted', 'paused', 'disputed', "
    "'completed', 'terminated')"
)


def upgrade() -> None:
    op.add_column("deal", sa.Column("held_from", sa.Text(), nullable=True))
    op.add_column("deal", sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True))
    # Before, only a signed deal could be disputed.
    op.execute("UPDATE deal SET held_from = 'signed' WHERE state = 'disputed'")
    op.execute("UPDATE deal SET accepted_at = counted_at WHERE state = 'completed'")
    op.drop_constraint(op.f("ck_deal_state"), "deal", type_="check")
    op.drop_constraint(op.f("ck_deal_contract_date"), "deal", type_="check")
    op.create_check_constraint(op.f("ck_deal_state"), "deal", _STATES)
    op.create_check_constraint(
        op.f("ck_deal_contract_date"),
        "deal",
        "contract_date IS NOT NULL OR state IN ('agreed', 'checked', 'paused', 'terminated')",
    )
    op.create_check_constraint(
        op.f("ck_deal_held_from"), "deal", "state NOT IN ('paused', 'disputed') OR held_from IS NOT NULL"
    )
    op.create_table(
        "deal_milestone",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("reported_side", sa.Text(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_deal_milestone_amount")),
        sa.CheckConstraint(
            "state NOT IN ('reported', 'accepted') OR (reported_side IS NOT NULL AND reported_at IS NOT NULL)",
            name=op.f("ck_deal_milestone_reported_by_somebody"),
        ),
        sa.CheckConstraint("reported_side IN ('buyer', 'holder')", name=op.f("ck_deal_milestone_reported_side")),
        sa.CheckConstraint(
            "state IN ('planned', 'reported', 'returned', 'accepted', 'removed')",
            name=op.f("ck_deal_milestone_state"),
        ),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_milestone_deal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_milestone")),
    )
    op.create_index("ix_deal_milestone_deal", "deal_milestone", ["deal_id", "due_on", "id"], unique=False)
    op.create_index(
        "ix_deal_milestone_due",
        "deal_milestone",
        ["due_on", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('planned', 'reported', 'returned')"),
    )
    op.create_index("uq_deal_milestone_public_id", "deal_milestone", ["public_id"], unique=True)
    op.create_table(
        "deal_file",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.UUID(), nullable=False),
        sa.Column("milestone_id", sa.UUID(), nullable=True),
        sa.Column("report", sa.SmallInteger(), nullable=True),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("sent_by_id", sa.UUID(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("side IN ('buyer', 'holder')", name=op.f("ck_deal_file_side")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_file_deal_id")),
        sa.ForeignKeyConstraint(["milestone_id"], ["deal_milestone.id"], name=op.f("fk_deal_file_milestone_id")),
        sa.ForeignKeyConstraint(["sent_by_id"], ["person.id"], name=op.f("fk_deal_file_sent_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_file")),
    )
    op.create_index("ix_deal_file_deal", "deal_file", ["deal_id", "created_at", "id"], unique=False)
    op.create_index("ix_deal_file_key", "deal_file", ["storage_key"], unique=False)
    op.create_index("uq_deal_file_public_id", "deal_file", ["public_id"], unique=True)
    op.create_table(
        "deal_milestone_change",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.UUID(), nullable=False),
        sa.Column("milestone_id", sa.UUID(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", sa.UUID(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.UUID(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("action IN ('add', 'change', 'remove')", name=op.f("ck_deal_milestone_change_action")),
        sa.CheckConstraint(
            "action = 'remove' OR (title IS NOT NULL AND due_on IS NOT NULL)",
            name=op.f("ck_deal_milestone_change_content"),
        ),
        sa.CheckConstraint(
            "(action = 'add') = (milestone_id IS NULL) OR state = 'agreed'",
            name=op.f("ck_deal_milestone_change_milestone_named"),
        ),
        sa.CheckConstraint("side IN ('buyer', 'holder')", name=op.f("ck_deal_milestone_change_side")),
        sa.CheckConstraint(
            "state IN ('open', 'agreed', 'declined', 'withdrawn')", name=op.f("ck_deal_milestone_change_state")
        ),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_milestone_change_deal_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_deal_milestone_change_decided_by_id")),
        sa.ForeignKeyConstraint(
            ["milestone_id"], ["deal_milestone.id"], name=op.f("fk_deal_milestone_change_milestone_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["person.id"], name=op.f("fk_deal_milestone_change_proposed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_milestone_change")),
    )
    op.create_index(
        "ix_deal_milestone_change_deal", "deal_milestone_change", ["deal_id", "proposed_at", "id"], unique=False
    )
    op.create_index(
        "uq_deal_milestone_change_open",
        "deal_milestone_change",
        ["milestone_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open' AND milestone_id IS NOT NULL"),
    )
    op.create_index("uq_deal_milestone_change_public_id", "deal_milestone_change", ["public_id"], unique=True)
    op.create_table(
        "deal_milestone_history",
        sa.Column("milestone_id", sa.UUID(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_deal_milestone_history_actor_id")),
        sa.ForeignKeyConstraint(
            ["milestone_id"], ["deal_milestone.id"], name=op.f("fk_deal_milestone_history_milestone_id")
        ),
        sa.PrimaryKeyConstraint("milestone_id", "sequence", name=op.f("pk_deal_milestone_history")),
    )


def downgrade() -> None:
    op.drop_table("deal_milestone_history")
    op.drop_table("deal_milestone_change")
    op.drop_table("deal_file")
    op.drop_table("deal_milestone")
    op.drop_constraint(op.f("ck_deal_held_from"), "deal", type_="check")
    op.drop_constraint(op.f("ck_deal_contract_date"), "deal", type_="check")
    op.drop_constraint(op.f("ck_deal_state"), "deal", type_="check")
    # What the older schema has no name for goes back to the nearest state that it has.
    op.execute(
        "UPDATE deal SET state = 'agreed' WHERE state = 'checked' OR (state = 'paused' AND contract_date IS NULL)"
    )
    op.execute("UPDATE deal SET state = 'signed' WHERE state IN ('registered', 'refused', 'accepted', 'paused')")
    op.create_check_constraint(op.f("ck_deal_state"), "deal", _STATES_BEFORE)
    op.create_check_constraint(
        op.f("ck_deal_contract_date"), "deal", "contract_date IS NOT NULL OR state IN ('agreed', 'terminated')"
    )
    op.drop_column("deal", "accepted_at")
    op.drop_column("deal", "held_from")
