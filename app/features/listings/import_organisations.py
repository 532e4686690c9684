"""Organisations that imported lines name: found by name, or made as imported ones that somebody may claim later."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app import journal
from app.features.listings.import_lines import ImportedLine, NamedOrganisation, guessed_type
from app.features.listings.placing import find_region
from app.i18n.collation import sort_key
from app.identity import new_public_id, uuid7
from app.models.organisations import Organisation
from app.settings import Settings
from app.text import one_line, slug

# A fixed name for the advisory lock; any constant that no other part uses.
_MAKING = 7_414_031


class Organisations:
    """The organisations of one import, by name. What it holds grows with the number of names, not of lines."""

    def __init__(self, *, settings: Settings, default: str) -> None:
        self._authority = settings.authority
        self._default = NamedOrganisation(name=one_line(default))
        self._ids: dict[str, UUID] = {}

    def name_of(self, line: ImportedLine) -> str:
        return (line.organisation or self._default).name

    def id_of(self, line: ImportedLine) -> UUID:
        return self._ids[self.name_of(line)]

    def forget(self) -> None:
        """Ask again: what was made in a transaction that failed is not there."""
        self._ids.clear()

    def bring_in(self, session: Session, lines: Sequence[ImportedLine], *, now: datetime) -> int:
        """See that every organisation the lines name is there; returns how many were made."""
        named = {one.name: one for line in lines if (one := line.organisation or self._default).name not in self._ids}
        if not named:
            return 0
        self._find(session, named)
        if named.keys() <= self._ids.keys():
            return 0
        # Two imports at once must not both make the same one: whoever comes second finds it after the wait.
        session.execute(select(func.pg_advisory_xact_lock(_MAKING)))
        self._find(session, named)
        missing = [one for name, one in named.items() if name not in self._ids]
        if missing:
            made = {one.name: uuid7() for one in missing}
            session.execute(insert(Organisation), [self._row(made[one.name], one, now=now) for one in missing])
            journal.append_many(
                session, entity="organisation", entity_ids=list(made.values()), action="imported", at=now
            )
            self._ids.update(made)
        return len(missing)

    def _find(self, session: Session, named: Mapping[str, NamedOrganisation]) -> None:
        rows = session.execute(
            select(Organisation.name, Organisation.id)
            .where(Organisation.name_key.in_({sort_key(name) for name in named}), Organisation.name.in_(named))
            # Of several with one name the last wins: one that real people stand behind, the oldest of these.
            .order_by(Organisation.imported.desc(), Organisation.id.desc())
        )
        self._ids.update(dict(rows.all()))

    def _row(self, organisation_id: UUID, one: NamedOrganisation, *, now: datetime) -> dict[str, object]:
        public_id = new_public_id()
        return {
            "id": organisation_id,
            "public_id": public_id,
            "authority": self._authority,
            "local_id": public_id,
            "slug": slug(one.name) or public_id,
            "name": one.name,
            "name_key": sort_key(one.name),
            "name_en": one.name_en,
            "type": one.type or guessed_type(one.name),
            "region": find_region(one.region),
            "website": one.website,
            "sectors": [],
            "imported": True,
            "version": 1,
            "created_at": now,
            "updated_at": now,
        }
