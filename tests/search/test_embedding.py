"""Vectors from a small HTTP embedder of the suite's own."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.search.embedding import Embedder, Way, embedded_text
from app.search.meilisearch_index import Preparing
from tests.search.local_server import Asked, LocalServer, running
from tests.search.samples import DOCUMENTS


def vector_of(text: str) -> list[float]:
    """Two numbers that tell texts apart."""
    return [float(len(text)), float(text.count("e"))]


def answer(asked: Asked) -> tuple[int, Any]:
    vectors = [vector_of(text) for text in asked.body["input"]]
    if asked.path == "/v1/embeddings":
        # OpenAI says which is which; the order is its own.
        return 200, {"data": [{"index": place, "embedding": one} for place, one in enumerate(vectors)][::-1]}
    return 200, {"embeddings": vectors}


@pytest.fixture
def local() -> Iterator[LocalServer]:
    with running(answer) as server:
        yield server


@pytest.mark.parametrize(
    ("way", "base", "path"),
    [("rest", "/embed", "/embed"), ("ollama", "", "/api/embed"), ("openai", "/v1", "/v1/embeddings")],
)
def test_three_ways_of_asking(local: LocalServer, way: Way, base: str, path: str) -> None:
    embedder = Embedder(way=way, url=local.url + base, model="m", key="secret", dimensions=2)
    assert embedder.vectors(["one", "three"]) == [[3.0, 1.0], [5.0, 2.0]]
    (asked,) = local.asked
    assert (asked.method, asked.path) == ("POST", path)
    assert asked.body == {"input": ["one", "three"], "model": "m"}
    assert asked.headers["Authorization"] == "Bearer secret"


def test_many_texts_are_asked_in_portions_and_long_ones_cut(local: LocalServer) -> None:
    embedder = Embedder(way="rest", url=local.url, dimensions=2)
    made = embedder.vectors(["x" * 9_000] * 70)
    assert made == [[4_000.0, 0.0]] * 70
    assert [len(one.body["input"]) for one in local.asked] == [32, 32, 6]


@pytest.mark.parametrize(
    "told",
    [
        (500, {"error": "out of memory"}),
        (200, {"embeddings": []}),
        (200, {"embeddings": [[1.0, 2.0, 3.0]]}),
        (200, {"embeddings": [["a", "b"]]}),
        (200, {"vectors": [[1.0, 2.0]]}),
        (200, [1]),
        (200, {"embeddings": [[1.0, float("nan")]]}),
        None,
    ],
)
def test_an_answer_that_is_none_leaves_the_words(local: LocalServer, told: Any) -> None:
    local.answering = lambda _asked: told
    assert Embedder(way="rest", url=local.url, dimensions=2).vectors(["one"]) is None


def test_a_slow_embedder_is_not_waited_for(local: LocalServer) -> None:
    local.silent = True
    assert Embedder(way="rest", url=local.url, dimensions=2, timeout_s=0.1).vectors(["one"]) is None


def test_documents_carry_their_vectors_or_say_that_they_have_none(local: LocalServer) -> None:
    embedder = Embedder(way="rest", url=local.url, dimensions=2)
    made = Preparing(embedder)(DOCUMENTS[:2])
    assert [one["_vectors"] for one in made] == [{"techmart": vector_of(embedded_text(one))} for one in DOCUMENTS[:2]]
    local.answering = lambda _asked: (503, {})
    assert [one["_vectors"] for one in Preparing(embedder)(DOCUMENTS[:2])] == [{"techmart": None}] * 2
    assert Preparing(embedder).without({"key": "x"}) == {"key": "x", "_vectors": {"techmart": None}}
    assert Preparing().without({"key": "x"}) == {"key": "x"}


def test_a_vector_tells_what_a_listing_is_about_first() -> None:
    told = embedded_text(DOCUMENTS[0])
    assert told.startswith("Máy sấy bơm nhiệt cho nông sản\nHeat pump dryer for farm produce\n")
    assert told.endswith("Đã chạy tại ba hợp tác xã.")
