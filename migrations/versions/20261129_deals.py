"""deals"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "98b5e7551429"
down_revision: str | Sequence[str] | None = "c2e84d7b9f15"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "deal",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("acceptance_id", sa.UUID(), nullable=False),
        sa.Column("request_number", sa.Text(), nullable=False),
        sa.Column("listing_id", sa.UUID(), nullable=False),
        sa.Column("listing_title", sa.Text(), nullable=False),
        sa.Column("listing_kind", sa.Text(), nullable=False),
        sa.Column("buyer_organisation_id", sa.UUID(), nullable=False),
        sa.Column("buyer_name", sa.Text(), nullable=False),
        sa.Column("holder_organisation_id", sa.UUID(), nullable=False),
        sa.Column("holder_name", sa.Text(), nullable=False),
        sa.Column("transfer_forms", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("payment_forms", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("territory", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("contract_date", sa.Date(), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state <> 'completed' OR counted_at IS NOT NULL", name=op.f("ck_deal_counted_when_completed")
        ),
        sa.CheckConstraint(
            "contract_date IS NOT NULL OR state IN ('agreed', 'terminated')", name=op.f("ck_deal_contract_date")
        ),
        sa.CheckConstraint(
            "state IN ('agreed', 'signed', 'disputed', 'completed', 'terminated')", name=op.f("ck_deal_state")
        ),
        sa.ForeignKeyConstraint(["acceptance_id"], ["acceptance.id"], name=op.f("fk_deal_acceptance_id")),
        sa.ForeignKeyConstraint(
            ["buyer_organisation_id"], ["organisation.id"], name=op.f("fk_deal_buyer_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["holder_organisation_id"], ["organisation.id"], name=op.f("fk_deal_holder_organisation_id")
        ),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_deal_listing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal")),
    )
    op.create_index("ix_deal_buyer", "deal", ["buyer_organisation_id", "updated_at", "id"], unique=False)
    op.create_index(
        "ix_deal_counted",
        "deal",
        ["counted_at", "id"],
        unique=False,
        postgresql_where=sa.text("counted_at IS NOT NULL"),
    )
    op.create_index("ix_deal_holder", "deal", ["holder_organisation_id", "updated_at", "id"], unique=False)
    op.create_index("uq_deal_acceptance", "deal", ["acceptance_id"], unique=True)
    op.create_index("uq_deal_number", "deal", ["number"], unique=True)
    op.create_table(
        "deal_history",
        sa.Column("deal_id", sa.UUID(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_deal_history_actor_id")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_history_deal_id")),
        sa.PrimaryKeyConstraint("deal_id", "sequence", name=op.f("pk_deal_history")),
    )
    op.create_table(
        "deal_outcome",
        sa.Column("deal_id", sa.UUID(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("in_use", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reported_by_id", sa.UUID(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("occasion IN ('end', 'year')", name=op.f("ck_deal_outcome_occasion")),
        sa.CheckConstraint("shown IN ('exact', 'band', 'private')", name=op.f("ck_deal_outcome_shown")),
        sa.CheckConstraint("side IN ('buyer', 'holder')", name=op.f("ck_deal_outcome_side")),
        sa.CheckConstraint("value >= 0", name=op.f("ck_deal_outcome_value")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_outcome_deal_id")),
        sa.ForeignKeyConstraint(["reported_by_id"], ["person.id"], name=op.f("fk_deal_outcome_reported_by_id")),
        sa.PrimaryKeyConstraint("deal_id", "occasion", "side", name=op.f("pk_deal_outcome")),
    )
    op.execute("CREATE SEQUENCE deal_number_seq OWNED BY deal.number")
    # What was accepted before there were deals has one now.
    op.execute(
        """
        INSERT INTO deal (id, number, state, acceptance_id, request_number, listing_id, listing_title, listing_kind,
            buyer_organisation_id, buyer_name, holder_organisation_id, holder_name, transfer_forms, payment_forms,
            territory, currency, total, agreed_at, version, updated_at)
        SELECT gen_random_uuid(),
            'TV-' || to_char(a.accepted_at, 'YYYY') || '-' || lpad(nextval('deal_number_seq')::text, 6, '0'), 'agreed',
            a.id, r.number, r.listing_id, r.listing_title, r.listing_kind, r.buyer_organisation_id, r.buyer_name,
            r.holder_organisation_id, r.holder_name, l.transfer_forms, l.payment_forms, l.territory, a.currency, a.total,
            a.accepted_at, 1, a.accepted_at
        FROM acceptance AS a JOIN quote_request AS r ON r.id = a.request_id JOIN listing AS l ON l.id = r.listing_id
        ORDER BY a.accepted_at
        """
    )
    op.execute(
        """
        INSERT INTO deal_history (deal_id, sequence, to_state, move, at, actor_id, note, reasons)
        SELECT d.id, 1, 'agreed', 'open', d.agreed_at, a.accepted_by_id, '', '{}'
        FROM deal AS d JOIN acceptance AS a ON a.id = d.acceptance_id
        """
    )


def downgrade() -> None:
    op.drop_table("deal_outcome")
    op.drop_table("deal_history")
    op.drop_index("uq_deal_number", table_name="deal")
    op.drop_index("uq_deal_acceptance", table_name="deal")
    op.drop_index("ix_deal_holder", table_name="deal")
    op.drop_index("ix_deal_counted", table_name="deal", postgresql_where=sa.text("counted_at IS NOT NULL"))
    op.drop_index("ix_deal_buyer", table_name="deal")
    op.drop_table("deal")
