"""Who sends: chosen by the settings."""

from typing import Protocol

from app.integrations.mail.folder import FolderSender
from app.integrations.mail.letter import Letter
from app.integrations.mail.smtp import SmtpAddress, SmtpSender
from app.settings import Settings


class MailSender(Protocol):
    """Hands a letter on. Raises when it could not, so that the job tries again."""

    def send(self, letter: Letter) -> None: ...


def sender_from(settings: Settings) -> MailSender:
    """SMTP when TECHMART_MAIL_URL is set, else the folder var/mail.

    Raises:
        SettingsFault: the address cannot be used; the message says what would be right.
    """
    if settings.mail_url is None:
        return FolderSender(settings.mail_folder)
    return SmtpSender(SmtpAddress.read(settings.mail_url.get_secret_value()))
