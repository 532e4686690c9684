"""How Alembic reaches the database: `techmart migrate` hands it a connection; by hand it takes the settings' URL."""

from alembic import context
from sqlalchemy import Connection, text

from app.database import Database
from app.models import metadata
from app.settings import get_settings

# A migration that waits behind a long query would make every other query wait behind it: give up instead.
LOCK_TIMEOUT = "5s"


def run(connection: Connection) -> None:
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    url = get_settings().database_url
    if url is None:
        raise SystemExit("Set TECHMART_DATABASE_URL, or use `techmart migrate`, which starts the embedded server.")
    database = Database(url.get_secret_value(), statement_timeout_ms=600_000)
    with database.engine.connect() as made:
        run(made)
    database.dispose()
