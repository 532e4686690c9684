"""Documents that meet kept questions: by the same rules as an engine's strictest reading, checked against one."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest

from app.search.criteria import Criteria
from app.search.embedded import EmbeddedEngine
from app.search.percolation import Percolator, holds, question_of
from app.search.port import (
    FILTER_FIELDS,
    And,
    Changes,
    Eq,
    Exists,
    Filter,
    In,
    Not,
    Or,
    Range,
    SearchDocument,
    SearchQuery,
)

DRYER = SearchDocument(
    id="d1",
    kind="technology",
    state="published",
    title="Máy sấy lúa tầng sôi 200 kg/h",
    title_en="Fluidised bed rice dryer",
    benefit="Giảm 40 % điện",
    body="Dùng cho hợp tác xã ở Đồng Tháp.",
    body_en="For cooperatives.",
    keywords=("nông sản",),
    organisation_id="o1",
    organisation_name="Viện Cơ điện Nông nghiệp",
    organisation_type="research_institute",
    verified=True,
    regions=("79", "79.1"),
    country="VN",
    trl=8,
    fields=("2", "205"),
    industries=("C", "C28"),
    ipc=("F26B",),
    priority_fields=("agriculture",),
    transfer_forms=("non_exclusive_licence",),
    payment_forms=("royalty",),
    ip_status="granted",
    price_kind="indicative",
    price_from=100_000_000,
    price_to=200_000_000,
    currency="VND",
    source="techport.vn",
    published_at=datetime(2026, 11, 20, 3, tzinfo=UTC),
    confirmed_at=datetime(2026, 11, 21, 3, tzinfo=UTC),
)
NEED = SearchDocument(
    id="d2",
    kind="need",
    state="due",
    title="Cần giảm ẩm dăm gỗ",
    language="vi",
    summary="Hiện sấy bằng lò hơi.",
    trl=5,
    price_to=900_000_000,
    currency="VND",
    deadline=date(2027, 3, 31),
)
BARE = SearchDocument(id="d3", kind="equipment", state="stale", title="Rice dryer, second hand")
DOCUMENTS = {UUID(int=number): one for number, one in enumerate((DRYER, NEED, BARE), 1)}


def found(criteria: Criteria) -> set[str]:
    keys = Percolator(DOCUMENTS).answering(question_of(criteria))
    return {DOCUMENTS[key].id for key in keys}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("máy sấy", {"d1", "d3"}),
        ("máy sấy lúa", {"d1"}),
        ("may say lua", {"d1"}),
        ("MÁY SẤY của hợp tác xã", {"d1"}),
        ("rice dryer", {"d1", "d3"}),
        ("rice dryers second hand", {"d3"}),
        ("máy sấy tôm", set()),
        ("viện cơ điện", {"d1"}),
        ("nông sản", {"d1"}),
        ("công suất 0,2 tấn/giờ", set()),
        ("200 kg/h", {"d1"}),
        ("TRL 8", {"d1"}),
        ("F26B", {"d1"}),
        ("", {"d1", "d2", "d3"}),
        ("   ", {"d1", "d2", "d3"}),
    ],
)
def test_every_word_must_be_held_in_some_way(text: str, ids: set[str]) -> None:
    assert found(Criteria(text=text)) == ids


@pytest.mark.parametrize(
    ("criteria", "ids"),
    [
        (Criteria(kinds=("technology", "need")), {"d1", "d2"}),
        (Criteria(trl=((7, 9),)), {"d1"}),
        (Criteria(trl=((1, 3), (4, 6))), {"d2"}),
        (Criteria(fields=("205",), regions=("79",)), {"d1"}),
        (Criteria(fields=("205",), regions=("01",)), set()),
        (Criteria(price_max=150_000_000), {"d1"}),
        (Criteria(price_max=99_999_999), set()),
        (Criteria(verified=True), {"d1"}),
        (Criteria(organisation="o1"), {"d1"}),
        (Criteria(organisation="o2"), set()),
        (Criteria(text="sấy", kinds=("need",)), {"d2"}),
    ],
)
def test_every_filter_must_be_passed(criteria: Criteria, ids: set[str]) -> None:
    assert found(criteria) == ids


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedEngine:
    made = EmbeddedEngine(Path(tmp_path_factory.mktemp("percolation")))
    made.prepare()
    made.apply(Changes(upserts=list(DOCUMENTS.values())))
    return made


def _of_every_field() -> list[Filter]:
    """Every field of the port with values the documents hold and one they do not."""
    made: list[Filter] = []
    for name, kind in FILTER_FIELDS.items():
        made.append(Exists(name))
        if kind == "keyword":
            probe = Percolator(DOCUMENTS)
            known = sorted({value for field, value in probe._valued if field == name})
            assert known, f"no sample holds a value of {name}"
            made += [Eq(name, value) for value in known] + [In(name, ("khong-co", *known[:1])), Eq(name, "khong-co")]
        elif kind == "number":
            made += [Range(name, 6, None), Range(name, None, 5), Range(name, 5, 8), Range(name, 9, 9)]
        elif kind == "money":
            made += [Range(name, 150_000_000, None), Range(name, None, 150_000_000), Range(name, 300_000_000, 10**9)]
        elif name == "deadline":
            made += [Range(name, date(2027, 3, 31), None), Range(name, None, date(2027, 3, 30))]
        else:
            made += [Range(name, datetime(2026, 11, 21, 3, tzinfo=UTC), None), Range(name, None, date(2026, 11, 21))]
    both = And((Eq("kind", "technology"), Range("trl", 7, 9)))
    return [*made, both, Not(both), Or((both, Eq("kind", "need"))), And(()), Or(())]


@pytest.mark.parametrize("condition", _of_every_field(), ids=str)
def test_filters_mean_what_an_engine_means_by_them(condition: Filter, engine: EmbeddedEngine) -> None:
    answer = engine.search(SearchQuery(filters=(condition,), limit=10, highlight=False))
    assert {one.id for one in DOCUMENTS.values() if holds(one, condition)} == {hit.id for hit in answer.hits}


@pytest.mark.parametrize("text", ["may say lua", "dryer", "rice", "sấy", "200 kg/h", "dăm gỗ", "TRL 5"])
def test_texts_mean_what_an_engines_strictest_reading_means(text: str, engine: EmbeddedEngine) -> None:
    answer = engine.search(SearchQuery(text=text, limit=10, highlight=False))
    strict = found(Criteria(text=text))
    assert strict
    if answer.relaxed:
        assert strict <= {hit.id for hit in answer.hits}
    else:
        assert strict == {hit.id for hit in answer.hits}


def test_an_anonymous_need_answers_no_question_about_an_organisation() -> None:
    hidden = replace(NEED, organisation_id=None)
    assert Percolator({UUID(int=1): hidden}).answering(question_of(Criteria(organisation="o1"))) == set()
