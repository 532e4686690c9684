"""matches told"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "c81d5e7a06b3"
down_revision: str | Sequence[str] | None = "a3f17c62d9e4"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_LIVE = sa.text("organisation_id IS NOT NULL AND deleted_at IS NULL")


def upgrade() -> None:
    op.drop_constraint(op.f("ck_subscription_kind"), "subscription")
    op.drop_constraint(op.f("ck_subscription_subject"), "subscription")
    op.create_check_constraint(
        op.f("ck_subscription_kind"),
        "subscription",
        "kind IN ('search', 'field', 'listing', 'organisation', 'matches')",
    )
    op.create_check_constraint(
        op.f("ck_subscription_subject"),
        "subscription",
        "CASE WHEN kind = 'listing' THEN listing_id IS NOT NULL "
        "WHEN kind IN ('organisation', 'matches') THEN organisation_id IS NOT NULL ELSE criteria <> '' END",
    )
    op.drop_index("uq_subscription_organisation", table_name="subscription")
    op.create_index(
        "uq_subscription_organisation",
        "subscription",
        ["person_id", "organisation_id", "kind"],
        unique=True,
        postgresql_where=_LIVE,
    )
    op.add_column("alert", sa.Column("for_listing_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_alert_for_listing_id_listing"), "alert", "listing", ["for_listing_id"], ["id"])
    op.create_table(
        "match_reading",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_match_reading_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_reading")),
    )


def downgrade() -> None:
    op.drop_table("match_reading")
    op.execute("DELETE FROM alert WHERE occasion LIKE 'match:%'")
    op.execute("DELETE FROM subscription WHERE kind = 'matches'")
    op.drop_column("alert", "for_listing_id")
    op.drop_index("uq_subscription_organisation", table_name="subscription")
    op.create_index(
        "uq_subscription_organisation",
        "subscription",
        ["person_id", "organisation_id"],
        unique=True,
        postgresql_where=_LIVE,
    )
    op.drop_constraint(op.f("ck_subscription_kind"), "subscription")
    op.drop_constraint(op.f("ck_subscription_subject"), "subscription")
    op.create_check_constraint(
        op.f("ck_subscription_kind"), "subscription", "kind IN ('search', 'field', 'listing', 'organisation')"
    )
    op.create_check_constraint(
        op.f("ck_subscription_subject"),
        "subscription",
        "CASE kind WHEN 'listing' THEN listing_id IS NOT NULL WHEN 'organisation' THEN organisation_id IS NOT NULL "
        "ELSE criteria <> '' END",
    )
