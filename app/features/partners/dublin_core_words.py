"""What single elements of Dublin Core say in the spellings that repositories use: licence, day, language, kind, holder.

Pure. What cannot be read is left out, never guessed.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from app.features.partners.dublin_core_texts import Values, texts_of
from app.text import fold, language_of, one_line

_DAY: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})([T ][\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?)?)?")
_LICENCE_PAGE: Final = re.compile(
    r"creativecommons\.org/(?:licenses/(by(?:-nc)?(?:-sa|-nd)?)/(\d\.\d)|publicdomain/(zero)/1\.0)", re.IGNORECASE
)
# “cc_by_nc_nd_4” of EPrints, “CC BY-NC 4.0”, “Creative Commons Attribution Non-commercial 4.0 International”.
_LICENCE_CODE: Final = re.compile(r"(?<![a-z])cc[\s_-]*by((?:[\s_-]*(?:nc|nd|sa))*)[\s_-]+v?([1-4])(?:[._](\d))?(?!\d)")
_LICENCE_WORDS: Final = re.compile(
    r"creative commons:?\s+(?:licen[cs]e:?\s+)?attribution(.{0,80}?)\s(?:v|version )?([1-4])(?:\.(\d))?(?!\d)"
)
_TERMS: Final = (
    ("nc", re.compile(r"\bnc\b|non-?\s?commercial")),
    ("nd", re.compile(r"\bnd\b|no-?\s?deriv")),
    ("sa", re.compile(r"\bsa\b|share-?\s?alike")),
)
_CODES: Final = {
    "cc0": "CC0-1.0",
    "cc0 1.0": "CC0-1.0",
    "cc_0": "CC0-1.0",
    "cc_public_domain": "https://creativecommons.org/licenses/publicdomain/",
    "cc_gnu_gpl": "https://creativecommons.org/licenses/GPL/2.0/",
    "cc_gnu_lgpl": "https://creativecommons.org/licenses/LGPL/2.1/",
}
_LANGUAGES: Final = {
    **dict.fromkeys(("vi", "vie", "vn", "vietnamese", "tieng viet", "viet"), "vi"),
    **dict.fromkeys(("en", "eng", "english", "tieng anh"), "en"),
}
# Types that tell of the form or of reviewing, and nothing of what a record is about.
_SAYS_NOTHING: Final = frozenset(("text", "other", "item", "peerreviewed", "nonpeerreviewed"))
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Library of Congress, before English words: subclasses of two letters with a number, and single classes with three
# figures (C45 is a steel, H2 a gas, DT84 before Vietnamese words a soya bean). The International Patent Classification.
_CODED: Final = re.compile(
    r"(?:(?:A[CEGIMNPSYZ]|B[CDFHJLMPQRSTVX]|C[BCDEJNRST]|D[A-X]|G[ABCEFNRTV]|H[A-JMNQSTVX]|J[ACFJKLNQSVXZ]|K[A-Z]|"
    r"L[A-HJT]|M[LT]|N[A-EKX]|P[A-Z]|Q[A-EHKLMPR]|R[A-GJKLMSTVXZ]|S[BDFHK]|T[ACDEFGHJKLNPRSTX]|U[A-H]|V[A-GKM]|ZA)"
    r"\d{1,4}|[B-HJ-NP-VZ]\d{3,4})(?:\.\d{1,4})?(?:\s?\.[A-Z]\d{1,4})?(?:\s*[:–-])?\s+(?=[A-Z][a-z]{2})"
)
_PATENT_CLASS: Final = re.compile(r"[A-H]\d{2}[A-Z](?:\s?\d{1,4}/\d{2,6})?(?:\s*[:–-])?\s+(?=[^\W\d_]{2})")
_PUBLISHING: Final = re.compile(
    r"\b(?:nha xuat ban|nxb|publishers?|publishing|publications?|verlag|elsevier|springer|wiley|mdpi|ieee|hindawi|sage|"
    r"emerald|routledge|frontiers media|world scientific)\b|\btaylor (?:&|and) francis\b"
    # A press at the end of a name prints; in the middle of one it may be a machine.
    r"|\bpress\b(?=\s*(?:$|[,.;(]|ltd|limited|inc\b))"
)
_ORGANISED: Final = re.compile(
    r"\b(?:university|universität|institute?|college|academy|faculty|department|school of|laborator(?:y|ies)|centre|"
    r"center|company|corporation|ltd|llc|inc|gmbh|jsc|ministry|agency|đại học|học viện|cao đẳng|công ty|tập đoàn|"
    r"trung tâm|trường|phòng thí nghiệm|liên hiệp|doanh nghiệp|hợp tác xã)\b|^(?:viện|khoa|sở|cục|bộ)\s",
    re.IGNORECASE,
)


def licence_of(values: Values) -> str | None:
    """The licence that dc:rights names: its SPDX name, or its page where it has none; None for what names none."""
    for text, _lang in texts_of(values, "rights"):
        page = _LICENCE_PAGE.search(text)
        if page is not None:
            return f"CC-{page[1].upper()}-{page[2]}" if page[1] else "CC0-1.0"
        said = one_line(text).lower()
        if said in _CODES:
            return _CODES[said]
        found = _LICENCE_CODE.search(said) or _LICENCE_WORDS.search(said)
        if found is not None:
            more = re.sub(r"[\s_-]+", " ", found[1])
            terms = [name for name, shape in _TERMS if shape.search(more)]
            # No licence both forbids changes and asks to share them alike.
            if not {"nd", "sa"} <= set(terms):
                return "-".join(("CC-BY", *(one.upper() for one in terms), f"{found[2]}.{found[3] or 0}"))
    return None


def published_of(values: Values) -> str | None:
    """The earliest date: repositories tell several, the first of them when it was issued.

    A year or a month counts as its first day, unless a fuller date in it is told.
    """
    told = [text for text, _lang in texts_of(values, "date") if _DAY.fullmatch(text)]
    days = []
    for text in told:
        if any(other != text and other.startswith(text) for other in told):
            continue
        found = _DAY.fullmatch(text)
        if found is None:
            continue
        try:
            day = datetime.fromisoformat(f"{found[1]}-{found[2] or '01'}-{found[3] or '01'}T00:00:00+07:00")
            days.append(_instant(text) if found[4] else day)
        except ValueError:
            continue
    return min(days).isoformat() if days else None


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    # A time without a zone is one of an unknown place: the day is what it tells.
    return moment if moment.tzinfo else datetime.fromisoformat(f"{text[:10]}T00:00:00+07:00")


def language_told(values: Values) -> str | None:
    """ "vi" or "en" where dc:language says one of them and not the other as well; None for others and for none."""
    told = {
        _LANGUAGES[word]
        for text, _lang in texts_of(values, "language")
        for part in re.split(r"[;,/|\n]", text)
        if (word := _language_word(part)) in _LANGUAGES
    }
    return told.pop() if len(told) == 1 else None


def _language_word(text: str) -> str:
    word = one_line(fold(text))
    return word if word in _LANGUAGES else re.split(r"[_\s(-]", word, maxsplit=1)[0]


def language_guessed(title: str, tagged: str, abstract: str, *, otherwise: str) -> str:
    """The language of texts whose record tells none: by their letters, then as the title is marked.

    Args:
        tagged: the language that the title is marked with, or "". A mark alone is no proof: many repositories mark
            everything as English.
    """
    marked = tagged[:2] if tagged[:2] in {"vi", "en"} else otherwise
    return language_of(f"{title}\n{abstract}", otherwise=marked)


def kind_words(values: Values) -> Iterator[str]:
    """What tells the kind of a record, folded: its types; its subjects only where no type says anything."""
    types = [text for text, _lang in texts_of(values, "type")]
    saying = [text for text in types if fold(text).rpartition("/")[2] not in _SAYS_NOTHING]
    for text in saying or [text for text, _lang in texts_of(values, "subject")]:
        yield fold(_CAMEL.sub(" ", text))
        yield fold(text)


def holds_word(text: str, word: str) -> bool:
    """Whether a folded text holds these words whole: “patent” is not in “patents”."""
    return re.search(rf"(?<![^\W_]){re.escape(fold(word))}(?![^\W_])", text) is not None


def uncoded(keyword: str) -> str:
    """A subject without the code of a classification that stands before its words."""
    found = _PATENT_CLASS.match(keyword) or (_CODED.match(keyword) if keyword.isascii() else None)
    return keyword[found.end() :] if found is not None else keyword


def organisation_of(values: Values, element: str) -> str:
    """Whose a record is, by the element that the mapping names; "" where it tells nobody.

    A publishing house prints what others hold. In its place a contributor counts that calls itself an organisation: the
    others are people.
    """
    names = [one_line(text) for text, _lang in texts_of(values, element)]
    if element == "publisher":
        printed = len(names)
        names = [one for one in names if not _PUBLISHING.search(fold(one))]
        if printed and not names:
            contributors = [one_line(text) for text, _lang in texts_of(values, "contributor")]
            names = [one for one in contributors if _ORGANISED.search(one) and not _PUBLISHING.search(fold(one))]
    return names[0][:300] if names else ""
