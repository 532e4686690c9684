"""How each kind of source is asked for its next page."""

import json
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from app.exchange.envelope import stamp
from app.exchange.taking.asking import AskAnew, SourceFault, get
from app.exchange.taking.holdable import read_json, storable
from app.exchange.taking.incoming import KEPT_OF_UNREADABLE, Raw
from app.exchange.taking.oai_page import Identity, Page, read_identity, read_page
from app.models.partners import Partner
from app.models.taking import TakingProgress, TakingRun
from app.settings import Settings

OAI: Final = ("techmart", "oai_dc")
_MOST_OF_A_PAGE: Final = 1_000


def identify(partner: Partner, *, settings: Settings, now: datetime) -> Identity:
    """What an OAI-PMH source says of itself.

    Raises:
        SourceFault, AskLater.
    """
    return read_identity(_asked(partner, {"verb": "Identify"}, settings=settings, now=now))


def next_page(run: TakingRun, partner: Partner, progress: TakingProgress, *, settings: Settings, now: datetime) -> Page:
    """The page that comes next in a run.

    Raises:
        SourceFault, AskLater; AskAnew: the source does not know the token any more.
    """
    if partner.protocol == "changes":
        return feed_page(partner, run.token, settings=settings, now=now)
    verb = "ListIdentifiers" if run.kind == "sweep" else "ListRecords"
    if run.token:
        said = {"verb": verb, "resumptionToken": run.token}
    else:
        said = {"verb": verb, "metadataPrefix": partner.protocol, **_window(run, progress.granularity), **_set(partner)}
    body = _asked(partner, said, settings=settings, now=now)
    return read_page(body, verb=verb, techmart=partner.protocol == "techmart")


def first_page(partner: Partner, *, settings: Settings, now: datetime) -> Page:
    """The first page of all there is, for a trial."""
    if partner.protocol == "changes":
        return feed_page(partner, "", settings=settings, now=now)
    said = {"verb": "ListRecords", "metadataPrefix": partner.protocol, **_set(partner)}
    body = _asked(partner, said, settings=settings, now=now)
    return read_page(body, verb="ListRecords", techmart=partner.protocol == "techmart")


def feed_page(partner: Partner, cursor: str, *, settings: Settings, now: datetime, address: str = "") -> Page:
    """A page of the JSON feed of changes, at the partner's address or another one of the same place.

    Raises:
        SourceFault, AskLater; AskAnew: the feed does not know the cursor.
    """
    url = _with(address or partner.address, {"cursor": cursor} if cursor else {})
    answer = get(
        url,
        partner=partner,
        settings=settings,
        now=now,
        headers={"Accept": "application/json"},
        also=frozenset({400}),
    )
    if answer.status == 400:
        if cursor:
            raise AskAnew
        raise SourceFault("answered with status 400")
    try:
        said = read_json(answer.body)
        items, place, more = said["items"], said["next_cursor"], said["more"]
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise SourceFault(f"no page of a feed of changes: {type(fault).__name__}") from None
    if not isinstance(items, list) or not isinstance(place, str) or not isinstance(more, bool) or len(place) > 400:
        raise SourceFault("no page of a feed of changes")
    if len(items) > _MOST_OF_A_PAGE:
        raise SourceFault(f"a page of {len(items)} records")
    return Page(tuple(envelope_raw(one) for one in items), place if more else None, None, place)


def envelope_raw(item: Any) -> Raw:
    """An envelope as it came in JSON, however it looks."""
    key = item.get("key") if isinstance(item, dict) else None
    authority, local_id = (key.get(name) for name in ("authority", "local_id")) if isinstance(key, dict) else (0, 0)
    if not isinstance(authority, str) or not isinstance(local_id, str):
        text = json.dumps(storable(item))[:KEPT_OF_UNREADABLE]
        return Raw("envelope", "?", body={"text": text}, fault="a record without a key")
    return Raw("envelope", storable(f"oai:{authority}:{local_id}"[:500]), body=item)


def _asked(partner: Partner, said: dict[str, str], *, settings: Settings, now: datetime) -> bytes:
    url = _with(partner.address, said)
    return get(url, partner=partner, settings=settings, now=now).body


def _set(partner: Partner) -> dict[str, str]:
    """What is asked for; of another Techmart that may not relay only its own, since nothing else would be taken."""
    if partner.set_spec:
        return {"set": partner.set_spec}
    return {"set": "origin:own"} if partner.protocol == "techmart" and not partner.relays else {}


def _with(address: str, said: dict[str, str]) -> str:
    if not said:
        return address
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(said)}"


def _window(run: TakingRun, granularity: str) -> dict[str, str]:
    """from and until as the source writes its datestamps."""

    def written(moment: datetime) -> str:
        return stamp(moment) if granularity == "second" else stamp(moment)[:10]

    said = {}
    if run.window_from is not None:
        said["from"] = written(run.window_from)
    if run.window_until is not None and run.kind != "sweep":
        said["until"] = written(run.window_until)
    return said
