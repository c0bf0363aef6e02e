"""Searches while another process publishes: each is answered from one publication, whole."""

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes import HashEmbedder
from tests.vectorstore.conftest import put_text_in
from vectorstore.embedded import open_store
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING, Scope

_DOCUMENTS = 6
_FOLD_EVERY = 7

_PROGRAM = """
import sys
from pathlib import Path
from tests.soak.test_publishing import publish
publish(Path(sys.argv[1]), range(1, int(sys.argv[2]) + 1))
"""


def publish(home: Path, editions: range) -> None:
    """Every publication replaces all documents by those of the next edition; some are folded into a new index."""
    with closing(open_store(home, HashEmbedder())) as knowledge:
        for edition in editions:
            embedder = knowledge.embedder
            with knowledge.change() as change:
                for number in range(_DOCUMENTS):
                    text = f"Leaflet {number} of edition{edition}."
                    put_text_in(change, embedder, f"{number}.txt", text, ("staff", "public")[number % 2])
            if edition % _FOLD_EVERY == 0:
                knowledge.compact(force=True)


def editions_found(knowledge: KnowledgeStore, scope: Scope, expected: int, publisher: "subprocess.Popen[bytes]") -> int:
    """Search until there is no further publication; how many editions were seen."""
    seen: Counter[str] = Counter()
    while True:
        ended = publisher.poll() is not None
        passages = knowledge.search("leaflet edition", scope, limit=50)
        (edition,) = {passage.chunk.text.split()[-1] for passage in passages}
        assert len(passages) == expected
        assert all(passage.dense and passage.lexical for passage in passages)
        seen[edition] += 1
        if ended:
            return len(seen)


@pytest.mark.slow
@pytest.mark.parametrize(
    "publications", [pytest.param(60, id="sample"), pytest.param(1000, id="soak", marks=pytest.mark.soak)]
)
def test_every_search_is_answered_from_one_publication(tmp_path: Path, publications: int) -> None:
    publish(tmp_path, range(1))
    staff = Scope(collections=frozenset({"staff"}))
    with (
        closing(open_store(tmp_path, HashEmbedder())) as one,
        closing(open_store(tmp_path, HashEmbedder())) as two,
        subprocess.Popen([sys.executable, "-c", _PROGRAM, str(tmp_path), str(publications)]) as publisher,
        ThreadPoolExecutor(4) as threads,
    ):
        ways = [(one, EVERYTHING, _DOCUMENTS), (one, staff, _DOCUMENTS // 2), (two, EVERYTHING, _DOCUMENTS)]
        searching = [threads.submit(editions_found, *way, publisher) for way in [*ways, ways[-1]]]
        seen = [search.result() for search in searching]
    assert publisher.returncode == 0
    assert min(seen) > 1
