"""Text on its way in: what every entrance does to what people and files bring, before anything is stored."""

import re
import unicodedata
from typing import Final

# Marks that show nothing: soft hyphen, zero-width space and joiners, word joiner, byte order mark.
_UNSEEN: Final = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
# Control characters but tab and line feed, and halves of surrogate pairs: PostgreSQL takes neither.
_UNWANTED: Final = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff{_UNSEEN}]")
_LINE_ENDS: Final = re.compile("\r\n?|\u2028|\x85")
_LEGACY_N: Final = re.compile(r"(?<![^\W\d_])[ñÑ]")
_NOT_IN_A_SLUG: Final = re.compile(r"[^a-z0-9]+")
# Letters that hardly any other language writes.
_VIETNAMESE: Final = re.compile("[đăơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủũứừửữựỳỵỷỹ]")
LONGEST_SLUG: Final = 80


def tidy(text: str) -> str:
    """NFC, line ends as line feeds, nothing invisible in it, no white space at the ends."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if not text.isprintable():
        text = _UNWANTED.sub("", _LINE_ENDS.sub("\n", text))
    return text.strip()


def one_line(text: str) -> str:
    """`tidy`, and any run of white space as one space: for titles, names, codes."""
    return " ".join(tidy(text).split())


def mend_vietnamese(text: str) -> str:
    """Letters that old Vietnamese encodings leave behind, put right in NFC text.

    ð and Ð stand for đ and Đ anywhere; ñ and Ñ only where a syllable starts, so that “señor” stays. For texts that say
    they are Vietnamese: an Icelandic or Spanish one would be harmed.
    """
    if "ð" in text or "Ð" in text:
        text = text.replace("ð", "đ").replace("Ð", "Đ")
    if "ñ" in text or "Ñ" in text:
        text = _LEGACY_N.sub(lambda found: "đ" if found.group() == "ñ" else "Đ", text)
    return text


def language_of(text: str, *, otherwise: str) -> str:
    """ "vi" for a text with Vietnamese letters; one without any may be either, and is taken for `otherwise`."""
    return "vi" if _VIETNAMESE.search(unicodedata.normalize("NFC", text.lower())) else otherwise


def fold(text: str) -> str:
    """Small letters without diacritics, đ as d: for comparing and for addresses."""
    lowered = unicodedata.normalize("NFKD", text.lower().replace("đ", "d"))
    return "".join(sign for sign in lowered if not unicodedata.combining(sign))


def slug(text: str, *, longest: int = LONGEST_SLUG) -> str:
    """The part of an address made from a title: “Máy sấy 50 kW” → “may-say-50-kw”; cut at a word, may be empty."""
    made = _NOT_IN_A_SLUG.sub("-", fold(text)).strip("-")
    if len(made) <= longest:
        return made
    head, _hyphen, _rest = made[: longest + 1].rpartition("-")
    return head or made[:longest]
