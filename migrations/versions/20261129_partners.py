"""partners, their credentials and history"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "5ab90c7d31e4"
down_revision: str | Sequence[str] | None = "98b5e7551429"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "partner",
        sa.Column("id", sa.UUID(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("public_id", "authority", "name", "state", "protocol", "direction", "address", "set_spec")
        ),
        sa.Column("relays", sa.Boolean(), nullable=False),
        *(
            sa.Column(name, postgresql.ARRAY(sa.Text()), nullable=False)
            for name in ("kinds", "research_fields", "withheld")
        ),
        sa.Column("rate_per_minute", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("licence", "contact_name", "contact_email")),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("accepting", sa.Text(), nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=False),
        sa.Column("from_hour", sa.SmallInteger(), nullable=True),
        sa.Column("to_hour", sa.SmallInteger(), nullable=True),
        sa.Column("keys", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("keys_url", sa.Text(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _at("created_at"),
        _at("updated_at"),
        sa.CheckConstraint("state IN ('draft', 'tested', 'live', 'paused', 'ended')", name=op.f("ck_partner_state")),
        sa.CheckConstraint("protocol IN ('techmart', 'oai_dc', 'changes', 'file')", name=op.f("ck_partner_protocol")),
        sa.CheckConstraint("direction IN ('give', 'take', 'both')", name=op.f("ck_partner_direction")),
        sa.CheckConstraint("accepting IN ('publish', 'review')", name=op.f("ck_partner_accepting")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_partner_term")),
        sa.CheckConstraint("(from_hour IS NULL) = (to_hour IS NULL)", name=op.f("ck_partner_window")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
    )
    op.create_index("uq_partner_public_id", "partner", ["public_id"], unique=True)
    op.create_index("uq_partner_authority", "partner", ["authority"], unique=True)
    op.create_index("ix_partner_state", "partner", ["state", "name", "id"])
    op.create_table(
        "partner_credential",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("partner_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.Text(), nullable=False),
        _at("created_at"),
        sa.Column("created_by_id", sa.UUID(), nullable=True),
        _at("expires_at", nullable=True),
        _at("revoked_at", nullable=True),
        sa.CheckConstraint("kind IN ('api_key', 'oauth_client')", name=op.f("ck_partner_credential_kind")),
        _key("partner_credential", "partner_id", "partner"),
        _key("partner_credential", "created_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_credential")),
    )
    op.create_index("uq_partner_credential_secret", "partner_credential", ["secret_sha256"], unique=True)
    op.create_index(
        "uq_partner_credential_client",
        "partner_credential",
        ["name"],
        unique=True,
        postgresql_where=sa.text("kind = 'oauth_client'"),
    )
    op.create_index("ix_partner_credential_partner", "partner_credential", ["partner_id", "created_at"])
    op.create_table(
        "partner_history",
        sa.Column("partner_id", sa.UUID(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("move", sa.Text(), nullable=False),
        _at("at"),
        sa.Column("actor_id", sa.UUID(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        _key("partner_history", "partner_id", "partner"),
        _key("partner_history", "actor_id", "person"),
        sa.PrimaryKeyConstraint("partner_id", "sequence", name=op.f("pk_partner_history")),
    )


def downgrade() -> None:
    for table in ("partner_history", "partner_credential", "partner"):
        op.drop_table(table)
