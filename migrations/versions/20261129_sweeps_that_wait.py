"""a sweep that waits for a person does not hold up the next harvest"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b70c4e1f52aa"
down_revision: str | Sequence[str] | None = "b7d2c9105e84"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _index(states: str) -> None:
    op.drop_index("uq_taking_run_open", table_name="taking_run")
    op.create_index(
        "uq_taking_run_open",
        "taking_run",
        ["partner_id"],
        unique=True,
        postgresql_where=sa.text(f"state IN ({states}) AND kind IN ('harvest', 'sweep')"),
    )


def upgrade() -> None:
    _index("'running', 'waiting'")


def downgrade() -> None:
    _index("'running', 'waiting', 'braked'")
