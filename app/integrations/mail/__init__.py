"""Sending mail: one Protocol, a sender that writes to a folder, and one that speaks SMTP."""

from app.integrations.mail.faults import HandoverUnclear
from app.integrations.mail.folder import FolderSender, StoredMail, read_stored, stored_mails
from app.integrations.mail.letter import Letter, to_mime
from app.integrations.mail.sender import MailSender, sender_from
from app.integrations.mail.smtp import SmtpAddress, SmtpSender

__all__ = [
    "FolderSender",
    "HandoverUnclear",
    "Letter",
    "MailSender",
    "SmtpAddress",
    "SmtpSender",
    "StoredMail",
    "read_stored",
    "sender_from",
    "stored_mails",
    "to_mime",
]
