"""`techmart doctor`: looks at every part of an installation and says what is wrong and what to do about it."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.database import Database
from app.jobs.worker import LEAST_CONNECTIONS
from app.operations import health
from app.operations.faults import OperationFault
from app.operations.installation import require_newest_schema
from app.operations.logs import without_secrets
from app.settings import REPOSITORY, Settings

Level = Literal["ok", "warning", "fault"]

_OLDEST_SERVER = 15
_LITTLE_SPACE_GB = 2.0
_FAR_BEHIND = 10_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy` is empty when all is well."""

    level: Level
    subject: str
    words: str
    remedy: str = ""


def examine_settings(settings: Settings) -> Iterator[Finding]:
    """What the settings alone show."""
    production = settings.environment == "production"
    if settings.rate_limits == "off":
        yield Finding(
            "warning",
            "request limits",
            "TECHMART_RATE_LIMITS=off: anybody may send as many requests as they like",
            "Unset it outside of measurements.",
        )
    else:
        yield Finding("ok", "request limits", "on")
    if production and settings.demo:
        yield Finding(
            "fault",
            "demo mode",
            "the sign-in page names people and their passwords",
            "Unset TECHMART_DEMO, and remove the demo people (techmart demo --help).",
        )
    if production and not settings.base_url.startswith("https://"):
        yield Finding(
            "fault",
            "public address",
            f"{settings.base_url} is not https: cookies and passwords travel openly",
            "Put a proxy with a certificate before it and set TECHMART_PUBLIC_URL=https://…",
        )
    else:
        yield Finding("ok", "public address", settings.base_url)
    if production and settings.authority.endswith(".localhost"):
        yield Finding(
            "fault",
            "authority",
            f"{settings.authority} can belong to nobody, and every exported record would carry it for ever",
            "Set TECHMART_AUTHORITY to a DNS name your organisation owns, before the first record is published.",
        )
    if production and settings.mail_url is None:
        yield Finding(
            "fault",
            "mail",
            f"letters are only written to {settings.mail_folder}, nobody gets them",
            "Set TECHMART_MAIL_URL to an SMTP server (docs/operations.md).",
        )
    yield from _card_payments(settings)
    if production and settings.database_url is None:
        yield Finding(
            "warning",
            "database server",
            "the embedded PostgreSQL serves one machine and has no replica",
            "For more set TECHMART_DATABASE_URL to a server of your own.",
        )


def _card_payments(settings: Settings) -> Iterator[Finding]:
    """Whether Stripe is set up as an installation of this kind should have it."""
    if settings.stripe_key is None:
        yield Finding("ok", "card payments", "off: buyers pay by bank transfer")
        return
    live = settings.stripe_key.get_secret_value().startswith(("sk_live_", "rk_live_"))
    production = settings.environment == "production"
    if settings.stripe_api:
        yield Finding(
            "fault" if production else "warning",
            "card payments",
            f"TECHMART_STRIPE_API={settings.stripe_api} is not Stripe",
            "Unset it outside of tests.",
        )
    elif live and not production:
        yield Finding(
            "fault",
            "card payments",
            "a live key outside of production: real cards would be charged",
            "Use a key that begins with sk_test_.",
        )
    elif production and not live:
        yield Finding("warning", "card payments", "a test key: no card is charged", "Set the live key before opening.")
    elif not settings.base_url.startswith("https://"):
        yield Finding(
            "fault", "card payments", f"Stripe cannot reach {settings.base_url}", "Set TECHMART_PUBLIC_URL=https://…"
        )
    else:
        yield Finding("ok", "card payments", "on")


def examine_machine(settings: Settings) -> Iterator[Finding]:
    """Python, disk, and what the build leaves."""
    yield Finding("ok", "Python", sys.version.split()[0])
    free = shutil.disk_usage(_existing(settings.data)).free / 1e9
    words = f"{free:.1f} GB free for {settings.data.absolute()}"
    if free < _LITTLE_SPACE_GB:
        yield Finding("warning", "disk", words, "Free some, or move TECHMART_DATA; a full disk stops the database.")
    else:
        yield Finding("ok", "disk", words)
    if (REPOSITORY / "frontend" / "built" / "manifest.json").exists():
        yield Finding("ok", "front end", "built")
    else:
        yield Finding("fault", "front end", "not built: no page can be shown", "Run `make frontend`.")


def examine_database(settings: Settings, database: Database) -> Iterator[Finding]:
    """Reach, version, schema and room for connections."""
    try:
        with database.engine.connect() as connection:
            version = connection.execute(text("SELECT current_setting('server_version_num')::int / 10000")).scalar_one()
            most = connection.execute(text("SELECT current_setting('max_connections')::int")).scalar_one()
            encoding = connection.execute(text("SELECT current_setting('server_encoding')")).scalar_one()
    except SQLAlchemyError as fault:
        yield Finding(
            "fault",
            "database",
            without_secrets(str(fault.__cause__ or fault).strip().splitlines()[0]),
            "Check TECHMART_DATABASE_URL, that the server runs and that it lets this machine in.",
        )
        return
    if version < _OLDEST_SERVER:
        yield Finding("fault", "database", f"PostgreSQL {version}", f"PostgreSQL {_OLDEST_SERVER} or newer is needed.")
    else:
        yield Finding("ok", "database", f"PostgreSQL {version}")
    if encoding != "UTF8":
        yield Finding(
            "fault", "database encoding", encoding, "Make the database anew: CREATE DATABASE … ENCODING 'UTF8'."
        )
    wanted = settings.processes * settings.database_pool + max(settings.database_pool, LEAST_CONNECTIONS)
    if wanted > most * 0.9:
        yield Finding(
            "warning",
            "connections",
            f"{settings.processes} processes and the worker may open {wanted}; the server allows {most}",
            "Lower TECHMART_DATABASE_POOL or TECHMART_PROCESSES, or raise max_connections.",
        )
    try:
        require_newest_schema(database)
    except OperationFault as fault:
        yield Finding("fault", "tables", fault.happened, fault.remedy)
    else:
        yield Finding("ok", "tables", "at their newest form")


def examine_work(database: Database, search: health.Searching | None, *, now: datetime) -> Iterator[Finding]:
    """Worker, jobs, journal readers and search, as /readyz sees them."""
    remedies = {
        "worker": "Start it: `techmart serve` runs one, `techmart worker` another.",
        "search": "Run `techmart reindex`; a Meilisearch server must answer and take its key first.",
        "database": "See the lines about the database.",
    }
    for part in health.readiness(database, search, now=now).parts:
        words = ", ".join(f"{name} {value}" for name, value in part.figures.items()) or "nothing to tell"
        if not part.ready:
            problem = search.health().problem if part.name == "search" and search is not None else ""
            told = without_secrets(f"{words}: {problem}" if problem else words)
            yield Finding("fault", part.name, told, remedies.get(part.name, ""))
        elif part.name == "jobs" and part.figures["dead"]:
            yield Finding("warning", part.name, words, "Jobs were given up after many tries; see them: techmart admin")
        elif part.name == "lag" and any(int(value or 0) > _FAR_BEHIND for value in part.figures.values()):
            yield Finding("warning", part.name, words, "A reader is far behind; see the worker's log.")
        else:
            yield Finding("ok", part.name, words)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above that is there."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder
