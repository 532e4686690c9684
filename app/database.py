"""Engine, unit of work and read-only sessions. PostgreSQL is the only dialect (docs/adr/0001)."""

import contextlib
import enum
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import psycopg
from pydantic_core import from_json
from sqlalchemy import DateTime, MetaData, Text, create_engine, event
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

# How long after it was used a connection is taken to be alive without asking.
_TRUSTED_S = 1.0

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all tables.

    `__journal__` names the entity whose journal entry every change of the table needs, and `__journal_key__` the
    attribute that holds that entity's id (app/journal/guard.py).
    """

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        str: Text,
        UUID: PG_UUID(as_uuid=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        list[str]: ARRAY(Text),
        enum.Enum: Text,
    }
    __journal__: ClassVar[str | None] = None
    __journal_key__: ClassVar[str] = "id"


class Database:
    """One pool of connections and the two kinds of session made from it."""

    def __init__(self, url: str | URL, *, pool_size: int = 10, statement_timeout_ms: int = 15_000) -> None:
        address = make_url(url)
        if address.get_backend_name() in {"postgresql", "postgres"}:
            address = address.set(drivername="postgresql+psycopg")
        self.url = address
        self.engine: Engine = create_engine(
            address,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            # The standard library's takes six times as long for the short ones that rows have. (This one reads nothing
            # that is nested 200 deep; far less is taken in from anybody.)
            json_deserializer=from_json,
            # Errors are logged; what people typed is not.
            hide_parameters=True,
            connect_args={
                "options": f"-c timezone=UTC -c statement_timeout={statement_timeout_ms} "
                "-c idle_in_transaction_session_timeout=60000 "
                # A machine that vanished holds its locks about a minute; without effect on the same machine.
                "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3 "
                "-c tcp_user_timeout=60000",
                "application_name": "techmart",
            },
        )
        _look_after_idling(self.engine)
        self._writing = sessionmaker(self.engine, expire_on_commit=False, autoflush=True)
        # Read-only at the server: a GET handler cannot write even by mistake.
        self._reading = sessionmaker(
            self.engine.execution_options(postgresql_readonly=True), expire_on_commit=False, autoflush=False
        )

    @contextlib.contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises. Commands never commit."""
        with self._writing() as session, session.begin():
            yield session

    @contextlib.contextmanager
    def read_only(self) -> Iterator[Session]:
        """A session whose transaction the server itself holds read-only.

        It is committed also when the block raises, as it does for a page that was not modified: at a ROLLBACK psycopg
        forgets all prepared statements of the connection, and the next page waits until they are planned again.
        """
        with self._reading() as session:
            try:
                yield session
            except (SQLAlchemyError, psycopg.Error):
                raise
            except Exception:
                # What the block raised is what is told, also where the connection was lost before.
                with contextlib.suppress(SQLAlchemyError, psycopg.Error):
                    session.commit()
                raise
            session.commit()

    @staticmethod
    def let_go(session: Session) -> None:
        """End a read-only session's transaction before its block does, when nothing more will be asked of it."""
        session.commit()

    def dispose(self) -> None:
        self.engine.dispose()


def _look_after_idling(engine: Engine) -> None:
    """Ask a connection that has rested whether it still lives, before a request relies on it.

    One that was used a moment ago is not asked: that would be one more way to the server and back for every request.
    Should it be dead all the same, SQLAlchemy drops the whole pool at the first fault.
    """

    @event.listens_for(engine, "checkin")
    def rests(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def wakes(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: Any) -> None:
        since = record.info.get("rests_since")
        if since is None or time.monotonic() - since < _TRUSTED_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as fault:
            # The pool makes a new connection, and drops all that are as old as this one.
            raise InvalidatePoolError from fault
