"""Many deals at once, copied from one that was made by the commands."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from app.database import Database

# Copies have no acceptance of their own: the check of foreign keys is put aside for their insertion alone.
_NO_KEYS = "SET LOCAL session_replication_role = replica"
_COLUMNS = """number, state, acceptance_id, request_number, listing_id, listing_title, listing_kind,
    buyer_organisation_id, buyer_name, holder_organisation_id, holder_name, transfer_forms, payment_forms, territory,
    currency, total, agreed_at, contract_date, held_from, accepted_at, counted_at, version, updated_at"""


def copy_deals(database: Database, how_many: int) -> None:
    """Copies of the one deal there is, numbered on, one a minute before the other."""
    values = _COLUMNS.replace("number,", "'TV-2026-' || lpad((100000 + n)::text, 6, '0'),", 1)
    values = values.replace("acceptance_id", "gen_random_uuid()").replace(
        "updated_at", "updated_at - n * interval '1 minute'"
    )
    with database.engine.begin() as connection:
        connection.execute(text(_NO_KEYS))
        connection.execute(
            text(
                f"INSERT INTO deal (id, {_COLUMNS}) SELECT gen_random_uuid(), {values} "
                "FROM deal, generate_series(1, :how_many) AS n"
            ),
            {"how_many": how_many},
        )


def finish_copies(
    database: Database, outcomes: Mapping[int, tuple[dict[str, Any], dict[str, Any]]], **given: Any
) -> None:
    """Let copies (by their place, from 1) be confirmed with what buyer and holder said: shown, value, band."""
    with database.engine.begin() as connection:
        connection.execute(text(_NO_KEYS))
        for place, sides in outcomes.items():
            number = f"TV-2026-{100000 + place:06d}"
            currency = given.get("currency", "VND")
            connection.execute(
                text(
                    "UPDATE deal SET state = 'completed', counted_at = agreed_at + interval '30 days', "
                    "contract_date = date(agreed_at) + 10, currency = :currency WHERE number = :number"
                ),
                {"number": number, "currency": currency},
            )
            for side, said in zip(("buyer", "holder"), sides, strict=True):
                connection.execute(
                    text(
                        "INSERT INTO deal_outcome (deal_id, occasion, side, value, shown, band, results, in_report, "
                        "note, reported_by_id, reported_at) "
                        "SELECT id, 'end', :side, :value, :shown, :band, '[]', false, '', "
                        "gen_random_uuid(), agreed_at + interval '30 days' FROM deal WHERE number = :number"
                    ),
                    {"number": number, "side": side, "value": None, "band": None, **said},
                )
