"""What every engine behind the port must do; run on both."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app import clock
from app.search.port import (
    And,
    BadQuery,
    Band,
    CandidateQuery,
    Changes,
    Eq,
    Exists,
    Filter,
    In,
    Not,
    Or,
    Range,
    RangeFacet,
    SearchEngine,
    SearchQuery,
)
from tests.search.samples import DOCUMENTS, NOW, document


def found(engine: SearchEngine, text: str = "", *filters: Filter, **given: object) -> list[str]:
    query = SearchQuery(text=text, filters=filters, **given)  # type: ignore[arg-type]
    return [hit.id for hit in engine.search(query).hits]


# Text


def test_words_with_marks_put_the_right_word_first_and_still_find_the_others(filled: SearchEngine) -> None:
    answer = filled.search(SearchQuery(text="máy sấy"))
    assert answer.hits[0].id == "say-bom-nhiet"
    assert {hit.id for hit in answer.hits} == {"say-bom-nhiet", "may-say-sinh-to", "nhu-cau-say"}
    assert not answer.relaxed
    assert answer.total == 3
    assert answer.position == 7


def test_words_without_marks_find_every_way_of_writing_them(filled: SearchEngine) -> None:
    assert set(found(filled, "may say")) == {"say-bom-nhiet", "may-say-sinh-to", "nhu-cau-say"}


def test_all_words_are_required_while_enough_is_found(filled: SearchEngine) -> None:
    assert set(found(filled, "nước thải màng")) == {"xu-ly-nuoc", "xu-ly-nuoc-moi"}


def test_with_too_few_hits_most_words_will_do_and_the_answer_says_so(filled: SearchEngine) -> None:
    answer = filled.search(SearchQuery(text="cảm biến áp suất không dây"))
    assert answer.relaxed
    assert answer.hits[0].id == "cam-bien"


def test_two_syllables_are_not_torn_apart_while_one_document_holds_both(filled: SearchEngine) -> None:
    answer = filled.search(SearchQuery(text="nhà kính"))
    assert [hit.id for hit in answer.hits] == ["cam-bien"]
    assert not answer.relaxed


def test_few_hits_within_a_narrow_filter_are_an_answer(filled: SearchEngine) -> None:
    answer = filled.search(SearchQuery(text="máy sấy", filters=(Eq("kind", "need"),)))
    assert [hit.id for hit in answer.hits] == ["nhu-cau-say"]
    assert not answer.relaxed


def test_nothing_is_found_for_words_nobody_uses(filled: SearchEngine) -> None:
    answer = filled.search(SearchQuery(text="zzzzqqq", facets=("kind",)))
    assert answer.hits == ()
    assert answer.total == 0
    assert answer.facets == {"kind": ()}


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("cảm bieen", "cam-bien"),
        ("hummidity sensor", "cam-bien"),
        ("wireless humidity sensor", "cam-bien"),
        ("nông sãn bơm nhiệt", "say-bom-nhiet"),
        ("Xữ lí nước thải", "xu-ly-nuoc-moi"),
        ("sinh tố công ngiệp", "may-say-sinh-to"),
    ],
)
def test_slips_of_typing_are_forgiven(filled: SearchEngine, typed: str, wanted: str) -> None:
    assert found(filled, typed)[0] == wanted


@pytest.mark.parametrize("typed", ["xuwr lys nuwowcs thair", "xö lý n\u00adíc th¶i"])
def test_raw_keys_and_old_fonts_are_read_and_said_so(filled: SearchEngine, typed: str) -> None:
    answer = filled.search(SearchQuery(text=typed))
    assert answer.read_as == "xử lý nước thải"
    assert {hit.id for hit in answer.hits} == {"xu-ly-nuoc", "xu-ly-nuoc-moi"}


def test_a_stale_listing_stands_behind_the_same_text_that_is_confirmed(filled: SearchEngine) -> None:
    answer = filled.search(SearchQuery(text="xử lý nước thải dệt nhuộm"))
    assert [hit.id for hit in answer.hits[:2]] == ["xu-ly-nuoc-moi", "xu-ly-nuoc"]
    assert answer.hits[1].score == pytest.approx(answer.hits[0].score * 0.6, rel=0.01)


@pytest.mark.parametrize(
    "typed", ['+-&|!(){}[]^"~*?:\\/', "kind:need OR *", "NOT máy", "'; DROP TABLE listing; --", "a" * 1_000, "\x00 máy"]
)
def test_what_people_type_is_never_a_query_language(filled: SearchEngine, typed: str) -> None:
    filled.search(SearchQuery(text=typed))


# Highlighting


def test_hits_are_marked_in_the_readers_language(filled: SearchEngine) -> None:
    vietnamese = filled.search(SearchQuery(text="may say nong san")).hits[0]
    assert str(vietnamese.title) == "<mark>Máy sấy</mark> bơm nhiệt cho <mark>nông sản</mark>"
    assert "<mark>Sấy nông sản</mark> ở nhiệt độ thấp" in vietnamese.summary
    english = filled.search(SearchQuery(text="heat pump", language="en")).hits[0]
    assert str(english.title) == "<mark>Heat pump</mark> dryer for farm produce"


def test_corrected_words_are_marked_too(filled: SearchEngine) -> None:
    hit = filled.search(SearchQuery(text="hummidity", language="en")).hits[0]
    assert "<mark>humidity</mark>" in hit.title


def test_markup_of_a_listing_stays_text(engine: SearchEngine) -> None:
    engine.apply(Changes(upserts=[document("x", "<img src=x onerror=alert(1)> máy", body="<script>máy</script>")]))
    hit = engine.search(SearchQuery(text="máy")).hits[0]
    assert str(hit.title) == "&lt;img src=x onerror=alert(1)&gt; <mark>máy</mark>"
    assert str(hit.summary) == "&lt;script&gt;<mark>máy</mark>&lt;/script&gt;"


# Filters

EVERYTHING = {one.id for one in DOCUMENTS}


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        (Eq("kind", "equipment"), {"may-say-sinh-to", "may-mac"}),
        (Eq("field", "207"), {"xu-ly-nuoc", "xu-ly-nuoc-moi"}),
        (Eq("field", "2"), {one.id for one in DOCUMENTS if "2" in one.fields}),
        (In("region", ("48", "75")), {"cam-bien", "xu-ly-nuoc-moi"}),
        (In("region", ()), set()),
        (Eq("trl", 9), {"may-mac", "xu-ly-nuoc", "xu-ly-nuoc-moi"}),
        (Range("trl", 6, 7), {"say-lanh", "cam-bien", "nhu-cau-say"}),
        (Range("trl", low=9), {"may-mac", "xu-ly-nuoc", "xu-ly-nuoc-moi"}),
        (Eq("verified", "true"), {"say-bom-nhiet"}),
        (Eq("organisation", "vien-co-khi"), {"say-bom-nhiet"}),
        (Eq("organisation_type", "firm"), {"say-lanh", "cam-bien"}),
        (Eq("language", "en"), {"cam-bien"}),
        (In("language", ("vi", "en")), EVERYTHING),
        (Eq("price_band", "100m-500m"), {"say-bom-nhiet"}),
        (In("price_band", ("500m-2b", "other-currency")), {"say-lanh", "may-mac", "nhu-cau-say"}),
        (Range("confirmed_at", NOW - timedelta(days=30), NOW), {"say-bom-nhiet", "cam-bien"}),
        (Not(Exists("confirmed_at")), EVERYTHING - {"say-bom-nhiet", "say-lanh", "cam-bien", "xu-ly-nuoc"}),
        (Exists("deadline"), {"nhu-cau-say", "nhu-cau-cu", "nhu-cau-gap"}),
        (Not(Exists("region")), {"nhu-cau-cu", "nhu-cau-gap"}),
        (Not(Eq("kind", "need")), {one.id for one in DOCUMENTS if one.kind != "need"}),
        (Range("deadline", high=date(2026, 12, 1)), {"nhu-cau-cu", "nhu-cau-gap"}),
        (Range("published_at", low=datetime(2026, 11, 18, tzinfo=UTC)), {"may-say-sinh-to", "nhu-cau-say"}),
        (And((Eq("currency", "VND"), Range("price", high=320_000_000))), {"say-bom-nhiet", "may-say-sinh-to"}),
        (And((Eq("currency", "VND"), Range("price", 400_000_000, 450_000_000))), {"say-bom-nhiet"}),
        (Exists("price"), {"say-bom-nhiet", "say-lanh", "may-say-sinh-to", "may-mac", "nhu-cau-say"}),
        (And((Eq("currency", "VND"), Range("price", high=499_000_000))), {"say-bom-nhiet", "may-say-sinh-to"}),
        (Or((Eq("region", "48"), Eq("kind", "equipment"))), {"cam-bien", "may-say-sinh-to", "may-mac"}),
        (Or(()), set()),
        (And(()), EVERYTHING),
        (Not(Or((Eq("kind", "need"), Eq("kind", "technology")))), {"may-say-sinh-to", "may-mac"}),
    ],
)
def test_filters(filled: SearchEngine, condition: Filter, wanted: set[str]) -> None:
    answer = filled.search(SearchQuery(filters=(condition,), limit=50))
    assert {hit.id for hit in answer.hits} == wanted
    assert answer.total == len(wanted)


@pytest.mark.parametrize(
    "query",
    [
        SearchQuery(filters=(Eq("nothing", "x"),)),
        SearchQuery(filters=(Not(Or((Eq("nothing", "x"),))),)),
        SearchQuery(filters=(Eq("trl", "9"),)),
        SearchQuery(filters=(Eq("kind", 3),)),
        SearchQuery(filters=(Eq("price", 3),)),
        SearchQuery(filters=(Range("kind", 1, 2),)),
        SearchQuery(filters=(Range("trl"),)),
        SearchQuery(filters=(Range("deadline", 1, 2),)),
        SearchQuery(filters=(Eq("trl", 2**70),)),
        SearchQuery(facets=("price",)),
        SearchQuery(facets=("id",)),
        SearchQuery(ranges=(RangeFacet("freshness", "kind", (Band("all"),)),)),
        SearchQuery(ranges=(RangeFacet("freshness", "price", (Band("all"),)),)),
        SearchQuery(ranges=(RangeFacet("kind", "trl", (Band("all"),)),)),
        SearchQuery(ranges=(RangeFacet("freshness", "confirmed_at", (Band("old", 1, 2),)),)),
        SearchQuery(sort="oldest"),  # type: ignore[arg-type]
        SearchQuery(limit=-1),
        SearchQuery(limit=1_000),
        SearchQuery(offset=-1),
        SearchQuery(offset=9_990, limit=20),
        SearchQuery(text="x" * 1_001),
    ],
)
def test_what_cannot_be_asked_is_refused(filled: SearchEngine, query: SearchQuery) -> None:
    with pytest.raises(BadQuery):
        filled.search(query)


# Order and pages


def test_without_text_relevance_is_newest_first_with_stale_ones_behind(filled: SearchEngine) -> None:
    order = found(filled, limit=50)
    assert order[0] == "may-say-sinh-to"
    assert order[-1] == "xu-ly-nuoc"
    published = {one.id: one.published_at or NOW for one in DOCUMENTS}
    assert order[:-1] == sorted(order[:-1], key=lambda one: published[one], reverse=True)


def test_newest(filled: SearchEngine) -> None:
    assert found(filled, sort="newest", limit=3) == ["may-say-sinh-to", "nhu-cau-say", "say-bom-nhiet"]


def test_confirmed_puts_what_its_owner_confirmed_last_first_and_the_never_confirmed_last(
    filled: SearchEngine,
) -> None:
    order = found(filled, sort="confirmed", limit=50)
    assert order[:4] == ["cam-bien", "say-bom-nhiet", "say-lanh", "xu-ly-nuoc"]
    assert set(order) == EVERYTHING


def test_price_puts_the_cheapest_first_and_what_cannot_be_compared_last(filled: SearchEngine) -> None:
    order = found(filled, "", Not(Eq("kind", "need")), sort="price", limit=50)
    assert order[:3] == ["may-say-sinh-to", "say-bom-nhiet", "say-lanh"]
    assert "may-mac" in order[3:]


def test_trl_puts_the_readiest_first_and_the_unknown_last(filled: SearchEngine) -> None:
    order = found(filled, sort="trl", limit=50)
    levels = {one.id: one.trl or 0 for one in DOCUMENTS}
    assert [levels[one] for one in order] == sorted(levels.values(), reverse=True)


def test_deadline_puts_the_next_to_end_first_and_what_has_passed_behind(
    filled: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    order = found(filled, sort="deadline", limit=50)
    assert order[:2] == ["nhu-cau-gap", "nhu-cau-say"]
    assert set(order) == EVERYTHING
    # Pages cross from the one part into the other without a gap or a repetition.
    paged = [one for start in range(0, len(order), 3) for one in found(filled, sort="deadline", offset=start, limit=3)]
    assert paged == order


@pytest.mark.parametrize("sort", ["relevance", "newest", "confirmed", "price", "deadline", "trl"])
@pytest.mark.parametrize("text", ["", "máy bơm"])
def test_equal_documents_keep_one_order_over_pages_and_rewriting(
    engine: SearchEngine, sort: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is asked about deadlines names the day, and the recording holds that of one day.
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 29, 12, tzinfo=UTC))
    same = [document(f"d{number:03}", "Máy bơm nước", published_at=NOW, trl=5) for number in range(60)]
    for start in range(0, 60, 7):
        engine.apply(Changes(upserts=same[start : start + 7]))

    def pages() -> list[str]:
        return [one for start in range(0, 60, 9) for one in found(engine, text, sort=sort, offset=start, limit=9)]

    first = pages()
    assert sorted(first) == [one.id for one in same]
    engine.apply(Changes(upserts=same[10:30]))
    engine.apply(Changes(upserts=same[40:]))
    assert pages() == first


def test_a_page_behind_the_last_is_empty_and_still_counts(filled: SearchEngine) -> None:
    answer = filled.search(SearchQuery(offset=500, limit=20))
    assert answer.hits == ()
    assert answer.total == len(DOCUMENTS)


# Changes


def test_a_document_replaces_the_one_of_its_id_and_deletion_takes_it_away(filled: SearchEngine) -> None:
    filled.apply(Changes(upserts=[document("say-lanh", "Kho mát di động")], deletes=["may-mac"], position=9))
    assert found(filled, "sấy lạnh trái cây", Eq("id", "say-lanh")) == []
    assert found(filled, "kho mát") == ["say-lanh"]
    answer = filled.search(SearchQuery())
    assert answer.total == len(DOCUMENTS) - 1
    assert answer.position == 9


def test_the_same_batch_twice_changes_nothing(filled: SearchEngine) -> None:
    before = filled.search(SearchQuery(text="máy sấy", facets=("kind",), limit=50))
    filled.apply(Changes(upserts=DOCUMENTS, deletes=["never-there"], position=7))
    again = filled.search(SearchQuery(text="máy sấy", facets=("kind",), limit=50))
    assert [hit.id for hit in again.hits] == [hit.id for hit in before.hits]
    assert (again.total, again.facets) == (before.total, before.facets)


def test_of_one_id_twice_in_a_batch_the_later_counts(engine: SearchEngine) -> None:
    engine.apply(Changes(upserts=[document("a", "Cũ"), document("a", "Mới")]))
    assert [str(hit.title) for hit in engine.search(SearchQuery()).hits] == ["Mới"]


# Suggestions


def test_suggestions_continue_what_is_typed(filled: SearchEngine) -> None:
    texts = [one.text for one in filled.suggest("xu ly nuoc")]
    assert texts == ["xử lý nước thải dệt nhuộm bằng màng sinh học"]
    assert filled.suggest("m") == []
    assert filled.suggest("máy s", limit=1)[0].text.startswith("máy s")


def test_suggestions_forget_at_once_what_was_taken_away(filled: SearchEngine) -> None:
    assert filled.suggest("may mac")
    filled.apply(Changes(deletes=["may-mac"]))
    assert filled.suggest("may mac") == []


# Candidates


def test_candidates_of_a_whole_need_come_nearest_first(filled: SearchEngine) -> None:
    need = next(one for one in DOCUMENTS if one.id == "nhu-cau-say")
    answer = filled.candidates(
        CandidateQuery(title=need.title, body=need.summary, filters=(In("kind", ("technology", "equipment")),))
    )
    assert answer.found[0].document.id == "say-bom-nhiet"
    assert all(one.document.kind != "need" for one in answer.found)
    assert 0 < answer.found[0].share <= 1
    assert answer.found[0].document.trl == 8
    assert answer.found[0].document.organisation_name == "Viện Cơ khí Nông nghiệp Phú An"
    assert answer.weights["say"] > 0


@pytest.mark.parametrize("text", ["", "   ", "qqqq wwww"])
def test_a_text_that_says_nothing_has_no_candidates(filled: SearchEngine, text: str) -> None:
    assert filled.candidates(CandidateQuery(title=text)).found == ()


def test_documents_come_back_as_they_went_in(filled: SearchEngine) -> None:
    by_id = {one.id: one for one in DOCUMENTS}
    for candidate in filled.candidates(CandidateQuery(title="sấy nông sản nước thải cảm biến cần", limit=50)).found:
        assert candidate.document == by_id[candidate.document.id]
