"""A named model that says whether one text follows from another, in place of the fitted probability.

It is one of natural language inference, with a label "entailment", or one of consistency with a single score, such as
the first HHEM (a cross-encoder of premise and claim). What the rules forbid stays forbidden.
"""

import threading
from collections.abc import Callable, Sequence

from rag.grounding.alignment import Similarity
from rag.grounding.asked import AnswersAsRead
from rag.grounding.places import Source
from rag.grounding.rules import RuleCheck
from rag.grounding.support import Support
from rag.grounding.types import Reason
from rag.reader.types import AnswerSpan
from vectorstore.errors import ModelUnavailable
from vectorstore.machine import has_gpu
from vectorstore.models import Confirm, Download, resolve_model
from vectorstore.types import Chunk, Embedder

Entails = Callable[[str, str], float]
"""The probability, 0 to 1, that the second text follows from the first."""
_OVERRULED: frozenset[Reason] = frozenset({"not said"})
"""Such a model knows other words for the same; the rest of the rules a sentence has to keep."""


class EntailmentChecker:
    """Checks what is written on passages by the rules, and what they let through by ``entails``: from ``threshold`` on
    a sentence is supported. Safe to use from many threads.
    """

    def __init__(
        self, embedder: Embedder, entails: Entails, threshold: float, as_read: AnswersAsRead | None = None
    ) -> None:
        self._similarity = Similarity(embedder)
        self._as_read = as_read
        self._entails = entails
        self._threshold = threshold

    def on(self, chunks: Sequence[Chunk], question: str = "", found: Sequence[Sequence[AnswerSpan]] = ()) -> RuleCheck:
        """See ``rag.grounding.types.GroundednessChecker``."""
        return RuleCheck(
            self._similarity, chunks, question, found, self._as_read, self._probability, self._threshold, _OVERRULED
        )

    def _probability(self, source: Source, sentence: str, _support: Support) -> float:
        return self._entails(source.premise, sentence)


class EntailmentModel:
    """Safe to use from many threads. Raises ModelUnavailable where the model's labels are of another kind."""

    def __init__(self, name: str, download: Download = "never", confirm: Confirm | None = None) -> None:
        # Few desks name such a model, and these take seconds to import.
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        model = resolve_model(name, download=download, confirm=confirm)
        self._torch = torch
        self._tokenizer = AutoTokenizer.from_pretrained(model.path, local_files_only=True)
        network = AutoModelForSequenceClassification.from_pretrained(model.path, local_files_only=True)
        labels = {str(label).lower(): int(place) for place, label in network.config.id2label.items()}
        if len(labels) > 1 and "entailment" not in labels:
            raise ModelUnavailable(
                f"Its labels are {', '.join(sorted(labels))}",
                where=name,
                remedy='Name one with a label "entailment", or with a single score.',
            )
        self._label = labels.get("entailment", 0)
        self._network = network.to("cuda" if has_gpu() else "cpu").eval()
        self._lock = threading.Lock()  # a fast tokenizer keeps its truncation state

    def __call__(self, premise: str, claim: str) -> float:
        with self._lock, self._torch.inference_mode():
            fields = self._tokenizer(premise, claim, truncation="only_first", return_tensors="pt")
            logits = self._network(**fields.to(self._network.device)).logits[0].float()
        shares = self._torch.sigmoid(logits) if len(logits) == 1 else self._torch.softmax(logits, dim=0)
        return float(shares[self._label])
