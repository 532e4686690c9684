"""What every engine must do with raw keys, terms of two languages, quantities and numbers; run on both."""

import pytest

from app.search.port import Changes, SearchEngine, SearchQuery
from tests.search.samples import document


def found(engine: SearchEngine, text: str) -> list[str]:
    return [hit.id for hit in engine.search(SearchQuery(text=text)).hits]


def test_a_text_is_looked_for_as_it_was_typed_when_that_is_asked(filled: SearchEngine) -> None:
    answer = filled.search(SearchQuery(text="xuwr lys nuwowcs", as_typed=True))
    assert answer.read_as is None
    assert answer.total == 0


# Two languages


def test_terms_find_what_is_written_in_the_other_language(engine: SearchEngine) -> None:
    engine.apply(
        Changes(
            upserts=[
                document("vi", "Máy sấy gỗ", language="vi"),
                document("en", "Dryer for timber", language="en"),
                document("long", "Xưởng mộc", body="Xưởng " * 200 + "có cả máy sấy."),
                document("other", "Máy may và mấy thứ khác"),
            ]
        )
    )
    # Direct hits stand first, however short the text that says it in the other language.
    assert found(engine, "máy sấy") == ["vi", "long", "en"]
    assert found(engine, "dryers") == ["en", "vi", "long"]
    assert found(engine, "timber dryer") == ["en", "vi"]
    answer = engine.search(SearchQuery(text="dryer"))
    assert [str(hit.title) for hit in answer.hits[:2]] == ["<mark>Dryer</mark> for timber", "<mark>Máy sấy</mark> gỗ"]
    assert not answer.relaxed


# Quantities


@pytest.mark.parametrize("typed", ["200 kg/h", "200kg/h", "0,2 tấn/giờ", "0.2 t/h", "sấy 200 kg/giờ"])
def test_quantities_are_found_in_any_unit(engine: SearchEngine, typed: str) -> None:
    engine.apply(
        Changes(
            upserts=[
                document("right", "Máy sấy tháp", body="Năng suất 200 kg/h, 1 ca."),
                document("wrong", "Máy sấy tháp", body="Năng suất 20 kg/h; 200 máy."),
            ]
        )
    )
    answer = engine.search(SearchQuery(text=typed))
    assert [hit.id for hit in answer.hits] == ["right"]
    assert not answer.relaxed
    assert "<mark>200 kg/h</mark>, 1 ca." in answer.hits[0].summary


def test_a_level_and_a_classification_are_found_though_the_text_does_not_say_them(engine: SearchEngine) -> None:
    engine.apply(
        Changes(
            upserts=[
                document("ready", "Máy sấy tháp", trl=7, ipc=("F", "F26", "F26B 3/00")),
                document("early", "Máy sấy tháp", trl=3),
            ]
        )
    )
    assert found(engine, "sấy TRL 7") == found(engine, "trl7") == found(engine, "f26b3/00") == ["ready"]
    assert set(found(engine, "TRL 3-7")) == {"ready", "early"}


@pytest.mark.parametrize("typed", ["1-0026606", "1-26606", "10026606", "1-2019-01234", "1201901234", "1/2019/01234"])
def test_rights_are_found_by_their_number_in_any_spelling(engine: SearchEngine, typed: str) -> None:
    engine.apply(
        Changes(
            upserts=[
                document("right", "Máy sấy", kind="patent", body="1-2019-01234\n\n1-0026606"),
                document("wrong", "Máy sấy", kind="patent", body="1-2019-01235\n\n1-0026607"),
            ]
        )
    )
    assert found(engine, typed) == ["right"]
