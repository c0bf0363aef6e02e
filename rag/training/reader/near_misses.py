"""Questions beside passages that retrieval returns for them, but that do not hold the answer.

A desk's reader mostly sees such passages; the unanswerable questions of a data set are seldom of this kind.
"""

from collections.abc import Sequence

from ingest.worker.guard import WorkerSettings
from rag.evaluation.squad import SquadQuestion, normalised
from rag.evaluation.temporary_collection import TemporaryCollection, temporary_collection
from rag.evaluation.types import Text
from rag.jobs.types import OnProgress
from rag.training.reader.data import QuestionSet
from vectorstore.embedded import open_store
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING, Embedder, Vectors

_SEARCHED = 10
_KEPT = 4

NearMisses = dict[str, list[str]]
"""By ``question_key``, passages that do not answer the question, the likeliest first."""


def question_key(part: QuestionSet, question: SquadQuestion) -> str:
    """Ids are unique within a file only."""
    return f"{part.name} {question.id}"


class _EmbeddedBefore:
    """Embeds all questions in large batches, which is ten times faster than each one when it is asked."""

    def __init__(self, embedder: Embedder, texts: Sequence[str]) -> None:
        self.fingerprint, self.dimension = embedder.fingerprint, embedder.dimension
        self._vectors: dict[str, Vectors] = dict(zip(texts, embedder.embed(list(texts)), strict=True))

    def embed(self, texts: list[str]) -> Vectors:
        (text,) = texts
        return self._vectors[text].reshape(1, -1)


def find_near_misses(
    part: QuestionSet, embedder: Embedder, worker: WorkerSettings, on_progress: OnProgress
) -> NearMisses:
    """Up to four passages for each answerable training question, from the training paragraphs of its own file.

    They are found by the desk's own ingestion and hybrid search.
    """
    asked = [question for question in part.training if question.answers]
    texts = [_text(part, number) for number in sorted({question.paragraph for question in part.training})]
    found: NearMisses = {}
    if not asked:
        return found
    with temporary_collection(texts, embedder, worker, on_progress) as collection:
        embedded = _EmbeddedBefore(embedder, [question.text for question in asked])
        knowledge = open_store(collection.home, embedded)
        for number, question in enumerate(asked):
            if passages := _near_misses(knowledge, collection, question):
                found[question_key(part, question)] = passages
            on_progress(f"Searching near misses in {part.name}", number + 1, len(asked))
        knowledge.close()
    return found


def _text(part: QuestionSet, number: int) -> Text:
    paragraph = part.file.paragraphs[number]
    return Text(str(number), paragraph.title, paragraph.text)


def _near_misses(knowledge: KnowledgeStore, collection: TemporaryCollection, question: SquadQuestion) -> list[str]:
    answers = [normalised(answer.text) for answer in question.answers]
    return [
        passage.chunk.text
        for passage in knowledge.search(question.text, EVERYTHING, limit=_SEARCHED)
        if str(question.paragraph) not in collection.ids[passage.chunk.document]
        and not any(answer in normalised(passage.chunk.text) for answer in answers)
    ][:_KEPT]
