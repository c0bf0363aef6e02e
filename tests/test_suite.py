"""What holds of all tests: the quick ones stay quick, and none replaces a name inside Refdesk."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("benchmarks", "ingest", "rag", "tests", "ui", "vectorstore")


@pytest.mark.parametrize(
    ("test", "outcome"),
    [
        ("def test(): import torch", {"passed": 1, "errors": 1}),
        ("def test(): pass", {"passed": 1}),
        ("import pytest\n@pytest.mark.torch\ndef test(): import torch", {"deselected": 1}),
        ("import pytest\npytestmark = pytest.mark.torch\nimport nowhere", {}),
    ],
    ids=["unmarked", "without torch", "marked", "in a marked module"],
)
def test_a_quick_test_that_imports_torch_fails_unless_it_is_marked(
    test: str, outcome: dict[str, int], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_a_torch_that_is_quick(pytester, monkeypatch)
    pytester.makepyfile(test_it=test)
    result = _quick(pytester)
    assert {name: count for name, count in result.parseoutcomes().items() if name != "warnings"} == outcome


def test_a_quick_module_that_imports_torch_ends_the_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_a_torch_that_is_quick(pytester, monkeypatch)
    pytester.makepyfile(test_it="import torch\ndef test(): pass")
    result = _quick(pytester)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines("*A quick test module imports torch*")


def _with_a_torch_that_is_quick(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # the others take seconds
    pytester.makepyfile(torch="")
    pytester.syspathinsert()


def _quick(pytester: pytest.Pytester) -> pytest.RunResult:
    pytester.makeini("[pytest]\nmarkers =\n  torch: imports torch\n")
    return pytester.runpytest_inprocess("-p", "tests.quick", "--quick")


def test_no_test_replaces_a_name_inside_refdesk() -> None:
    """What a test needs otherwise is passed as an argument; a name of another library may be replaced at its place."""
    replaced = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in sorted((ROOT / "tests").rglob("*.py"))
        for line in replaced_names(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert replaced == []


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ('monkeypatch.setattr("rag.files.write_text", None)', [1]),
        ('from rag import files\nmonkeypatch.setattr(files, "write_text", None)', [2]),
        ('import rag.files as f\npatch.setattr(f.shutil, "which", None)', [2]),
        ('from rag.query.types import Query as Q\npatch.setattr(Q, "text", None)', [2]),
        ('import shutil\nmonkeypatch.setattr(shutil, "which", None)', []),
        ('monkeypatch.setattr("shutil.which", None)', []),
    ],
)
def test_names_are_found_however_they_are_replaced(code: str, lines: list[int]) -> None:
    assert list(replaced_names(ast.parse(code))) == lines


def replaced_names(module: ast.Module) -> Iterator[int]:
    """The lines of a test module that replace a name in one of Refdesk's modules or classes."""
    imported = {
        alias.asname or alias.name.split(".")[0]
        for node in ast.walk(module)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if ((isinstance(node, ast.ImportFrom) and node.module) or alias.name).split(".")[0] in OURS
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setattr":
            target = node.args[0]
            while isinstance(target, ast.Attribute):
                target = target.value
            named = isinstance(target, ast.Name) and target.id in imported
            if named or (isinstance(target, ast.Constant) and str(target.value).split(".")[0] in OURS):
                yield node.lineno
