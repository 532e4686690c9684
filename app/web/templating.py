"""Pages: one frozen dataclass per template, rendered by `render`.

A template sees the fields of its dataclass, `shell`, and the globals and filters below; anything else is an error
(StrictUndefined). `_()` in a template is plain text; text with markup in it stands in {% trans %}.
"""

import functools
import gzip
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from slugify import slugify
from starlette.requests import Request
from starlette.responses import HTMLResponse

from app import clock, i18n
from app.i18n import formats
from app.i18n.catalogue import plural_form
from app.i18n.terms import options, term
from app.settings import get_settings
from app.web.assets import static
from app.web.flash import COOKIE as FLASH_COOKIE
from app.web.markdown import markdown, plain
from app.web.pagecache import keep
from app.web.shell import Link, build_shell
from app.web.urls import absolute, has_route, url

_WORTH_PACKING = 1_000
TEMPLATES = Path(__file__).resolve().parents[2] / "frontend" / "templates"


@dataclass(frozen=True, kw_only=True)
class Fragment:
    """The context of a piece of page that htmx puts in place; also readable by itself without JavaScript."""

    template: ClassVar[str]


@dataclass(frozen=True, kw_only=True)
class Page(Fragment):
    """The context of a whole page: subclass it once per template and add the fields the template uses.

    `title` and `description` are text; `image` is a path; `json_ld` holds schema.org objects; `indexed=False` keeps
    search engines away; `feed` is the path of an Atom feed of what the page lists.
    """

    title: str
    description: str = ""
    image: str = ""
    canonical: str = ""
    indexed: bool = True
    breadcrumbs: tuple[Link, ...] = ()
    json_ld: tuple[Mapping[str, Any], ...] = ()
    feed: str = ""
    # The home page has its own search, so the header leaves it out there.
    header_search: bool = True


def _lang(language: str | None) -> Markup:
    """`lang="en"` for a text that is in another language than the page, or nothing."""
    if not language or language == i18n.current_locale():
        return Markup("")
    return Markup(' lang="{}"').format(language)


def _gettext(message: str, **variables: object) -> Markup:
    # {% trans %} always arrives here, its literal percent signs doubled and its markup trusted.
    return Markup(i18n._(message)) % variables  # noqa: S704 - the message is a template's own text


def _ngettext(singular: str, plural: str, number: float, **variables: object) -> Markup:
    message = Markup(plural_form(singular, plural, number))  # noqa: S704 - the message is a template's own text
    return message % {"num": formats.format_number(number), **variables}


def _money(amount: int | None, currency: str = "VND") -> str:
    return "" if amount is None else formats.format_money(amount, currency)


def _days_left(deadline: date | datetime) -> str:
    return formats.format_days_left(deadline, clock.now())


def _ago(moment: date | datetime) -> str:
    return formats.format_ago(moment, clock.now())


def _iso(moment: date | datetime) -> str:
    return moment.isoformat()


def _number(value: float | Decimal, decimals: int | None = None) -> str:
    return formats.format_number(value, decimals)


def _term(code: object, group: str) -> str:
    return term(group, code)


_UNITS = (
    "%|‰|°C|₫|đồng|đ|tỷ|triệu|nghìn|tấn|tạ|kg|mg|µg|g|kWh|kW|MW|W|V|m³|m²|km|mm|cm|µm|nm|m|ml|lít|l|giờ|phút|giây|ngày"
    "|tháng|năm|billion|million|thousand|days|hours"
)
_BEFORE_UNIT = re.compile(rf"(?<=\d) (?=(?:{_UNITS})(?![\w]))")


def _typeset(text: str) -> str:
    """Keep a number and its unit on one line: “91 % vitamin” never starts a line with “%”. Markup stays Markup."""
    return type(text)(_BEFORE_UNIT.sub(formats.NBSP, text))


def _attributes(pairs: Mapping[str, object] | None) -> Markup:
    """HTML attributes: {"hx-get": "/x", "required": True, "id": None} → ` hx-get="/x" required`."""
    parts = []
    for name, value in (pairs or {}).items():
        if value is None or value is False:
            continue
        parts.append(f" {escape(name)}" if value is True else f' {escape(name)}="{escape(str(value))}"')
    return Markup("".join(parts))  # noqa: S704 - every piece is escaped above


def _signs(paths: Mapping[str, str]) -> Callable[..., Markup]:
    """What draws a sign, by its name in `paths`. A page has a hundred, so each is put together once, not by a macro."""

    @functools.lru_cache(maxsize=1_000)
    def icon(name: str, label: str = "", size: str = "") -> Markup:
        sized = f" icon-{size}" if size else ""
        told = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
        drawn = Markup(paths[name])  # noqa: S704 - drawn in a template of our own
        return Markup('<svg class="icon{}" viewBox="0 0 24 24" {}>{}</svg>').format(sized, told, drawn)

    return icon


def _kept(drawn: Callable[..., Markup]) -> Callable[..., Markup]:
    """What a macro made, kept by what it was given: for small parts that stand on every page, many times.

    Such a macro may ask for nothing that is not given to it, the language above all.
    """
    return functools.lru_cache(maxsize=4_000)(drawn)


def _initials(name: str) -> str:
    """The first letters of the last two words that say something: “Viện Công nghệ Sinh học” → “SH”."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in words[-2:]).upper()


def _tint(name: str) -> int:
    """One of four tints, always the same for a name."""
    return sum(name.encode()) % 4 + 1


def _anchor(text: str) -> str:
    """An id made of a heading's words."""
    return slugify(text) or "part"


@functools.cache
def environment() -> Environment:
    """The one template environment of this process."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=get_settings().environment == "development",
        extensions=["jinja2.ext.i18n"],
    )
    env.policies["ext.i18n.trimmed"] = True
    # Calls of gettext made by {% trans %} carry their variables, which our functions fill in.
    env.newstyle_gettext = True  # type: ignore[attr-defined]
    env.globals.update(
        {
            "_": i18n._,
            "pgettext": i18n.pgettext,
            "gettext": _gettext,
            "ngettext": _ngettext,
            "locale": i18n.current_locale,
            "url": url,
            "has_route": has_route,
            "absolute": absolute,
            "static": static,
            "lang": _lang,
            "options": options,
            "now": clock.now,
            "signs": _signs,
            "kept": _kept,
        }
    )
    env.filters.update(
        {
            "money": _money,
            "money_short": formats.format_money_short,
            "money_range": formats.format_money_range,
            "number": _number,
            "percent": formats.format_percent,
            "date": formats.format_date,
            "datetime": formats.format_datetime,
            "days_left": _days_left,
            "ago": _ago,
            "iso": _iso,
            "file_size": formats.format_file_size,
            "markdown": markdown,
            "plain": plain,
            "attributes": _attributes,
            "typeset": _typeset,
            "initials": _initials,
            "tint": _tint,
            "anchor": _anchor,
            "term": _term,
        }
    )
    return env


def render_text(context: Fragment, **extra: object) -> str:
    """The template of `context`, filled in, as text."""
    values = {field.name: getattr(context, field.name) for field in fields(context)}
    return environment().get_template(context.template).render(**values, **extra)


def _html(request: Request, text: str, status_code: int) -> HTMLResponse:
    """The page as an answer, compressed for who takes it: a page of cards shrinks to an eighth.

    Nothing on a page is a secret that a guesser's own words beside it could give away, as tokens in forms would be.
    """
    body = text.encode()
    packed = len(body) > _WORTH_PACKING and "gzip" in request.headers.get("accept-encoding", "")
    if packed:
        body = gzip.compress(body, compresslevel=3, mtime=0)
    response = HTMLResponse(body, status_code=status_code)
    response.headers.add_vary_header("Accept-Encoding")
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response


def render(
    request: Request, context: Fragment, status_code: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """The answer that shows `context`.

    Public pages (app.web.pagecache) carry their ETag and may be kept by caches, our own among them; everything else is
    private and kept by nobody. A line shown once (app.web.flash) is taken out of its cookie here.
    """
    extra: dict[str, object] = {}
    flash_shown = False
    if isinstance(context, Page):
        shell = build_shell(request)
        extra["shell"] = shell
        flash_shown = shell.flash is not None
    response = _html(request, render_text(context, **extra), status_code)
    etag = getattr(request.state, "page_etag", None)
    if etag is not None and status_code == 200 and not flash_shown:
        response.headers["ETag"] = etag
        response.headers["Cache-Control"] = "public, no-cache"
        response.headers.add_vary_header("HX-Request")
    else:
        response.headers["Cache-Control"] = "private, no-store"
    if flash_shown:
        response.delete_cookie(FLASH_COOKIE, path="/")
    response.headers.update(headers or {})
    if etag is not None and status_code == 200 and not flash_shown:
        keep(request, response)
    return response
