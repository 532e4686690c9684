"""Markdown that people wrote, as safe HTML.

CommonMark with tables and strikethrough. No raw HTML passes, no picture from elsewhere is loaded, links do not
vouch for their target, and headings start below the page's own.
"""

import re

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
_TAGS = {
    "p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr",
    "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "sub", "sup",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="nofollow ugc noopener",
)


def _place_headings(html: str, first_level: int) -> str:
    """The largest heading people used becomes `first_level`, and the others follow it."""
    used = [int(level) for level in re.findall(r"<h([1-6])>", html)]
    down = first_level - min(used, default=first_level)
    return re.sub(r"(</?h)([1-6])>", lambda m: f"{m[1]}{min(int(m[2]) + down, 6)}>", html)


def markdown(text: str | None, first_level: int = 3) -> Markup:
    """`text` as HTML that may stand in a page; empty for nothing. Tables scroll inside their own box.

    The largest heading in it becomes <h3> (`first_level`), so that it stands below the section it is shown in.
    """
    if not text:
        return Markup("")
    html = _cleaner.clean(_place_headings(_parser.render(text), first_level))
    html = html.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace("</table>", "</table></div>")
    return Markup(html)  # noqa: S704 - cleaned just above


def plain(text: str | None, length: int = 200) -> str:
    """The words of Markdown `text` without its marks, cut at a word after `length` characters: for descriptions."""
    if not text:
        return ""
    bare = re.sub(r"\s+", " ", nh3.clean(_parser.render(text), tags=set())).strip()
    bare = Markup(bare).unescape()  # noqa: S704 - text only, and escaped again where it is shown
    if len(bare) <= length:
        return bare
    return bare[:length].rsplit(" ", 1)[0].rstrip(" ,;:.–-") + "…"
