"""Bringing a database to the newest tables."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text

from app.database import Database
from app.models import metadata
from app.settings import REPOSITORY

# One migrating process at a time, also when several servers start at once.
_MIGRATION_LOCK = 7_414_002


def alembic_config() -> Config:
    """Alembic's configuration: scripts in migrations/, files named by date."""
    config = Config()
    config.set_main_option("script_location", str(REPOSITORY / "migrations"))
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    config.set_main_option("path_separator", "os")
    return config


def migrate(database: Database, *, revision: str = "head") -> None:
    """Upgrade the database, waiting for another process that is doing so."""
    with database.engine.connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        connection.commit()
        try:
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _MIGRATION_LOCK})
            connection.commit()


def differences(database: Database) -> list[object]:
    """What the models say and the database lacks, or the other way round; empty when they agree (`alembic check`)."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))
