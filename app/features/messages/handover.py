"""Handing a letter over at most once.

SMTP has one moment that no program can make safe: the server has accepted, and we have not yet noted it. A crash there
leaves the choice between sending again (perhaps twice) and not (perhaps never). Here it is the second: that we are
about to call is committed before the call, and whoever finds it later does not call again. A refusal that was heard is
no such case: it is forgotten, and the job tries again.
"""

import logging
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.integrations.mail import HandoverUnclear, Letter, MailSender
from app.jobs import JobContext
from app.models import MailHandover

log = logging.getLogger(__name__)


def was_handed_over(session: Session, job_id: UUID) -> bool:
    """Whether the letter of this job was given to the mail server before, or was about to be."""
    return session.get(MailHandover, job_id) is not None


def hand_over_once(context: JobContext, sender: MailSender, letter: Letter) -> None:
    """Send the letter of this job unless it was, or may have been, sent before.

    Raises:
        Exception: what the sender raises when the letter was certainly not accepted; the job tries again.
    """
    with context.database.unit_of_work() as session:
        mine = session.execute(
            insert(MailHandover)
            .values(job_id=context.job_id, handed_at=context.now)
            .on_conflict_do_nothing()
            .returning(MailHandover.job_id)
        ).scalar_one_or_none()
    if mine is None:
        log.warning("letter %s was handed over before; it is not sent again", context.job_id)
        return
    try:
        sender.send(letter)
    except HandoverUnclear:
        log.warning("letter %s: the line broke while it was handed over; it is not sent again", context.job_id)
        return
    except Exception:
        with context.database.unit_of_work() as session:
            session.execute(delete(MailHandover).where(MailHandover.job_id == context.job_id))
        raise
    with context.database.unit_of_work() as session:
        session.execute(update(MailHandover).where(MailHandover.job_id == context.job_id).values(sent_at=context.now))
