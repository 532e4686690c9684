"""From a typed text to the question that finds enough in a Meilisearch index."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.search.keyboards import from_tcvn3, from_telex
from app.search.meilisearch_lexicon import ServerLexicon, Term
from app.search.meilisearch_query import LISTING, all_hold
from app.search.meilisearch_question import TextQuestion, terms_of
from app.search.port import SearchQuery
from app.search.quantities import signs
from app.search.spelling import confusions
from app.search.synonyms import current_thesaurus
from app.search.text import forms, is_marked
from app.search.understanding import Reading, Step, steps, understand, with_near_words


@dataclass(frozen=True, slots=True)
class Understood:
    """The question, and how many documents it finds within the filters.

    Attributes:
        found: how many documents hold all its words as they were typed, with or without the filters.
    """

    question: TextQuestion
    relaxed: bool
    total: int
    found: int


def understood(query: SearchQuery, filters: Sequence[str], lexicon: ServerLexicon) -> Understood | None:
    """The first of the readings, strict to lenient, that finds enough; None when nothing was typed.

    Few hits within filters are an answer as they are; what counts is whether the text finds enough anywhere.
    """
    if not query.text.strip():
        return None
    lexicon.prepare(_terms_typed(query.text))
    reading = understand(query.text, lexicon, thesaurus=current_thesaurus(), as_typed=query.as_typed)
    if not reading.tokens:
        return None
    ways = steps(len(reading.tokens))
    question, total, found, enough = _first_enough(reading, ways[:1], filters, lexicon)
    if not enough:
        lexicon.prepare([*_terms_confused(reading, lexicon), *_pairs_meant(reading, lexicon)])
        nearer = with_near_words(reading, lexicon)
        # The strict way again only where near words have made it another.
        question, total, _, _ = _first_enough(nearer, ways if nearer != reading else ways[1:] or ways, filters, lexicon)
    return Understood(question, question.required < ways[0].required, total, found)


def _first_enough(
    reading: Reading, ways: Sequence[Step], filters: Sequence[str], lexicon: ServerLexicon
) -> tuple[TextQuestion, int, int, bool]:
    """The first way that finds enough, with what it finds within the filters and at most; else the last, and False."""
    step, more = ways[0], ways[1:]
    question = TextQuestion(reading, lexicon, required=step.required)
    if step.required < len(reading.tokens):
        # To say which words are rare, their counts are needed first.
        lexicon.prepare(terms_of(reading))
    text = question.filter()
    counting = [lexicon.query(filter=all_hold((LISTING, text, *filters)), hitsPerPage=0)]
    if filters:
        counting.append(lexicon.query(filter=all_hold((LISTING, text)), hitsPerPage=0))
    totals = [one["totalHits"] for one in lexicon.prepare(terms_of(reading), extra=counting)]
    enough = max(totals) >= step.enough
    return (
        (question, totals[0], max(totals), enough)
        if enough or not more
        else _first_enough(reading, more, filters, lexicon)
    )


def _terms_typed(text: str) -> Iterator[Term]:
    """The words of the text, and of what it may be when it was typed as raw keys or in an old font."""
    for reading in (text, from_tcvn3(text), from_telex(text)):
        if reading is not None:
            for folded, exact in forms(reading)[:40]:
                yield ("folded", folded)
                yield ("exact", exact)
            yield from (("signs", sign) for sign in signs(reading))


def _terms_confused(reading: Reading, lexicon: ServerLexicon) -> Iterator[Term]:
    for token in reading.tokens:
        if token.folded and is_marked(token.folded, token.exact) and not lexicon.documents("exact", token.exact):
            yield from (("exact", one) for one in confusions(token.exact))


def _pairs_meant(reading: Reading, lexicon: ServerLexicon) -> Iterator[Term]:
    """The pairs that near words make with their neighbours, which with_near_words asks for one by one."""
    meant: dict[str, list[str]] = {}
    for token in reading.tokens:
        if token.folded and not lexicon.documents("folded", token.folded):
            plural = lexicon.near(token.exact) if token.exact != token.folded and token.exact.isascii() else []
            meant[token.folded] = [*lexicon.near(token.folded), *plural]
    for pair in reading.paired:
        first, _, second = pair.partition("_")
        firsts, seconds = [first, *meant.get(first, ())], [second, *meant.get(second, ())]
        yield from (("pairs", f"{one}_{other}") for one in firsts for other in seconds)
