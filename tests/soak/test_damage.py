"""Single bit flips and truncations of the store's files: noticed and repaired, or without effect."""

import random
import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from rag.access.types import LOCAL_OWNER
from rag.conversations.store import ConversationStore
from tests.fakes import HashEmbedder
from tests.ingest.conftest import SETTINGS
from tests.soak.folders import paragraph
from tests.soak.noted import noted
from tests.vectorstore.conftest import put_text
from vectorstore.embedded import open_store, repair, verify
from vectorstore.errors import StoreError
from vectorstore.library import remove
from vectorstore.sqlite.conversations import repair_conversations, verify_conversations
from vectorstore.sqlite.schema import DATABASE_FILE, INDEX_FOLDER
from vectorstore.types import EVERYTHING

_SEED = 20261122
_ALL = 1000
Answers = list[list[tuple[object, ...]]]


@dataclass(frozen=True)
class Store:
    """An undamaged knowledge base, and what it answers."""

    home: Path
    queries: list[str]
    answers: Answers


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Documents in an index version, some of them removed since, and others added."""
    home = tmp_path_factory.mktemp("store")
    rng = random.Random(_SEED)
    with closing(open_store(home, HashEmbedder())) as knowledge:
        for number in range(30):
            text = "\n\n".join(paragraph(rng) for _ in range(4))
            put_text(knowledge, f"{number}.txt", f"{text} It is about topic{number}.", title=f"Document {number}")
            if number == 24:
                knowledge.compact(force=True)
                remove(knowledge, ["3.txt", "7.txt"], EVERYTHING)
    queries = [f"topic{number}" for number in (2, 12, 28)]
    return Store(home, queries, answers(home, queries))


def answers(home: Path, queries: list[str]) -> Answers:
    """For each query every passage that there is, so that no damage stays unseen."""
    with closing(open_store(home, HashEmbedder())) as knowledge:
        return [
            [
                (passage.chunk, *(round(score, 4) for score in (passage.score, passage.dense, passage.lexical)))
                for passage in knowledge.search(query, EVERYTHING, limit=_ALL, candidates=_ALL)
            ]
            for query in queries
        ]


def damage(path: Path, rng: random.Random) -> str:
    """Flip one bit of the file, or (one time in ten) cut it off; says which."""
    data = bytearray(path.read_bytes())
    place = rng.randrange(len(data))
    if rng.random() < 0.1:
        path.write_bytes(data[:place])
        return f"{path.name} cut off at {place}"
    bit = rng.randrange(8)
    data[place] ^= 1 << bit
    path.write_bytes(data)
    return f"bit {bit} of byte {place} of {path.name} flipped"


@pytest.mark.parametrize("tries", [pytest.param(5, id="sample"), pytest.param(100, id="soak", marks=pytest.mark.soak)])
def test_a_damaged_index_is_never_served_and_is_built_again(store: Store, tmp_path: Path, tries: int) -> None:
    for number in range(tries):
        rng = random.Random(f"{_SEED} {number}")
        home = tmp_path / "damaged"
        shutil.copytree(store.home, home)
        path = rng.choice(sorted((home / INDEX_FOLDER).glob("*/*")))
        what = damage(path, rng)
        with noted(f"seed {_SEED}, try {number}: {what}"):
            assert answers(home, store.queries) == store.answers
            findings = verify(home, SETTINGS)
            if path.suffix == ".faiss":
                assert [finding.repairable for finding in findings] == [True]
                repair(home, HashEmbedder())
                assert verify(home, SETTINGS) == []
                assert answers(home, store.queries) == store.answers
        shutil.rmtree(home)


@pytest.mark.parametrize("tries", [pytest.param(10, id="sample"), pytest.param(600, id="soak", marks=pytest.mark.soak)])
def test_a_damaged_database_is_noticed(store: Store, tmp_path: Path, tries: int) -> None:
    for number in range(tries):
        rng = random.Random(f"{_SEED} {number}")
        home = tmp_path / "damaged"
        shutil.copytree(store.home, home)
        what = damage(home / DATABASE_FILE, rng)
        with noted(f"seed {_SEED}, try {number}: {what}"):
            try:
                served = answers(home, store.queries)
            except StoreError:
                served = None
            assert served in (None, store.answers)
            findings = verify(home, SETTINGS)
            assert findings or served is not None, "an error at the search that verify knows nothing of"
            if findings and all(finding.repairable for finding in findings):
                repair(home, HashEmbedder())
                assert verify(home, SETTINGS) == []
                assert answers(home, store.queries) == store.answers
        shutil.rmtree(home)


@pytest.mark.parametrize("tries", [pytest.param(10, id="sample"), pytest.param(300, id="soak", marks=pytest.mark.soak)])
def test_a_damaged_log_loses_nothing_silently(store: Store, tmp_path: Path, tries: int) -> None:
    """What a killed process leaves in the write-ahead log, damaged before anyone reads it again."""
    home = tmp_path / "killed"
    shutil.copytree(store.home, home)
    with closing(open_store(home, HashEmbedder())) as knowledge:
        for number in range(30, 34):
            put_text(knowledge, f"{number}.txt", f"It is about topic{number}.", title=f"Document {number}")
        left = tmp_path / "left"  # while it is open, as a kill would leave it
        shutil.copytree(home, left, ignore=shutil.ignore_patterns("*-shm"))
    queries = [*store.queries, "topic30", "topic33"]
    whole = answers(home, queries)
    for number in range(tries):
        rng = random.Random(f"{_SEED} {number}")
        home = tmp_path / "damaged"
        shutil.copytree(left, home)
        what = damage(rng.choice(sorted(home.glob("refdesk.db-*"))), rng)
        with noted(f"seed {_SEED}, try {number}: {what}"):
            try:
                served = answers(home, queries)
            except StoreError:
                findings = verify(home, SETTINGS)
                assert findings
                if all(finding.repairable for finding in findings):
                    repair(home, HashEmbedder())
                    assert verify(home, SETTINGS) == []
                    assert answers(home, store.queries)[0]
            else:
                assert served == whole
        shutil.rmtree(home)


@pytest.mark.parametrize("tries", [pytest.param(10, id="sample"), pytest.param(300, id="soak", marks=pytest.mark.soak)])
def test_damaged_conversations_are_noticed_and_what_is_whole_is_kept(tmp_path: Path, tries: int) -> None:
    whole = tmp_path / "whole"
    with closing(ConversationStore(whole)) as store:
        for number in range(40):
            _, turn = store.add_turn(None, f"What is said about topic{number}? " * 20)
            store.set_turn(turn, "failed", error="The model ended.")
    expected = conversations(whole)
    for number in range(tries):
        rng = random.Random(f"{_SEED} {number}")
        home = tmp_path / "damaged"
        shutil.copytree(whole, home)
        what = damage(home / "conversations.db", rng)
        with noted(f"seed {_SEED}, try {number}: {what}"):
            try:
                served = conversations(home)
            except StoreError:
                served = None
            assert served in (None, expected)
            findings = verify_conversations(home)
            assert findings or served is not None
            if findings and all(finding.repairable for finding in findings):
                repair_conversations(home)
                assert verify_conversations(home) == []
                assert conversations(home) == expected
        shutil.rmtree(home)


def conversations(home: Path) -> list[object]:
    with closing(ConversationStore(home)) as store:
        return [store.get(listed.id) for listed in store.list(LOCAL_OWNER)]
