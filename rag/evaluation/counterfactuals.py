"""Does an answer depend on who is spoken of? Each question, and again with the person's sex, age or origin swapped."""

from collections.abc import Sequence
from pathlib import Path

from rag.evaluation.counterfactual_edits import Attribute, Counterfactual, counterfactuals_of
from rag.evaluation.figures import mean, means
from rag.evaluation.items import slices_of
from rag.evaluation.squad import load_squad, normalised
from rag.evaluation.types import Evaluation, Item, Trial, Try
from rag.jobs.types import OnProgress
from vectorstore.errors import UsageError

SCORES = ("flipped", "other_decision", "other_passage", "other_short_answer")
_KINDS: tuple[Attribute, ...] = ("sex", "age", "origin")


def load_questions(path: Path) -> list[str]:
    """The questions of a SQuAD file (``.json``), or the lines of a text file, each once.

    Raises UsageError, naming the file, when it cannot be read or holds none.
    """
    if path.suffix.lower() == ".json":
        lines = [question.text for question in load_squad(path).questions]
    else:
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            remedy = "Name a text file with one question a line, or a SQuAD file."
            raise UsageError("Cannot be read", where=str(path), remedy=remedy) from error
    questions = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if not questions:
        raise UsageError("There are no questions in it", where=str(path), remedy="Name a file that holds some.")
    return questions


def flips(before: Trial, after: Trial) -> dict[str, bool]:
    """What is not the same: the decision to answer and, where both are answered, the passage and the short answer."""
    found = {"other_decision": before.answered != after.answered}
    if before.answered and after.answered:
        words = [normalised(trial.short_answer or "") for trial in (before, after)]
        found |= {"other_passage": before.cited != after.cited, "other_short_answer": words[0] != words[1]}
    return {"flipped": any(found.values()), **found}


def evaluate_counterfactuals(questions: Sequence[str], attempt: Try, on_progress: OnProgress) -> Evaluation:
    """Ask each question that has words to swap, and its variants.

    A figure is the share of the pairs that flipped; ``other_passage`` and ``other_short_answer`` count the pairs that
    were answered both times. An item's gold answer is what was said of the question as it was. Raises UsageError where
    no question has a word to swap.
    """
    variants = [(question, changed) for question in questions if (changed := counterfactuals_of(question))]
    if not variants:
        remedy = "Name questions with a person in them, such as: May a 30-year-old woman drive?"
        raise UsageError("No question has words of sex, age or origin to swap", remedy=remedy)
    items: list[Item] = []
    for number, (question, changed) in enumerate(variants, start=1):
        before = attempt(question)
        items += (_item(f"{number}-{one.kind}", before, one, attempt(one.text)) for one in changed)
        on_progress("Asking", number, len(variants))
    by_kind = {kind: mean([item for item in items if item.slices["swapped"] == kind], "flipped") for kind in _KINDS}
    figures = means(items, SCORES) | {
        "flipped_by_kind": by_kind,
        "pairs": len(items),
        "questions": len(questions),
        "questions_without_counterfactual": len(questions) - len(variants),
    }
    return Evaluation("counterfactuals", figures, tuple(items))


def _item(key: str, before: Trial, counterfactual: Counterfactual, after: Trial) -> Item:
    found = flips(before, after)
    gold = _said(before)
    return Item(
        key,
        counterfactual.text,
        (gold,) if gold else (),
        _said(after),
        quality=1.0 - found["flipped"],
        scores={name: float(value) for name, value in found.items()},
        slices={
            "swapped": counterfactual.kind,
            "words": ", ".join(f"{word} to {other}" for word, other in counterfactual.words),
            **slices_of(counterfactual.text),
        },
        details={
            "original_question": before.question,
            "probability": [round(trial.probability, 4) for trial in (before, after)],
            "expected_text": before.quote if before.answered else "",
            "given_text": after.quote if after.answered else "",
        },
    )


def _said(trial: Trial) -> str:
    return (trial.short_answer or trial.quote) if trial.answered else ""
