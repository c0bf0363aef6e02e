"""What data of a form can be used for."""

from rag.training.data.samples import Form
from rag.training.generator.settings import Objective
from vectorstore.errors import UsageError

OBJECTIVES_OF: dict[Form, tuple[Objective, ...]] = {
    "text": ("lm",),
    "labels": ("lm",),
    "pairs": ("sft",),
    "messages": ("sft",),
    "preferences": ("dpo", "rl", "sft"),
}
"""What data of a form can be used for, the usual thing first."""


def objective_of(form: Form, wanted: Objective | None) -> Objective:
    """Raises UsageError where data of that form cannot be used for what is ``wanted``."""
    possible = OBJECTIVES_OF[form]
    if wanted not in (None, *possible):
        raise UsageError(
            f"Data with {form} cannot be used for {wanted}", where="--objective", remedy=f"Use {' or '.join(possible)}."
        )
    return wanted or possible[0]
