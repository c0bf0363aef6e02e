"""The examples in docstrings are true."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_IMPORT_TORCH = ("rag.quantization.", "rag.training.", "rag.generators.engines.transformers")
_OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
MODULES = [
    ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for package in ("vectorstore", "ingest", "rag", "ui")
    for file in sorted((ROOT / package).rglob("*.py"))
    if ">>> " in file.read_text(encoding="utf-8")
]


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.torch] if name.startswith(_IMPORT_TORCH) else []) for name in MODULES],
)
def test_examples(name: str) -> None:
    told: list[str] = []
    module = import_module(name)
    runner = doctest.DocTestRunner(optionflags=_OPTIONS)
    for example in doctest.DocTestFinder(exclude_empty=True).find(module, name):
        runner.run(example, out=told.append)
    assert not runner.failures, "".join(told)
