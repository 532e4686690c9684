"""A harvest on trial: the first page of a source, understood and judged as it would be, and nothing of it written.

The report goes into the run's samples: each record as it came, what would become of it, and why not.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.database import Database
from app.exchange.taking import protocols
from app.exchange.taking.accepting import verdict
from app.exchange.taking.asking import AskAnew, AskLater, SourceFault
from app.exchange.taking.holdable import storable
from app.exchange.taking.incoming import Bad, Incoming, Raw
from app.exchange.taking.oai_page import Page
from app.exchange.taking.sources import refresh_keys, source_of
from app.exchange.taking.understanding import Source, understood
from app.exchange.taking.writing import known_records, terms_of
from app.features.partners.dublin_core import SKIPPED
from app.features.partners.runs import claim_run, end_run, held_run, progress_of
from app.features.partners.states import transition
from app.identity import SYSTEM
from app.models.partners import Partner
from app.models.taking import TakingRun
from app.reference.current import refresh
from app.settings import Settings

MOST_SAMPLES: Final = 30


def try_source(database: Database, settings: Settings, run_id: UUID, *, now: datetime) -> str:
    """Ask a source for its first page and report; with a record that could be taken the partner counts as tried.

    Returns:
        the run's state afterwards; "lost" when another worker has it.
    """
    with database.unit_of_work() as session:
        lease = claim_run(session, run_id, now=now)
    if lease is None:
        return "lost"
    with database.read_only() as session:
        partner = session.get_one(Partner, session.get_one(TakingRun, run_id).partner_id)
    fault, page = "", Page((), None, 0)
    try:
        refresh_keys(database, settings, partner, now=now)
        if partner.protocol in protocols.OAI:
            identity = protocols.identify(partner, settings=settings, now=now)
            with database.unit_of_work() as session:
                progress = progress_of(session, partner.id)
                progress.deletions, progress.granularity = identity.deletions, identity.granularity
                progress.repository = identity.name
        page = protocols.first_page(partner, settings=settings, now=now)
    except AskLater as patience:
        fault = f"the source wants to be asked again in {patience.seconds} s"
    except AskAnew:
        fault = "the source does not know its own token"
    except SourceFault as one:
        fault = str(one)
    with database.unit_of_work() as session:
        run = held_run(session, run_id, lease=lease, now=now)
        report(session, run, page, fault=fault, own=settings.authority, now=now)
        return run.state


def report(session: Session, run: TakingRun, page: Page, *, fault: str, own: str, now: datetime) -> None:
    """Write what a trial found into its run, and end it."""
    refresh(session)
    partner = session.get_one(Partner, run.partner_id)
    source = source_of(session, partner, now=now)
    judged = _judged(session, page.raws, source, partner, own)
    run.requests, run.pages, run.seen, run.whole = 2, 1, len(judged), page.whole
    for _raw, what, _reason, _detail in judged:
        name = {"new": "created", "bad": "quarantined"}.get(what, what)
        setattr(run, name, getattr(run, name) + 1)
    # Those that cannot be taken first: they are what is to be mended.
    judged.sort(key=lambda one: one[1] != "bad")
    run.samples = [
        {"what": what, "reason": reason, "detail": storable(detail[:1_000]), "raw": raw.as_json()}
        for raw, what, reason, detail in judged[:MOST_SAMPLES]
    ]
    good = run.created + run.changed + run.unchanged + run.gone > 0 or (not judged and not fault)
    if not fault and not good:
        fault = "no record of the first page could be taken"
    end_run(session, run, state="failed" if fault else "done", now=now, fault=fault)
    session.flush()
    if not fault and partner.state in {"draft", "tested"}:
        transition(session, partner, move="test", actor=SYSTEM, now=now)


def _judged(
    session: Session, raws: Sequence[Raw], source: Source, partner: Partner, own: str
) -> list[tuple[Raw, str, str, str]]:
    """Each record with what would become of it, and of a bad one the reason and what exactly."""
    found: list[tuple[Raw, Incoming | Bad]] = []
    for raw in raws:
        try:
            found.append((raw, understood(raw, source)))
        except Bad as fault:
            found.append((raw, fault))
    known = known_records(session, [(one.authority, one.local_id) for _, one in found if isinstance(one, Incoming)])
    terms = terms_of(partner, own=own)
    judged = []
    for raw, one in found:
        try:
            if isinstance(one, Bad):
                raise one
            judged.append((raw, str(verdict(one, known.get((one.authority, one.local_id)), terms)), "", ""))
        except Bad as fault:
            left_out = fault.reason == "mapping" and fault.detail == SKIPPED
            judged.append((raw, "skipped" if left_out else "bad", fault.reason, fault.detail))
    return judged
