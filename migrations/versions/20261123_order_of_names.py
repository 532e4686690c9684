"""order of names"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.i18n.collation import sort_key

revision: str = "5c1d0e7a94b2"
down_revision: str | Sequence[str] | None = "84ff8eb1ccb2"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("organisation", sa.Column("name_key", sa.Text(collation="C"), nullable=True))
    organisation = sa.table(
        "organisation", sa.column("id", sa.UUID()), sa.column("name", sa.Text()), sa.column("name_key", sa.Text())
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(organisation.c.id, organisation.c.name)).all():
        connection.execute(
            sa.update(organisation).where(organisation.c.id == row.id).values(name_key=sort_key(row.name))
        )
    op.alter_column("organisation", "name_key", nullable=False)
    op.drop_index("ix_organisation_name", table_name="organisation")
    op.create_index("ix_organisation_name_key", "organisation", ["name_key", "id"])


def downgrade() -> None:
    op.drop_index("ix_organisation_name_key", table_name="organisation")
    op.create_index("ix_organisation_name", "organisation", ["name", "id"])
    op.drop_column("organisation", "name_key")
