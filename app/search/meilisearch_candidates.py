"""Candidates for matching through Meilisearch: never the raw text as a query, of which it would read ten words.

Many small queries in one request bring them: the most telling words and pairs of words of the text, each on its own,
and the nearest vectors where an embedder is configured. What they brought is added up here; the few hundred best are
scored by the terms and weights the embedded engine uses (app.search.telling), and by their subjects as there.
"""

import base64
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.search.embedding import Embedder
from app.search.indexed import TITLE_WEIGHT, from_kept
from app.search.meilisearch_client import Server
from app.search.meilisearch_lexicon import ServerLexicon
from app.search.meilisearch_query import LISTING, all_hold, condition_text, one_of
from app.search.meilisearch_question import TEXT_ATTRIBUTES, coded_form, text_of
from app.search.meilisearch_schema import EMBEDDER, FOLDED
from app.search.port import Candidate, CandidateQuery, Candidates
from app.search.rescore import Bag, ScoredText
from app.search.subjects import Subjects, counts_of, factor, nearness
from app.search.synonyms import current_thesaurus
from app.search.telling import Said, Telling, Weighed
from app.search.understanding import Kind

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


def nearest(
    query: CandidateQuery,
    *,
    server: Server,
    lexicon: ServerLexicon,
    subjects: Subjects,
    embedder: Embedder | None = None,
) -> Candidates:
    """As the port's `candidates`. An embedder that does not answer leaves matching to the words."""
    said = Said(query.title, query.body)
    _count(said, lexicon)
    telling = said.choose(lexicon, current_thesaurus())
    vector = _vector(query, embedder)
    if query.limit <= 0 or (telling is None and vector is None):
        return Candidates((), {})
    telling = telling or Telling((), (), 1.0, {})
    within = all_hold((LISTING, *(condition_text(one) for one in query.filters)))
    keys, near = _brought(telling, within, server, lexicon, vector)
    if not keys:
        return Candidates((), telling.weights)
    (texts,) = server.search(
        [lexicon.query(filter=one_of("key", keys), limit=len(keys), attributesToRetrieve=[*TEXT_ATTRIBUTES, "place"])]
    )
    scores = _scored(query, texts["hits"], telling, lexicon, subjects)
    if near:
        # A text in other words still counts for something where the model finds it near.
        most = max(scores.values(), default=0.0) or 1.0
        for key, nearby in near.items():
            if key in scores:
                scores[key] += most * _VECTOR_COUNTS * nearby
    best = sorted(scores, key=lambda key: (-scores[key], key))[: query.limit]
    (found,) = server.search(
        [lexicon.query(filter=one_of("key", best), limit=len(best), attributesToRetrieve=["key", "document"])]
    )
    listed = [
        Candidate(from_kept(hit["document"]), scores[hit["key"]], min(1.0, scores[hit["key"]] / telling.ceiling))
        for hit in found["hits"]
        if scores[hit["key"]] > 0
    ]
    return Candidates(tuple(sorted(listed, key=lambda one: (-one.score, one.document.id))), telling.weights)


def _count(said: Said, lexicon: ServerLexicon) -> None:
    """Have the server count what the choice of terms will ask for, in two requests."""
    lexicon.prepare(said.single(current_thesaurus()))

    def bound(pair: str) -> float:
        """What a pair tells at least: as much as the rarer of its words; 0 when the index lacks one."""
        rarities = [lexicon.rarity("folded", word) for word in pair.split("_")]
        return max(rarities) if all(rarities) else 0.0

    worth = {pair: bound(pair) * times for pair, times in said.paired.items()}
    counted = sorted((pair for pair in worth if worth[pair]), key=lambda pair: (-worth[pair], pair))
    lexicon.prepare([("pairs", pair) for pair in counted[:_PAIRS_COUNTED]])
    # The others could not be among the chosen: nobody need ask.
    lexicon.take_as_none([("pairs", pair) for pair in said.paired])


def _brought(
    telling: Telling, within: str, server: Server, lexicon: ServerLexicon, vector: Sequence[float] | None
) -> tuple[list[str], dict[str, float]]:
    """The keys of the documents that most of the small queries bring, each counted by what its term tells.

    Beside them how near the vectors of some are: 1 for the nearest, towards 0 for the last that was brought.
    """
    weights: list[float] = []
    asked: list[dict[str, Any]] = []
    for one in _asked(telling):
        weights.append(one.weight * one.rarity)
        asked.append(
            lexicon.query(limit=_BROUGHT, attributesToRetrieve=["key"], **_holding(one.kind, one.form, within))
        )
    for together in telling.together:
        conditions = [lexicon.counting(kind, form) for kind, form in together.terms]
        filters = [one["filter"] for one in conditions if "filter" in one]
        phrases = " ".join(one["q"] for one in conditions if "q" in one)
        weights.append(together.weight * sum(lexicon.rarity(kind, form) for kind, form in together.terms))
        where = {"q": phrases, "attributesToSearchOn": conditions[0]["attributesToSearchOn"]} if phrases else {}
        asked.append(
            lexicon.query(
                filter=all_hold((within, *filters)),
                limit=_BROUGHT,
                attributesToRetrieve=["key"],
                matchingStrategy="all",
                **where,
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
        for key, nearby in near.items():
            gained[key] += best * _VECTOR_SHARE * nearby
    return sorted(gained, key=lambda key: (-gained[key], key))[:_SCORED], near


def _asked(telling: Telling) -> Iterator[Weighed]:
    """The most telling words and pairs, each a query of its own. Exact forms are held where the folded ones are."""
    ranked = sorted(telling.terms, key=lambda one: (-one.weight * one.rarity, one.kind, one.form))
    yield from [one for one in ranked if one.kind in {"folded", "stems"}][:_WORDS_ASKED]
    yield from [one for one in ranked if one.kind == "pairs"][:_PAIRS_ASKED]


def _holding(kind: Kind, form: str, within: str) -> dict[str, Any]:
    if kind == "stems":
        return {"filter": all_hold((within, one_of("stems", [form])))}
    phrase = '"' + form.replace("_", " ") + '"'
    return {"q": phrase, "attributesToSearchOn": list(FOLDED), "filter": within}


def _scored(
    query: CandidateQuery,
    hits: Sequence[Mapping[str, Any]],
    telling: Telling,
    lexicon: ServerLexicon,
    subjects: Subjects,
) -> dict[str, float]:
    """Key → score, as the embedded engine makes it."""
    _, average = lexicon.whole()
    bag = Bag(average_length=average, title_weight=TITLE_WEIGHT)
    for one in telling.terms:
        bag.add(one.kind, coded_form(one.kind, one.form), one.weight * one.rarity)
    together: list[tuple[float, list[tuple[Kind, str, float]]]] = []
    for names in telling.together:
        parts = [(kind, coded_form(kind, form), lexicon.rarity(kind, form)) for kind, form in names.terms]
        together.append((names.weight, parts))
        for kind, form, _ in parts:
            bag.watch(kind, form)
    places = [base64.b64decode(hit.get("place", "")) for hit in hits]
    near = nearness(subjects.place(counts_of(query.title, query.body)), places)
    scores: dict[str, float] = {}
    for hit, cosine in zip(hits, near, strict=True):
        text = text_of(hit)
        held = bag.held(text)
        score = bag.score(held, text.length) + _by_other_names(bag, held, text, together)
        scores[hit["key"]] = score * factor(cosine)
    return scores


def _by_other_names(
    bag: Bag,
    held: Mapping[Kind, Mapping[str, int]],
    text: ScoredText,
    together: Sequence[tuple[float, Sequence[tuple[Kind, str, float]]]],
) -> float:
    return sum(
        weight * sum(rarity * bag.saturation(held[kind][form], text.length) for kind, form, rarity in parts)
        for weight, parts in together
        if all(form in held[kind] for kind, form, _ in parts)
    )


def _vector(query: CandidateQuery, embedder: Embedder | None) -> Sequence[float] | None:
    if embedder is None:
        return None
    made = embedder.vectors([f"{query.title}\n{query.body}"])
    return made[0] if made else None
