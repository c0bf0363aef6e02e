"""What counts as the folder of an adapter."""

from pathlib import Path

import pytest

from rag.generators.adapters.folder import adapter_folder
from vectorstore.errors import ModelUnavailable


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """A run's folder, whose adapter has no weights yet."""
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter/adapter_config.json").write_text('{"peft_type": "LORA"}')
    return tmp_path / "adapter"


def test_pickled_weights_are_refused(adapter: Path) -> None:
    (adapter / "adapter_model.bin").touch()
    with pytest.raises(ModelUnavailable, match=r"safetensors only: .*adapter_model\.bin\. Get the adapter"):
        adapter_folder(adapter)


def test_weights_that_are_not_there_are_not_looked_for_elsewhere(adapter: Path) -> None:
    with pytest.raises(ModelUnavailable, match="has no weights"):
        adapter_folder(adapter)


def test_safetensors_are_taken_whatever_lies_beside_them(adapter: Path) -> None:
    for name in ("adapter_model.bin", "adapter_model.safetensors"):
        (adapter / name).touch()
    assert adapter_folder(adapter) == adapter_folder(adapter.parent) == adapter
