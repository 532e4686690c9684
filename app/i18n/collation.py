"""The order of names in Vietnamese: a ă â b c d đ e ê …, the tone deciding only between words otherwise equal.

PostgreSQL knows this order only where it was built with ICU, and the embedded server is not; so the key is made here
and kept in a column that the database compares byte by byte.
"""

import unicodedata

_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
# One ASCII sign per letter, above the digits: a → A, ă → B, â → C …
_PRIMARY = {letter: chr(ord("A") + place) for place, letter in enumerate(_LETTERS)}
# In the order of Vietnamese dictionaries: level, huyền, hỏi, ngã, sắc, nặng.
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
_OTHER_MARKS = {"\u0302", "\u0306", "\u031b"}


def sort_key(text: str) -> str:
    """A string of ASCII whose byte order is the Vietnamese order of `text`.

    Letters first, then their tones; case does not matter, digits come before letters, other signs separate words.
    """
    primary: list[str] = []
    tones: list[str] = []
    for sign in unicodedata.normalize("NFKC", text).lower():
        parts = unicodedata.normalize("NFD", sign)
        tone = next((_TONES[mark] for mark in parts[1:] if mark in _TONES), "0")
        kept = "".join(mark for mark in parts[1:] if mark in _OTHER_MARKS)
        letter = unicodedata.normalize("NFC", parts[0] + kept)
        if letter in _PRIMARY:
            primary.append(_PRIMARY[letter])
            tones.append(tone)
        elif parts[0] in _PRIMARY:
            primary.append(_PRIMARY[parts[0]])
            tones.append(tone)
        elif sign.isdecimal():
            primary.append(str(unicodedata.decimal(sign)))
            tones.append("0")
        elif primary and primary[-1] != " ":
            primary.append(" ")
    # The tab is below every other sign used, so that a name sorts before a longer one it begins.
    return "".join(primary).rstrip() + "\t" + "".join(tones).rstrip("0")
