"""Answers kept from before: found again while they live, within bounds, never under another key."""

from app.operations.answers import KnownAnswer, KnownAnswers


def answer(size: int) -> KnownAnswer:
    return KnownAnswer(b"x" * size, {"ETag": "a"})


def test_an_answer_is_found_again_until_its_life_is_over() -> None:
    now = [0.0]
    kept = KnownAnswers(lasts_s=60, clock=lambda: now[0])
    kept.put(("state", "/vi/"), answer(3))
    assert kept.get(("state", "/vi/")) == answer(3)
    assert kept.get(("other state", "/vi/")) is None
    now[0] = 60.0
    assert kept.get(("state", "/vi/")) == answer(3)
    now[0] = 60.1
    assert kept.get(("state", "/vi/")) is None


def test_what_was_asked_for_longest_ago_makes_room() -> None:
    kept = KnownAnswers(most_bytes=10)
    kept.put("first", answer(4))
    kept.put("second", answer(4))
    assert kept.get("first") is not None
    kept.put("third", answer(4))
    assert (kept.get("second"), kept.get("first"), kept.get("third")) == (None, answer(4), answer(4))
    kept.put("third", answer(6))
    assert (kept.get("first"), kept.get("third")) == (answer(4), answer(6))
    kept.put("larger than all", answer(11))
    assert kept.get("larger than all") is None


def test_an_answer_is_given_with_its_headers() -> None:
    response = answer(3).response()
    assert (response.status_code, response.body, response.headers["etag"]) == (200, b"xxx", "a")
    assert response.headers["content-length"] == "3"
