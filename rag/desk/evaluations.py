"""Evaluations: those that are stored, and new ones; see ``rag.desk.curator_protocols.Evaluations``.

The models and the statistics take seconds to import: not before the call is known to be right.
"""

import functools
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rag.access.types import Principal, require_curator, scope_of
from rag.calibration.numbers import forget_calibration, load_calibration, store_calibration
from rag.components import Components, build_flow, retriever_on
from rag.desk.diagnosis import models_in_use
from rag.evaluation import machine
from rag.evaluation.beir import load_beir
from rag.evaluation.items import sampled
from rag.evaluation.runs import changed_at, list_runs, load_head, load_run, runs_folder, sha256_of, store_run
from rag.evaluation.squad import load_question_file
from rag.evaluation.types import Comparison, Evaluation, Figures, Run, RunHead
from rag.jobs.types import OnProgress
from vectorstore.errors import UsageError
from vectorstore.types import EVERYTHING, Scope

_KEPT = 8


class DeskEvaluations:
    """Those of the home, made with the parts of the desk."""

    def __init__(self, components: Components) -> None:
        self._components = components
        self._home = components.settings.home
        # What is stored changes only where a conversation was deleted, which ``changed_at`` tells.
        self._loaded = functools.lru_cache(maxsize=_KEPT)(lambda run, _: load_run(self._home, run))
        self._compared = functools.lru_cache(maxsize=_KEPT)(self._compare)

    def list(self, principal: Principal) -> list[str]:
        require_curator(principal)
        return list_runs(self._home)

    def head(self, principal: Principal, run: str) -> RunHead:
        require_curator(principal)
        return load_head(self._home, run)

    def load(self, principal: Principal, run: str) -> Run:
        require_curator(principal)
        return self._loaded(run, changed_at(self._home, run))

    def compare(self, principal: Principal, before: str, after: str) -> Comparison:
        require_curator(principal)
        return self._compared(before, after, changed_at(self._home, before), changed_at(self._home, after))

    def _compare(self, before: str, after: str, *_: int) -> Comparison:
        from rag.evaluation.comparison import compare  # brings scipy

        return compare(load_run(self._home, before), load_run(self._home, after))

    def report(self, principal: Principal, run: str) -> str:
        from rag.evaluation.report import html_report  # draws plots

        return html_report(self.load(principal, run))

    def measure_retrieval(self, principal: Principal, folder: Path, limit: int | None, on_progress: OnProgress) -> Run:
        require_curator(principal)
        data, parts = load_beir(folder, limit), self._components

        def measure() -> Evaluation:
            from rag.evaluation.retrieval import evaluate_retrieval
            from rag.evaluation.temporary_collection import temporary_collection

            with temporary_collection(data.documents, parts.embedder, parts.worker, on_progress) as collection:
                retriever, calibration = (
                    retriever_on(parts.settings),
                    load_calibration(self._home, parts.embedder.fingerprint),
                )
                passages = parts.settings.reader.passages
                return evaluate_retrieval(data, collection, retriever, passages, parts.reader, calibration, on_progress)

        return self._kept(measure, folder, limit)

    def measure_reader(self, principal: Principal, file: Path, limit: int | None, on_progress: OnProgress) -> Run:
        require_curator(principal)
        data = load_question_file(file)
        questions = sampled(data.questions, limit)

        def measure() -> Evaluation:
            from rag.evaluation.qa import evaluate_qa

            return evaluate_qa(data, questions, self._components.reader, on_progress)

        return self._kept(measure, file, limit)

    def measure_answers(
        self, principal: Principal, file: Path, limit: int | None, on_progress: OnProgress, *, resume: bool
    ) -> Run:
        require_curator(principal)
        data, parts = load_question_file(file), self._components
        questions = sampled(data.questions, limit)

        def measure() -> Evaluation:
            from rag.evaluation.answers import evaluate_answers, texts_of
            from rag.evaluation.temporary_collection import temporary_collection
            from rag.evaluation.unfinished import unfinished

            embedder, reader, generator = parts.embedder, parts.reader, parts.generator()
            with (
                unfinished(self._home, self._setup(file, limit), resume=resume) as asked,
                temporary_collection(texts_of(data), embedder, parts.worker, on_progress) as collection,
            ):
                flow = build_flow(parts.settings, collection.knowledge, reader, generator)
                ask = functools.partial(flow.events, scope=EVERYTHING)
                return evaluate_answers(data, questions, collection, ask, on_progress, asked)

        return self._kept(measure, file, limit)

    def measure_questions(self, principal: Principal, scope: Scope, file: Path, on_progress: OnProgress) -> Run:
        require_curator(principal)
        from rag.evaluation.question_file import load_own_questions
        from rag.evaluation.questions import evaluate_questions

        questions, allowed = load_own_questions(file), scope_of(principal, scope)

        def measure() -> Evaluation:
            self._require_documents(allowed)
            flow = self._components.flow(self._components.generator())
            ask = functools.partial(flow.events, scope=allowed)
            return evaluate_questions(questions, lambda text, before: ask(text, before=before), on_progress)

        return self._kept(measure, file, None)

    def question_files(self, principal: Principal) -> Sequence[Path]:
        require_curator(principal)
        from rag.evaluation.judged_questions import question_files

        return question_files(self._home)

    def keep_question_file(self, principal: Principal, name: str, content: bytes) -> Path:
        require_curator(principal)
        from rag.evaluation.judged_questions import keep_question_file

        return keep_question_file(self._home, name, content)

    def add_judged(self, principal: Principal, file: Path | None = None) -> tuple[Path, int, int]:
        require_curator(principal)
        from rag.evaluation.golden_set import golden_questions
        from rag.evaluation.judged_questions import FOLDER, JUDGED_FILE, add_judged

        file = file or runs_folder(self._home) / FOLDER / JUDGED_FILE
        return file, *add_judged(file, golden_questions(self._home))

    def measure_golden(self, principal: Principal, output: Path | None, on_progress: OnProgress) -> tuple[Run, Path]:
        require_curator(principal)
        from rag.evaluation.golden import evaluate_golden
        from rag.evaluation.golden_set import GOLDEN_FILE, export_golden, golden_questions

        questions = golden_questions(self._home)
        if not questions:
            remedy = "Say in the chat, under an answer, whether it is right or wrong."
            raise UsageError("No answer has been judged yet", where=str(self._home), remedy=remedy)
        file = output or runs_folder(self._home) / GOLDEN_FILE
        export_golden(self._home, questions, file)

        def measure() -> Evaluation:
            flow = self._components.flow(self._components.generator())
            return evaluate_golden(
                questions, lambda text, before: flow.events(text, EVERYTHING, before=before), on_progress
            )

        return self._kept(measure, file, None), file

    def measure_counterfactuals(
        self, principal: Principal, file: Path, limit: int | None, on_progress: OnProgress
    ) -> Run:
        require_curator(principal)
        from rag.evaluation.counterfactuals import evaluate_counterfactuals, load_questions

        questions: Sequence[str] = sampled(load_questions(file), limit)

        def measure() -> Evaluation:
            self._require_documents(EVERYTHING)
            attempt = functools.partial(self._components.what_if().attempt, scope=EVERYTHING)
            return evaluate_counterfactuals(questions, attempt, on_progress)

        return self._kept(measure, file, limit)

    def fit(self, principal: Principal, file: Path | None, limit: int, on_progress: OnProgress) -> Figures:
        require_curator(principal)
        from rag.evaluation.fitting import FEWEST, fit
        from rag.evaluation.fitting_questions import heading_questions, judged_questions, questions_of_file
        from rag.evaluation.golden_set import golden_questions

        parts = self._components
        before = load_calibration(self._home, parts.embedder.fingerprint)

        models = (retriever_on(parts.settings), parts.reader)
        if file is not None:
            from rag.evaluation.answers import texts_of
            from rag.evaluation.temporary_collection import temporary_collection

            data = load_question_file(file)
            with temporary_collection(texts_of(data), parts.embedder, parts.worker, on_progress) as collection:
                questions = questions_of_file(sampled(data.questions, limit), collection.ids)
                made = fit(questions, collection.knowledge, *models, before, on_progress)
            source = str(file)
        else:
            questions, source = judged_questions(golden_questions(self._home))[-limit:], "answers judged in the chat"
            if len(questions) < FEWEST:
                with parts.knowledge.view() as view:
                    questions, source = heading_questions(view, limit), "headings of the documents"
            made = fit(questions, parts.knowledge, *models, before, on_progress)
        stored = store_calibration(self._home, made.calibration)
        return {"fitted_to": source, **made.figures, "file": str(stored)}

    def reset_fit(self, principal: Principal) -> bool:
        require_curator(principal)
        return forget_calibration(self._home)

    def _require_documents(self, scope: Scope) -> None:
        if not self._components.knowledge.count(scope):
            where = ", ".join(sorted(scope.collections or ())) or str(self._home)
            remedy = "Add some with `refdesk ingest FOLDER`."
            raise UsageError("There are no documents to ask", where=where, remedy=remedy)

    def _kept(self, measure: Callable[[], Evaluation], data: Path, limit: int | None) -> Run:
        """Measure, and keep the run."""
        runs_folder(self._home)  # where nothing can be kept, that is said before anything slow begins
        started, clock = datetime.now(UTC), time.perf_counter()
        evaluation = measure()
        took = {"seconds": round(time.perf_counter() - clock, 1), "machine": machine.describe()}
        return store_run(self._home, evaluation, started, self._setup(data, limit) | took)

    def _setup(self, data: Path, limit: int | None) -> Figures:
        """What is measured: equal for two evaluations that can be compared question by question."""
        return {
            "refdesk": version("refdesk"),
            "data": {"name": data.resolve().name, "sha256": sha256_of(data), "limit": limit},
            "settings": self._components.settings.model_dump(mode="json"),
            "models": models_in_use(self._components.settings),
        }
