"""Text typed or copied without its Vietnamese letters being made: raw Telex keys, and TCVN3 (ABC) fonts.

"mays saays" is what the keys for "máy sấy" leave when the input method is off; "m¸y sÊy" is what a document in a
.VnTime font leaves when it is read as Latin-1. Both are recognisable; whether a reading is better than the text as it
stands is for the caller to judge, by what its index holds.
"""

import functools
import re
import unicodedata
from typing import Final

_TONES: Final = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323"}
# The tone digits of exact forms.
_MARKS: Final = {"": "", "1": "\u0301", "2": "\u0300", "3": "\u0309", "4": "\u0303", "5": "\u0323"}
_KEYS: Final = {"aa": "â", "ee": "ê", "oo": "ô", "dd": "đ", "aw": "ă", "ow": "ơ", "uw": "ư", "uow": "ươ", "w": "ư"}
_KEY: Final = re.compile("uow|aa|ee|oo|dd|aw|ow|uw|w")
_TYPED_WORD: Final = re.compile(r"[A-Za-z]{2,12}")
_SYLLABLE: Final = re.compile(
    "(?P<onset>ngh|ng|nh|ch|gh|gi(?=[aăâeêoôơuưy])|kh|ph|qu|th|tr|[bcdđghklmnprstvx])?"
    "(?P<nucleus>[aăâeêioôơuưy]{1,3})(?P<coda>ch|ng|nh|[ckmnpt])?"
)
_MARKED: Final = "ăâêôơư"

# TCVN 5712:1993 (third table): the characters Latin-1 shows for its bytes, and the letters they stand for.
_TCVN3: Final = str.maketrans(
    "µ¶·¸¹¨»¼½¾Æ©ÇÈÉÊËÌÎÏÐÑªÒÓÔÕÖ×ØÜÝÞßáâãä«åæçèé¬êëìíîïñòóô\u00adõö÷øùúûüýþ®¡¢£¤¥¦§",
    "àảãáạăằẳẵắặâầẩẫấậèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵđĂÂÊÔƠƯĐ",
)
_HIGH_LATIN: Final = re.compile("[\u00a1-\u00ff]")
_BEYOND_LATIN: Final = re.compile("[\u0100-\U0010ffff]")


def from_tcvn3(text: str) -> str | None:
    """The text read as TCVN3 shown in Latin-1; None when it cannot be that (other letters, or nothing to read).

    Real words made of Latin-1 letters alone ("vô") are changed too: compare before believing.
    """
    if not _HIGH_LATIN.search(text) or _BEYOND_LATIN.search(text):
        return None
    return text.translate(_TCVN3)


def from_telex(text: str) -> str | None:
    """The text with each word that Telex keys make a Vietnamese syllable of so made; None when it is not such a text.

    One word with a mere tone key behind it is not enough ("bus", "gas"): it takes two, or a key no English word is full
    of ("dd", "aa", "w"), or one among words that are all Vietnamese syllables ("Xax Ba Sao"). Where small letters are
    used, a word of capitals is a name and stays ("ERP"). English words may still be changed ("rooms"): compare before
    believing.
    """
    made = 0
    foreign = 0
    telling = False
    all_capitals = text.upper() == text

    def read(match: re.Match[str]) -> str:
        nonlocal made, foreign, telling
        typed = match.group()
        syllable = None if typed.isupper() and not all_capitals else _syllable(typed)
        if syllable is None:
            foreign += _SYLLABLE.fullmatch(typed.lower()) is None
            return typed
        made += 1
        telling = telling or _KEY.search(typed.lower()) is not None
        return syllable

    whole = _TYPED_WORD.sub(read, text)
    among_syllables = made == 1 and not foreign and whole.count(" ") > 0
    return whole if telling or made > 1 or among_syllables else None


@functools.lru_cache(maxsize=8_192)
def _syllable(typed: str) -> str | None:
    small = typed.lower()
    for position in range(len(small) - 1, 0, -1):
        if small[position] in _TONES and _vowel_before(small, position):
            made = _make(small[:position] + small[position + 1 :], _TONES[small[position]])
            if made:
                return _in_case(made, typed)
    made = _make(small, "")
    return _in_case(made, typed) if made and made != small else None


def _vowel_before(small: str, position: int) -> bool:
    return any(letter in "aeiouyw" for letter in small[:position])


def _make(keys: str, tone: str) -> str | None:
    # The u of "qu" belongs to the onset: "quowis" is quới, not qưới.
    start = 2 if keys.startswith("qu") else 0
    letters = keys[:start] + _KEY.sub(lambda match: _KEYS[match.group()], keys[start:])
    if len(letters) > 2 or not letters.endswith("ưo"):
        letters = letters.replace("ưo", "ươ")
    return _toned(letters, tone)


def written_syllable(exact: str) -> str | None:
    """A syllable in exact form (app.search.text) as it is written: "sây1" is sấy; None when it is no syllable."""
    bare = exact.rstrip("12345")
    return _toned(bare, _MARKS[exact[len(bare) :]]) if exact[len(bare) :] in _MARKS else None


def _toned(letters: str, tone: str) -> str | None:
    parts = _SYLLABLE.fullmatch(letters)
    if parts is None:
        return None
    nucleus = parts["nucleus"]
    place = _tone_place(nucleus, closed=parts["coda"] is not None)
    toned = unicodedata.normalize("NFC", nucleus[: place + 1] + tone) + nucleus[place + 1 :]
    return (parts["onset"] or "") + toned + (parts["coda"] or "")


def _tone_place(nucleus: str, *, closed: bool) -> int:
    marked = [place for place, letter in enumerate(nucleus) if letter in _MARKED]
    if marked:
        return marked[-1]
    if len(nucleus) == 1:
        return 0
    if closed or nucleus in {"oa", "oe", "uy"}:
        return len(nucleus) - 1 if len(nucleus) == 2 else 1
    return 0 if len(nucleus) == 2 else 1


def _in_case(made: str, typed: str) -> str:
    # The tone key behind a word of capitals is often struck without shift: "KHOANGs".
    if typed.isupper() or (typed[:-1].isupper() and len(typed) > 2):
        return made.upper()
    return made[0].upper() + made[1:] if typed[0].isupper() else made
