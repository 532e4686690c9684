"""alerts"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "a3f17c62d9e4"
down_revision: str | Sequence[str] | None = "d1f4a8e36c52"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("feed_key", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("paused_at", MOMENT, nullable=True),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.Column("last_told_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('search', 'field', 'listing', 'organisation')", name=op.f("ck_subscription_kind")),
        sa.CheckConstraint("rhythm IN ('at_once', 'daily', 'weekly', 'off')", name=op.f("ck_subscription_rhythm")),
        sa.CheckConstraint(
            "CASE kind WHEN 'listing' THEN listing_id IS NOT NULL WHEN 'organisation' THEN organisation_id IS NOT NULL "
            "ELSE criteria <> '' END",
            name=op.f("ck_subscription_subject"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_subscription_person_id_person")),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_subscription_listing_id_listing")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_subscription_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
    )
    op.create_index("ix_subscription_person", "subscription", ["person_id", "created_at", "id"])
    op.create_index(
        "ix_subscription_watching",
        "subscription",
        ["kind", "created_at"],
        postgresql_where=sa.text("deleted_at IS NULL AND paused_at IS NULL"),
    )
    for column in ("listing_id", "organisation_id"):
        op.create_index(
            f"ix_subscription_{column.removesuffix('_id')}",
            "subscription",
            [column],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
        op.create_index(
            f"uq_subscription_{column.removesuffix('_id')}",
            "subscription",
            ["person_id", column],
            unique=True,
            postgresql_where=sa.text(f"{column} IS NOT NULL AND deleted_at IS NULL"),
        )
    op.create_index(
        "uq_subscription_criteria",
        "subscription",
        ["person_id", "criteria"],
        unique=True,
        postgresql_where=sa.text("criteria <> '' AND deleted_at IS NULL"),
    )
    op.create_index(
        "uq_subscription_feed_key",
        "subscription",
        ["feed_key"],
        unique=True,
        postgresql_where=sa.text("feed_key IS NOT NULL"),
    )

    op.create_table(
        "alert_letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("stop_sha256", sa.Text(), nullable=True),
        sa.Column("stopped_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_alert_letter_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_letter")),
    )
    op.create_index("ix_alert_letter_person", "alert_letter", ["person_id", "created_at"])
    op.create_index(
        "uq_alert_letter_stop",
        "alert_letter",
        ["stop_sha256"],
        unique=True,
        postgresql_where=sa.text("stop_sha256 IS NOT NULL"),
    )

    op.create_table(
        "alert",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("noticed_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("letter_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("fk_alert_subscription_id_subscription")
        ),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_alert_listing_id_listing")),
        sa.ForeignKeyConstraint(["letter_id"], ["alert_letter.id"], name=op.f("fk_alert_letter_id_alert_letter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index("uq_alert_once", "alert", ["subscription_id", "listing_id", "occasion"], unique=True)
    op.create_index("ix_alert_newest", "alert", ["subscription_id", "noticed_at", "id"])
    op.create_index("ix_alert_noticed", "alert", ["noticed_at"])
    op.create_index(
        "ix_alert_waiting",
        "alert",
        ["due_at"],
        postgresql_where=sa.text("letter_id IS NULL AND due_at IS NOT NULL"),
    )
    op.create_index("ix_alert_letter", "alert", ["letter_id"], postgresql_where=sa.text("letter_id IS NOT NULL"))

    op.create_table(
        "alert_settings",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("quiet_from", sa.SmallInteger(), nullable=False),
        sa.Column("quiet_to", sa.SmallInteger(), nullable=False),
        sa.Column("digest_hour", sa.SmallInteger(), nullable=False),
        sa.Column("digest_day", sa.SmallInteger(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "quiet_from BETWEEN 0 AND 23 AND quiet_to BETWEEN 0 AND 23 AND digest_hour BETWEEN 0 AND 23",
            name=op.f("ck_alert_settings_hours"),
        ),
        sa.CheckConstraint("digest_day BETWEEN 0 AND 6", name=op.f("ck_alert_settings_digest_day")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_alert_settings_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_alert_settings")),
    )

    op.create_table(
        "mail_handover",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("handed_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_mail_handover")),
    )


def downgrade() -> None:
    for table in ("mail_handover", "alert_settings", "alert", "alert_letter", "subscription"):
        op.drop_table(table)
