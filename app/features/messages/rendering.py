"""A letter from its template: subject, text, and the same in simple HTML, in the recipient's language.

A template of frontend/templates/mail extends layout.txt and fills the blocks subject, body and why. Paragraphs are
separated by empty lines. A line that is only an address becomes a link in the HTML form.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app import i18n
from app.i18n import formats
from app.i18n.catalogue import plural_form
from app.settings import REPOSITORY, Settings

TEMPLATES = REPOSITORY / "frontend" / "templates"
_ADDRESS = re.compile(r"https?://\S+")
_SPACE_AT_END = re.compile(r"[ \t]+$", re.MULTILINE)
_MANY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class RenderedLetter:
    """What the recipient reads."""

    subject: str
    text: str
    html: str
    language: str


def _gettext(message: str, **variables: object) -> str:
    return i18n._(message) % variables


def _ngettext(singular: str, plural: str, number: float, **variables: object) -> str:
    return plural_form(singular, plural, number) % {"num": formats.format_number(number), **variables}


@functools.cache
def _environment() -> Environment:
    # Line ends stay where the template has them, so that a letter reads like its template.
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.policies["ext.i18n.trimmed"] = True
    env.newstyle_gettext = True  # type: ignore[attr-defined]
    env.globals.update({"_": i18n._, "gettext": _gettext, "ngettext": _ngettext})
    env.filters.update(
        {
            "money": formats.format_money,
            "number": formats.format_number,
            "date": formats.format_date,
            "datetime": formats.format_datetime,
        }
    )
    return env


def page_address(settings: Settings, locale: str, path: str, **query: str) -> str:
    """The full address of a page: page_address(…, "vi", "/desk/enquiries/2026-000001")."""
    asked = f"?{urlencode(query)}" if query else ""
    return f"{settings.base_url}/{locale}{quote(path)}{asked}"


def _paragraphs(text: str) -> list[list[tuple[bool, str]]]:
    """Paragraphs as lists of lines, each with whether it is nothing but an address."""
    return [
        [(_ADDRESS.fullmatch(line.strip()) is not None, line.strip()) for line in part.splitlines()]
        for part in text.strip().split("\n\n")
    ]


def render_letter(
    *, template: str, name: str, locale: str, context: Mapping[str, Any], settings: Settings
) -> RenderedLetter:
    """Render a template for one recipient. `link(path, **query)` in it is a page of this installation.

    Raises:
        jinja2.TemplateNotFound, jinja2.UndefinedError: no such template, or its context lacks something.
    """
    with i18n.use_locale(locale) as language:
        values: dict[str, Any] = {
            **context,
            "recipient_name": name,
            "site_name": settings.site_name,
            "operator_name": settings.operator_name if language == "vi" else settings.operator_name_en,
            "operator_email": settings.operator_email,
            "operator_address": settings.operator_address,
            "home": page_address(settings, language, "/"),
            "link": functools.partial(page_address, settings, language),
        }
        env = _environment()
        letter = env.get_template(f"mail/{template}.txt")
        subject = " ".join("".join(letter.blocks["subject"](letter.new_context(values))).split())
        text = _MANY_LINES.sub("\n\n", _SPACE_AT_END.sub("", letter.render(values))).strip() + "\n"
        # Mail programs know two dashes and a space as the beginning of the signature.
        body, _sign, foot = text.rpartition("\n--\n")
        text = f"{body}\n-- \n{foot}"
        html = env.get_template("mail/layout.html").render(
            subject=subject,
            language=language,
            site_name=settings.site_name,
            paragraphs=_paragraphs(body),
            foot=_paragraphs(foot),
        )
    return RenderedLetter(subject=subject, text=text, html=html, language=language)
