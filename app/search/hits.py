"""A found document as an answer shows it: marked, in the reader's language. The same for every engine."""

from collections.abc import Sequence
from dataclasses import replace

from markupsafe import Markup

from app.search.highlight import NOTHING, Wanted, held, highlight, snippet
from app.search.percolation import holds
from app.search.port import Hit, SearchDocument, SearchQuery
from app.search.understanding import Reading


def hit_of(document: SearchDocument, score: float, reading: Reading | None, query: SearchQuery) -> Hit:
    """The hit; `reading` is what was looked for, None when nothing was typed."""
    subject = document
    document = fitting_member(subject, query, reading.wanted if reading is not None else NOTHING)
    wanted = reading.wanted if reading is not None and query.highlight else NOTHING
    english = query.language == "en"
    title = document.title_en if english and document.title_en else document.title
    native = (document.benefit, document.summary, document.body)
    foreign = (document.benefit_en, document.summary_en, document.body_en)
    texts = [text for text in (foreign if english and any(foreign) else native) if text]
    return Hit(
        id=document.id,
        kind=document.kind,
        score=score,
        title=highlight(title, wanted),
        summary=_best_snippet(texts, wanted),
        subject=subject.id,
        published_at=subject.published_at,
    )


def fitting_member(document: SearchDocument, query: SearchQuery, wanted: Wanted) -> SearchDocument:
    """Of all listings about a subject that which passes most filters, then holds most words; of equals the head."""
    if not document.members:
        return document
    found = [replace(document, members=()), *document.members]

    # A translation of several words says no more than the word it stands for.
    typed = replace(wanted, phrases=frozenset())

    def fit(one: SearchDocument) -> tuple[int, int, int]:
        texts = (one.title, one.title_en, one.benefit, one.summary, one.body, one.benefit_en, one.summary_en)
        passed = sum(holds(one, condition) for condition in query.filters)
        text = "\n".join((*texts, one.body_en, *one.keywords))
        return passed, held(text, typed), held(text, wanted)

    return max(found, key=fit)


def _best_snippet(texts: Sequence[str], wanted: Wanted) -> Markup:
    """From the text that holds most of what is wanted, the first of equals."""
    best, most = "", -1
    for text in texts:
        found = held(text, wanted)
        if found > most:
            best, most = text, found
    return snippet(best, wanted)
