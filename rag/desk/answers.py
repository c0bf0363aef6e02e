"""Questions behind a bounded queue, answered in worker threads, kept in the conversation store as they are made."""

import logging
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from rag.access.types import Principal
from rag.conversations.store import ConversationStore
from rag.conversations.types import Conversation, State, Turn
from rag.jobs.leases import RENEW_SECONDS, Heartbeat
from rag.types import Answer, Done, Event, Exchange, Quoted, Writing
from vectorstore.errors import RefdeskError, UsageError
from vectorstore.types import Scope

logger = logging.getLogger(__name__)


class Answering(Protocol):
    """What the workers need: the answer flow, or a stand-in."""

    def events(
        self, question: str, scope: Scope, *, before: Sequence[Exchange] = (), stop: threading.Event | None = None
    ) -> Iterator[Event]:
        """The events of a question, ``Done`` last."""
        ...

    def shorter(
        self, question: str, answer: Answer, scope: Scope, *, stop: threading.Event | None = None
    ) -> Iterator[Event]:
        """The events of saying ``answer`` in fewer words, ``Done`` last: with the answer itself where that fails."""
        ...


@dataclass(slots=True)
class _Asked:
    conversation: str
    turn: int
    question: str
    scope: Scope
    shortened: Answer | None = None  # what is to be said in fewer words; None for a question
    stop: threading.Event = field(default_factory=threading.Event)
    progress: Event | None = None


def checked_question(question: str, longest: int) -> str:
    """The question without surrounding white space; raises UsageError when it is empty or too long."""
    question = question.replace("\x00", "").strip()
    if not question:
        raise UsageError("The question is empty", remedy="Write what you want to know.")
    if len(question) > longest:
        raise UsageError(
            f"The question has {len(question):,} characters; at most {longest:,} are read",
            where="answering.max_question_characters",
            remedy="Shorten it to what you want to know.",
        )
    return question


class AnsweringService:
    """Takes questions at once and answers them in the background; safe to use from many threads."""

    def __init__(
        self,
        flow: Answering,
        store: ConversationStore,
        *,
        queue_size: int,
        workers: int,
        max_question_characters: int,
        renew_seconds: float = RENEW_SECONDS,
    ) -> None:
        self._flow = flow
        self._store = store
        self._longest = max_question_characters
        self._queue: queue.Queue[_Asked | None] = queue.Queue(maxsize=queue_size)
        self._asked: dict[int, _Asked] = {}
        self._asked_lock = threading.Lock()
        self._threads = [threading.Thread(target=self._work, name=f"answer-{i}", daemon=True) for i in range(workers)]
        self._heartbeat = Heartbeat(self._renew, renew_seconds)
        self._heartbeat.start()
        for thread in self._threads:
            thread.start()

    def _renew(self) -> None:
        if not self._asked:
            return
        stopped = self._store.renew()  # from another program that serves this home
        with self._asked_lock:
            for turn in stopped:
                if asked := self._asked.get(turn):
                    asked.stop.set()

    def ask(self, principal: Principal, scope: Scope, conversation_id: str | None, question: str) -> str:
        """Queue a question to what is in ``scope``, and return the id of its conversation.

        Raises UsageError for a question that is empty or too long, RefdeskError when too many are waiting.
        """
        question = checked_question(question, self._longest)
        with self._room():
            conversation_id, turn = self._store.add_turn(conversation_id, question, principal)
            self._put(_Asked(conversation_id, turn, question, scope))
        return conversation_id

    def shorten(self, scope: Scope, conversation_id: str, turn: Turn) -> None:
        """Queue saying the quoted answer of a turn in fewer words; nothing where the turn is not finished.

        Raises RefdeskError when too many questions are waiting.
        """
        with self._room():
            if self._store.reopen(turn.id):
                self._put(_Asked(conversation_id, turn.id, turn.question, scope, turn.answer))

    @contextmanager
    def _room(self) -> Iterator[None]:
        """Nobody else puts into the queue meanwhile, and there is room in it."""
        with self._asked_lock:
            if self._queue.full():
                raise RefdeskError("Too many questions are waiting", remedy="Ask again in a moment.")
            yield

    def _put(self, asked: _Asked) -> None:
        self._asked[asked.turn] = asked
        self._queue.put_nowait(asked)

    def conversation(self, conversation_id: str) -> Conversation | None:
        """The stored conversation, with the progress of what is being answered."""
        conversation = self._store.get(conversation_id)
        if conversation is None:
            return None
        with self._asked_lock:
            progress = {turn: asked.progress for turn, asked in self._asked.items()}
        turns = tuple(
            replace(turn, progress=progress.get(turn.id)) if turn.state == "working" else turn
            for turn in conversation.turns
        )
        return replace(conversation, turns=turns)

    def stop(self, conversation_id: str) -> None:
        with self._asked_lock:
            for asked in self._asked.values():
                if asked.conversation == conversation_id:
                    asked.stop.set()
        self._store.stop(conversation_id)

    def delete(self, conversation_id: str) -> None:
        self.stop(conversation_id)
        self._store.delete(conversation_id)

    def close(self) -> None:
        """Stop what is being answered and end the workers."""
        with self._asked_lock:
            for asked in self._asked.values():
                asked.stop.set()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()
        self._heartbeat.end()

    def _work(self) -> None:
        while (asked := self._queue.get()) is not None:
            try:
                if asked.shortened:
                    self._shorten(asked, asked.shortened)
                else:
                    self._answer(asked)
            except Exception as error:  # the worker must live on; the person sees what happened
                logger.exception("answering failed")
                what = str(error) if isinstance(error, RefdeskError) else "Something went wrong while answering."
                self._keep_error(asked, what)
            finally:
                with self._asked_lock:
                    if self._asked[asked.turn] is asked:  # else its shorter version was asked for at once
                        del self._asked[asked.turn]

    def _keep_error(self, asked: _Asked, what: str) -> None:
        try:
            self._store.set_turn(asked.turn, "failed", error=what)
        except RefdeskError:
            logger.exception("the failure could not be stored")

    def _answer(self, asked: _Asked) -> None:
        if asked.stop.is_set():
            self._store.set_turn(asked.turn, "stopped")
            return
        self._store.set_turn(asked.turn, "working")
        quoted: Answer | None = None
        for event in self._flow.events(asked.question, asked.scope, before=self._before(asked), stop=asked.stop):
            asked.progress = event
            if isinstance(event, Quoted):
                quoted = event.answer
                self._store.set_turn(asked.turn, "working", quoted)
            elif isinstance(event, Done):
                beside = quoted if event.answer.kind == "generated" else None
                state: State = "stopped" if asked.stop.is_set() else "done"
                self._store.set_turn(asked.turn, state, event.answer, beside=beside)
            elif not isinstance(event, Writing) and asked.stop.is_set():
                self._store.set_turn(asked.turn, "stopped")
                return

    def _shorten(self, asked: _Asked, answer: Answer) -> None:
        """The answer stays as it is, whatever comes of it."""
        self._store.set_turn(asked.turn, "working")
        said = answer
        for event in self._flow.shorter(asked.question, answer, asked.scope, stop=asked.stop):
            asked.progress = event
            if isinstance(event, Done):
                said = event.answer
        shorter = None
        if said.kind == "generated":
            shorter = said
        elif not asked.stop.is_set():
            shorter = Answer("abstained", said.engine, timings=said.timings, dropped=said.dropped)
        self._store.set_turn(asked.turn, "done", beside=shorter)

    def _before(self, asked: _Asked) -> list[Exchange]:
        """The conversation up to the question; read when its turn comes, so that the answers before it are there."""
        conversation = self._store.get(asked.conversation)
        turns = conversation.turns if conversation else ()
        return [Exchange(turn.question, turn.answer) for turn in turns if turn.id < asked.turn]
