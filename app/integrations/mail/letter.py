"""A finished letter to one person, and its form on the wire (RFC 5322, MIME)."""

from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What is sent. `key` names the letter: sent again after a crash it carries the same Message-ID.

    `sender` is a whole From address ("Techmart <a@b>"); `html` says the same as `text`. `unsubscribe` is the address
    that ends letters of this sort by one POST (RFC 8058), for letters that somebody asked to get regularly.
    """

    key: str
    sender: str
    to_name: str
    to_address: str
    reply_to: str
    subject: str
    text: str
    html: str
    language: str
    at: datetime
    unsubscribe: str = ""


_UNSUBSCRIBE = "List-Unsubscribe"


class _Policy(EmailPolicy):
    """SMTP's policy, but text beyond ASCII is folded by the older header class.

    Where the newer one breaks a line between encoded words (RFC 2047), Python before 3.13 loses the space.
    """

    def fold(self, name: str, value: Any) -> str:
        if name == _UNSUBSCRIBE:
            # A long address without a space would be cut into encoded words, which no mail program reads as an address.
            return f"{name}: {value}{self.linesep}"
        if str(value).isascii():
            plain: str = super().fold(name, value)
            return plain
        if isinstance(value, AddressHeader):
            (person,) = value.addresses
            return f"{name}: {self._words(name, person.display_name)}{self.linesep} <{person.addr_spec}>{self.linesep}"
        return f"{name}: {self._words(name, str(value))}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii")

    def _words(self, name: str, text: str) -> str:
        return Header(text, "utf-8", header_name=name).encode(linesep=self.linesep)


_POLICY = _Policy(linesep="\r\n")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def to_mime(letter: Letter) -> EmailMessage:
    """The letter as a MIME message: text first, HTML as its alternative.

    Line ends in names and subjects become spaces, so that nothing typed by somebody can add a header.
    """
    message = EmailMessage(policy=_POLICY)
    name, address = parseaddr(letter.sender)
    domain = address.rpartition("@")[2] or "localhost"
    message["From"] = formataddr((_one_line(name), address))
    message["To"] = formataddr((_one_line(letter.to_name), letter.to_address))
    if letter.reply_to:
        message["Reply-To"] = letter.reply_to
    message["Subject"] = _one_line(letter.subject)
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = f"<{letter.key}@{domain}>"
    # Out-of-office programs must not answer (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe:
        message[_UNSUBSCRIBE] = f"<{_one_line(letter.unsubscribe)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text, charset="utf-8", cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", charset="utf-8", cte="quoted-printable")
    # Last, because making the alternatives moves every Content- header into the first part.
    message["Content-Language"] = letter.language
    return message
