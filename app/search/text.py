"""Vietnamese (and English) text as a search engine should see it.

A word has two forms beside the one it was written in:

* *folded*: small letters without diacritics, so that "may say" finds "máy sấy"; English plurals become singular (no
  Vietnamese syllable ends in s, so none is touched);
* *exact*: small letters with the quality of the vowel kept (ă â ê ô ơ ư đ) and the tone written as a digit behind the
  syllable (sắc 1, huyền 2, hỏi 3, ngã 4, nặng 5), so that hoà and hòa are one word, while máy and may are two.

Both forms also make one of the spellings that only differ by habit (kỹ/kĩ, lý/lí, tỷ/tỉ). Words are found in the text
as it was written, so their offsets point into the original, composed or decomposed, and a highlighter needs no map.
"""

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.text import mend_vietnamese, tidy

_TONES: Final = {"\u0301": "1", "\u0300": "2", "\u0309": "3", "\u0303": "4", "\u0323": "5"}
_VOWEL_MARKS: Final = frozenset("\u0306\u0302\u031b")
_INVISIBLE: Final = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_REMOVE_INVISIBLE: Final = dict.fromkeys(map(ord, _INVISIBLE))

# Letters and digits of any script, with the combining marks and invisible characters that may sit inside a word.
# Chinese, Japanese and Korean names of equipment have no spaces: there every character is a word of its own.
_CJK: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD: Final = re.compile(rf"[{_CJK}]|[^\W_{_CJK}](?:[^\W_{_CJK}]|[\u0300-\u036f{_INVISIBLE}])*")
_PART: Final = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
# Hardly any text has those characters, and without them a word is plainly a run of letters and digits.
_UNUSUAL: Final = re.compile(rf"[{_CJK}\u0300-\u036f{_INVISIBLE}]")
_PLAIN_WORD: Final = re.compile(r"[^\W_]+")
_Y_SYLLABLE: Final = re.compile(r"[hklmst]y")
_BARE_SYLLABLE: Final = re.compile(
    "(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnprstvx])?[aeiouy]{1,3}(?:ch|ng|nh|[cmnpt])?"
)
_LONGEST_WORD: Final = 80

# Words that carry no subject, in exact form: never required of a hit, never the end of a suggestion. The Vietnamese
# ones count only where marks were typed ("cua" may be của, cửa or cua), and English words that are Vietnamese ones too
# (in, an, do, to) are left out.
_VIETNAMESE_FUNCTION_WORDS: Final = frozenset(
    {"va2", "cua3", "cac1", "nhưng4", "cho", "đê3", "la2", "thi2", "ma2", "bơi3", "bi5", "đươc5", "vơi1", "tư2"}
    | {"tai5", "nay2", "khi", "nêu1", "hoăc5", "như", "môt5", "vê2", "trong", "theo", "cung4", "đa4", "se4", "đang"}
    | {"co1", "nao2", "gi2"}
)
_ENGLISH_FUNCTION_WORDS: Final = frozenset(
    {"the", "of", "for", "and", "or", "with", "from", "by", "at", "as", "is", "are", "was", "were", "that", "this"}
    | {"these", "those", "its", "into"}
)


class Word(NamedTuple):
    """One word of a text: its forms, and where it stands in the text as written (end exclusive).

    A tuple, since searching makes thousands of them for one page.
    """

    folded: str
    exact: str
    start: int
    end: int


def normalise(text: str) -> str:
    """The text tidied (app.text) with letters of old Vietnamese encodings mended: ð is đ, ñ too where a word starts."""
    return mend_vietnamese(tidy(text))


class _FoldTable(dict[int, str]):
    """A table for str.translate that works out a character once: its base letter, small, or the character itself."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        letter = "d" if character in "đĐðÐ" else unicodedata.normalize("NFKD", character)[0].lower()
        folded = letter if len(letter) == 1 else character
        self[code] = folded
        return folded


_FOLD_TABLE: Final = _FoldTable()
_LONG_TEXT: Final = 200
# Behind the letters of Latin, Greek and Cyrillic, and the signs that technical texts have (→, ≤, ℃, ™).
_TABLE_END: Final = 0x2700


def fold(text: str) -> str:
    """Small letters without diacritics, character for character: position i of the result is position i of the text.

    Give composed text (NFC); a lone combining mark stays as it is.
    """
    if text.isascii():
        return text.lower()
    if len(text) >= _LONG_TEXT:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        table = _folded_codes()
        if codes.max() < len(table):
            return str(table[codes].tobytes(), "utf-32-le")
    return text.translate(_FOLD_TABLE)


@functools.cache
def _folded_codes() -> NDArray[np.uint32]:
    """The beginning of the table as an array: three times as quick where there is much to fold."""
    return np.array([ord(_FOLD_TABLE[code]) for code in range(_TABLE_END)], dtype="<u4")


def _exact_part(composed: str) -> str:
    letters: list[str] = []
    tones: list[str] = []
    for character in unicodedata.normalize("NFD", composed):
        tone = _TONES.get(character)
        if tone is not None:
            tones.append(tone)
        elif not unicodedata.combining(character) or character in _VOWEL_MARKS:
            letters.append(character)
    return unicodedata.normalize("NFC", "".join(letters)) + "".join(tones)


def _singular(folded: str) -> str:
    """An English plural without its ending, unless what is left would be read as a Vietnamese syllable (lens, len)."""
    if not folded.endswith("s") or len(folded) < 4 or folded.endswith(("ss", "us", "is")) or not folded.isalpha():
        return folded
    bare = folded[:-3] + "y" if folded.endswith("ies") and len(folded) > 4 else folded[:-1]
    return folded if _BARE_SYLLABLE.fullmatch(bare) else bare


@functools.lru_cache(maxsize=65_536)
def _forms(written: str) -> tuple[tuple[str, str], ...]:
    """The (folded, exact) forms of one run of letters; more than one where it splits ("6½" is 6, 1 and 2)."""
    if written.isascii():
        small = written.lower()
        if _Y_SYLLABLE.fullmatch(small):
            small = small[0] + "i"
        return ((_singular(small[:_LONGEST_WORD]), small[:_LONGEST_WORD]),)
    plain = mend_vietnamese(unicodedata.normalize("NFKC", written.translate(_REMOVE_INVISIBLE))).lower()
    forms: list[tuple[str, str]] = []
    for part in _PART.findall(unicodedata.normalize("NFC", plain)):
        exact = _exact_part(part)
        folded = fold(part)
        if _Y_SYLLABLE.fullmatch(folded):
            folded = folded[0] + "i"
            exact = exact.replace("y", "i", 1)
        forms.append((_singular(folded[:_LONGEST_WORD]), exact[:_LONGEST_WORD]))
    return tuple(forms)


def _word_pattern(text: str) -> re.Pattern[str]:
    return _WORD if _UNUSUAL.search(text) else _PLAIN_WORD


def words(text: str) -> list[Word]:
    """The words of a text in order, with offsets into exactly this text. Any normal form is understood."""
    found: list[Word] = []
    for match in _word_pattern(text).finditer(text):
        start, end = match.span()
        found.extend(Word(folded, exact, start, end) for folded, exact in _forms(match.group()))
    return found


def words_among(text: str, wanted: AbstractSet[str]) -> list[Word]:
    """The words of a text whose folded form is wanted, in order: `words` for highlighters, many times as quick."""
    if not wanted:
        return []
    meant = _meaning(frozenset(wanted))
    if _UNUSUAL.search(text):
        spans = [match.span() for match in _WORD.finditer(text) if meant.among((match.group(),))]
    else:
        spans = sorted(span for run in meant.among(_PLAIN_WORD.findall(text)) for span in _spans(text, run))
    return [
        Word(folded, exact, start, end)
        for start, end in spans
        for folded, exact in _forms(text[start:end])
        if folded in wanted
    ]


def held_among(text: str, wanted: AbstractSet[str]) -> set[str]:
    """Which of the wanted folded forms the words of a text have."""
    meant = _meaning(frozenset(wanted)).among(_word_pattern(text).findall(text))
    return {folded for run in meant for folded, _exact in _forms(run) if folded in wanted}


class _Meaning:
    """Which runs of letters have a wanted form: each spelling is worked out once, then texts are compared as sets."""

    def __init__(self, wanted: frozenset[str]) -> None:
        self._wanted = wanted
        self._meant: set[str] = set()
        self._others: set[str] = set()

    def among(self, runs: Iterable[str]) -> set[str]:
        """Those of the runs that have a wanted form."""
        different = set(runs)
        for run in different - self._others - self._meant:
            has_one = any(folded in self._wanted for folded, _exact in _forms(run))
            (self._meant if has_one else self._others).add(run)
        return different & self._meant


@functools.lru_cache(maxsize=16)
def _meaning(wanted: frozenset[str]) -> _Meaning:
    return _Meaning(wanted)


def _spans(text: str, run: str) -> Iterator[tuple[int, int]]:
    """Where a run of letters stands by itself in a text without unusual characters."""
    start = text.find(run)
    while start >= 0:
        end = start + len(run)
        if not text[start - 1 : start].isalnum() and not text[end : end + 1].isalnum():
            yield start, end
        start = text.find(run, end)


def forms(text: str) -> list[tuple[str, str]]:
    """The (folded, exact) forms of the words of a text in order: `words` without offsets, quicker for indexing."""
    return list(itertools.chain.from_iterable(map(_forms, _word_pattern(text).findall(text))))


@functools.lru_cache(maxsize=32)
def forms_of_part(text: str) -> tuple[tuple[str, str], ...]:
    """As `forms`, remembered for a moment: the parts of a document are read for several purposes in a row."""
    return tuple(forms(text))


def folded_words(text: str) -> list[str]:
    """The folded forms of the words of a text, in order."""
    return [folded for folded, _exact in forms(text)]


def exact_words(text: str) -> list[str]:
    """The exact forms of the words of a text, in order."""
    return [exact for _folded, exact in forms(text)]


def pairs(folded: Sequence[str]) -> list[str]:
    """Neighbouring words joined by "_": most Vietnamese words have two syllables (máy_sấy), so pairs carry meaning."""
    return [f"{first}_{second}" for first, second in itertools.pairwise(folded)]


def is_function_word(exact: str, *, marked: bool) -> bool:
    """Whether a word carries no subject.

    Args:
        exact: the word's exact form.
        marked: whether the text it stands in was typed with Vietnamese marks.
    """
    return exact in _ENGLISH_FUNCTION_WORDS or (marked and exact in _VIETNAMESE_FUNCTION_WORDS)


def is_marked(folded: str, exact: str) -> bool:
    """Whether a word was typed with Vietnamese marks (an English plural also has two different forms)."""
    return folded != exact and not (exact.isascii() and exact.isalpha())


def is_syllable(folded: str) -> bool:
    """Whether a folded word could be one syllable of Vietnamese (so may short English words: "train", "boat")."""
    return _BARE_SYLLABLE.fullmatch(folded) is not None
