"""Retrieval, fine-tuning and both on the same questions: adapted, asked, and brought up to date after a change.

The question is that of Ovadia et al., "Fine-Tuning or Retrieval? Comparing Knowledge Injection in LLMs" (EMNLP 2024),
put to the person's own model, documents and budget.
"""

from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ingest.sources.files import find_files
from rag.evaluation import machine
from rag.evaluation.runs import sha256_of
from rag.evaluation.squad import load_question_file
from rag.jobs.isolated import Apart, run_apart
from rag.jobs.types import OnProgress
from rag.rag_vs_finetuning.changing import choose_changes
from rag.rag_vs_finetuning.configurations import BASE, BOTH, RETRIEVAL, TUNED
from rag.rag_vs_finetuning.figures import figures
from rag.rag_vs_finetuning.questions import question_set
from rag.rag_vs_finetuning.recommendation import recommend
from rag.rag_vs_finetuning.report import write_report
from rag.rag_vs_finetuning.stages import Stages
from rag.settings.model import Settings
from rag.training.generator.settings import GeneratorTraining
from rag.training.runs.folder import RunFolder
from vectorstore.models import ResolvedModel


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compared. ``questions`` is a file in the SQuAD form; its paragraphs and ``documents`` are searched.

    At most ``limit`` questions are asked, of which about the share ``unseen`` is not taught; ``changes`` facts change.
    """

    questions: Path
    documents: tuple[Path, ...]
    limit: int | None
    unseen: float
    changes: int
    training: GeneratorTraining


def budgeted(**named: Any) -> GeneratorTraining:
    """Training by the settings that are named, steps among them: nothing is held out of what is taught, and all of the
    budget is used; what it came to is asked afterwards.
    """
    fixed = {"epochs": 100_000, "held_out": 0.0, "patience": 0, "evaluate_on": 8, "answers": 0}
    return GeneratorTraining.of(fixed | named)


def compare_rag_vs_finetuning(
    plan: Plan,
    model: ResolvedModel,
    settings: Settings,
    folder: Path,
    on_progress: OnProgress,
    apart: Apart = run_apart,
) -> dict[str, Any]:
    """Do what ``folder`` does not hold the result of yet, and write report.json and report.html there.

    ``settings`` name ``model`` as their generator. Raises UsageError for questions that cannot be used, and where
    ``folder`` holds a comparison of something else; RefdeskError where a part fails, which the next call goes on with.
    """
    file = load_question_file(plan.questions)
    questions = question_set(file, str(plan.questions), plan.limit, plan.unseen, plan.training.seed)
    others = find_files(plan.documents)
    setup = {
        "questions": {"name": plan.questions.name, "sha256": sha256_of(plan.questions), "asked": len(questions.asked)},
        "documents": {str(path): sha256_of(path) for path in plan.documents},
        "unseen": plan.unseen,
        "changes": plan.changes,
        "model": {"name": Path(model.name).name, "fingerprint": model.fingerprint},
        "training": plan.training.recorded(),
        "settings": settings.model_dump(mode="json", exclude={"home", "downloads"}),
        "machine": machine.describe(),
    }
    RunFolder(folder).claim(setup, resume=True)
    stages = Stages(questions, model, settings, plan.training, folder, on_progress, apart)
    ingested = stages.ingested(others)
    with closing(stages):
        answered = {one.name: stages.answers(one, questions.asked) for one in (BASE, RETRIEVAL)}
        trained = stages.trained("tuned", questions)
        answered |= {one.name: stages.answers(one, questions.asked) for one in (TUNED, BOTH)}
        changes = choose_changes(questions, plan.changes, plan.training.seed)
        change = stages.changed(changes) if changes else None
    report = {"setup": setup, **figures(questions, answered, ingested, trained, change)}
    report["recommendation"] = asdict(recommend(report))
    write_report(folder, report)
    return report
