"""Partner exchanges of the demo: one whose file was taken, one that takes from us.

They are told after everything else and by the pipeline that partners' files go through, in transactions of its own.
"""

import json
import tempfile
from datetime import datetime, time, timedelta
from pathlib import Path

from sqlalchemy import func, select

from app.database import Database
from app.demo import content
from app.exchange.taking.files import take_file
from app.features.partners.commands import move_partner, register_partner
from app.features.partners.runs import begin_file
from app.i18n.formats import HERE
from app.identity import Actor
from app.models import Job, Listing, Person
from app.models.partners import Partner
from app.settings import Settings


def tell_partners(database: Database, settings: Settings, *, operator_email: str, now: datetime) -> int:
    """Register them, take what their files say, and go live; returns how many listings came."""
    with database.read_only() as session:
        operator = Actor(
            person_id=session.scalars(select(Person.id).where(Person.email == operator_email)).one(), is_operator=True
        )
    for one in content.partners():
        begun = now - timedelta(days=one.starts_days_ago)
        with database.unit_of_work() as session:
            partner = register_partner(
                session, actor=operator, data=one.as_input(now=now), own_authority=settings.authority, now=begun
            )
            key = partner.public_id
        if one.direction == "give":
            with database.unit_of_work() as session:
                move_partner(session, actor=operator, public_id=key, move="open", now=begun)
            continue
        for place, days in enumerate(one.files_days_ago):
            at = datetime.combine((now - timedelta(days=days)).astimezone(HERE).date(), time(8, 40), HERE)
            _take(database, settings, one.authority, operator=operator, at=at, now=now)
            if place == 0:
                with database.unit_of_work() as session:
                    move_partner(session, actor=operator, public_id=key, move="go_live", now=at)
    with database.read_only() as session:
        return session.scalar(select(func.count()).where(Listing.source.is_not(None))) or 0


def _take(
    database: Database, settings: Settings, authority: str, *, operator: Actor, at: datetime, now: datetime
) -> None:
    """Take the file as it was at a moment: what was published later is not in it yet."""
    lines = [
        json.dumps(one.as_line(now=now), ensure_ascii=False)
        for one in content.foreign()
        if one.authority == authority and now - timedelta(days=one.published_days_ago) <= at
    ]
    with database.unit_of_work() as session:
        partner = session.scalars(select(Partner).where(Partner.authority == authority)).one()
        run = begin_file(session, partner=partner, key="", whole=False, actor=operator, now=at)
        run_id = run.id
        session.flush()
        # The job would read the file from the store; it is read here and now.
        for job in session.scalars(select(Job).where(Job.payload["run"].as_string() == str(run_id))):
            session.delete(job)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{authority}.jsonl"
        path.write_text("\n".join(lines), encoding="utf-8")
        state = take_file(database, settings, run_id, path=path, whole=False, now=at)
    if state != "done":
        raise RuntimeError(f"the demo file of {authority} ended as {state}")
