"""A second service on a home, in a process of its own: ``python -m tests.rag.another_service HOME CONVERSATION``.

It answers a question of its own, and prints what it sees of both conversations' last turns.
"""

import sys
import time
from pathlib import Path

from rag.access.types import LOCAL_OWNER
from rag.conversations.store import ConversationStore
from rag.desk.answers import AnsweringService
from tests.rag.stepped_flow import SteppedFlow
from vectorstore.types import EVERYTHING


def main(home: Path, theirs: str) -> None:
    store = ConversationStore(home)
    flow = SteppedFlow()
    flow.go.set()
    service = AnsweringService(flow, store, queue_size=2, workers=1, max_question_characters=100)
    mine = service.ask(LOCAL_OWNER, EVERYTHING, None, "What is it here?")
    deadline = time.monotonic() + 60
    while (own := _state(store, mine)) in ("waiting", "working") and time.monotonic() < deadline:
        time.sleep(0.01)
    print(_state(store, theirs), own)
    service.close()
    store.close()


def _state(store: ConversationStore, conversation: str) -> str:
    found = store.get(conversation)
    assert found is not None
    return found.turns[-1].state


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
