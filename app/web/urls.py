"""Addresses by route name, in the reader's language.

Page routers are included once under /vi and once under /en with the same names; a name means the page in the
language of the moment. Arguments that the path does not take go into the query: url("search", kind="patent", page=2).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode
from weakref import WeakKeyDictionary

from starlette.convertors import Convertor, PathConvertor
from starlette.routing import BaseRoute, NoMatchFound

from app.i18n import DEFAULT_LOCALE, LOCALES, current_locale
from app.settings import Settings
from app.web.context import current_request, locale_of

Template = tuple[str, Mapping[str, Convertor[Any]]]

# One table of path templates per application: asking every route in turn costs a page of cards tens of milliseconds.
_tables: WeakKeyDictionary[Any, tuple[int, dict[str, Template]]] = WeakKeyDictionary()


def _flat(routes: Iterable[BaseRoute]) -> Iterator[Any]:
    for route in routes:
        # FastAPI keeps an included router as one entry and gives its routes, prefix applied, by this method.
        included = getattr(route, "effective_route_contexts", None)
        if included is None:
            yield route
            continue
        for context in included():
            yield getattr(context, "starlette_route", None) or context


def _table() -> dict[str, Template]:
    app = current_request().app
    count = len(app.routes)
    known = _tables.get(app)
    if known is None or known[0] != count:
        table: dict[str, Template] = {}
        for route in _flat(app.routes):
            name, path = getattr(route, "name", None), getattr(route, "path_format", None)
            if name and path is not None:
                table.setdefault(name, (path, route.param_convertors))
        known = (count, table)
        _tables[app] = known
    return known[1]


def has_route(name: str) -> bool:
    """Whether this installation has a page of that name (a part may be switched off)."""
    return name in _table()


def url(name: str, /, **params: object) -> str:
    """The address of the route `name`, a path with its query, in the language of the moment.

    Path parameters are taken from `params`; the rest becomes the query, lists repeated, None and "" left out.

    Raises:
        NoMatchFound: no route has that name, or a path parameter is missing.
    """
    template = _table().get(name)
    if template is None or not template[1].keys() <= params.keys():
        raise NoMatchFound(name, params)
    path, convertors = template
    filled = path.format(
        **{
            key: quote(convertor.to_string(params[key]), safe="/" if isinstance(convertor, PathConvertor) else "")
            for key, convertor in convertors.items()
        }
    )
    query = {key: value for key, value in params.items() if key not in convertors}
    return _in_locale(filled, current_locale()) + query_string(query)


def query_string(params: Mapping[str, object]) -> str:
    """“?a=1&b=x&b=y”, or nothing when every value is empty. Lists repeat; None and "" are left out; True is 1."""
    pairs: list[tuple[str, str]] = []
    for key, value in params.items():
        for item in value if isinstance(value, list | tuple | set | frozenset) else [value]:
            if item is None or item is False or item == "":
                continue
            pairs.append((key, "1" if item is True else str(item)))
    return f"?{urlencode(pairs)}" if pairs else ""


def _in_locale(path: str, locale: str) -> str:
    """The same path with its language part exchanged; a path without one stays as it is."""
    named = locale_of(path)
    return path if named is None else f"/{locale}{path[len(named) + 1 :]}"


def alternates() -> dict[str, str]:
    """The page of the moment in every language: {"vi": "/vi/…", "en": "/en/…"}, its query kept."""
    request = current_request()
    path = request.url.path
    if locale_of(path) is None:
        path = f"/{DEFAULT_LOCALE}/"
        query = ""
    else:
        query = request.url.query
    return {locale: quote(_in_locale(path, locale), safe="/%") + (f"?{query}" if query else "") for locale in LOCALES}


def absolute(path: str) -> str:
    """`path` with this installation's public address before it."""
    settings: Settings = current_request().app.state.settings
    return settings.base_url + path
