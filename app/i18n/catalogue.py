"""Messages: the current language, and the English catalogue merged from every area's .po file.

The .po files are read as they are: nothing compiled is kept, so a catalogue can never be older than its source.
"""

import functools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Literal, TypeGuard, get_args

from babel.messages.pofile import read_po

Locale = Literal["vi", "en"]

LOCALES: tuple[Locale, ...] = get_args(Locale)
DEFAULT_LOCALE: Locale = "vi"
CATALOGUES = Path(__file__).resolve().parents[2] / "frontend" / "locales"

# Between a context and its message, as in gettext's own files.
_CONTEXT_MARK = "\x04"

# Singular and plural form of a message; Vietnamese has one form, English two.
Forms = tuple[str, ...]

_locale: ContextVar[Locale] = ContextVar("techmart_locale", default=DEFAULT_LOCALE)


class CatalogueClash(Exception):
    """Two .po files translate the same text differently; the message names the text and the file."""


def is_locale(value: str) -> TypeGuard[Locale]:
    """Whether `value` is one of the languages this product speaks."""
    return value in LOCALES


def current_locale() -> Locale:
    """The language texts are given in at this moment."""
    return _locale.get()


def other_locale() -> Locale:
    """The language a reader of the current one may switch to."""
    return "en" if current_locale() == "vi" else "vi"


@contextmanager
def use_locale(locale: str) -> Iterator[Locale]:
    """Speak `locale` inside the block. An unknown language means the default one."""
    chosen: Locale = locale if is_locale(locale) else DEFAULT_LOCALE
    token = _locale.set(chosen)
    try:
        yield chosen
    finally:
        _locale.reset(token)


def negotiate(accept_language: str) -> Locale:
    """The language an Accept-Language header (RFC 9110, section 12.5.4) prefers among ours; the default if none."""
    best: tuple[float, Locale] = (0.0, DEFAULT_LOCALE)
    for part in accept_language.split(","):
        tag, _sep, quality = part.strip().partition(";q=")
        base = tag.strip().partition("-")[0].lower()
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        if is_locale(base) and weight > best[0]:
            best = (weight, base)
    return best[1]


def read_catalogue(files: Iterable[Path]) -> dict[str, Forms]:
    """Merge .po files into one mapping from Vietnamese text to its English forms; untranslated entries are left out.

    Raises:
        CatalogueClash: two files give different English for the same text.
    """
    merged: dict[str, Forms] = {}
    for path in sorted(files):
        with path.open("rb") as stream:
            entries = read_po(stream, locale="en", abort_invalid=True)
        for entry in entries:
            if not entry.id or entry.fuzzy:
                continue
            text_id = entry.id if isinstance(entry.id, str) else entry.id[0]
            key = f"{entry.context}{_CONTEXT_MARK}{text_id}" if entry.context else text_id
            text = entry.string
            forms: Forms = (text,) if isinstance(text, str) else tuple(text or ())
            if not forms or not all(forms):
                continue
            known = merged.get(key)
            if known is not None and known[0] != forms[0]:
                raise CatalogueClash(f"{path.name}: “{text_id}” is “{forms[0]}” here and “{known[0]}” in another file")
            if known is None or len(forms) > len(known):
                merged[key] = forms
    return merged


@functools.cache
def english() -> Mapping[str, Forms]:
    """The English catalogue of this installation, read once."""
    return read_catalogue((CATALOGUES / "en").glob("*.po"))


def _(message: str, **variables: object) -> str:
    """`message` in the current language, its %(name)s placeholders filled from `variables` when any are given."""
    forms = english().get(message) if _locale.get() != DEFAULT_LOCALE else None
    # A context only tells the translator which of two meanings is meant; nobody reads it.
    message = forms[0] if forms else message.rpartition(_CONTEXT_MARK)[2]
    return message % variables if variables else message


def plural_form(singular: str, plural: str, number: float) -> str:
    """The message that fits `number`, its placeholders still in it. Vietnamese has one form, English two."""
    if _locale.get() == DEFAULT_LOCALE:
        return singular
    forms = english().get(singular) or (singular, plural)
    return forms[0] if number == 1 else forms[-1]


def ngettext(singular: str, plural: str, number: float, **variables: object) -> str:
    """The form that fits `number`, with %(num)s and `variables` filled in.

    `num` is the number written the way of the language (1.250, 1,250) unless the caller gives its own.
    """
    from app.i18n.formats import format_number

    return plural_form(singular, plural, number) % {"num": format_number(number), **variables}


def pgettext(context: str, message: str, **variables: object) -> str:
    """`message` where the same Vietnamese text needs different English: “menu” asks for “Patents”, not “Patent”."""
    return _(NP_(context, message), **variables)


def NP_(context: str, message: str) -> str:  # noqa: N802 - the companion of N_
    """Mark `message` with its context for a later `_`."""
    return f"{context}{_CONTEXT_MARK}{message}"


def N_(message: str) -> str:  # noqa: N802 - the name every gettext tool knows
    """Mark `message` for translation without translating it."""
    return message
