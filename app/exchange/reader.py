"""Who reads what is given, and what they may see: everybody, or a partner within its agreement.

Everybody gets what goes to all. A partner whose agreement is in force also gets what is shared with partners, of the
kinds and fields that were agreed, without the parts that are withheld from it. What a reader had and may no longer have
is told as gone, so that nobody keeps it.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends
from sqlalchemy import ColumnElement, and_, true
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.exchange.caller import caller_of
from app.exchange.envelope import Envelope, seal
from app.exchange.given import chain, tombstone_of
from app.exchange.keys import signing_key
from app.exchange.outbox import house_of
from app.exchange.partner_limits import count
from app.exchange.relay import unsigned_tombstone
from app.features.partners.credentials import Sight
from app.models.exchange import ExchangeRecord
from app.settings import Settings

# Each part of an agreement's `withheld`: what of the content goes with it.
_WITHHELD: Final[Mapping[str, tuple[str, ...]]] = {
    "price": ("price",),
    "organisation": ("organisation",),
    "files": ("files",),
    "description": ("description",),
    "identifiers": (),
}
_NUMBERS: Final = ("application_number", "publication_number", "grant_number")


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads. `partner` is None for everybody else.

    `asked_at` is read before anything of the database: a harvester goes on from there.
    """

    partner: Sight | None
    settings: Settings
    asked_at: datetime

    def sees(self) -> ColumnElement[bool]:
        """Records that this reader has or had; see `is_gone`."""
        if self.partner is None or not self.partner.partners_too:
            return ExchangeRecord.open_once.is_(True)
        conditions: list[ColumnElement[bool]] = [true()]
        if self.partner.kinds:
            conditions.append(ExchangeRecord.kind.in_(self.partner.kinds))
        if self.partner.research_fields:
            # Also those that were in the field once: their leaving has to be told.
            conditions.append(ExchangeRecord.sets_once.overlap([_field_set(one) for one in self._fields()]))
        return and_(*conditions)

    def is_gone(self, record: ExchangeRecord) -> bool:
        """Whether this reader is to be told that the record is no more."""
        if record.deleted:
            return True
        if self.partner is None or not self.partner.partners_too:
            return record.share == "partners"
        if self.partner.research_fields and not self._in_fields(record):
            return True
        # What others have signed cannot be given in part.
        return (
            record.authority != self.settings.authority and _reduced(record.envelope, self.partner.withheld) is not None
        )

    def envelope(self, record: ExchangeRecord) -> Mapping[str, Any]:
        """The envelope as this reader gets it, a tombstone where `is_gone`."""
        if record.deleted:
            return record.envelope
        if self.is_gone(record):
            return self._tombstone(record)
        if self.partner is not None and self.partner.partners_too:
            reduced = _reduced(record.envelope, self.partner.withheld)
            if reduced is not None:
                if "organisation" in self.partner.withheld:
                    reduced["rights"]["attribution"] = self.settings.operator_name
                return seal(Envelope.model_validate(reduced), signing_key(self.settings))
        return record.envelope

    def _fields(self) -> list[str]:
        assert self.partner is not None  # noqa: S101 - asked of partners only
        return list(self.partner.research_fields)

    def _in_fields(self, record: ExchangeRecord) -> bool:
        wanted = self._fields()
        deep = {one for one in wanted if len(chain("research-field", one)) > 2}
        if any(_field_set(one) in record.sets for one in wanted if one not in deep):
            return True
        codes = record.envelope.get("content", {}).get("classifications", ())
        named = {
            step for one in codes if one["scheme"] == "research-field" for step in chain(one["scheme"], one["code"])
        }
        return bool(named & deep)

    def _tombstone(self, record: ExchangeRecord) -> Mapping[str, Any]:
        if record.authority != self.settings.authority:
            return unsigned_tombstone(record, house_of(self.settings))
        made = tombstone_of(
            local_id=record.local_id,
            kind=record.kind,
            language=record.envelope["lang"],
            house=house_of(self.settings),
            version=record.version,
            modified=record.datestamp,
            reason="withdrawn",
        )
        return seal(made, signing_key(self.settings))


async def _reader(request: Request, session: ReadSession, settings: AppSettings) -> Reader:
    return await _who(request, session, settings)


async def _writer(request: Request, session: WriteSession, settings: AppSettings) -> Reader:
    # By the session that will write: a request that holds two connections may wait for itself.
    return await _who(request, session, settings)


async def _who(request: Request, session: Session, settings: Settings) -> Reader:
    now = clock.now()
    if "authorization" not in request.headers:
        return Reader(None, settings, now)
    partner = await run_in_threadpool(functools.partial(caller_of, request, session, settings, now=now))
    if partner is not None:
        count(request, partner, settings)
    return Reader(partner, settings, now)


ReadBy = Annotated[Reader, Depends(_reader)]
WrittenBy = Annotated[Reader, Depends(_writer)]


def everybody(settings: Settings) -> Reader:
    """The reader who shows no key."""
    return Reader(None, settings, clock.now())


def any_partner(settings: Settings) -> Reader:
    """A partner whose agreement is about everything."""
    nobody = UUID(int=0)
    sight = Sight(
        partner_id=nobody,
        credential_id=nobody,
        authority="",
        name="",
        partners_too=True,
        kinds=(),
        research_fields=(),
        withheld=(),
        rate_per_minute=0,
    )
    return Reader(sight, settings, clock.now())


def _field_set(code: str) -> str:
    return ":".join(("field", *chain("research-field", code)[:2])) if code else "field"


def _reduced(envelope: Mapping[str, Any], withheld: tuple[str, ...]) -> dict[str, Any] | None:
    """The envelope without these parts; None where it has none of them."""
    content = dict(envelope["content"])
    made = {**envelope, "content": content, "rights": dict(envelope["rights"])}
    for part in withheld:
        for name in _WITHHELD[part]:
            content.pop(name, None)
            if name in content.get("english", {}):
                content["english"] = {one: said for one, said in content["english"].items() if one != name}
        if part == "identifiers":
            made.pop("identifiers", None)
            if "patent" in content:
                content["patent"] = {one: said for one, said in content["patent"].items() if one not in _NUMBERS}
    for name in ("english", "patent"):
        if not content.get(name, True):
            del content[name]
    same = content == envelope["content"] and made.get("identifiers") == envelope.get("identifiers")
    return None if same else made
