"""Commands that only look start without what would take seconds to import; timed tests would say it less surely."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vectorstore.machine import has_gpu, instructions

pytestmark = pytest.mark.models

ROOT = Path(__file__).parents[2]
HEAVY = """
datasets langchain langchain_core langchain_openai llama_index matplotlib nltk openvino pandas peft pyarrow scipy
sentence_transformers sklearn streamlit torch transformers uvicorn xllamacpp
""".split()
TO_QUOTE = [name for name in HEAVY if name != "openvino"]
PROGRAM = """
import sys
from ui.cli.main import main
try:
    main(sys.argv[2:])
finally:
    print(*sorted(set(sys.argv[1].split(",")) & sys.modules.keys()), file=sys.stderr)
"""


def imported(home: Path, names: list[str], *words: str) -> tuple[int, str]:
    """Exit code of a command in a process of its own, and which of the modules it has imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, ",".join(names), *words],
        env=os.environ | {"PYTHONPATH": str(ROOT), "REFDESK_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, done.stderr.splitlines()[-1]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a document, and with what embeds fastest measured."""
    folder = tmp_path_factory.mktemp("light")
    (folder / "hours.md").write_text("# Hours\n\nThe library opens at nine o'clock on weekdays.")
    assert imported(folder / "home", [], "ingest", str(folder / "hours.md"))[0] == 0
    return folder / "home"


@pytest.mark.parametrize("words", [("--help",), ("status",), ("show", "1"), ("doctor",), ("finetune", "--help")])
def test_what_only_looks_imports_no_model_library(home: Path, words: tuple[str, ...]) -> None:
    assert imported(home, HEAVY, *words) == (0, "")


def test_an_answer_of_quotes_needs_neither_torch_nor_langchain(home: Path) -> None:
    if has_gpu() or instructions().isdisjoint({"avx512vnni", "avxvnni"}):
        pytest.skip("here the reader is fastest in torch")
    words = ("ask", "When does the library open?", "--engine", "extractive")
    assert imported(home, TO_QUOTE, *words) == (0, "")
