"""Verdicts on answers, in the conversation store."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rag.conversations.store import ConversationStore
from rag.conversations.types import LONGEST_REMARK, Feedback
from rag.types import Answer, Citation, Sentence
from tests.vectorstore.formats import written_in_format_1
from vectorstore.errors import UsageError

ANSWER = Answer("extractive", "reader", (Sentence("Quoted.", (1,)),), (Citation(1, 1, "T", 2, 0, 7, "Quoted.", 0.5),))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ConversationStore]:
    with closing(ConversationStore(tmp_path)) as made:
        yield made


def answered(store: ConversationStore, question: str, conversation: str | None = None) -> tuple[str, int]:
    conversation, turn = store.add_turn(conversation, question)
    store.set_turn(turn, "done", ANSWER)
    return conversation, turn


def verdict(store: ConversationStore, conversation: str) -> Feedback | None:
    found = store.get(conversation)
    assert found is not None
    return found.turns[-1].feedback


def test_a_verdict_is_kept_with_its_turn_changed_and_taken_back(tmp_path: Path, store: ConversationStore) -> None:
    conversation, turn = answered(store, "What is it?")
    assert verdict(store, conversation) is None
    store.rate(conversation, turn, "down", right_answer="  eye drops ", note="Too old.")
    with closing(ConversationStore(tmp_path)) as again:
        given = verdict(again, conversation)
        assert given is not None
        assert (given.rating, given.right_answer, given.note) == ("down", "eye drops", "Too old.")
        assert given.given_at.startswith("20")
    store.rate(conversation, turn, "up")
    given = verdict(store, conversation)
    assert given is not None
    assert (given.rating, given.right_answer, given.note) == ("up", "", "")
    store.rate(conversation, turn, None)
    assert verdict(store, conversation) is None
    assert store.judged() == ()


def test_judged_conversations_come_with_all_their_turns_and_go_when_deleted(store: ConversationStore) -> None:
    first, turn = answered(store, "What is glaucoma?")
    _, follow_up = answered(store, "How is it treated?", first)
    answered(store, "Nobody judged this?")
    last, other = answered(store, "What is asthma?")
    store.rate(last, other, "up")
    store.rate(first, follow_up, "down")
    judged = store.judged()
    assert [[turn.question for turn in conversation.turns] for conversation in judged] == [
        ["What is glaucoma?", "How is it treated?"],
        ["What is asthma?"],
    ]
    assert [bool(turn.feedback) for turn in judged[0].turns] == [False, True]
    store.delete(first)
    assert [conversation.id for conversation in store.judged()] == [last]
    store.rate(first, turn, "up")  # in a browser that still shows it
    assert [conversation.id for conversation in store.judged()] == [last]


def test_only_finished_answers_of_the_conversation_are_judged(store: ConversationStore) -> None:
    conversation, turn = store.add_turn(None, "What is it?")
    store.set_turn(turn, "working", ANSWER)
    store.rate(conversation, turn, "up")
    assert verdict(store, conversation) is None
    store.set_turn(turn, "done")
    store.rate("another", turn, "up")
    assert verdict(store, conversation) is None


def test_an_endless_note_is_refused(store: ConversationStore) -> None:
    conversation, turn = answered(store, "What is it?")
    with pytest.raises(UsageError, match="at most 1,000 characters"):
        store.rate(conversation, turn, "down", note="x" * (LONGEST_REMARK + 1))


def test_conversations_from_before_there_were_verdicts_can_be_judged(tmp_path: Path, store: ConversationStore) -> None:
    conversation, turn = answered(store, "What is it?")
    store.close()
    written_in_format_1(tmp_path / "conversations.db", without=["feedback"])
    with closing(ConversationStore(tmp_path)) as again:
        again.rate(conversation, turn, "up")
        assert verdict(again, conversation) is not None
