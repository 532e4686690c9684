"""What tests of accounts start from."""

import re
from typing import Any

from app.database import Database
from app.features.accounts import work as _work  # noqa: F401 - registers its jobs and letters
from app.features.accounts.passwords import hash_password
from app.features.accounts.schemas import Registration
from app.features.messages import delivery as _delivery  # noqa: F401 - registers its job
from app.integrations.mail import StoredMail, stored_mails
from app.jobs.worker import run_due
from app.models import Person
from app.settings import Settings
from tests import factories
from tests.factories import NOW

PASSWORD = "con trâu đi trước"
VERSIONS = {"regulation": "2026-11", "privacy": "2026-11"}
_LINK = re.compile(r"http://testserver/(?:vi|en)/[a-z]+/(\S+)")


def registration(**given: Any) -> Registration:
    values = {
        "name": "Lê Thị An",
        "email": "an@example.test",
        "password": PASSWORD,
        "regulation": True,
        "privacy": True,
    }
    return Registration.model_validate(values | given)


def person_with_password(database: Database, *, password: str = PASSWORD, **given: Any) -> Person:
    with database.unit_of_work() as session:
        return factories.person(session, password_hash=hash_password(password), **given)


def letters(database: Database, settings: Settings, *, to: str = "") -> list[StoredMail]:
    """Send what waits and give all letters to an address, newest first."""
    run_due(database, settings, now=NOW)
    return stored_mails(settings.mail_folder, to=to)


def token_in(letter: StoredMail) -> str:
    """The token of the first link of the letter that has one."""
    found = _LINK.search(letter.text)
    assert found is not None, letter.text
    return found.group(1)
