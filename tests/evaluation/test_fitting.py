"""The fitted numbers: as data, and fitted anew to a person's own questions."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rag.calibration.fitting import Candidates, fit_order
from rag.calibration.numbers import (
    CALIBRATION_FILE,
    forget_calibration,
    load_calibration,
    shipped_calibration,
    store_calibration,
)
from rag.evaluation.fitting import Fit, FittingQuestion, fit
from rag.evaluation.temporary_collection import TemporaryCollection
from rag.evaluation.types import Text
from rag.retrieval.hybrid import HybridRetriever
from tests.evaluation.conftest import quiet, stored
from tests.fakes import HashEmbedder, KeywordReader
from vectorstore.errors import RefdeskError, UsageError
from vectorstore.types import Chunk

TOWNS = tuple(
    f"{first}{last}" for first in ("Ash", "Bram", "Cold", "Dun", "Elm", "Fal") for last in ("by", "ford", "ham", "ton")
)
READER = KeywordReader("mayor")


@pytest.fixture(scope="module")
def towns() -> Iterator[TemporaryCollection]:
    texts = [
        Text(town, town, f"{town} lies on a river. The mayor of {town} lives in the old mill. Trains stop twice a day.")
        for town in TOWNS
    ]
    with stored(texts) as collection:
        yield collection


def questions(collection: TemporaryCollection, towns: tuple[str, ...] = TOWNS) -> list[FittingQuestion]:
    def of(town: str) -> FittingQuestion:
        def is_right(chunk: Chunk) -> bool:
            return town in collection.ids[chunk.document]

        return FittingQuestion(f"Who is the mayor of {town}?", ("lives in the old mill",), is_right)

    return [*map(of, towns), FittingQuestion("How old is the mill on the river?", answerable=False)]


@pytest.fixture(scope="module")
def fitted(towns: TemporaryCollection) -> Fit:
    return fit(questions(towns), towns.knowledge, HybridRetriever, READER, shipped_calibration(), quiet)


def test_the_weight_of_what_tells_right_from_wrong_is_the_largest() -> None:
    draw = np.random.default_rng(3)
    asked = []
    for _ in range(60):
        signals = draw.standard_normal((6, 3))
        asked.append(Candidates(signals, np.arange(6) == signals[:, 1].argmax()))
    weights = fit_order([asked])
    assert weights[1] > 5 * max(abs(weights[0]), abs(weights[2]))


def test_what_is_fitted_orders_and_decides_as_the_questions_say(fitted: Fit) -> None:
    figures = fitted.figures
    assert (figures["questions"], figures["passage_found"]) == (len(TOWNS) + 1, len(TOWNS))
    assert figures["first_passage_right_after"] == figures["sentence_right_after"] == 1.0
    assert figures["answerability_right_after"] > 0.9
    assert figures["sure_and_right_after"] > 0.9
    assert figures["right_and_sure_after"] > 0.9
    assert fitted.calibration.support == shipped_calibration().support


def test_it_is_kept_with_the_models_it_was_fitted_to_and_used_from_then_on(fitted: Fit, tmp_path: Path) -> None:
    assert load_calibration(tmp_path) is shipped_calibration()
    store_calibration(tmp_path, fitted.calibration)
    assert load_calibration(tmp_path) == fitted.calibration
    assert "support" not in json.loads((tmp_path / CALIBRATION_FILE).read_text())
    hashes = HashEmbedder().fingerprint
    assert fitted.calibration.unfitted(hashes, READER.fingerprint) == ("support",)
    assert fitted.calibration.unfitted("other@1", READER.fingerprint) == (
        "reranking",
        "sentence selection",
        "answerability",
        "certainty",
        "support",
    )
    assert fitted.calibration.unfitted(hashes, "other@1")[:3] == ("reranking", "sentence selection", "answerability")
    assert forget_calibration(tmp_path)
    assert load_calibration(tmp_path) is shipped_calibration()
    assert not forget_calibration(tmp_path)


def test_too_few_questions_or_one_document_alone_fit_nothing(towns: TemporaryCollection) -> None:
    with pytest.raises(UsageError, match="for 5 of 6 questions; at least 20"):
        fit(questions(towns, TOWNS[:5]), towns.knowledge, HybridRetriever, READER, shipped_calibration(), quiet)
    everything = [FittingQuestion(f"Who lives in {town}?", (), lambda _: True) for town in TOWNS]
    with pytest.raises(UsageError, match="of the documents that answer"):
        fit(everything, towns.knowledge, HybridRetriever, READER, shipped_calibration(), quiet)


@pytest.mark.parametrize(
    "content", ["", "[]", '{"reranking": {}}', '{"reranking": {"embedder": "x", "weights": {}}}', '{"mood": {}}']
)
def test_a_damaged_file_is_named_with_the_way_out(tmp_path: Path, content: str) -> None:
    (tmp_path / CALIBRATION_FILE).write_text(content)
    with pytest.raises(RefdeskError, match="evaluate fit"):
        load_calibration(tmp_path)
