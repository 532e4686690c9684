"""Texts of a Dublin Core record without the markup that repositories leave in them. Pure.

What only looks like markup stays: “k < n”, “a<b và c>d”, “T<Tmax, nếu T>Tmin” are what a record says.
"""

import html
import re
from collections.abc import Mapping, Sequence
from html.entities import html5
from typing import Final

from app.text import tidy

Values = Mapping[str, Sequence[Sequence[str]]]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# HTML's, and those of JATS and MathML, in which journals write abstracts.
_BREAKING: Final = _names(
    "address article aside blockquote br caption center dd details div dl dt fieldset figcaption figure footer form h1 "
    "h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tbody tfoot thead tr ul "
    "sec title list list-item disp-formula disp-quote"
)
_CELLS: Final = _names("td th option")
_INLINE: Final = _names(
    "a abbr acronym b base basefont bdi bdo big body button canvas cite code col colgroup data del dfn em embed font "
    "head html i iframe img input ins kbd label legend link map mark meta noscript object param q s samp select small "
    "source span strike strong sub summary sup svg textarea time tt u var video wbr o:p "
    "bold italic sc monospace underline inline-formula tex-math ext-link xref named-content styled-content "
    "math mi mo mn ms mtext mrow msub msup msubsup mfrac msqrt mroot mover munder munderover mfenced mspace mstyle "
    "mpadded mphantom mtable mtr mtd semantics"
)
_UNSAID: Final = _names("script style annotation annotation-xml template")
_KNOWN: Final = _BREAKING | _CELLS | _INLINE | _UNSAID
_PREFIXES: Final = frozenset(("jats", "mml", "m", "html", "xhtml", "h"))
# One sign is a name in a formula as well (“a<b>c”): such a tag must have its other half somewhere.
_SHORT: Final = frozenset("abiqsu")
_BARE: Final = "checked|compact|controls|defer|async|disabled|hidden|nowrap|noshade|readonly|selected|allowfullscreen"
# Attributes are told apart from words of a sentence by their “=”. All is bounded: nobody's text makes this slow.
_TAG: Final = re.compile(
    r"<(?P<end>/?)(?P<name>[a-z][a-z0-9-]{0,30}(?::[a-z][a-z0-9-]{0,30})?)"
    rf"(?P<said>(?:\s{{1,50}}(?:[a-z_][\w:.-]{{0,60}}\s{{0,5}}=\s{{0,5}}"
    rf"(?:\"[^\"]{{0,2000}}\"|'[^']{{0,2000}}'|[^\s\"'<>=`]{{1,2000}})|(?:{_BARE})\b)){{0,30}})\s{{0,50}}/?>",
    re.ASCII | re.IGNORECASE,
)
_FRAME: Final = re.compile(r"<!\[CDATA\[|\]\]>|<!doctype\s[^<>]{0,300}>|<\?xml\s[^<>]{0,300}\?>", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ROUND_BREAKS: Final = re.compile(r"[^\S\n]{0,500}\n[^\S\n]{0,500}")
_MANY_BREAKS: Final = re.compile(r"\n{3,}")
# Where a tag of this name, one that ends something or not, stands last.
_Halves = dict[tuple[str, bool], int]
# No text of a listing is so long; what follows could only cost time.
_LONGEST: Final = 400_000


def plain(text: str) -> str:
    """Text without markup: partners' HTML is not ours to show.

    Where a block or line of it ended, one does here. Entities are decoded once; a text all of whose markup was escaped
    (“&lt;p&gt;…”) is taken for that markup, as repositories escape it twice.
    """
    text = text[:_LONGEST]
    if not _marked_up(text):
        text = _decoded(text)
        if not _marked_up(text):
            return tidy(text)
    return tidy(_decoded(_bare(text)))


def texts_of(values: Values, name: str) -> list[tuple[str, str]]:
    """What an element says, without markup, each with its language in small letters ("" where none is told)."""
    made = [(plain(str(one[0])), str(one[1]).lower()) for one in values.get(name, ())] if name else []
    return [(text, language) for text, language in made if text]


def cut(text: str, longest: int) -> str:
    """The text, or as many of its words as fit, with “…” behind them."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    # Where a text has no spaces at all, it is cut anywhere.
    last = max(head.rfind(" "), head.rfind("\n"))
    if not text[longest - 1].isspace() and last > longest // 2:
        head = head[:last]
    return head.rstrip(" \n.,;:–-") + "…"


def _marked_up(text: str) -> bool:
    if "<" not in text:
        return False
    halves = _halves(text)
    return _uncommented(text) != text or any(_is_tag(one, halves) for one in _TAG.finditer(text))


def _bare(text: str) -> str:
    text = _uncommented(text)
    halves = _halves(text)
    made: list[str] = []
    at, unsaid = 0, ""
    for found in _TAG.finditer(text):
        name, ending = _name(found), bool(found["end"])
        if unsaid:
            if ending and name == unsaid:
                at, unsaid = found.end(), ""
            continue
        if not _is_tag(found, halves):
            continue
        made.append(text[at : found.start()])
        at = found.end()
        if name in _UNSAID and not ending and halves.get((name, True), 0) >= at:
            # What is never ended is not dropped to the end of the text.
            unsaid = name
        elif name in _BREAKING:
            made.append("\n")
        elif name in _CELLS:
            made.append(" ")
    made.append("" if unsaid else text[at:])
    return _MANY_BREAKS.sub("\n\n", _ROUND_BREAKS.sub("\n", "".join(made)))


def _uncommented(text: str) -> str:
    made, at = [], 0
    while (begin := text.find("<!--", at)) >= 0 and (end := text.find("-->", begin + 4)) >= 0:
        made.append(text[at:begin])
        at = end + 3
    return _FRAME.sub("", "".join((*made, text[at:])))


def _name(found: re.Match[str]) -> str:
    name = found["name"].lower()
    prefix, colon, local = name.partition(":")
    return local if colon and prefix in _PREFIXES else name


def _halves(text: str) -> _Halves:
    return {(_name(found), bool(found["end"])): found.start() for found in _TAG.finditer(text)}


def _is_tag(found: re.Match[str], halves: _Halves) -> bool:
    name = _name(found)
    if name not in _KNOWN:
        return ":" in found["name"] and found["name"].partition(":")[0].lower() in _PREFIXES
    if name in _SHORT and not found["said"] and ":" not in found["name"]:
        return (name, not found["end"]) in halves
    return True


def _decoded(text: str) -> str:
    """Entities with their semicolon alone: “?a=1&section=2” holds none."""
    return _ENTITY.sub(_sign, text) if "&" in text else text


def _sign(found: re.Match[str]) -> str:
    written = found[0]
    return html.unescape(written) if written[1] == "#" else html5.get(written[1:], written)
