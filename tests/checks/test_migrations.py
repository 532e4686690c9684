import re

from alembic.script import ScriptDirectory

from app.database import Database
from app.migrate import alembic_config, differences
from app.settings import REPOSITORY

VERSIONS = REPOSITORY / "migrations" / "versions"


def test_the_migrations_make_exactly_the_tables_of_the_models(database: Database) -> None:
    """What `alembic check` asks; the test's database was made by upgrading an empty one."""
    assert differences(database) == []


def test_there_is_one_line_of_migrations() -> None:
    script = ScriptDirectory.from_config(alembic_config())
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_migrations_are_named_by_date_and_subject() -> None:
    names = [path.name for path in VERSIONS.glob("*.py")]
    assert names
    assert [name for name in names if not re.fullmatch(r"20\d{6}_[a-z0-9_]+\.py", name)] == []
