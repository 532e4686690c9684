"""Made-up exchanges are the same every time, and made one listing at a time."""

from itertools import islice

from app.bench import made_up


def test_a_seed_gives_the_same_listings_and_questions_whatever_their_number() -> None:
    few, many = list(made_up.listings(20)), list(islice(made_up.listings(10**9), 20))
    assert few == many
    assert len({one.title for one in few}) == 20
    assert few != list(made_up.listings(20, seed=5))
    assert [one for batch in made_up.batches(20, size=7) for one in batch] == few
    assert [len(batch) for batch in made_up.batches(20, size=7)] == [7, 7, 6]
    assert made_up.questions(300)[:50] == made_up.questions(50)
    assert len(set(made_up.questions(300))) == 300


def test_listings_are_of_the_promised_length() -> None:
    lengths = [len(one.body.split()) for one in made_up.listings(200)]
    assert all(made_up.WORDS <= one < made_up.WORDS + 60 for one in lengths)
    assert {one.language for one in made_up.listings(200)} == {"vi", "en"}
