"""Words near a mistyped one, among the words an index holds.

Edit distance 1 (a letter lost, doubled, wrong, or two swapped) for folded words of four letters and more: shorter
syllables are all each other's neighbours (may, say, mau). Beside it the confusions of Vietnamese spelling (s/x, ch/tr,
d/gi/r, l/n, final n/ng and c/t, hỏi/ngã, i/y) for words that were typed with marks.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

SHORTEST: Final = 4
_LONGEST: Final = 24
_ENDS: Final = 2

_INITIALS: Final = (
    ("s", ("x",)),
    ("x", ("s",)),
    ("ch", ("tr",)),
    ("tr", ("ch",)),
    ("gi", ("d", "r")),
    ("d", ("gi", "r")),
    ("r", ("d", "gi")),
    ("l", ("n",)),
    ("n", ("l",)),
)
_FINALS: Final = (("ng", "n"), ("n", "ng"), ("c", "t"), ("t", "c"), ("i", "y"), ("y", "i"))
_SYLLABLE: Final = re.compile(r"(?P<body>[^\W\d_]+)(?P<tone>[1-5]?)")


class Vocabulary:
    """The words of an index with the number of documents each stands in, laid out to find near ones quickly.

    Two words of four letters or more at distance 1 share their first two or their last two letters; the one exception,
    the middle of four letters swapped, is looked up by itself.
    """

    def __init__(self, counted: Iterable[tuple[str, int]]) -> None:
        self.documents: dict[str, int] = {}
        self._starts: dict[str, list[str]] = defaultdict(list)
        self._ends: dict[str, list[str]] = defaultdict(list)
        for word, documents in counted:
            if SHORTEST - 1 <= len(word) <= _LONGEST and word.isalpha():
                self.documents[word] = documents
                self._starts[word[:_ENDS]].append(word)
                self._ends[word[-_ENDS:]].append(word)

    def near(self, folded: str, *, limit: int = 4, shortest: int = SHORTEST) -> list[str]:
        """The words at distance 1 from a folded word, those of more documents first; none for short words."""
        if not shortest <= len(folded) <= _LONGEST or not folded.isalpha():
            return []
        length = len(folded)
        around = {*self._starts.get(folded[:_ENDS], ()), *self._ends.get(folded[-_ENDS:], ())}
        if length == SHORTEST and (swapped := folded[0] + folded[2] + folded[1] + folded[3]) in self.documents:
            around.add(swapped)
        found = [
            word
            for word in around
            if word != folded and -1 <= len(word) - length <= 1 and at_distance_one(word, folded)
        ]
        found.sort(key=lambda word: (-self.documents[word], word))
        return found[:limit]


def at_distance_one(one: str, other: str) -> bool:
    """Whether one insertion, deletion, substitution or swap of neighbours makes one word of the other."""
    if len(one) > len(other):
        one, other = other, one
    start = 0
    while start < len(one) and one[start] == other[start]:
        start += 1
    if len(one) < len(other):
        return len(other) - len(one) == 1 and one[start:] == other[start + 1 :]
    rest, other_rest = one[start:], other[start:]
    if not rest:
        return False
    swapped = len(rest) > 1 and rest[0] == other_rest[1] and rest[1] == other_rest[0] and rest[2:] == other_rest[2:]
    return swapped or rest[1:] == other_rest[1:]


def confusions(exact: str) -> list[str]:
    """The exact forms a misspelt one may have been meant for: one confusion of sound away, likeliest first."""
    parts = _SYLLABLE.fullmatch(exact)
    if parts is None:
        return []
    body, tone = parts["body"], parts["tone"]
    found: list[str] = []
    if tone in {"3", "4"}:
        found.append(body + ("4" if tone == "3" else "3"))
    bodies = [other + body[len(start) :] for start, others in _INITIALS if body.startswith(start) for other in others]
    bodies += [body[: -len(end)] + other for end, other in _FINALS if body.endswith(end) and len(body) > len(end)]
    found += [one + tone for one in bodies]
    return list(dict.fromkeys(one for one in found if one != exact))
