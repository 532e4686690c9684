"""Sending by SMTP, as TECHMART_MAIL_URL says."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import parse_qsl, unquote, urlsplit

from app.integrations.mail.faults import HandoverUnclear
from app.integrations.mail.letter import Letter, to_mime
from app.settings import SettingsFault

_HOW = "write smtp://user:password@host:587?starttls, or smtps://user:password@host:465"
_SECONDS = 20


@dataclass(frozen=True)
class SmtpAddress:
    """Where and how: `tls` from the first byte (smtps), or `starttls` after the greeting."""

    host: str
    port: int
    user: str
    password: str
    tls: bool
    starttls: bool

    @classmethod
    def read(cls, url: str) -> "SmtpAddress":
        """From smtp://user:password@host:587?starttls or smtps://…; special signs in the password percent-encoded.

        Raises:
            SettingsFault: not such an address. The message never repeats the password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise SettingsFault(f"TECHMART_MAIL_URL: the port is not a number; {_HOW}") from None
        if parts.scheme not in {"smtp", "smtps"}:
            raise SettingsFault(f"TECHMART_MAIL_URL: starts with neither smtp:// nor smtps://; {_HOW}")
        if not parts.hostname:
            raise SettingsFault(f"TECHMART_MAIL_URL: names no host; {_HOW}")
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        unknown = set(options) - {"starttls"}
        if unknown:
            raise SettingsFault(f"TECHMART_MAIL_URL: no such option: {', '.join(sorted(unknown))}; {_HOW}")
        starttls = options.get("starttls", "no") not in {"no", "0", "false"}
        tls = parts.scheme == "smtps"
        if parts.username and not (tls or starttls) and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
            raise SettingsFault(f"TECHMART_MAIL_URL: would send a password unencrypted; {_HOW}")
        return cls(
            host=parts.hostname,
            port=port or (465 if tls else 587 if starttls else 25),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=tls,
            starttls=starttls,
        )


class SmtpSender:
    """One connection per letter: letters are few and far between, and a kept connection grows stale."""

    def __init__(self, address: SmtpAddress) -> None:
        self.address = address

    def send(self, letter: Letter) -> None:
        """Hand the letter to the server.

        Raises:
            HandoverUnclear: the connection broke while the letter was handed over; the server may have it.
            smtplib.SMTPException, OSError: it was not accepted.
        """
        where = self.address
        context = ssl.create_default_context()
        connection: smtplib.SMTP
        if where.tls:
            connection = smtplib.SMTP_SSL(where.host, where.port, timeout=_SECONDS, context=context)
        else:
            connection = smtplib.SMTP(where.host, where.port, timeout=_SECONDS)
        try:
            if where.starttls:
                connection.starttls(context=context)
            if where.user:
                connection.login(where.user, where.password)
            _hand_over(connection, to_mime(letter))
        finally:
            # No farewell is waited for: whatever it brought, the letter was accepted or refused before.
            connection.close()


def _hand_over(connection: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        connection.send_message(message)
    except smtplib.SMTPServerDisconnected as fault:
        raise HandoverUnclear(str(fault)) from fault
    except smtplib.SMTPException:
        # An answer was read, and it was no.
        raise
    except OSError as fault:
        raise HandoverUnclear(str(fault)) from fault
