"""techmart admin mail-in: answers by e-mail, from a pipe or a Maildir."""

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.operations.installation import Installation


def mail_in(
    maildir: Annotated[
        Path | None, typer.Option("--maildir", help="Read what is in new/ and move it to cur/.", file_okay=False)
    ] = None,
) -> None:
    """Post an answer by e-mail from standard input, or all new ones of a Maildir.

    Needs TECHMART_MAIL_REPLY_DOMAIN and TECHMART_MAIL_REPLY_SECRET. A letter that is not taken is named with the reason
    and is no fault: a mail server that hears of a fault would bounce it to whoever is named in it.
    """
    from app.operations.installation import opened

    with opened() as installation:
        if not installation.settings.mail_replies:
            typer.echo("techmart: set TECHMART_MAIL_REPLY_DOMAIN and TECHMART_MAIL_REPLY_SECRET first", err=True)
            raise typer.Exit(2)
        if maildir is None:
            typer.echo(take(installation, sys.stdin.buffer.read()))
            return
        (maildir / "cur").mkdir(exist_ok=True)
        for path in sorted((maildir / "new").iterdir()):
            typer.echo(f"{path.name}: {take(installation, path.read_bytes())}")
            # Moved only now: after a crash it is read again, and posted once all the same.
            path.replace(maildir / "cur" / f"{path.name}:2,S")


def take(installation: "Installation", raw: bytes) -> str:
    """Read one letter and post it; what became of it, in a word."""
    from app import clock
    from app.features.enquiries.mail_in import post_answer
    from app.features.enquiries.records import AttachedFile
    from app.integrations.mail.replying import MOST_FILES, read_address, read_answer
    from app.integrations.storage import FileRefused, read_attachment, store_from

    settings = installation.settings
    assert settings.mail_reply_secret is not None  # noqa: S101 - asked for before
    secret = settings.mail_reply_secret.get_secret_value()
    try:
        answer = read_answer(raw)
    except ValueError as fault:
        return f"not taken: {fault}"
    if answer.automatic:
        return "not taken: sent by a machine"
    threads = [thread for one in answer.recipients if (thread := read_address(one, secret=secret)) is not None]
    if not threads:
        return "not taken: to no address of ours"
    store = store_from(settings)
    files: list[AttachedFile] = []
    refused: list[tuple[str, str]] = []
    for place, (name, data) in enumerate(answer.files):
        try:
            if place >= MOST_FILES:
                raise FileRefused(f"> {MOST_FILES}")
            if len(data) > settings.upload_limit_mib * 2**20:
                raise FileRefused(f"> {settings.upload_limit_mib} MiB")
            one = read_attachment(data, name=name)
        except FileRefused as fault:
            refused.append((name, str(fault)))
            continue
        files.append(
            AttachedFile(
                filename=one.filename,
                media_type=one.media_type,
                size=len(one.data),
                sha256=hashlib.sha256(one.data).hexdigest(),
                storage_key=store.put("enquiries", one.data, ending=one.ending),
            )
        )
    with installation.database.unit_of_work() as session:
        outcome = post_answer(
            session,
            person_id=threads[0].person_id,
            sender=answer.sender,
            public_id=threads[0].thread,
            side="buyer" if threads[0].side == "buyer" else "holder",
            text=answer.text,
            message_id=answer.message_id,
            now=clock.now(),
            files=files,
            refused=refused,
        )
    # Files of an answer that was not posted are found by the daily sweep.
    return "posted" if outcome == "posted" else f"not taken: {outcome}"
