"""What any base index must do: FAISS, exact and by codes, and the one in memory."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.vectorstore.memory_index import MemoryIndex, MemoryVectors
from vectorstore.index.faiss import FaissIndex
from vectorstore.index.types import BaseIndex, ChunkSet
from vectorstore.types import Vectors

Open = Callable[[], BaseIndex]
COUNT = 300


@pytest.fixture(params=["faiss, exact", "faiss, codes", "memory"])
def open_index(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens it as another process would."""
    if request.param == "memory":
        index = MemoryIndex()
        return lambda: index
    return lambda: FaissIndex(tmp_path, exact_up_to=50 if request.param == "faiss, codes" else 1_000)


def vectors_of(*ids: int) -> dict[int, Vectors]:
    made = {one: np.random.default_rng(one).standard_normal(16).astype(np.float32) for one in ids}
    return {one: vector / np.linalg.norm(vector) for one, vector in made.items()}


@pytest.fixture
def stored() -> MemoryVectors:
    return MemoryVectors(vectors_of(*range(1, COUNT + 1)))


def nearest(stored: MemoryVectors, query: Vectors, k: int) -> dict[int, float]:
    scores = {one: float(vector @ query[0]) for one, vector in stored.vectors.items()}
    return dict(sorted(scores.items(), key=lambda item: -item[1])[:k])


def published(index: BaseIndex, stored: MemoryVectors) -> MemoryVectors:
    """The state after a compaction."""
    return replace(stored, version=index.compact(stored), publication=stored.publication + 1, gone=())


def test_the_nearest_are_found_with_their_cosines_before_and_after_compaction(
    open_index: Open, stored: MemoryVectors
) -> None:
    index = open_index()
    query = vectors_of(1_000)[1_000][None, :]
    for state in (stored, published(index, stored)):
        found = index.at(state).search(query, 40)  # codes are inexact: what is asked for is what is looked at closely
        assert len(found) == 40
        assert list(found)[:5] == list(nearest(stored, query, 5))
        assert list(found.values())[:5] == pytest.approx(list(nearest(stored, query, 5).values()), abs=1e-5)


def test_only_what_is_within_the_set_is_found_wherever_it_lies(open_index: Open, stored: MemoryVectors) -> None:
    index = open_index()
    state = published(index, stored)
    search = index.at(state)
    query = vectors_of(7)[7][None, :]
    within = ChunkSet.of(np.array([3, 150, 299]))
    assert set(search.search(query, 10, within)) == {3, 150, 299}
    assert search.search(query, 10, ChunkSet.of(np.array([], np.int64))) == {}
    assert set(search.search(query, 10, within - ChunkSet.of(np.array([150])))) == {3, 299}


def test_what_was_removed_is_found_neither_alone_nor_within_a_set(open_index: Open, stored: MemoryVectors) -> None:
    index = open_index()
    state = published(index, stored)
    assert next(iter(index.at(state).search(vectors_of(7)[7][None, :], 1))) == 7
    kept = {one: vector for one, vector in state.vectors.items() if one != 7}
    later = replace(state, vectors=kept, gone={7}, publication=5)
    for search in (index.at(later), open_index().at(later)):
        assert 7 not in search.search(vectors_of(7)[7][None, :], COUNT)
        assert 7 not in search.search(vectors_of(7)[7][None, :], COUNT, ChunkSet.of(np.array([6, 7])))
        assert 7 not in search.scores([6, 7], vectors_of(7)[7][None, :])
    again = published(index, later)
    assert 7 not in index.at(again).search(vectors_of(7)[7][None, :], COUNT)


def test_what_was_added_since_is_found_by_every_process(open_index: Open, stored: MemoryVectors) -> None:
    index = open_index()
    state = published(index, stored)
    index.at(state)
    for number in range(1, 41):  # each its own publication
        new = vectors_of(*range(COUNT + 1, COUNT + number + 1))
        later = replace(state, vectors=state.vectors | new, publication=state.publication + number)
        assert next(iter(index.at(later).search(new[COUNT + number][None, :], 1))) == COUNT + number
    other = open_index().at(later)
    assert next(iter(other.search(new[COUNT + 20][None, :], 1))) == COUNT + 20
    assert next(iter(other.search(vectors_of(7)[7][None, :], 1))) == 7


def test_a_state_is_searched_as_it_was_while_later_ones_are_searched_too(
    open_index: Open, stored: MemoryVectors
) -> None:
    index = open_index()
    state = published(index, stored)
    kept = {one: vector for one, vector in state.vectors.items() if one != 7}
    later = replace(state, vectors=kept | vectors_of(500), gone={7}, publication=9)
    index.at(later)
    late_view = index.at(state)
    assert next(iter(late_view.search(vectors_of(7)[7][None, :], 1))) == 7
    assert 500 not in late_view.search(vectors_of(500)[500][None, :], COUNT)
    assert next(iter(index.at(later).search(vectors_of(500)[500][None, :], 1))) == 500


def test_scores_are_cosines_of_what_is_stored(open_index: Open, stored: MemoryVectors) -> None:
    index = open_index()
    query = vectors_of(1_000)[1_000][None, :]
    scores = index.at(published(index, stored)).scores([2, 4, 10_000], query)
    assert scores == pytest.approx({one: float(stored.vectors[one] @ query[0]) for one in (2, 4)}, abs=1e-5)


def test_nothing_stored_is_nothing_found(open_index: Open) -> None:
    index = open_index()
    for state in (MemoryVectors({}), published(index, MemoryVectors({}))):
        assert index.at(state).search(vectors_of(1)[1][None, :], 5) == {}


def test_a_version_stays_until_another_takes_its_place(open_index: Open, stored: MemoryVectors) -> None:
    index = open_index()
    first = published(index, stored)
    second = published(index, first)
    assert first.version.name != second.version.name
    assert second.version.high_water == COUNT
    index.drop_others(second.version.name)
    assert len(open_index().at(second).search(vectors_of(1)[1][None, :], COUNT)) == COUNT


def test_sets_of_chunks_are_counted_and_taken_apart() -> None:
    small, large = ChunkSet.of(np.array([1, 2])), ChunkSet.of(np.array([2, 100]))
    assert [len(one) for one in (small, large, large - small, small - large)] == [2, 2, 1, 1]
    assert np.flatnonzero((large - small).flags()).tolist() == [100]
