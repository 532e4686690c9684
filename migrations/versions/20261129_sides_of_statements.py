"""the side that wrote a statement in a dispute

What opened a case stands in the history of its deal with its side. Of later statements the side is that of the author's
membership, where there is just one; what cannot be told stays NULL.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "5e1c93b7d2a4"
down_revision: str | Sequence[str] | None = "e91c3b7d05a6"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("broker_case_note", sa.Column("side", sa.Text(), nullable=True))
    op.execute(
        """
        UPDATE broker_case_note AS n SET side = h.reasons ->> 'by'
        FROM broker_case AS c
        JOIN deal_history AS h ON h.deal_id = c.deal_id AND h.move = 'dispute'
        WHERE n.case_id = c.id AND n.shared AND n.form_key = 'dispute:' || c.id AND h.at = n.at
          AND h.reasons ->> 'by' IN ('buyer', 'holder')
        """
    )
    op.execute(
        """
        UPDATE broker_case_note AS n
        SET side = CASE WHEN m.organisation_id = d.buyer_organisation_id THEN 'buyer' ELSE 'holder' END
        FROM broker_case AS c
        JOIN deal AS d ON d.id = c.deal_id
        JOIN membership AS m ON m.organisation_id IN (d.buyer_organisation_id, d.holder_organisation_id)
        WHERE n.case_id = c.id AND n.shared AND n.side IS NULL AND m.person_id = n.author_id
          AND d.buyer_organisation_id <> d.holder_organisation_id
          AND NOT EXISTS (
            SELECT FROM membership AS o
            WHERE o.person_id = m.person_id AND o.organisation_id <> m.organisation_id
              AND o.organisation_id IN (d.buyer_organisation_id, d.holder_organisation_id)
          )
        """
    )
    op.create_check_constraint(op.f("ck_broker_case_note_side"), "broker_case_note", "side IN ('buyer', 'holder')")
    op.create_check_constraint(op.f("ck_broker_case_note_shared"), "broker_case_note", "shared OR side IS NULL")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_broker_case_note_shared"), "broker_case_note")
    op.drop_constraint(op.f("ck_broker_case_note_side"), "broker_case_note")
    op.drop_column("broker_case_note", "side")
