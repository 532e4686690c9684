"""Two languages: Vietnamese is the source text, English comes from frontend/locales/en/*.po.

The language of the moment is a context variable, never a setting of a shared object, so that threads and requests
cannot mix languages. `_` translates now, `N_` only marks a text for a later `_`.
"""

from app.i18n.catalogue import (
    DEFAULT_LOCALE,
    LOCALES,
    N_,
    NP_,
    Locale,
    _,
    current_locale,
    negotiate,
    ngettext,
    other_locale,
    pgettext,
    use_locale,
)

__all__ = [
    "DEFAULT_LOCALE",
    "LOCALES",
    "NP_",
    "N_",
    "Locale",
    "_",
    "current_locale",
    "negotiate",
    "ngettext",
    "other_locale",
    "pgettext",
    "use_locale",
]
