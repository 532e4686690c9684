"""What two listings are called, compared."""

from dataclasses import replace
from typing import Any

import pytest

from app.database import Database
from app.search.documents import documents_of
from app.search.sameness import sameness
from tests import factories


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"title": "Máy sấy bơm nhiệt"}, {"title": "MÁY SẤY BƠM NHIỆT"}, 100),
        ({"title": "Máy b"}, {"title": "Anammox một bậc cho nước thải cao su"}, 0),
        ({"title": "Máy sấy"}, {"title": "Máy sấy bơm nhiệt"}, 50),
        ({"title": "Máy sấy", "title_en": "Heat pump dryer"}, {"title": "Heat pump dryer", "language": "en"}, 100),
        ({"title": ""}, {"title": ""}, 0),
    ],
)
def test_titles_are_compared_in_either_language(
    database: Database, one: dict[str, Any], other: dict[str, Any], expected: int
) -> None:
    with database.unit_of_work() as session:
        made = factories.listing(session, of=factories.organisation(session))
        session.flush()
        document = documents_of(session, listing_ids=[made.id])[0]
    assert sameness(replace(document, **one), replace(document, **other)) == expected
