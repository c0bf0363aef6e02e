"""A disk that is full at any point: what was said to be stored is there, and it goes on when there is room."""

import random
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from rag.access.types import LOCAL_OWNER
from rag.conversations.store import ConversationStore
from tests.fakes import HashEmbedder
from tests.full_disk import full_disk
from tests.vectorstore.conftest import put_text
from vectorstore.embedded import open_store, verify
from vectorstore.errors import RefdeskError
from vectorstore.sqlite.conversations import verify_conversations
from vectorstore.types import EVERYTHING, Indexing

_DOCUMENTS = 24
_FOLD_EVERY = 5
_LAST = 4096
"""The last bytes are tried more closely."""


def text_of(number: int) -> str:
    return "\n\n".join(f"Leaflet{number} has a paragraph {part}. {'Amber light. ' * 40}" for part in range(4))


def write(home: Path, stored: set[int], asked: set[int]) -> None:
    """Store what is missing, and note what was said to be stored."""
    with closing(open_store(home, HashEmbedder())) as knowledge, closing(ConversationStore(home)) as conversations:
        for number in range(_DOCUMENTS):
            if number not in stored:
                put_text(knowledge, f"{number}.txt", text_of(number))
                stored.add(number)
            if number not in asked:
                conversations.add_turn(None, f"What is leaflet{number}?")
                asked.add(number)
            if number % _FOLD_EVERY == 0:
                knowledge.compact(force=True)


def check(home: Path, stored: set[int], asked: set[int]) -> None:
    """All of ``stored`` is whole and found, and nothing else is there, at most the one whose storing was under way."""
    assert verify(home, Indexing(HashEmbedder().fingerprint, "")) == []
    assert verify_conversations(home) == []
    with closing(open_store(home, HashEmbedder())) as knowledge, knowledge.view() as view:
        paths = {int(one.path.removesuffix(".txt")) for one in view.documents(EVERYTHING)[1]}
        assert stored <= paths
        assert len(paths - stored) <= 1
        for number in paths:
            best = knowledge.search(f"leaflet{number}", EVERYTHING, limit=4)
            assert {passage.chunk.path for passage in best} == {f"{number}.txt"}
    with closing(ConversationStore(home)) as conversations:
        titles = {conversation.title for conversation in conversations.list(LOCAL_OWNER)}
        assert {f"What is leaflet{number}?" for number in asked} <= titles


def largest(home: Path) -> int:
    return max(path.stat().st_size for path in home.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "points", [pytest.param(12, id="sample"), pytest.param(300, id="soak", marks=pytest.mark.soak)]
)
def test_a_disk_that_is_full_at_any_point_loses_nothing(tmp_path: Path, points: int) -> None:
    write(tmp_path / "whole", set(), set())
    size = largest(tmp_path / "whole")
    chosen = random.Random(points)
    near_the_end = points // 6
    limits = [size - 1 - chosen.randrange(_LAST) for _ in range(near_the_end)]
    limits += [int(size * point / (points - near_the_end)) for point in range(points - near_the_end)]
    errors: list[RefdeskError] = []
    for number, limit in enumerate(limits):
        home = tmp_path / str(number)
        stored: set[int] = set()
        asked: set[int] = set()
        try:
            with full_disk(limit):
                write(home, stored, asked)
        except RefdeskError as error:
            errors.append(error)
        if home.exists():
            check(home, stored, asked)
        write(home, stored, asked)
        check(home, set(range(_DOCUMENTS)), set(range(_DOCUMENTS)))
        shutil.rmtree(home)
    assert len(errors) > 0.9 * len(limits)
    assert all(error.remedy for error in errors)
