"""The job that sends a letter."""

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.features.messages.commands import Recipient
from app.features.messages.handover import hand_over_once, was_handed_over
from app.features.messages.preparation import UNSUBSCRIBE_PATH, preparations
from app.features.messages.rendering import page_address, render_letter
from app.features.messages.values import unpack
from app.integrations.mail import Letter, sender_from
from app.integrations.mail.replying import Thread, reply_address
from app.jobs import JobContext, job
from app.models import Person
from app.settings import Settings

log = logging.getLogger(__name__)


def _recipient(session: Session, to: Mapping[str, Any]) -> Recipient | None:
    if "person_id" not in to:
        return Recipient(email=to["email"], name=to["name"], locale=to["locale"])
    person = session.get(Person, UUID(to["person_id"]))
    if person is None or person.disabled_at is not None:
        return None
    return Recipient(email=person.email, name=person.name, locale=person.locale)


def _reply_address(settings: Settings, to: Mapping[str, Any], thread: object) -> str | None:
    """Where the recipient's answer goes into the conversation; None where the letter is about none."""
    if not isinstance(thread, list) or "person_id" not in to or not settings.mail_replies:
        return None
    assert settings.mail_reply_secret is not None  # noqa: S101 - part of mail_replies
    public_id, side = thread
    return reply_address(
        Thread(public_id, side, UUID(to["person_id"])),
        secret=settings.mail_reply_secret.get_secret_value(),
        domain=settings.mail_reply_domain,
    )


@job("mail.send")
def deliver(context: JobContext, payload: dict[str, Any]) -> None:
    """Complete the letter's context, commit, then send.

    Run twice, it may send twice with the same Message-ID; with `at_most_once` in the payload it never does
    (app/features/messages/handover.py).
    """
    template = payload["template"]
    values = unpack(payload["context"])
    once = payload.get("at_most_once", False)
    with context.database.unit_of_work() as session:
        if once and was_handed_over(session, context.job_id):
            log.warning("letter %s was handed over before; it is not sent again", context.job_id)
            return
        recipient = _recipient(session, payload["to"])
        prepare = preparations.get(template)
        added = prepare(session, values, context.now) if prepare is not None and recipient is not None else {}
    if recipient is None or added is None:
        log.info("letter %s (%s) is no longer wanted", context.job_id, template)
        return
    # A letter about a conversation names it ("thread": public id and the reader's side): answers then go there.
    reply_to = _reply_address(context.settings, payload["to"], values.get("thread"))
    rendered = render_letter(
        template=template,
        name=recipient.name,
        locale=recipient.locale,
        context={**values, **added, "answerable": reply_to is not None},
        settings=context.settings,
    )
    unsubscribe = str(added.get(UNSUBSCRIBE_PATH, ""))
    letter = Letter(
        key=context.job_id.hex,
        sender=context.settings.mail_from,
        to_name=recipient.name,
        to_address=recipient.email,
        reply_to=reply_to or context.settings.operator_email,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        language=rendered.language,
        at=context.now,
        unsubscribe=page_address(context.settings, rendered.language, unsubscribe) if unsubscribe else "",
    )
    sender = sender_from(context.settings)
    if once:
        hand_over_once(context, sender, letter)
    else:
        sender.send(letter)
