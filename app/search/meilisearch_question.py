"""A reading of what somebody typed, put to a Meilisearch index: which documents hold it, and which stand first.

Which documents: a filter on the facet of words, exact in its totals. Which first: the server's own ranking brings a few
hundred of them, words in the right order and in the title before others, and app.search.rescore orders these.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.search.indexed import TITLE_WEIGHT
from app.search.meilisearch_lexicon import ServerLexicon, Term
from app.search.meilisearch_query import all_hold, any_holds, at_least, one_of
from app.search.meilisearch_schema import EXACT, FOLDED
from app.search.meilisearch_text import coded, coded_alone, folded_of
from app.search.rescore import Bag, ScoredText
from app.search.synonyms import Phrase
from app.search.understanding import Kind, Reading, Token

# The weights of the embedded engine (docs/search.md): so both put the same first.
_PAIR_WEIGHT: Final = 0.5
_NEAR_WEIGHT: Final = 0.6
_OTHER_WEIGHT: Final = 0.4
_SATURATION: Final = 2.2
# Up to so many documents are all scored by us; of more, those that the queries below bring.
WINDOW: Final = 150
MOST_SCORED: Final = 200
_BEST_BROUGHT: Final = 150
_BY_PAIR: Final = 60
_BY_WORD: Final = 40
_PAIRS_ASKED: Final = 12
_WORDS_ASKED: Final = 8
# The server reads so many terms of a query and drops the rest.
_TERMS_READ: Final = 10

TEXT_ATTRIBUTES: Final = ("key", *EXACT, "signs", "length", "weight")


class TextQuestion:
    """What is asked of the index for one reading of a text.

    Args:
        required: how many of the reading's tokens a document must hold.
    """

    def __init__(self, reading: Reading, lexicon: ServerLexicon, *, required: int) -> None:
        self.reading = reading
        self.required = required
        self._lexicon = lexicon

    def filter(self) -> str:
        """That a document holds enough of the tokens."""
        whole = self.required >= len(self.reading.tokens)
        tokens = self.reading.tokens if whole else self._rarest_first()
        return at_least(self.required, [self._token_filter(token) for token in tokens])

    def candidates(self, within: str) -> list[dict[str, Any]]:
        """Queries that bring the keys of the documents most likely to be the best."""
        tokens = [token for token in self._rarest_first() if token.folded]
        words = [_asked_word(token) for token in tokens][:_TERMS_READ]
        # The server ranks by how near the words stand to each other: in the order they were typed.
        kept = set(words)
        in_order = [word for token in self.reading.tokens if token.folded and (word := _asked_word(token)) in kept]
        asked = [_bringing(" ".join(in_order), FOLDED, within, _BEST_BROUGHT)]
        if self.reading.marked:
            typed = [coded(token.folded, token.exact) for token in tokens][:_TERMS_READ]
            asked.append(_bringing(" ".join(typed), EXACT, within, _BEST_BROUGHT))
        pairs = sorted(self.reading.paired, key=lambda pair: -self._lexicon.rarity("pairs", pair))
        asked += [_bringing(f'"{pair.replace("_", " ")}"', FOLDED, within, _BY_PAIR) for pair in pairs[:_PAIRS_ASKED]]
        if self.required < len(self.reading.tokens):
            asked += [_bringing(f'"{word}"', FOLDED, within, _BY_WORD) for word in words[:_WORDS_ASKED]]
        return asked

    def scorer(self) -> "Scorer":
        """What orders the documents."""
        return Scorer(self.reading, self._lexicon, required=self.required)

    def _token_filter(self, token: Token) -> str:
        # Whether the words of a phrase stand side by side a filter cannot ask; the score can.
        phrases = [all_hold(one_of("words", [word]) for word in dict.fromkeys(one.folded)) for one in token.others]
        if token.signs:
            known = any(self._lexicon.documents("signs", sign) for sign in token.signs)
            return one_of("signs", token.signs) if known else any_holds(phrases)
        near = [form for kind, form in token.near if kind == "folded"]
        return any_holds([one_of("words", [token.folded, *near]), *phrases])

    def _rarest_first(self) -> list[Token]:
        return sorted(self.reading.tokens, key=lambda one: -self._rarity(one))

    def _rarity(self, token: Token) -> float:
        if token.signs:
            return max(self._lexicon.rarity("signs", sign) for sign in token.signs)
        return self._lexicon.rarity("folded", token.folded)


def terms_of(reading: Reading) -> Iterator[Term]:
    """All whose counts will be needed to score by a reading."""
    for token in (*reading.tokens, *reading.extras):
        yield from _direct_terms(token, marked=reading.marked)
        for phrase in token.others:
            yield from _phrase_terms(phrase)
    for pair in reading.paired:
        yield ("pairs", pair)


def text_of(hit: Mapping[str, Any]) -> ScoredText:
    """A document of the index as it is scored."""
    titles, texts = (
        [[(folded_of(word), word) for word in part.split()] for part in hit.get(name, ())] for name in EXACT
    )
    return ScoredText(titles, texts, frozenset(hit.get("signs", ())), hit["length"])


class Scorer:
    """The score of a document by one reading. Documents that hold enough of the tokens directly stand before those
    that do so only with words of the other language."""

    def __init__(self, reading: Reading, lexicon: ServerLexicon, *, required: int) -> None:
        _, average = lexicon.whole()
        self._bag = Bag(average_length=average, title_weight=TITLE_WEIGHT)
        self._required = required
        self._direct: list[list[Term]] = []
        self._others: list[list[tuple[float, list[tuple[Kind, str, float]]]]] = []
        self._ceiling = 0.0
        for token in (*reading.tokens, *reading.extras):
            for kind, form in _direct_terms(token, marked=reading.marked):
                near = (kind, form) in token.near
                self._bag.add(
                    kind, _held_as(token, kind, form), lexicon.rarity(kind, form) * (_NEAR_WEIGHT if near else 1)
                )
        for token in reading.tokens:
            direct = [(kind, _held_as(token, kind, form)) for kind, form in _direct_terms(token, marked=reading.marked)]
            self._direct.append(direct)
            if token.others:
                self._add_others(token, lexicon)
        for pair in reading.paired:
            self._bag.add("pairs", pair, _PAIR_WEIGHT * lexicon.rarity("pairs", pair))

    def _add_others(self, token: Token, lexicon: ServerLexicon) -> None:
        """What the token's term is called otherwise. A translation is no rarer than the word it stands for."""
        rarity = lexicon.rarity("folded", token.folded) if token.folded else 0.0
        ways: list[tuple[float, list[tuple[Kind, str, float]]]] = []
        most = 0.0
        for phrase in token.others:
            terms = [(kind, form, lexicon.rarity(kind, form)) for kind, form in _phrase_terms(phrase)]
            weight = sum(one for *_, one in terms) if all(one for *_, one in terms) else 0.0
            if not weight:
                continue
            boost = 1.0 if token.signs else _OTHER_WEIGHT * (min(1.0, rarity / weight) if rarity else 1.0)
            ways.append((boost, [(kind, coded_form(kind, form), one) for kind, form, one in terms]))
            for kind, form, _ in terms:
                self._bag.watch(kind, coded_form(kind, form))
            most = max(most, boost * weight * _SATURATION)
        if ways:
            self._others.append(ways)
            self._ceiling += 0.0 if token.signs else most

    def score(self, text: ScoredText) -> float:
        """Higher is better; 0 for a document that holds nothing of it."""
        held = self._bag.held(text)
        total = self._bag.score(held, text.length)
        for ways in self._others:
            total += max(
                (
                    boost
                    * sum(weight * self._bag.saturation(held[kind][form], text.length) for kind, form, weight in terms)
                    for boost, terms in ways
                    if all(form in held[kind] for kind, form, _ in terms)
                ),
                default=0.0,
            )
        if self._ceiling:
            directly = sum(any(form in held[kind] for kind, form in terms) for terms in self._direct)
            total += self._ceiling if directly >= self._required else 0.0
        return total


def _direct_terms(token: Token, *, marked: bool) -> Iterator[Term]:
    if token.signs:
        yield from (("signs", sign) for sign in token.signs)
        return
    yield ("folded", token.folded)
    if marked or token.exact != token.folded:
        yield ("exact", token.exact)
    yield from token.near


def _phrase_terms(phrase: Phrase) -> Sequence[Term]:
    if len(phrase.folded) > 1:
        return [("pairs", pair) for pair in phrase.pairs]
    # "men" is not mến: where marks make the word, they are asked for.
    return [("folded", phrase.folded[0]) if phrase.exact[0].isascii() else ("exact", phrase.exact[0])]


def _held_as(token: Token, kind: Kind, form: str) -> str:
    """A term as documents hold it: exact words in plain letters."""
    if kind == "exact" and form == token.exact:
        return coded(token.folded, token.exact)
    return coded_form(kind, form)


def coded_form(kind: Kind, form: str) -> str:
    """A term as documents of the index hold it."""
    return coded_alone(form) if kind == "exact" else form


def _asked_word(token: Token) -> str:
    """The word as it is looked for: what it was meant for, where documents do not hold it as typed."""
    near = [form for kind, form in token.near if kind == "folded"]
    return near[0] if near else token.folded


def _bringing(text: str, where: Sequence[str], within: str, most: int) -> dict[str, Any]:
    return {
        "q": text,
        "attributesToSearchOn": list(where),
        "matchingStrategy": "frequency",
        "filter": within,
        "limit": most,
        "attributesToRetrieve": ["key"],
    }
