"""The jobs that measure a desk, and those that make a model smaller. What comes of them is kept where the command line
keeps it: with the evaluations of the home, or in the folder that is named.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag.access.types import LOCAL_OWNER
from rag.components import Components
from rag.desk.evaluations import DeskEvaluations
from rag.evaluation.types import Run
from rag.jobs.types import Job, JobKind, OnProgress
from rag.jobs.worker import Report, Work
from rag.quantization.methods import find_method
from rag.quantization.quantize import quantize
from rag.settings.model import Settings
from vectorstore.errors import UsageError
from vectorstore.models import resolve_model
from vectorstore.types import EVERYTHING, Scope


def measuring_work(settings: Settings) -> Mapping[JobKind, Work]:
    """What evaluates the desk that these settings describe, and quantizes models."""

    def evaluate(job: Job, report: Report) -> Mapping[str, Any]:
        """The payload names ``what`` is measured, on which ``data`` and how many of them (``limit``)."""
        components = Components(settings)
        try:
            run = _measured(DeskEvaluations(components), job.payload, report.phase)
        finally:
            components.close()
        return {"run": run.id}

    def write_quantized(job: Job, report: Report) -> Mapping[str, Any]:
        """The payload names ``model`` and ``method``, and the new folder ``output``."""
        method = find_method(job.payload["method"])
        model = resolve_model(job.payload["model"], download=settings.downloads)
        return quantize(model, method, Path(job.payload["output"]), settings.home / "models", report.phase)

    return {"evaluate": evaluate, "quantize": write_quantized}


def _measured(evaluations: DeskEvaluations, asked: Mapping[str, Any], on_progress: OnProgress) -> Run:
    data, limit = Path(asked.get("data", "")), asked.get("limit")
    match asked["what"]:
        case "retrieval":
            return evaluations.measure_retrieval(LOCAL_OWNER, data, limit, on_progress)
        case "qa":
            return evaluations.measure_reader(LOCAL_OWNER, data, limit, on_progress)
        case "answers":  # goes on where a former worker, with the same settings and models, was
            return evaluations.measure_answers(LOCAL_OWNER, data, limit, on_progress, resume=True)
        case "questions":
            collection = asked.get("collection")
            scope = Scope(collections=frozenset({collection})) if collection else EVERYTHING
            return evaluations.measure_questions(LOCAL_OWNER, scope, data, on_progress)
        case "counterfactuals":
            return evaluations.measure_counterfactuals(LOCAL_OWNER, data, limit, on_progress)
        case "golden":
            return evaluations.measure_golden(LOCAL_OWNER, None, on_progress)[0]
        case unknown:
            raise UsageError("There is no such evaluation", where=unknown, remedy="Look at `refdesk evaluate --help`.")
