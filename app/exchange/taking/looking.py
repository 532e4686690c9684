"""What of other exchanges reads like what is here already: some looked at every hour, for a person to judge."""

from datetime import timedelta
from typing import Any, Final

from app.features.partners.cluster_queries import not_looked_at
from app.features.partners.clusters import suggest
from app.i18n.formats import local_date
from app.identity import SYSTEM
from app.jobs import JobContext, every
from app.search.documents import documents_of
from app.search.matches import find_similar
from app.search.port import SearchUnavailable
from app.search.sameness import sameness
from app.search.service import make_engine

# A question to the engine for each: a great harvest is looked through over days, the newest first.
_AT_ONCE: Final = 50
_MOST_ALIKE: Final = 5
# Nobody asked: only what is called nearly the same is worth a person's time.
LEAST_SAME: Final = 50


@every(timedelta(hours=1), "clusters.look")
def look_for_the_same(context: JobContext, _payload: dict[str, Any]) -> None:
    """Suggest what may be about the same as the newest offers of other exchanges. Another time while search is down."""
    with context.database.read_only() as session:
        waiting = not_looked_at(session, limit=_AT_ONCE)
        documents = documents_of(session, listing_ids=list(waiting.values()))
    if not documents:
        return
    engine = make_engine(context.settings)
    alike = {}
    try:
        for document in documents:
            found = find_similar(
                engine,
                document,
                today=local_date(context.now),
                limit=_MOST_ALIKE,
                least_score=context.settings.matching.least_score,
                weights=context.settings.matching,
            )
            judged = [(one.document.id, sameness(document, one.document)) for one in found]
            alike[waiting[document.id]] = [one for one in judged if one[1] >= LEAST_SAME]
    except SearchUnavailable:
        return
    with context.database.unit_of_work() as session:
        suggest(session, actor=SYSTEM, alike=alike, now=context.now)
