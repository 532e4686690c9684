"""The local sender: every letter becomes two files, one to read (.txt) and the real message (.eml)."""

import email
import email.policy
from dataclasses import dataclass
from datetime import datetime
from email.header import decode_header, make_header
from email.message import EmailMessage, MIMEPart
from pathlib import Path

from app.integrations.mail.letter import Letter, to_mime


@dataclass(frozen=True)
class StoredMail:
    """A letter found in the folder. `name` is its file name without the ending: the letter's key."""

    name: str
    to: str
    subject: str
    at: datetime | None
    text: str
    html: str
    language: str


class FolderSender:
    """Writes letters to a folder, for development, demonstrations and tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, letter: Letter) -> None:
        """Write the letter; the same letter sent again replaces its files. Keys sort by time, so names do."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = letter.key
        readable = f"To: {letter.to_name} <{letter.to_address}>\nSubject: {letter.subject}\n\n{letter.text}"
        (self.folder / f"{name}.txt").write_text(readable, encoding="utf-8")
        # The .eml comes last and in one step: whoever lists the folder sees whole letters only.
        half = self.folder / f".{name}.eml"
        half.write_bytes(to_mime(letter).as_bytes())
        half.replace(self.folder / f"{name}.eml")


def _content(part: MIMEPart | None) -> str:
    return "" if part is None else part.get_content().replace("\r\n", "\n")


def _read(path: Path) -> StoredMail:
    raw = path.read_bytes()
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - what the default policy makes
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    date = message["Date"]
    # A name of several encoded words is read by the older classes: the newer ones put spaces between them.
    to = email.message_from_bytes(raw, policy=email.policy.compat32)["To"] or ""
    return StoredMail(
        name=path.stem,
        to=str(make_header(decode_header(to))),
        subject=str(message["Subject"] or ""),
        at=date.datetime if date is not None else None,
        text=_content(text),
        html=_content(html),
        language=str(message["Content-Language"] or ""),
    )


def stored_mails(folder: Path, *, to: str = "", most: int = 100) -> list[StoredMail]:
    """The newest letters in the folder first, only those whose recipient contains `to` when it is given."""
    if not folder.is_dir():
        return []
    found: list[StoredMail] = []
    for path in sorted(folder.glob("*.eml"), reverse=True):
        mail = _read(path)
        if to.lower() in mail.to.lower():
            found.append(mail)
        if len(found) >= most:
            break
    return found


def read_stored(folder: Path, name: str) -> StoredMail | None:
    """One letter by its name; None when the folder has no such letter."""
    path = folder / f"{name}.eml"
    if Path(name).name != name or not path.is_file():
        return None
    return _read(path)
