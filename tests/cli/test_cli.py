"""The commands as a person calls them, with the packaged models, in one process."""

import hashlib
import itertools
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from rag.components import open_embedder
from rag.settings.model import load_settings
from tests.cli.conftest import Refdesk
from tests.full_disk import full_disk
from vectorstore.embedded import open_store
from vectorstore.models import E5_SMALL, MINILM, SMOLLM2
from vectorstore.sqlite.schema import INDEX_FOLDER

pytestmark = pytest.mark.models

HANDBOOK = Path(__file__).parents[2] / "docs/handbook"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "documents"
    path.mkdir()
    (path / "hours.md").write_text(
        "# Library\n\n## When does the library open?\n\nThe library opens at nine o'clock on weekdays."
    )
    (path / "parking.txt").write_text("Visitors park behind the house. The gate closes at eight in the evening.")
    (path / "empty.txt").write_text("")
    return path


def test_ingest_ask_show_remove(refdesk: Refdesk, folder: Path) -> None:
    ingested = refdesk("ingest", folder, "--json")
    assert ingested.code == 0
    assert ingested.json["summary"] == {"indexed": 2, "unchanged": 0, "refused": 1}
    assert refdesk("ingest", folder, "--json").json["summary"] == {"indexed": 0, "unchanged": 2, "refused": 1}

    status = refdesk("status", "--json").json
    assert (status["documents"], status["collections"]) == (2, {"default": 2})

    asked = refdesk("ask", "When does the library open?", "--engine", "extractive", "--json")
    answer = asked.json
    assert answer["kind"] == "extractive"
    assert "nine o'clock" in answer["answer"]
    assert set(answer) == {
        "answer",
        "short_answer",
        "certainty",
        "kind",
        "engine",
        "sentences",
        "citations",
        "related",
        "timings_ms",
    }
    assert set(answer["timings_ms"]) == {"retrieve", "read", "first_answer", "first_token", "total"}
    assert answer["certainty"] in {"sure", "unsure"}
    assert all({"text", "citations", "form", "label"} == set(sentence) for sentence in answer["sentences"])
    citation = answer["citations"][0]
    shown = refdesk("show", citation["document"], "--json").json
    assert set(shown) >= {"document", "title", "text"}
    assert shown["text"][citation["start"] : citation["end"]] == citation["quote"]

    assert refdesk("show", folder / "parking.txt").out.startswith("Visitors park")
    assert refdesk("remove", folder / "hours.md", "--json").json["removed"][0]["path"].endswith("hours.md")
    after = refdesk("ask", "When does the library open?", "--engine", "extractive", "--json").json
    assert "nine" not in after["answer"]
    assert refdesk("status", "--json").json["documents"] == 1


def test_an_answer_for_people_names_its_source(refdesk: Refdesk, folder: Path) -> None:
    refdesk("ingest", folder)
    assert "looked_up" not in refdesk("ask", "When does the library open?", "--engine", "extractive", "--json").json
    out = refdesk("ask", "I am new here. When does the library open?", "--engine", "extractive").out
    assert "Looked up: When does the library open?" in out
    assert "nine o'clock on weekdays. [1]" in out
    assert "[1] Library: The library opens" in out
    assert "Quoted" in out


def test_a_question_beside_the_documents_is_not_answered(refdesk: Refdesk, folder: Path) -> None:
    refdesk("ingest", folder)
    answer = refdesk("ask", "Which protein folds the mitochondrial membrane?", "--json").json
    assert (answer["kind"], answer["answer"], answer["citations"]) == ("abstained", "", [])
    assert (
        "I found nothing in the documents that answers this."
        in refdesk("ask", "Which protein folds the mitochondrial membrane?").out
    )


def test_thanks_are_met_and_not_looked_up(refdesk: Refdesk, folder: Path) -> None:
    refdesk("ingest", folder)
    answer = refdesk("ask", "Thank you very much!", "--engine", "extractive", "--json").json
    assert (answer["kind"], answer["citations"], answer["related"]) == ("smalltalk", [], [])
    out = refdesk("ask", "Thank you very much!", "--engine", "extractive").out
    assert " ".join(out.split()) == answer["answer"]


def test_the_default_engine_does_not_write_again_what_one_passage_says(refdesk: Refdesk, folder: Path) -> None:
    refdesk("ingest", folder)
    answer = refdesk("ask", "When does the library open?", "--json").json
    assert answer["kind"] == "extractive"
    assert "nine o'clock" in answer["answer"]
    assert answer["timings_ms"]["first_token"] is None


def test_a_generator_speaking_alone_is_called_unchecked(refdesk: Refdesk) -> None:
    answer = refdesk("ask", "What is the capital of France?", "--no-retrieval", "--json").json
    assert (answer["kind"], answer["citations"]) == ("unchecked", [])
    assert answer["answer"]
    assert "Unchecked" in refdesk("ask", "What is the capital of France?", "--no-retrieval").out


def test_a_question_to_what_holds_no_documents_says_so(refdesk: Refdesk, folder: Path) -> None:
    asked = ("ask", "When does the gate close?", "--engine", "extractive", "--json")
    empty = refdesk(*asked)
    assert (empty.code, empty.json["kind"]) == (0, "abstained")
    assert "There are no documents yet" in empty.err
    refdesk("ingest", folder / "parking.txt", "--collection", "staff")
    assert "no documents" not in refdesk(*asked, "--collection", "staff").err


def test_a_collection_that_is_not_there_is_a_wrong_call(refdesk: Refdesk, folder: Path) -> None:
    asked = ("ask", "When does the gate close?", "--engine", "extractive", "--json", "--collection")
    none = refdesk(*asked, "staff")
    assert (none.code, none.out) == (2, "")
    assert "There is no such collection: staff. There are none yet: `refdesk ingest PATH` brings them in." in none.err
    refdesk("ingest", folder / "parking.txt", "--collection", "staff")
    wrong = refdesk(*asked, "stuff", "--collection", "staff")
    assert (wrong.code, wrong.out) == (2, "")
    assert "There is no such collection: stuff. There are: staff." in wrong.err
    assert refdesk(*asked, "staff").json["kind"] == "extractive"


def test_collections_are_separate(refdesk: Refdesk, folder: Path) -> None:
    refdesk("ingest", folder / "hours.md", "--collection", "public")
    refdesk("ingest", folder / "parking.txt", "--collection", "staff")
    answer = refdesk(
        "ask", "When does the gate close?", "--collection", "public", "--engine", "extractive", "--json"
    ).json
    assert all("gate" not in citation["quote"] for citation in [*answer["citations"], *answer["related"]])
    assert (
        "eight"
        in refdesk(
            "ask", "When does the gate close?", "--collection", "staff", "--engine", "extractive", "--json"
        ).json["answer"]
    )


def test_sync_mirrors_a_folder(refdesk: Refdesk, folder: Path) -> None:
    refdesk("sync", folder)
    (folder / "parking.txt").rename(folder / "visitors.txt")
    (folder / "hours.md").unlink()
    done = refdesk("sync", folder, "--json").json
    assert [Path(document["path"]).name for document in done["removed"]] == ["hours.md"]
    assert [Path(moved["to"]).name for moved in done["moved"]] == ["visitors.txt"]
    (folder / "visitors.txt").unlink()
    refused = refdesk("sync", folder)
    assert (refused.code, refdesk("status", "--json").json["documents"]) == (1, 1)
    assert "--allow-empty" in refused.err
    assert refdesk("sync", folder, "--allow-empty").code == 0
    assert refdesk("status", "--json").json["documents"] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_sync_follows_a_folder_until_it_is_stopped(number: signal.Signals, folder: Path, home: Path) -> None:
    # A job in the background inherits that Control-C is ignored, and so would its children.
    usual = signal.SIG_IGN if number == signal.SIGTERM else signal.SIG_DFL
    command = [sys.executable, "-c", "from ui.cli.main import main; main()", "sync", str(folder), "--watch"]
    with subprocess.Popen(
        [*command, "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, usual),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert any("Watching" in line for line in process.stderr)
        (folder / "late.txt").write_text("The museum is closed on Mondays.")
        said = list(itertools.takewhile(lambda line: "1 indexed" not in line, process.stdout))
        assert (
            sum(line.startswith("refused") for line in said) == 1
        )  # of the empty file, when the folder was read first
        process.send_signal(number)
        assert process.wait(timeout=60) == 0


def test_verify_finds_and_repairs_a_damaged_index(refdesk: Refdesk, home: Path) -> None:
    assert refdesk("verify", "--json").json == {"ok": True, "findings": [], "repaired": []}
    refdesk("ingest", HANDBOOK / "privacy.md")
    assert refdesk("verify").code == 0
    knowledge = open_store(home, open_embedder(load_settings(home)))
    knowledge.compact(force=True)
    knowledge.close()
    path = next((home / INDEX_FOLDER).glob("v-*/vectors.faiss"))
    path.write_bytes(path.read_bytes()[:-100])
    broken = refdesk("verify", "--json")
    assert (broken.code, broken.json["ok"]) == (1, False)
    assert refdesk("verify", "--repair").code == 0
    assert refdesk("verify", "--json").json["ok"]


def test_another_chunking_is_taken_up_by_the_next_ingestion(
    refdesk: Refdesk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "long.txt").write_text("A sentence about the museum in the old town and its many rooms. " * 20)
    refdesk("ingest", folder)
    chunks = refdesk("status", "--json").json["chunks"]
    monkeypatch.setenv("REFDESK_INGEST__CHUNK_TOKENS", "64")
    assert (
        refdesk("ask", "When does the library open?", "--engine", "extractive", "--json").json["kind"] == "extractive"
    )
    assert "ingest.chunk_tokens" in refdesk("verify").out
    assert refdesk("ingest", folder, "--json").json["summary"] == {"indexed": 0, "unchanged": 3, "refused": 1}
    assert refdesk("status", "--json").json["chunks"] > chunks
    assert refdesk("verify").code == 0
    assert (
        refdesk("ask", "When does the library open?", "--engine", "extractive", "--json").json["kind"] == "extractive"
    )


def test_the_languages_of_the_first_documents_choose_the_embedding_model(
    refdesk: Refdesk, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    german = tmp_path / "regeln"
    german.mkdir()
    (german / "urlaub.md").write_text("# Urlaub\n\nJeder hat im Jahr 28 Tage Urlaub. Er wird vorher beantragt.\n")
    (german / "parken.md").write_text("# Parken\n\nDie Plätze vor dem Haus sind für Gäste und für Lieferanten.\n")
    first = refdesk("ingest", german)
    assert f"Not all documents are in English: {E5_SMALL} indexes them." in " ".join(first.err.split())
    told = refdesk("ask", "Wie viele Tage Urlaub gibt es im Jahr?", "--engine", "extractive", "--json").json
    assert "28 Tage Urlaub" in told["citations"][0]["quote"]
    more = refdesk("ingest", folder)  # what is indexed stays with its model
    assert "Not all documents" not in more.err
    assert refdesk("status", "--json").json["embedding"].startswith(E5_SMALL)
    report = refdesk("doctor", "--json").json
    assert "e5" in report["models"]["embedding"]["path"]
    assert report["fitted_numbers"]["unfitted"] == "support"
    assert "other_languages" not in report["knowledge_base"]
    monkeypatch.setenv("REFDESK_EMBEDDING__MODEL", MINILM)
    refdesk("ingest", folder)
    assert refdesk("status", "--json").json["embedding"].startswith(MINILM)
    assert E5_SMALL in refdesk("doctor", "--json").json["knowledge_base"]["other_languages"]


def test_english_documents_are_indexed_by_the_english_model(refdesk: Refdesk, folder: Path) -> None:
    assert "Not all documents" not in refdesk("ingest", folder).err
    assert refdesk("status", "--json").json["embedding"].startswith(MINILM)


def test_doctor_says_which_model_does_what_and_why(refdesk: Refdesk) -> None:
    report = refdesk("doctor", "--json").json
    assert report["models"]["embedding"]["origin"] == "package"
    assert len(report["models"]["embedding"]["sha256"]) == 64
    assert report["models"]["embedding"]["backend"]
    assert "embedded reader" in report["models"]["reader"]["reason"]
    assert report["models"]["generator"]["engine"] == "llamacpp"
    assert report["models"]["generator"]["reason"]
    assert report["reading"].keys() == {"network", "pictures"}
    assert "cut off" in report["reading"]["network"]
    lines = refdesk("doctor").out.splitlines()
    assert any(line.startswith("Generator: llamacpp ") for line in lines)
    assert not [line for line in lines if line != line.rstrip()]


def test_doctor_says_which_adapter_writes(refdesk: Refdesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text(
        json.dumps({"peft_type": "LORA", "base_model_name_or_path": SMOLLM2}), encoding="utf-8"
    )
    (adapter / "adapter_model.safetensors").write_bytes(b"weights")
    monkeypatch.setenv("REFDESK_GENERATOR__ADAPTER", str(adapter))
    generator = refdesk("doctor", "--json").json["models"]["generator"]
    assert (generator["model"], generator["adapter"]) == (SMOLLM2, str(adapter))
    assert generator["adapter_sha256"] == hashlib.sha256(b"weights").hexdigest()


def test_the_examples_to_train_on_are_written_once(refdesk: Refdesk, tmp_path: Path) -> None:
    file = tmp_path / "examples.jsonl"
    assert refdesk("finetune", "sample", "--output", file, "--json").json["examples"] == 64
    file.write_text("my own")
    again = refdesk("finetune", "sample", "--output", file)
    assert again.code == 2
    assert "there already" in again.err
    assert file.read_text() == "my own"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["ask"], 2, "Missing argument 'QUESTION'. See `refdesk ask --help`."),
        (["frobnicate"], 2, "'frobnicate'. See `refdesk --help`."),
        (["evaluate"], 2, "Missing command. See `refdesk evaluate --help`."),
        (["quantize"], 2, "Missing command. See `refdesk quantize --help`."),
        (["finetune", "frobnicate"], 2, "'frobnicate'. See `refdesk finetune --help`."),
        (["serve", "--port", "99999"], 2, "65535. See `refdesk serve --help`."),
        (["ingest", "/nowhere/at/all"], 2, "/nowhere/at/all"),
        (["show", "77"], 2, "77"),
        (["remove", "nothing.txt"], 2, "nothing.txt"),
        (["ask", "   "], 2, "empty"),
        (["ask", "x" * 50_000], 2, "50,000"),
        (["ask", "Why?", "--engine", "magic"], 2, "generator.engine"),
    ],
)
def test_wrong_calls_are_one_line_and_exit_2(refdesk: Refdesk, arguments: list[str], code: int, message: str) -> None:
    result = refdesk(*arguments)
    assert (result.code, result.out) == (code, "")
    assert len(result.err.strip().splitlines()) == 1
    assert message in result.err


def test_the_command_alone_lists_what_there_is(refdesk: Refdesk) -> None:
    alone, asked = refdesk(), refdesk("--help")
    assert (alone.code, alone.err) == (0, "")
    assert alone.out == asked.out
    assert "  doctor " in alone.out


def test_an_empty_folder_is_a_named_failure(refdesk: Refdesk, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = refdesk("ingest", tmp_path / "empty")
    assert result.code == 1
    assert "no files" in result.err


def test_a_port_in_use_is_named_before_the_models_load(refdesk: Refdesk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = refdesk("serve", "--port", port)
    assert result.code == 1
    assert f"Port {port} is in use" in result.err


def test_a_full_disk_is_named_and_loses_nothing(refdesk: Refdesk, folder: Path) -> None:
    refdesk("ingest", folder)
    for i in range(40):
        (folder / f"new{i}.txt").write_text(f"Fresh document {i}. " * 400)
    with full_disk(150_000):
        result = refdesk("ingest", folder)
    assert result.code == 1
    assert "nothing that was stored is lost" in result.err or "cannot be written" in result.err
    assert refdesk("status", "--json").json["documents"] == 2
    assert refdesk("ingest", folder, "--json").json["summary"]["indexed"] == 40
