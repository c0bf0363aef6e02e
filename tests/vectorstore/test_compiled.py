"""A compiled graph is kept, and compiled anew where what is kept is of something else or damaged."""

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset15 as op

from vectorstore.embedders.compiled import compile_graph

SETTINGS = {"INFERENCE_PRECISION_HINT": "f32"}


class Graph:
    """Multiplies by ``factor``; counts how often it was built."""

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self.built = 0

    def __call__(self) -> ov.Model:
        self.built += 1
        given = op.parameter([-1], np.float32)
        return ov.Model([op.result(op.multiply(given, op.constant(np.float32(self._factor))))], [given], "graph")


def tripled(graph: Graph, kept: Path | None, weights: str = "w") -> float:
    return float(compile_graph(graph, SETTINGS, kept, weights)([np.ones(1, np.float32)])[0][0])


def test_the_next_start_reads_what_was_kept(tmp_path: Path) -> None:
    kept, graph = tmp_path / "cache" / "graph.openvino", Graph(3)
    assert [tripled(graph, kept) for _ in range(3)] == [3, 3, 3]
    assert graph.built == 1
    assert [file.name for file in kept.parent.iterdir()] == [kept.name]


def test_other_weights_and_a_flipped_bit_are_compiled_anew(tmp_path: Path) -> None:
    kept, graph = tmp_path / "graph.openvino", Graph(3)
    tripled(graph, kept)
    assert tripled(Graph(4), kept, "other weights") == 4
    data = bytearray(kept.read_bytes())
    data[len(data) // 2] ^= 1
    kept.write_bytes(bytes(data))
    again = Graph(4)
    assert [tripled(again, kept, "other weights") for _ in range(2)] == [4, 4]
    assert again.built == 1


@pytest.mark.parametrize("blocked", ["a file in the place of the folder", "nothing to keep it in"])
def test_it_serves_where_nothing_can_be_kept(tmp_path: Path, blocked: str) -> None:
    (tmp_path / "cache").write_text("not a folder")
    kept = tmp_path / "cache" / "graph.openvino" if "file" in blocked else None
    assert tripled(Graph(3), kept) == 3
