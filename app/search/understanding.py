"""What somebody means by what they typed, before any engine is asked: every engine searches by these readings.

`understand` repairs text typed without an input method or copied from an old font, and takes it apart into tokens. A
document is looked for that holds the tokens (all of them, then fewer: `steps`); each token may be held in several ways,
and it is the engine's part to ask for them:

* by its word, folded, and exact where marks were typed;
* by a near word (`with_near_words`), where the index does not hold the word itself;
* by what the term it belongs to is called in the other language (`others`): these count as the token, but score less
  than any direct hit;
* by the sign of a quantity (`signs`, app.search.quantities), for which the engine keeps a field of its own.

`extras` and `paired` only add to the score.
"""

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

from app.search.highlight import Wanted
from app.search.keyboards import from_tcvn3, from_telex
from app.search.quantities import Measure, measures
from app.search.spelling import SHORTEST, confusions
from app.search.synonyms import NO_SYNONYMS, Phrase, Thesaurus
from app.search.text import Word, forms, is_function_word, is_marked, pairs, words

_MOST_WORDS: Final = 40
_LONG_QUERY: Final = 6
_MOST_NEAR: Final = 4
_MOST_BESIDE: Final = 3
# Fewer hits than this, and the next, more forgiving reading of the query is tried.
FEW_HITS: Final = 3

Kind = Literal["folded", "exact", "pairs", "signs", "stems"]


class Lexicon(Protocol):
    """What an engine knows of the words of its index."""

    def documents(self, kind: Kind, form: str) -> int:
        """In how many documents, about, a form stands; 0 only when in none."""
        ...

    def near(self, folded: str) -> list[str]:
        """Words of the index one slip of typing away from a folded word of three letters or more, frequent ones first.

        All there are, up to a few dozen: `near_words` chooses among them.
        """
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """One thing looked for.

    Attributes:
        folded, exact: the forms of the word; empty for a quantity.
        near: words it may have been meant for, as (kind, form).
        others: phrases any of which says the same as the term that this word is part of.
        signs: of a quantity, any of which will do; `others` then holds it as it was typed.
    """

    folded: str = ""
    exact: str = ""
    near: tuple[tuple[Kind, str], ...] = ()
    others: tuple[Phrase, ...] = ()
    signs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """A query text taken apart.

    Attributes:
        text: what is looked for: the text as typed, or as it was repaired.
        read_as: the repaired text where it differs from what was typed; else None.
        tokens: what carries the subject; how many of them a document must hold is one of the `steps`.
        extras: function words, which only add to the score.
        paired: neighbouring words joined by "_", which only add to the score.
        marked: typed with marks, so that the exact form says something.
    """

    text: str
    read_as: str | None
    tokens: tuple[Token, ...]
    extras: tuple[Token, ...]
    paired: tuple[str, ...]
    marked: bool

    @functools.cached_property
    def wanted(self) -> Wanted:
        """What to highlight: the words of the subject and all they were read as."""
        single = {token.folded for token in self.tokens if token.folded}
        single.update(form for token in self.tokens for kind, form in token.near if kind == "folded")
        phrases = {phrase.folded for token in self.tokens for phrase in token.others}
        return Wanted(
            words=frozenset(single),
            phrases=frozenset(phrases),
            signs=frozenset(sign for token in self.tokens for sign in token.signs),
        )


def understand(text: str, lexicon: Lexicon, *, thesaurus: Thesaurus = NO_SYNONYMS, as_typed: bool = False) -> Reading:
    """Take a query text apart. No word at all gives a reading without tokens.

    Args:
        as_typed: repair nothing, because the person said so.
    """
    repaired = None if as_typed else read_differently(text, lexicon)
    reading = take_apart(repaired or text, thesaurus=thesaurus)
    return replace(_with_known_quantities(reading, lexicon), read_as=repaired)


def take_apart(text: str, *, thesaurus: Thesaurus = NO_SYNONYMS) -> Reading:
    """The reading of a text as it stands, without asking what any index holds."""
    found = words(text)[:_MOST_WORDS]
    said = measures(text)
    shapes = [(one.folded, one.exact) for one in found]
    marked = any(is_marked(*one) for one in shapes)
    others: dict[int, dict[Phrase, None]] = {}
    for term in thesaurus.find(shapes, marked=marked):
        for place in range(term.start, term.end):
            others.setdefault(place, {}).update(dict.fromkeys(term.others))
    tokens: dict[object, Token] = {}
    extras: dict[tuple[str, str], Token] = {}
    for place, word in enumerate(found):
        measure = _measure_at(said, word)
        if measure is not None:
            inside = [one for one in found if measure.start <= one.start and one.end <= measure.end]
            typed = Phrase(tuple(one.folded for one in inside), tuple(one.exact for one in inside))
            tokens.setdefault(measure.signs, Token(others=(typed,), signs=measure.signs))
            continue
        known = tuple(others.get(place, ()))
        key = (word.folded, word.exact)
        if is_function_word(word.exact, marked=marked):
            extras.setdefault(key, Token(*key))
        elif key in tokens:
            tokens[key] = replace(tokens[key], others=tuple(dict.fromkeys((*tokens[key].others, *known))))
        else:
            tokens[key] = Token(*key, others=known)
    carrying, adding = tuple(tokens.values()), tuple(extras.values())
    if not carrying:
        carrying, adding = adding, ()
    paired = tuple(dict.fromkeys(pairs([folded for folded, _ in shapes])))
    return Reading(text, None, carrying, adding, paired, marked)


def _measure_at(said: Sequence[Measure], word: Word) -> Measure | None:
    return next((one for one in said if one.start <= word.start and word.end <= one.end), None)


def _with_known_quantities(reading: Reading, lexicon: Lexicon) -> Reading:
    """The reading with quantities that no document holds as words again, where nothing else was typed."""
    if not all(token.signs for token in reading.tokens):
        return reading
    tokens: dict[tuple[str, str], Token] = {}
    kept: list[Token] = []
    for token in reading.tokens:
        if any(lexicon.documents("signs", sign) for sign in token.signs):
            kept.append(token)
        else:
            typed = token.others[0]
            tokens |= {key: Token(*key) for key in zip(typed.folded, typed.exact, strict=True)}
    return replace(reading, tokens=(*kept, *tokens.values())) if tokens else reading


@dataclass(frozen=True, slots=True)
class Step:
    """One way to ask: how many of the tokens a document must hold, and from how many hits on that is enough."""

    required: int
    enough: int


def steps(tokens: int) -> tuple[Step, ...]:
    """The ways to ask for so many tokens, strict to lenient; the first that finds enough is used.

    All words; then 70 %; then any. A long question (six words and more) goes from all to 30 %, two at least: the more
    is required, the more paragraphs that answer it in other words are lost to chance ones (.919 nDCG on judged
    questions at 70 %, .950 at 40 %). A short one is not brought down to
    single syllables while anything holds more of it.
    """
    readings: tuple[Step, ...]
    if tokens < _LONG_QUERY:
        strict = Step(tokens, FEW_HITS if tokens > 2 else 1)
        readings = (strict, *(Step(max(1, round(tokens * share)), 1) for share in (0.7, 0.5)), Step(1, 1))
    else:
        readings = (Step(tokens, FEW_HITS), Step(max(2, math.floor(tokens * 0.3)), FEW_HITS), Step(1, 1))
    return tuple(dict.fromkeys(readings))


def with_near_words(reading: Reading, lexicon: Lexicon) -> Reading:
    """The reading with words of the index beside words it does not hold; the same reading when there are none."""
    tokens = tuple(_with_near(token, lexicon, neighbours=reading.paired) for token in reading.tokens)
    if tokens == reading.tokens:
        return reading
    return replace(reading, tokens=tokens, paired=_with_near_pairs(reading.paired, tokens, lexicon))


def _with_near_pairs(paired: tuple[str, ...], tokens: Sequence[Token], lexicon: Lexicon) -> tuple[str, ...]:
    """The pairs of neighbours, and those the index knows of with a near word in a typed one's place."""
    meant = {
        token.folded: [form for kind, form in token.near if kind == "folded"][:_MOST_BESIDE]
        for token in tokens
        if token.near
    }
    found = dict.fromkeys(paired)
    for pair in paired:
        first, _, second = pair.partition("_")
        for one, other in itertools.product([first, *meant.get(first, ())], [second, *meant.get(second, ())]):
            near = f"{one}_{other}"
            if near not in found and lexicon.documents("pairs", near):
                found[near] = None
    return tuple(found)


def _with_near(token: Token, lexicon: Lexicon, *, neighbours: Sequence[str]) -> Token:
    if not token.folded:
        return token
    near: list[tuple[Kind, str]] = []
    if is_marked(token.folded, token.exact) and not lexicon.documents("exact", token.exact):
        for exact in confusions(token.exact):
            if lexicon.documents("exact", exact):
                near.append(("exact", exact))
                near += [("folded", folded) for folded, _ in forms(exact.rstrip("12345"))[:1]]
    if not lexicon.documents("folded", token.folded):
        before = [pair[: -len(token.folded) - 1] for pair in neighbours if pair.endswith(f"_{token.folded}")]
        after = [pair[len(token.folded) + 1 :] for pair in neighbours if pair.startswith(f"{token.folded}_")]
        found = near_words(token.folded, token.exact, lexicon, before=before, after=after)
        near += [("folded", word) for word in found]
    return replace(token, near=tuple(dict.fromkeys(near))) if near else token


def near_words(
    folded: str, exact: str, lexicon: Lexicon, *, before: Sequence[str] = (), after: Sequence[str] = ()
) -> list[str]:
    """Words of the index that one it does not hold may have been meant for, likeliest first.

    Those that stand beside the same neighbours in the index come first; of three letters only those, since such
    syllables are all near one another. What looks like a plural may be a word cut short ("wireles").

    Args:
        before, after: the folded words it stands behind and in front of.
    """
    found = lexicon.near(folded)
    if exact != folded and exact.isascii():
        found = list(dict.fromkeys([*found, *lexicon.near(exact)]))
    together = {
        word: sum(lexicon.documents("pairs", f"{one}_{word}") for one in before)
        + sum(lexicon.documents("pairs", f"{word}_{one}") for one in after)
        for word in found
    }
    beside = sorted((word for word in found if together[word]), key=lambda word: -together[word])[:_MOST_BESIDE]
    if len(folded) < SHORTEST:
        return beside
    return list(dict.fromkeys([*beside, *found[:_MOST_NEAR]]))


def read_differently(text: str, lexicon: Lexicon) -> str | None:
    """The text as raw Telex or TCVN3, where the index knows clearly more of its words so; None otherwise."""
    best, best_known = None, _known_share(text, lexicon)
    if best_known == 1.0:
        return None
    for reading in (from_tcvn3(text), from_telex(text)):
        if reading is not None and (known := _known_share(reading, lexicon)) > max(best_known, 0.5):
            best, best_known = reading, known
    return best


def _known_share(text: str, lexicon: Lexicon) -> float:
    found = forms(text)[:_MOST_WORDS]
    return sum(lexicon.documents("exact", exact) > 0 for _, exact in found) / len(found) if found else 0.0
