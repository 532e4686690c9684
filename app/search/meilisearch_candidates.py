"""Candidates for matching through Meilisearch: never the raw text as a query, of which it would read ten words.

Many small queries in one request bring them: the most telling words and pairs of words of the text, each on its own,
and the nearest vectors where an embedder is configured. What they brought is added up here, and the few hundred best
are scored by the weights the embedded engine uses.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.search.embedding import Embedder
from app.search.indexed import TITLE_WEIGHT, from_kept
from app.search.meilisearch_client import Server
from app.search.meilisearch_lexicon import ServerLexicon, Term
from app.search.meilisearch_query import LISTING, all_hold, condition_text, one_of
from app.search.meilisearch_question import TEXT_ATTRIBUTES, text_of
from app.search.meilisearch_schema import EMBEDDER, FOLDED
from app.search.meilisearch_text import coded
from app.search.port import Candidate, CandidateQuery, Candidates
from app.search.rescore import Bag
from app.search.text import forms, is_function_word, is_marked, pairs
from app.search.understanding import Kind

_MOST_WORDS: Final = 100
_MOST_PAIRS: Final = 60
_PAIR_WEIGHT: Final = 0.5
_TYPICAL_SATURATION: Final = 1.4
# Pairs whose words are not among these many rarest are not counted: they could not be among the chosen.
_PAIRS_COUNTED: Final = 240
# Each small query brings so many; the best of all are scored.
_BROUGHT: Final = 120
_WORDS_ASKED: Final = 60
_PAIRS_ASKED: Final = 40
_SCORED: Final = 400
# What being near by its vector counts beside words, as a share of what the best document gained by words: for being
# among those that are scored, and in the score.
_VECTOR_SHARE: Final = 0.5
_VECTOR_COUNTS: Final = 0.2

Chosen = list[tuple[str, float]]


def nearest(
    query: CandidateQuery, *, server: Server, lexicon: ServerLexicon, embedder: Embedder | None = None
) -> Candidates:
    """As the port's `candidates`. An embedder that does not answer leaves matching to the words."""
    said = _Said(query, lexicon)
    vector = _vector(query, embedder)
    if query.limit <= 0 or (not said.words and vector is None):
        return Candidates((), {})
    within = all_hold((LISTING, *(condition_text(one) for one in query.filters)))
    keys, near = _brought(said, within, server, lexicon, vector)
    if not keys:
        return Candidates((), said.weights)
    bag, ceiling = said.bag()
    (texts,) = server.search(
        [lexicon.query(filter=one_of("key", keys), limit=len(keys), attributesToRetrieve=list(TEXT_ATTRIBUTES))]
    )
    scores: dict[str, float] = {}
    for hit in texts["hits"]:
        text = text_of(hit)
        scores[hit["key"]] = bag.score(bag.held(text), text.length)
    if near:
        # A text in other words still counts for something where the model finds it near.
        most = max(scores.values(), default=0.0) or 1.0
        for key, nearness in near.items():
            if key in scores:
                scores[key] += most * _VECTOR_COUNTS * nearness
    best = sorted(scores, key=lambda key: (-scores[key], key))[: query.limit]
    (found,) = server.search(
        [lexicon.query(filter=one_of("key", best), limit=len(best), attributesToRetrieve=["key", "document"])]
    )
    listed = [
        Candidate(from_kept(hit["document"]), scores[hit["key"]], min(1.0, scores[hit["key"]] / max(ceiling, 1.0)))
        for hit in found["hits"]
        if scores[hit["key"]] > 0
    ]
    return Candidates(tuple(sorted(listed, key=lambda one: (-one.score, one.document.id))), said.weights)


class _Said:
    """The terms of a text by how much they tell, counted in the index."""

    def __init__(self, query: CandidateQuery, lexicon: ServerLexicon) -> None:
        self._lexicon = lexicon
        in_title, in_body = forms(query.title), forms(query.body)
        self.marked = any(is_marked(*one) for one in in_title + in_body)
        folded, exact, paired = Counter[str](), Counter[str](), Counter[str]()
        self._carriers: dict[str, set[str]] = defaultdict(set)
        for found, times in ((in_title, TITLE_WEIGHT), (in_body, 1)):
            for one, shaped in found:
                if not is_function_word(shaped, marked=self.marked):
                    folded[one] += times
                    exact[shaped] += times
                    self._carriers[one].add(shaped)
            for pair in pairs([one for one, _ in found]):
                paired[pair] += times
        self._exact = exact
        lexicon.prepare([("folded", form) for form, _ in in_title + in_body])
        self.words = self._most_telling("folded", folded, _MOST_WORDS)
        worth = {pair: self._bound(pair) * _damped(times) for pair, times in paired.items()}
        counted = sorted((pair for pair in worth if worth[pair]), key=lambda pair: (-worth[pair], pair))
        counted = counted[:_PAIRS_COUNTED]
        terms: list[Term] = [("pairs", pair) for pair in counted]
        if self.marked:
            terms += [("exact", shaped) for word, _ in self.words for shaped in sorted(self._carriers[word])]
        lexicon.prepare(terms)
        self.pairs = self._most_telling("pairs", Counter({pair: paired[pair] for pair in counted}), _MOST_PAIRS)
        self.weights = {word: lexicon.rarity("folded", word) for word in folded}
        self.weights |= {pair: lexicon.rarity("pairs", pair) for pair in counted}

    def bag(self) -> tuple[Bag, float]:
        """The terms with their weights, and about the score of a document that holds them all."""
        _, average = self._lexicon.whole()
        bag = Bag(average_length=average, title_weight=TITLE_WEIGHT)
        ceiling = 0.0
        for kind, form, weight in self._weighed():
            bag.add(kind, form, weight)
            ceiling += weight
        return bag, ceiling * _TYPICAL_SATURATION

    def _weighed(self) -> Iterator[tuple[Kind, str, float]]:
        for word, times in self.words:
            yield "folded", word, times * self._lexicon.rarity("folded", word)
            if self.marked:
                for shaped in sorted(self._carriers[word]):
                    weight = _damped(self._exact[shaped]) * self._lexicon.rarity("exact", shaped)
                    yield "exact", coded(word, shaped), weight
        for pair, times in self.pairs:
            yield "pairs", pair, times * _PAIR_WEIGHT * self._lexicon.rarity("pairs", pair)

    def _bound(self, pair: str) -> float:
        """What a pair tells at least: as much as the rarer of its words; 0 when the index lacks one."""
        rarities = [self._lexicon.rarity("folded", word) for word in pair.split("_")]
        return max(rarities) if all(rarities) else 0.0

    def _most_telling(self, kind: Kind, counted: Mapping[str, int], most: int) -> Chosen:
        scored = [
            (_damped(times) * self._lexicon.rarity(kind, form), form, _damped(times)) for form, times in counted.items()
        ]
        scored.sort(key=lambda one: (-one[0], one[1]))
        return [(form, times) for score, form, times in scored[:most] if score > 0]


def _brought(
    said: _Said, within: str, server: Server, lexicon: ServerLexicon, vector: Sequence[float] | None
) -> tuple[list[str], dict[str, float]]:
    """The keys of the documents that most of the small queries bring, each counted by what its term tells.

    Beside them how near the vectors of some are: 1 for the nearest, towards 0 for the last that was brought.
    """
    weights: list[float] = []
    asked: list[dict[str, Any]] = []
    for kind, chosen, factor in (
        ("folded", said.words[:_WORDS_ASKED], 1.0),
        ("pairs", said.pairs[:_PAIRS_ASKED], _PAIR_WEIGHT),
    ):
        for form, times in chosen:
            rarity = lexicon.rarity("folded" if kind == "folded" else "pairs", form)
            weights.append(factor * times * rarity)
            asked.append(
                lexicon.query(
                    q='"' + form.replace("_", " ") + '"',
                    attributesToSearchOn=list(FOLDED),
                    filter=within,
                    limit=_BROUGHT,
                    attributesToRetrieve=["key"],
                )
            )
    if vector is not None:
        asked.append(
            lexicon.query(
                vector=list(vector),
                hybrid={"embedder": EMBEDDER, "semanticRatio": 1.0},
                filter=within,
                limit=_BROUGHT,
                attributesToRetrieve=["key"],
            )
        )
    answered = server.search(asked)
    gained: dict[str, float] = defaultdict(float)
    for weight, answer in zip(weights, answered, strict=False):
        for hit in answer["hits"]:
            gained[hit["key"]] += weight
    near: dict[str, float] = {}
    if vector is not None:
        near = {hit["key"]: 1 - place / _BROUGHT for place, hit in enumerate(answered[-1]["hits"])}
        best = max(gained.values(), default=1.0)
        for key, nearness in near.items():
            gained[key] += best * _VECTOR_SHARE * nearness
    return sorted(gained, key=lambda key: (-gained[key], key))[:_SCORED], near


def _vector(query: CandidateQuery, embedder: Embedder | None) -> Sequence[float] | None:
    if embedder is None:
        return None
    made = embedder.vectors([f"{query.title}\n{query.body}"])
    return made[0] if made else None


def _damped(count: int) -> float:
    return 1 + math.log(count)
