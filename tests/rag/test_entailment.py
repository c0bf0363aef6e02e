"""A named model in place of the fitted score."""

from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from rag.grounding.trained import EntailmentChecker, EntailmentModel
from tests.fakes import HashEmbedder
from tests.rag.test_grounding import GLAUCOMA, chunk
from vectorstore.errors import ModelUnavailable
from vectorstore.models import MINILM, resolve_model

pytestmark = pytest.mark.torch

PREMISE, CLAIM = "Eye drops do not cure glaucoma.", "Nothing in the drops heals it."


def saved(folder: Path, labels: list[str]) -> str:
    """A model with random weights and such labels."""
    torch.manual_seed(3)
    config = BertConfig(
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        id2label=dict(enumerate(labels)),
        label2id={label: place for place, label in enumerate(labels)},
    )
    network = BertForSequenceClassification(config)
    torch.nn.init.normal_(network.classifier.weight)
    network.save_pretrained(folder)
    AutoTokenizer.from_pretrained(resolve_model(MINILM).path).save_pretrained(folder)
    return str(folder)


def test_the_probability_is_that_of_the_label_entailment(tmp_path: Path) -> None:
    labels = ["CONTRADICTION", "ENTAILMENT", "NEUTRAL"]
    first = EntailmentModel(saved(tmp_path / "a", labels))(PREMISE, CLAIM)
    turned = [EntailmentModel(saved(tmp_path / name, labels[n:] + labels[:n])) for name, n in (("b", 1), ("c", 2))]
    assert first + sum(entails(PREMISE, CLAIM) for entails in turned) == pytest.approx(1.0)
    assert first != pytest.approx(1 / 3, abs=1e-3)


def test_a_single_score_is_a_probability(tmp_path: Path) -> None:
    entails = EntailmentModel(saved(tmp_path, ["consistent"]))
    found = entails(PREMISE, CLAIM), entails(PREMISE * 200, CLAIM)
    assert all(0.0 < share < 1.0 for share in found)


def test_other_labels_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="labels are angry, glad"):
        EntailmentModel(saved(tmp_path, ["glad", "angry"]))


@pytest.mark.parametrize(
    ("sentence", "sure", "supported"),
    [
        ("Surgery creates a new opening for the fluid.", 0.95, True),  # other words, which the rules cannot judge
        ("Surgery creates a new opening for the fluid.", 0.1, False),
        ("Surgery makes a new opening for the fluid.", 0.1, False),
        ("Surgery does not make a new opening for the fluid.", 0.99, False),
        ("They lower the pressure in the eye by 20 to 40 percent.", 0.99, False),
    ],
)
def test_it_knows_other_words_but_the_rules_for_facts_stay(sentence: str, sure: float, supported: bool) -> None:
    premises: list[str] = []

    def entails(premise: str, _: str) -> float:
        premises.append(premise)
        return sure

    found = EntailmentChecker(HashEmbedder(), entails, 0.8).on([chunk(GLAUCOMA)])(sentence)
    assert bool(found.places) == supported
    assert all(premise.startswith("Eye drops: ") for premise in premises)
