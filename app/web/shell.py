"""What surrounds every page: brand, navigation, search, language, account link, footer. The same for everybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from app.i18n import N_, NP_, Locale, _, current_locale, other_locale
from app.settings import Settings
from app.web.flash import Flash, read_flash
from app.web.urls import alternates, has_route, url


@dataclass(frozen=True)
class Link:
    """A text that leads somewhere; `current` marks where the reader is."""

    label: str
    href: str
    current: bool = False


# Route name and label. A part of the product that is not installed has no route and so no entry.
NAVIGATION = (
    ("technologies", NP_("menu", "Công nghệ")),
    ("equipment", NP_("menu", "Thiết bị")),
    ("patents", NP_("menu", "Sáng chế")),
    ("services", NP_("menu", "Dịch vụ")),
    ("needs", NP_("menu", "Nhu cầu")),
    ("organisations", NP_("menu", "Tổ chức")),
)
BROWSE = (
    ("fields", N_("Theo lĩnh vực")),
    ("regions", N_("Theo địa phương")),
    ("partners", N_("Sàn liên kết")),
)
ABOUT = (
    ("about", N_("Đơn vị vận hành")),
    ("regulation", N_("Quy chế hoạt động")),
    ("privacy", N_("Quyền riêng tư")),
    ("ranking", N_("Cách xếp hạng kết quả")),
    ("complaints", N_("Khiếu nại, phản ánh")),
    ("developers", N_("API và OAI-PMH")),
    ("exchange", N_("Trao đổi dữ liệu")),
    ("feed", N_("Tin mới (Atom)")),
)


@dataclass(frozen=True)
class Shell:
    """Everything base.html shows around a page."""

    locale: Locale
    other_locale: Locale
    site_name: str
    operator_name: str
    operator_address: str
    operator_email: str
    operator_phone: str
    home: str
    search: str
    sign_in: str
    post_need: str
    account_fragment: str
    suggest_fragment: str
    navigation: tuple[Link, ...]
    browse: tuple[Link, ...]
    about: tuple[Link, ...]
    canonical: str
    alternates: Mapping[str, str]
    in_other_locale: str
    flash: Flash | None
    as_of: datetime | None


def _links(entries: tuple[tuple[str, str], ...], path: str) -> tuple[Link, ...]:
    links = []
    for name, label in entries:
        if has_route(name):
            href = url(name)
            links.append(Link(label=_(label), href=href, current=path == href or path.startswith(f"{href}/")))
    return tuple(links)


def _url_if_any(name: str) -> str:
    return url(name) if has_route(name) else ""


def build_shell(request: Request) -> Shell:
    """The shell for the page of the moment. Reads no database, so that error pages can have it too."""
    settings: Settings = request.app.state.settings
    path = request.url.path
    locale = current_locale()
    versions = alternates()
    return Shell(
        locale=locale,
        other_locale=other_locale(),
        site_name=settings.site_name,
        operator_name=settings.operator_name if locale == "vi" else settings.operator_name_en,
        operator_address=settings.operator_address,
        operator_email=settings.operator_email,
        operator_phone=settings.operator_phone,
        home=f"/{locale}/",
        search=_url_if_any("search"),
        sign_in=_url_if_any("sign_in"),
        post_need=_url_if_any("post_need"),
        account_fragment=_url_if_any("account_fragment"),
        suggest_fragment=_url_if_any("suggest_fragment"),
        navigation=_links(NAVIGATION, path),
        browse=_links(BROWSE, path),
        about=_links(ABOUT, path),
        canonical=settings.base_url + versions[locale],
        alternates={code: settings.base_url + address for code, address in versions.items()},
        # A path: whoever came by another name of this host keeps it, and with it the sign-in.
        in_other_locale=versions[other_locale()],
        flash=read_flash(request),
        as_of=getattr(request.state, "data_as_of", None),
    )
