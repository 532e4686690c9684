"""records taken from partners, runs, quarantine"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "8e21f60b9ad3"
down_revision: str | Sequence[str] | None = "4d7b0c92e1a6"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.UUID(), nullable=nullable)


def _at(*names: str, nullable: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=nullable) for name in names]


def _text(*names: str, nullable: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _whole(*names: str, small: bool = False, nullable: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.SmallInteger() if small else sa.Integer(), nullable=nullable) for name in names]


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=False)


def upgrade() -> None:
    op.create_table(
        "taken_record",
        _id(),
        *_text("authority", "local_id"),
        _id("partner_id"),
        *_text("source_id"),
        _id("listing_id", nullable=True),
        *_text("kind"),
        *_whole("version"),
        *_text("digest"),
        *_at("datestamp", nullable=True),
        _json("via"),
        _json("envelope"),
        *_text("landing"),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        *_text("reason", nullable=True),
        *_at("taken_at", "changed_at"),
        *_whole("absences", small=True),
        *_at("stale_since", nullable=True),
        sa.CheckConstraint("NOT deleted OR reason IS NOT NULL", name=op.f("ck_taken_record_reason")),
        _key("taken_record", "partner_id", "partner"),
        _key("taken_record", "listing_id", "listing"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taken_record")),
    )
    op.create_index("uq_taken_record_key", "taken_record", ["authority", "local_id"], unique=True)
    op.create_index(
        "uq_taken_record_listing",
        "taken_record",
        ["listing_id"],
        unique=True,
        postgresql_where=sa.text("listing_id IS NOT NULL"),
    )
    op.create_index("ix_taken_record_source", "taken_record", ["partner_id", "source_id"])
    op.create_index(
        "ix_taken_record_living", "taken_record", ["partner_id", "id"], postgresql_where=sa.text("NOT deleted")
    )
    op.create_table(
        "taking_progress",
        _id("partner_id"),
        *_at("next_from", nullable=True),
        *_text("cursor", "deletions", "granularity", "repository"),
        *_at("next_due_at", "next_sweep_at", "last_run_at", "last_ok_at", nullable=True),
        *_whole("failures"),
        *_text("fault"),
        *_at("alerted_at", nullable=True),
        _key("taking_progress", "partner_id", "partner"),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_taking_progress")),
    )
    op.create_index("ix_taking_progress_due", "taking_progress", ["next_due_at"])
    op.create_table(
        "taking_run",
        _id(),
        _id("partner_id"),
        *_text("kind", "state"),
        *_at("started_at"),
        _id("started_by_id", nullable=True),
        *_at("ended_at", nullable=True),
        _id("lease", nullable=True),
        *_at("leased_until", "window_from", "window_until", nullable=True),
        *_text("token"),
        *_at("wait_until", nullable=True),
        *_whole("restarts", small=True),
        *_whole("requests", "pages"),
        *_whole("whole", nullable=True),
        *_whole("seen", "created", "changed", "unchanged", "gone", "skipped", "quarantined", "absent"),
        *_text("fault"),
        _json("samples"),
        sa.CheckConstraint(
            "kind IN ('trial', 'harvest', 'sweep', 'file', 'inbox', 'retry')", name=op.f("ck_taking_run_kind")
        ),
        sa.CheckConstraint(
            "state IN ('running', 'waiting', 'braked', 'done', 'failed', 'stopped')", name=op.f("ck_taking_run_state")
        ),
        _key("taking_run", "partner_id", "partner"),
        _key("taking_run", "started_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taking_run")),
    )
    op.create_index("ix_taking_run_partner", "taking_run", ["partner_id", "started_at", "id"])
    op.create_index(
        "uq_taking_run_open",
        "taking_run",
        ["partner_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('running', 'waiting', 'braked') AND kind IN ('harvest', 'sweep')"),
    )
    op.create_table(
        "taking_sweep_seen",
        _id("run_id"),
        *_text("source_id"),
        _key("taking_sweep_seen", "run_id", "taking_run"),
        sa.PrimaryKeyConstraint("run_id", "source_id", name=op.f("pk_taking_sweep_seen")),
    )
    op.create_table(
        "taking_quarantine",
        _id(),
        _id("partner_id"),
        _id("run_id", nullable=True),
        *_text("source_id", "title", "reason", "detail"),
        _json("raw"),
        *_text("state"),
        *_whole("times"),
        *_at("first_at", "last_at"),
        *_at("ended_at", nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'solved', 'dismissed')", name=op.f("ck_taking_quarantine_state")),
        _key("taking_quarantine", "partner_id", "partner"),
        _key("taking_quarantine", "run_id", "taking_run"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taking_quarantine")),
    )
    op.create_index(
        "uq_taking_quarantine_waiting",
        "taking_quarantine",
        ["partner_id", "source_id"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_taking_quarantine_list", "taking_quarantine", ["partner_id", "state", "last_at", "id"])


def downgrade() -> None:
    for table in ("taking_quarantine", "taking_sweep_seen", "taking_run", "taking_progress", "taken_record"):
        op.drop_table(table)
