"""What the local sender wrote, to be read in the browser. Development only: letters hold links that open accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.dependencies import AppSettings
from app.errors import NotFound
from app.i18n import _
from app.integrations.mail import StoredMail, read_stored, stored_mails
from app.settings import Settings
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class MailBoxPage(Page):
    """The newest letters, of one recipient when asked so."""

    template: ClassVar[str] = "development/mail_box.html"

    mails: Sequence[StoredMail]
    to: str
    sends_for_real: bool
    indexed: bool = False


@dataclass(frozen=True, kw_only=True)
class MailPage(Page):
    """One letter: its lines, each with whether it is nothing but an address; and where its HTML form is shown."""

    template: ClassVar[str] = "development/mail.html"

    mail: StoredMail
    lines: Sequence[tuple[bool, str]]
    html: str
    indexed: bool = False


def _require_development(settings: Settings) -> None:
    if settings.environment != "development":
        raise NotFound


def _mail(settings: Settings, name: str) -> StoredMail:
    _require_development(settings)
    found = read_stored(settings.mail_folder, name)
    if found is None:
        raise NotFound
    return found


@router.get("/_mail", name="mail_box")
def show_mail_box(request: Request, settings: AppSettings, to: str = "") -> Response:
    _require_development(settings)
    page = MailBoxPage(
        title=_("Hộp thư thử"),
        mails=stored_mails(settings.mail_folder, to=to),
        to=to,
        sends_for_real=settings.mail_url is not None,
    )
    return render(request, page)


@router.get("/_mail/{name}", name="mail")
def show_mail(request: Request, settings: AppSettings, name: str) -> Response:
    mail = _mail(settings, name)
    page = MailPage(
        title=mail.subject,
        breadcrumbs=(Link(_("Hộp thư thử"), url("mail_box")), Link(mail.subject, url("mail", name=name))),
        mail=mail,
        lines=[(line.startswith(("http://", "https://")), line) for line in mail.text.splitlines()],
        html=url("mail_html", name=name),
    )
    return render(request, page)


@router.get("/_mail/{name}/html", name="mail_html")
def show_mail_html(settings: AppSettings, name: str) -> Response:
    """The letter's HTML as a mail program shows it: its own styles, no scripts, nothing from elsewhere."""
    mail = _mail(settings, name)
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-top-navigation-by-user-activation allow-popups"
    )
    return HTMLResponse(mail.html, headers={"Content-Security-Policy": policy, "Cache-Control": "private, no-store"})
