"""The texts about the exchange: who runs it, its rules, privacy, complaints, the programming interface.

They are Markdown files in frontend/texts, one per language. Texts that people consent to are kept by version, so that
what somebody agreed to can be read later: /regulation?version=2026-11.
"""

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.dependencies import AppSettings
from app.errors import NotFound
from app.i18n import N_, _, current_locale
from app.settings import REPOSITORY, Settings
from app.web.pagecache import PublicPage
from app.web.templating import Page, render

router = APIRouter()

FOLDER = REPOSITORY / "frontend" / "texts"
_VERSION = re.compile(r"[0-9a-z-]{1,20}")


@dataclass(frozen=True, kw_only=True)
class TextPage(Page):
    """One text, with its version when it has one."""

    template: ClassVar[str] = "storefront/text.html"

    body: str
    version: str = ""
    earlier: tuple[str, ...] = ()


@functools.cache
def _read(path: Path) -> str:
    return path.read_text("utf-8")


def versions_of(name: str) -> tuple[str, ...]:
    """The versions a text is kept in, newest first."""
    return tuple(sorted({path.name.split(".")[0] for path in (FOLDER / name).glob("*.vi.md")}, reverse=True))


def read_text(name: str, *, version: str, locale: str, settings: Settings) -> str:
    """A text in a language, the operator's name and addresses filled in.

    Raises:
        NotFound: there is no such version.
    """
    path = FOLDER / name / f"{version}.{locale}.md"
    if not _VERSION.fullmatch(version) or not path.is_file():
        raise NotFound
    return _read(path).format(
        site=settings.site_name,
        operator=settings.operator_name if locale == "vi" else settings.operator_name_en,
        email=settings.operator_email,
        base=settings.base_url,
    )


def _answer(request: Request, settings: Settings, *, name: str, title: str, version: str = "current") -> Response:
    return render(
        request,
        TextPage(
            title=_(title),
            body=read_text(name, version=version, locale=current_locale(), settings=settings),
            version="" if version == "current" else version,
            earlier=tuple(one for one in versions_of(name) if one != version) if version != "current" else (),
        ),
    )


@router.get("/about", name="about", dependencies=[PublicPage])
def about(request: Request, settings: AppSettings) -> Response:
    return _answer(request, settings, name="about", title=N_("Đơn vị vận hành"))


@router.get("/regulation", name="regulation", dependencies=[PublicPage])
def regulation(request: Request, settings: AppSettings, version: str = "") -> Response:
    return _answer(
        request,
        settings,
        name="regulation",
        title=N_("Quy chế hoạt động"),
        version=version or settings.regulation_version,
    )


@router.get("/privacy", name="privacy", dependencies=[PublicPage])
def privacy(request: Request, settings: AppSettings, version: str = "") -> Response:
    return _answer(
        request, settings, name="privacy", title=N_("Quyền riêng tư"), version=version or settings.privacy_version
    )


@router.get("/complaints", name="complaints", dependencies=[PublicPage])
def complaints(request: Request, settings: AppSettings) -> Response:
    return _answer(request, settings, name="complaints", title=N_("Khiếu nại, phản ánh"))


@router.get("/developers", name="developers", dependencies=[PublicPage])
def developers(request: Request, settings: AppSettings) -> Response:
    return _answer(request, settings, name="developers", title=N_("API và OAI-PMH"))


@router.get("/exchange", name="exchange", dependencies=[PublicPage])
def exchange(request: Request, settings: AppSettings) -> Response:
    """For partners: how to take from this exchange and be told of changes."""
    return _answer(request, settings, name="exchange", title=N_("Trao đổi dữ liệu"))
