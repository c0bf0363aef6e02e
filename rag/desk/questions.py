"""Questions that stand by themselves; see ``rag.desk.protocols.Questions``."""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.access.types import Principal, scope_of
from rag.calibration.numbers import calibration_state
from rag.components import Components
from rag.desk.answers import Answering, checked_question
from rag.desk.suggestions import Suggestions
from rag.evaluation.types import UNEDITED, Trial
from rag.generators.types import Generator
from rag.settings.model import Settings
from rag.types import Answer, Event, Exchange
from vectorstore.errors import RefdeskError, UsageError
from vectorstore.types import EVERYTHING, Passage, Scope

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Engine:
    """What answers, its name for people, what writes, and the state of the fitted numbers it was opened with."""

    name: str
    answering: Answering
    generator: Generator | None
    numbers: object


class DeskQuestions:
    """Opens the models when they are first needed. Without ``retrieval`` the generator speaks alone, unchecked."""

    def __init__(self, components: Components, *, retrieval: bool = True) -> None:
        self._components = components
        self._retrieval = retrieval
        self._opening = threading.RLock()
        self._engine: _Engine | None = None
        self._suggestions: Suggestions | None = None
        self.settings = components.settings
        """By which what answers now was chosen."""

    def open(self) -> None:
        """Load the models, and warm them up by working out the first suggestions: later that would compete with the
        first question. Raises UsageError where nothing could speak.
        """
        self._opened()
        self._suggested_within(EVERYTHING)

    def close(self) -> None:
        """End what is worked out in the background."""
        if self._suggestions:
            self._suggestions.close()

    def change_generator(self, settings: Settings) -> None:
        """Have the questions to come answered by the generator of these settings; what is being answered stays with
        its own. Raises UsageError or RefdeskError where it cannot be; the old one then stays.
        """
        engine = self._open(settings)
        with self._opening:
            self._engine, self.settings = engine, settings

    def engine_name(self, principal: Principal) -> str:  # noqa: ARG002 - the same for all
        return self._opened().name

    def can_write(self, principal: Principal) -> bool:  # noqa: ARG002 - the same for all
        return self._opened().generator is not None

    def answer(
        self,
        principal: Principal,
        scope: Scope,
        question: str,
        *,
        before: Sequence[Exchange] = (),
        stop: threading.Event | None = None,
    ) -> Iterator[Event]:
        question = checked_question(question, self._components.settings.answering.max_question_characters)
        return self.events(question, scope_of(principal, scope), before=before, stop=stop)

    def events(
        self, question: str, scope: Scope, *, before: Sequence[Exchange] = (), stop: threading.Event | None = None
    ) -> Iterator[Event]:
        """As ``rag.desk.answers.Answering`` has it: by the generator of the moment, within what was allowed before."""
        yield from self._opened().answering.events(question, scope, before=before, stop=stop)

    def shorter(
        self, question: str, answer: Answer, scope: Scope, *, stop: threading.Event | None = None
    ) -> Iterator[Event]:
        """As ``rag.desk.answers.Answering`` has it."""
        yield from self._opened().answering.shorter(question, answer, scope, stop=stop)

    def search(self, principal: Principal, scope: Scope, query: str, limit: int = 12) -> tuple[Passage, ...]:
        return tuple(self._components.knowledge.search(query, scope_of(principal, scope), limit=limit))

    def suggestions(self, principal: Principal, scope: Scope) -> tuple[str, ...]:
        return self._suggested_within(scope_of(principal, scope))

    def try_out(self, principal: Principal, scope: Scope, question: str, edits: Mapping[int, str] = UNEDITED) -> Trial:
        return self._components.what_if().attempt(question, scope_of(principal, scope), edits)

    def _suggested_within(self, scope: Scope) -> tuple[str, ...]:
        with self._opening:
            if self._suggestions is None:
                quoting = self._components.flow(None)
                self._suggestions = Suggestions(self._components.knowledge, quoting.answer)
        return self._suggestions.within(scope)

    def _opened(self) -> _Engine:
        with self._opening:
            if self._engine is None:
                self._engine = self._open(self._components.settings)
            elif self._retrieval and self._engine.numbers != self._numbers():
                self._engine = self._fitted_anew(self._engine)
            return self._engine

    def _open(self, settings: Settings) -> _Engine:
        generator = self._components.generator(settings, alone=not self._retrieval)
        if self._retrieval:
            return self._answering_with(generator)
        if generator is None:
            raise UsageError("Without retrieval a generator is needed", where="--engine", remedy="Choose another.")

        from rag.answering.unchecked import Alone  # brings the generators' libraries

        return _Engine(generator.name, Alone(generator), generator, None)

    def _answering_with(self, generator: Generator | None) -> _Engine:
        numbers = self._numbers()
        name = generator.name if generator else "Quotes only"
        return _Engine(name, self._components.flow(generator), generator, numbers)

    def _fitted_anew(self, engine: _Engine) -> _Engine:
        """The same with the numbers that were fitted since; what cannot be read leaves those it has in use."""
        try:
            return self._answering_with(engine.generator)
        except RefdeskError as error:
            logger.warning("the fitted numbers of before stay in use: %s", error)
            return replace(engine, numbers=self._numbers())

    def _numbers(self) -> tuple[object, ...]:
        """Another value when answers hang on other numbers: a person's own, or those for another embedding model."""
        with self._components.knowledge.view() as view:
            return calibration_state(self._components.settings.home), view.indexing.embedding
