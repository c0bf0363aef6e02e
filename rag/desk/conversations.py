"""Conversations of a principal; see ``rag.desk.protocols.Conversations``."""

from rag.access.types import Principal, scope_of
from rag.conversations.store import ConversationStore
from rag.conversations.types import Conversation, Rating
from rag.desk.answers import Answering, AnsweringService
from rag.evaluation.forgetting import forget_turns
from rag.settings.model import Settings
from vectorstore.types import Scope


class DeskConversations:
    """Kept in the home of ``settings`` and answered by ``answering``, from worker threads. Close it."""

    def __init__(self, settings: Settings, answering: Answering) -> None:
        self._home = settings.home
        self._store = ConversationStore(settings.home)
        self._service = AnsweringService(
            answering,
            self._store,
            queue_size=settings.answering.queue_size,
            workers=settings.answering.workers,
            max_question_characters=settings.answering.max_question_characters,
        )

    def ask(self, principal: Principal, scope: Scope, question: str, conversation: str | None = None) -> str:
        return self._service.ask(principal, scope_of(principal, scope), conversation, question)

    def list(self, principal: Principal) -> tuple[Conversation, ...]:
        return self._store.list(principal)

    def get(self, principal: Principal, conversation: str) -> Conversation | None:
        found = self._service.conversation(conversation)
        return found if found and found.principal == principal.id else None

    def stop(self, principal: Principal, conversation: str) -> None:
        if self.get(principal, conversation):
            self._service.stop(conversation)

    def shorten(self, principal: Principal, scope: Scope, conversation: str, turn: int) -> None:
        found = self.get(principal, conversation)
        for one in found.turns if found else ():
            if one.id == turn and one.answer and one.answer.kind == "extractive" and one.beside is None:
                self._service.shorten(scope_of(principal, scope), conversation, one)

    def delete(self, principal: Principal, conversation: str) -> None:
        if found := self.get(principal, conversation):
            self._service.delete(conversation)
            forget_turns(self._home, [turn.id for turn in found.turns])

    def rate(
        self,
        principal: Principal,
        conversation: str,
        turn: int,
        rating: Rating | None,
        *,
        right_answer: str = "",
        note: str = "",
    ) -> None:
        if self.get(principal, conversation):
            self._store.rate(conversation, turn, rating, right_answer=right_answer, note=note)

    def close(self) -> None:
        self._service.close()
        self._store.close()
