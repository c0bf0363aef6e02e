"""The real embedding model: whatever runs it, the vectors are the same."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from vectorstore.embedders.backends import Backend, PackedTorchBackend, backends
from vectorstore.embedders.fastest import fastest, open_fastest, remembered
from vectorstore.embedders.local import LocalEmbedder
from vectorstore.embedders.packed import PackedModel
from vectorstore.machine import has_gpu
from vectorstore.models import E5_SMALL, MINILM, ResolvedModel, resolve_model
from vectorstore.types import Vectors

pytestmark = pytest.mark.models

TEXTS = [
    "Glaucoma damages the optic nerve.",
    "",
    "Naïve café 東京 😀",
    "What are the symptoms of lung cancer? " * 80,
    *(f"Medicine number {number} is taken {'every morning ' * number}with water." for number in range(20)),
]


@pytest.fixture(scope="module")
def model() -> ResolvedModel:
    return resolve_model(MINILM)


@pytest.fixture(scope="module")
def running(model: ResolvedModel) -> dict[str, Backend]:
    return {name: open_backend() for name, open_backend in backends(model).items()}


def test_every_backend_gives_the_same_unit_vectors_in_the_order_of_the_texts(running: dict[str, Backend]) -> None:
    plain = running["torch float32"].embed(TEXTS)
    assert "OpenVINO float32" in running
    for backend in running.values():
        vectors = backend.embed(TEXTS)
        assert (vectors.dtype, vectors.shape) == (np.float32, (len(TEXTS), 384))
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)
        assert (vectors * plain).sum(1).min() > 0.999
        assert backend.embed([]).shape == (0, 384)
        assert (backend.dimension, backend.max_tokens) == (384, 256)


def test_the_packed_model_gives_the_same_vectors_in_torch_and_out_of_it(tmp_path: Path) -> None:
    packed = resolve_model(E5_SMALL)
    plain = PackedTorchBackend(PackedModel.of(packed)).embed(TEXTS)
    here = backends(packed, tmp_path)
    assert "OpenVINO float32" in here
    for open_backend in (*here.values(), *here.values()):  # the second time as it was kept
        backend = open_backend()
        vectors = backend.embed(TEXTS)
        assert (vectors.dtype, vectors.shape) == (np.float32, (len(TEXTS), 384))
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)
        assert (vectors * plain).sum(1).min() > 0.999
        assert backend.embed([]).shape == (0, 384)
    assert len(list((tmp_path / "cache").iterdir())) == len(here)


def test_a_question_finds_its_passage_in_another_language(tmp_path: Path) -> None:
    embedder = LocalEmbedder(resolve_model(E5_SMALL), tmp_path)
    passages = ["Der Leuchtturm wurde 1871 gebaut.", "图书馆周日关门。", "The ferry takes forty minutes."]
    asked = ["How long is the crossing?", "When was the lighthouse built?", "Is the library open on Sundays?"]
    found = (embedder.embed_queries(asked) @ embedder.embed(passages).T).argmax(axis=1)
    assert found.tolist() == [2, 0, 1]


def test_a_model_that_pools_otherwise_is_run_as_it_says(
    model: ResolvedModel, tmp_path: Path, running: dict[str, Backend]
) -> None:
    other = tmp_path / "by-first-token"
    shutil.copytree(model.path, other)
    pooling = {"word_embedding_dimension": 384, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (other / "1_Pooling/config.json").write_text(json.dumps(pooling))
    named = ResolvedModel(str(other), other, "folder", "")
    here = backends(named)
    first = here["OpenVINO float32"]().embed(TEXTS)
    assert (first * here["torch float32"]().embed(TEXTS)).sum(1).min() > 0.999
    assert (first * running["OpenVINO float32"].embed(TEXTS)).sum(1).max() < 0.99
    pooling["pooling_mode_max_tokens"] = True  # two at once: only sentence-transformers knows how
    (other / "1_Pooling/config.json").write_text(json.dumps(pooling))
    assert all(name.startswith("torch") for name in backends(named))


@pytest.mark.skipif(has_gpu(), reason="a GPU is used without a measurement")
def test_what_is_fastest_is_measured_once_and_remembered(model: ResolvedModel, tmp_path: Path) -> None:
    assert remembered(model, tmp_path) is None
    embedder = LocalEmbedder(model, tmp_path)
    assert embedder.dimension == 384
    speeds = remembered(model, tmp_path)
    assert speeds is not None
    assert speeds.keys() == backends(model).keys()
    assert min(speeds.values()) > 0

    def only_the_fastest(_: ResolvedModel, __: Path | None) -> dict[str, Callable[[], Backend]]:
        return {name: partial(pytest.fail, f"{name} is opened") for name in speeds} | {fastest(speeds): Counting}

    assert isinstance(open_fastest(model, tmp_path, only_the_fastest), Counting)


class Counting:
    """Runs no model: each text is a vector of its length."""

    dimension, max_tokens = 1, 10

    def embed(self, texts: list[str]) -> Vectors:
        return np.array([[len(text)] for text in texts], np.float32)


def test_where_nothing_can_be_remembered_it_works_all_the_same(model: ResolvedModel, tmp_path: Path) -> None:
    def offered(_: ResolvedModel, __: Path | None) -> dict[str, Callable[[], Backend]]:
        return {"only": Counting}

    (tmp_path / "home").write_text("a file where the folder should be")
    assert isinstance(open_fastest(model, tmp_path / "home", offered), Counting)
    assert isinstance(open_fastest(model, None, offered), Counting)
    (tmp_path / "embedding-speed.json").write_text("[half a")
    assert isinstance(open_fastest(model, tmp_path, offered), Counting)
    assert remembered(model, tmp_path)
