"""what a quote says beyond prices: roles of offers, rate, criteria, answers"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "6c0f2e83d517"
down_revision: str | Sequence[str] | None = "3be1c7d2a940"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.add_column("quote_offer", sa.Column("role", sa.Text(), server_default="main", nullable=False))
    op.create_check_constraint("role", "quote_offer", "role IN ('main', 'alternative', 'option')")
    op.add_column("quote", sa.Column("exchange_rate", sa.Numeric(precision=20, scale=8), nullable=True))
    op.add_column("quote", sa.Column("exchange_rate_date", sa.Date(), nullable=True))
    op.add_column("quote", sa.Column("exchange_rate_source", sa.Text(), server_default="", nullable=False))
    op.add_column("quote", sa.Column("fulfilment", _JSON, server_default=sa.text("'[]'"), nullable=False))
    op.add_column("quote", sa.Column("replies", _JSON, server_default=sa.text("'{}'"), nullable=False))


def downgrade() -> None:
    for name in ("replies", "fulfilment", "exchange_rate_source", "exchange_rate_date", "exchange_rate"):
        op.drop_column("quote", name)
    op.drop_constraint(op.f("ck_quote_offer_role"), "quote_offer", type_="check")
    op.drop_column("quote_offer", "role")
