"""Signed addresses that answers to a letter go to, and what such an answer says.

reply+<thread><side><person><signature>@domain: thread is a public id, side one letter, person the UUID in base 32, the
signature 80 bits of HMAC-SHA-256 over all of it. 61 characters before the @, all lower case, since some servers fold
case. An address opens only the thread of its person, and only for mail from that person's own address.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from html import unescape
from typing import Final
from uuid import UUID

import nh3
from mailparser_reply import EmailReplyParser

from app.identity import PUBLIC_ID_LENGTH
from app.text import tidy

# The line above which people write; letters carry it first.
MARK: Final = "##-"
LARGEST: Final = 40 * 2**20
MOST_FILES: Final = 5
_SIGNATURE = 16
_PERSON = 26
_LOCAL = re.compile(rf"reply\+([a-z0-9]{{{PUBLIC_ID_LENGTH}}})([bh])([a-z2-7]{{{_PERSON}}})([a-z2-7]{{{_SIGNATURE}}})")
# How mail programs set in Vietnamese introduce what they quote; the library knows other languages.
_VIETNAMESE = re.compile(
    r"^(?:Vào\s[^\n]{0,200}(?:\n[^\n]{0,200})?đã viết:\s*$|Từ:[^\n]*\n(?:Đã gửi|Ngày|Gửi):)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Thread:
    """Where an answer belongs: a conversation's public id, the side of it, and whose address it is."""

    thread: str
    side: str
    person_id: UUID


def _sign(secret: str, body: str) -> str:
    digest = hmac.new(secret.encode(), f"reply:{body}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()[:_SIGNATURE]


def reply_address(thread: Thread, *, secret: str, domain: str) -> str:
    """The address for one person's answers in one thread; `side` is told by its first letter."""
    person = base64.b32encode(thread.person_id.bytes).decode().lower().rstrip("=")
    body = f"{thread.thread}{thread.side[0]}{person}"
    return f"reply+{body}{_sign(secret, body)}@{domain}"


def read_address(address: str, *, secret: str) -> Thread | None:
    """The thread an address of ours opens; None for any other, however alike."""
    found = _LOCAL.fullmatch(address.lower().partition("@")[0])
    if found is None:
        return None
    public_id, side, person, signature = found.groups()
    if not hmac.compare_digest(signature, _sign(secret, f"{public_id}{side}{person}")):
        return None
    try:
        person_id = UUID(bytes=base64.b32decode(person.upper() + "=" * (-len(person) % 8)))
    except ValueError:
        return None
    return Thread(public_id, "buyer" if side == "b" else "holder", person_id)


@dataclass(frozen=True)
class Answer:
    """A letter that came in. `text` is what its writer wrote, without what they quoted and their signature.

    `automatic`: sent by a machine (out of office, a list), which nobody wants in a conversation. `files` are (name,
    content) as sent, unchecked.
    """

    message_id: str
    sender: str
    recipients: Sequence[str]
    text: str
    automatic: bool
    files: Sequence[tuple[str, bytes]]


def read_answer(raw: bytes) -> Answer:
    """A letter as it came over the wire, read.

    Raises:
        ValueError: larger than LARGEST, or without sender or Message-ID.
    """
    if len(raw) > LARGEST:
        raise ValueError("the letter is too large")
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)  # noqa: S101 - what the default policy makes
    senders = [address for _name, address in getaddresses(_header(mail, "from"))]
    message_id = str(mail.get("message-id", "")).strip()
    if len(senders) != 1 or not message_id:
        raise ValueError("the letter has no single sender or no Message-ID")
    headers = [
        *_header(mail, "to"),
        *_header(mail, "cc"),
        *_header(mail, "delivered-to"),
        *_header(mail, "x-original-to"),
    ]
    files = [
        (part.get_filename() or "", content)
        for part in mail.iter_attachments()
        if isinstance(content := part.get_payload(decode=True), bytes) and content
    ]
    automatic = str(mail.get("auto-submitted", "no")).lower() != "no" or str(mail.get("precedence", "")).lower() in {
        "bulk",
        "list",
        "junk",
    }
    return Answer(
        message_id=message_id,
        sender=senders[0].lower(),
        recipients=[address for _name, address in getaddresses(headers)],
        text=written(_text(mail)),
        automatic=automatic,
        files=files[: 4 * MOST_FILES],
    )


def _header(mail: EmailMessage, name: str) -> list[str]:
    return [str(value) for value in mail.get_all(name, [])]


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    try:
        content = str(body.get_content())
    except (LookupError, UnicodeError):
        content = body.get_payload(decode=True).decode("utf-8", "replace")  # type: ignore[union-attr]
    if body.get_content_subtype() == "html":
        lines = re.sub(r"(?i)<br\s*/?>|</(?:p|div|tr|h\d|li)>", "\n", content)
        bare = nh3.clean(lines, tags=set(), attributes={}, clean_content_tags={"style", "script", "blockquote"})
        return unescape(bare)
    return content


def written(text: str) -> str:
    """What somebody wrote, above the mark of our letters, without quotes of a mail program and without signature."""
    text = text.replace("\r\n", "\n")
    above = text.partition(MARK)[0]
    # The mark stands inside what is quoted: the line that introduces the quote goes too.
    found = _VIETNAMESE.search(above)
    if found is not None:
        above = above[: found.start()]
    latest = EmailReplyParser(languages=["en"]).parse_reply(text=above) or ""
    return tidy("\n".join(line for line in latest.splitlines() if not line.lstrip().startswith(">")))
