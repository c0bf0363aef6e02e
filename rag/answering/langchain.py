"""The answer flow as a LangChain ``Runnable``, for chains of one's own; Refdesk itself does not use it."""

from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig

from rag.answering.flow import AnswerFlow
from rag.types import Answer
from vectorstore.types import Scope


class AnswerRunnable(Runnable[str, Answer]):
    """From a question to its answer within ``scope``.

    >>> chain = AnswerRunnable(flow, scope) | (lambda answer: answer.text)  # doctest: +SKIP
    >>> chain.invoke("How is glaucoma treated?")  # doctest: +SKIP
    'Glaucoma is treated with eye drops.'
    """

    def __init__(self, flow: AnswerFlow, scope: Scope) -> None:
        self._flow = flow
        self._scope = scope

    def invoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        return self._flow.answer(input, self._scope)
