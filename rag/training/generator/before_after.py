"""What a run has changed: losses and answers before and after it."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rag.files import write_json
from rag.training.data.tokens import Row
from rag.training.generator.evaluator import GeneratorEvaluator, answer_f1

_FILE = "before.json"


class BeforeAfter:
    """``before`` is to be called first, ``after`` at the end. At most ``on`` samples are judged of each part, and the
    first ``answers`` held-out prompts (or, with nothing held out, those in training) are answered.
    """

    def __init__(
        self,
        evaluator: GeneratorEvaluator,
        training: Sequence[Row],
        held_out: Sequence[Row],
        output: Path,
        *,
        on: int,
        answers: int,
    ) -> None:
        self._evaluator, self._file = evaluator, output / _FILE
        self._parts = {"training": [row for _, row in training[:on]], "held_out": [row for _, row in held_out[:on]]}
        asked = [sample for sample, _ in held_out or training if sample.messages]
        self._asked = asked[:answers]

    def before(self, *, with_adapter: bool) -> None:
        """Judge the network as it comes, once for a run: without its new adapter, or with the one it goes on from."""
        if not self._file.exists():
            with nullcontext() if with_adapter else self._evaluator.base():
                write_json(self._file, self._figures())

    def after(self) -> dict[str, Any]:
        """``held_out`` and the like: loss, perplexity, and the loss before; ``answers``: both, side by side.

        ``answer_f1``: the words shared with the answers wanted, of 0 to 1; ``forgotten``: by how much the loss on the
        general texts has risen; ``overfitting``: by how much the loss is higher on what is held out.
        """
        before, after = json.loads(self._file.read_text(encoding="utf-8")), self._figures()
        losses = {
            part: {**figures, "loss_before": before["losses"][part]["loss"]}
            for part, figures in after["losses"].items()
        }
        report: dict[str, Any] = {"held_out": losses}
        if "general" in losses:
            report["forgotten"] = losses["general"]["loss"] - losses["general"]["loss_before"]
        if "held_out" in losses:
            report["overfitting"] = losses["held_out"]["loss"] - losses["training"]["loss"]
        if self._asked:
            report["answer_f1"] = {
                when: answer_f1(self._asked, told["answers"]) for when, told in (("before", before), ("after", after))
            }
            report["answers"] = [
                {"prompt": sample.prompt[-1]["content"], "wanted": sample.answer, "before": old, "after": new}
                for sample, old, new in zip(self._asked, before["answers"], after["answers"], strict=True)
            ]
        return report

    def _figures(self) -> dict[str, Any]:
        return {"losses": self._evaluator.figures(self._parts), "answers": self._evaluator.answers(self._asked)}
