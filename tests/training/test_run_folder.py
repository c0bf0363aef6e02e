import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from rag.training.runs.checkpoints import TrainingProgress, load_checkpoint, save_checkpoint
from rag.training.runs.folder import RunFolder
from tests.full_disk import full_disk
from vectorstore.errors import RefdeskError, UsageError

pytestmark = pytest.mark.torch


def claimed(path: Path, resume: bool = False, **settings: object) -> RunFolder:
    folder = RunFolder(path)
    folder.claim(settings, resume=resume)
    return folder


def test_a_run_is_not_begun_where_another_one_is(tmp_path: Path) -> None:
    claimed(tmp_path / "run", rate=1.0)
    with pytest.raises(UsageError, match=r"holds a run already.*--resume"):
        claimed(tmp_path / "run", rate=1.0)


def test_nor_gone_on_with_while_another_process_works_on_it(tmp_path: Path) -> None:
    claimed(tmp_path / "run", rate=1.0)
    claimed(tmp_path / "run", resume=True, rate=1.0)
    code = "import sys, pathlib; from rag.training.runs.folder import RunFolder; "
    code += "RunFolder(pathlib.Path(sys.argv[1])).claim({'rate': 1.0}, resume=True)"
    other = subprocess.run([sys.executable, "-c", code, tmp_path / "run"], capture_output=True, text=True, check=False)
    assert "Another process is at work on this run" in other.stderr


def test_nor_among_other_files(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"")
    with pytest.raises(UsageError, match="holds other files"):
        claimed(tmp_path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rate": 2.0, "data": {"a": "1"}}, "begun with rate = 1.0, not 2.0"),
        ({"rate": 1.0, "data": {"a": "2"}}, "begun with data = .*1.*, not .*2"),
    ],
)
def test_a_run_goes_on_with_the_same_settings_and_data_only(
    tmp_path: Path, settings: dict[str, object], message: str
) -> None:
    claimed(tmp_path / "run", rate=1.0, data={"a": "1"})
    claimed(tmp_path / "run", resume=True, rate=1.0, data={"a": "1"})
    with pytest.raises(UsageError, match=message):
        claimed(tmp_path / "run", resume=True, **settings)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(RefdeskError, match=r"cannot be written .*file/run"):
        claimed(tmp_path / "file" / "run")


def test_a_log_that_was_cut_off_in_the_middle_of_a_row_is_read_up_to_there(tmp_path: Path) -> None:
    folder = claimed(tmp_path / "run")
    folder.rewind(0)
    for step in (1, 2, 3):
        folder.record({"step": step, "loss": 1.5})
    log = tmp_path / "run" / "log.jsonl"
    log.write_text(log.read_text() + '{"step": 4, "lo')
    again = claimed(tmp_path / "run", resume=True)
    again.rewind(10)
    assert [row["step"] for row in again.log] == [1, 2, 3]
    again.record({"step": 4, "loss": 1.0})
    again.rewind(2)
    assert log.read_text().count("\n") == 2


@pytest.fixture
def trained() -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(0)
    network = nn.Linear(50, 50)
    optimizer = torch.optim.AdamW(network.parameters(), fused=True)
    network(torch.rand(2, 50)).sum().backward()
    optimizer.step()
    return network, optimizer


def test_on_a_full_disk_the_last_checkpoint_stays_whole(
    tmp_path: Path, trained: tuple[nn.Module, torch.optim.Optimizer]
) -> None:
    network, optimizer = trained
    folder = tmp_path / "checkpoint"
    save_checkpoint(folder, network, optimizer, TrainingProgress(3, 1.0))
    weights = network.weight.detach().clone()
    network.weight.data.zero_()
    with full_disk(5_000), pytest.raises(RefdeskError, match=r"cannot be written.*Free space.*--resume"):
        save_checkpoint(folder, network, optimizer, TrainingProgress(6, 2.0))
    assert load_checkpoint(folder, network, optimizer) == TrainingProgress(3, 1.0)
    assert torch.equal(network.weight, weights)


def test_a_checkpoint_is_found_when_the_change_to_the_next_was_cut_off(
    tmp_path: Path, trained: tuple[nn.Module, torch.optim.Optimizer], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, optimizer = trained
    folder = tmp_path / "checkpoint"
    save_checkpoint(folder, network, optimizer, TrainingProgress(3, 1.0))
    rename = Path.rename

    def killed(self: Path, target: Path) -> Path:
        if target == folder:
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            save_checkpoint(folder, network, optimizer, TrainingProgress(6, 2.0))
    assert load_checkpoint(folder, network, optimizer) == TrainingProgress(3, 1.0)
    save_checkpoint(folder, network, optimizer, TrainingProgress(6, 2.0))
    assert load_checkpoint(folder, network, optimizer) == TrainingProgress(6, 2.0)
    assert [entry.name for entry in tmp_path.iterdir()] == ["checkpoint"]
