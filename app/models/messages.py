"""That a letter was handed to the mail server, for letters that must not go out twice."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class MailHandover(Base):
    """A letter on its way over the counter: written before the mail server is called, `sent_at` after it accepted.

    A row without `sent_at` means that nobody knows whether the server took it; such a letter is not sent again.
    """

    __tablename__ = "mail_handover"

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    handed_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
