"""Building an index anew beside the one in use, on both engines."""

from collections.abc import Iterator, Sequence

import pytest

from app.search.port import Changes, SearchDocument, SearchEngine, SearchQuery
from tests.search.samples import document, ids


def test_a_rebuild_replaces_everything_at_once(filled: SearchEngine) -> None:
    seen: list[int] = []

    def batches() -> Iterator[Sequence[SearchDocument]]:
        yield [document("one", "Máy một")]
        seen.append(filled.search(SearchQuery()).total)
        yield [document("two", "Máy hai")]
        seen.append(filled.search(SearchQuery()).total)

    assert filled.rebuild(batches(), position=20, catch_up=lambda _: None) == 20
    assert seen == [10, 10]
    assert ids(filled) == {"one", "two"}
    assert filled.position() == 20


def test_what_changes_during_a_rebuild_is_in_the_new_index(filled: SearchEngine) -> None:
    journal = [
        Changes(upserts=[document("late", "Máy đến sau")], deletes=["gone"], position=21),
        Changes(upserts=[document("one", "Máy một, bản sửa")], position=22),
    ]

    def batches() -> Iterator[Sequence[SearchDocument]]:
        yield [document("one", "Máy một"), document("gone", "Máy bị rút")]
        # The consumer goes on with the index in use meanwhile.
        filled.apply(journal[0])

    def catch_up(position: int) -> Changes | None:
        return next((one for one in journal if one.position is not None and one.position > position), None)

    assert filled.rebuild(batches(), position=20, catch_up=catch_up) == 22
    assert ids(filled) == {"one", "late"}
    hit = filled.search(SearchQuery(text="bản sửa")).hits[0]
    assert str(hit.title) == "Máy một, <mark>bản sửa</mark>"


def test_a_rebuild_that_fails_changes_nothing(filled: SearchEngine) -> None:
    before = ids(filled)

    def batches() -> Iterator[Sequence[SearchDocument]]:
        yield [document("one", "Máy một")]
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError):
        filled.rebuild(batches(), position=20, catch_up=lambda _: None)
    assert ids(filled) == before
    assert filled.position() == 7
    assert filled.rebuild([[document("two", "Máy hai")]], position=21, catch_up=lambda _: None) == 21
    assert ids(filled) == {"two"}
