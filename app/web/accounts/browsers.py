"""Naming a browser so that its owner recognises it."""

from app.i18n import _

# In this order: Edge and Opera also call themselves Chrome, Chrome also Safari.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("coc_coc", "Coc Coc"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str | None) -> str:
    """“Firefox · Windows”, as far as the browser says; for people to recognise, for nothing else."""
    said = user_agent or ""
    names = [next((name for sign, name in table if sign in said), "") for table in (_BROWSERS, _SYSTEMS)]
    return " · ".join(name for name in names if name) or _("Trình duyệt không rõ")
