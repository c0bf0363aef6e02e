from pathlib import Path

import pytest

from rag.settings.file import change_settings
from rag.settings.model import load_settings
from vectorstore.errors import UsageError

WRITTEN = """# How our desk is set up
downloads = "never"   # no net here

[reader]
passages = 8

[generator]
# the large one
model = "big/model"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text(WRITTEN)
    return path


def test_only_the_named_values_change_and_the_change_can_be_undone(file: Path) -> None:
    before = change_settings(
        file.parent, {"generator.engine": "llamacpp", "generator.model": None, "reader.passages": 9}
    )
    assert before == {"generator.engine": None, "generator.model": "big/model", "reader.passages": 8}
    changed = load_settings(file.parent)
    assert (changed.generator.engine, changed.generator.model, changed.reader.passages) == ("llamacpp", None, 9)
    assert file.read_text().splitlines()[:2] == WRITTEN.splitlines()[:2]
    assert "# the large one" in file.read_text()
    change_settings(file.parent, before)
    assert file.read_text() == WRITTEN


def test_a_file_is_made_where_there_is_none_and_emptied_again(tmp_path: Path) -> None:
    before = change_settings(tmp_path, {"answering.caution": 0.7})
    assert load_settings(tmp_path).answering.caution == 0.7
    change_settings(tmp_path, before)
    assert (tmp_path / "settings.toml").read_text().strip() == ""


@pytest.mark.parametrize("values", [{"generator.engine": "steam"}, {"generator.colour": "red"}])
def test_a_value_that_is_wrong_changes_nothing(file: Path, values: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        change_settings(file.parent, values)
    assert file.read_text() == WRITTEN


def test_a_file_that_is_wrong_already_is_not_touched(file: Path) -> None:
    file.write_text("[generator\n")
    with pytest.raises(UsageError, match="Not valid TOML"):
        change_settings(file.parent, {"generator.engine": "auto"})
    assert file.read_text() == "[generator\n"


def test_what_an_environment_variable_would_undo_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFDESK_GENERATOR__ENGINE", "extractive")
    with pytest.raises(UsageError, match="REFDESK_GENERATOR__ENGINE"):
        change_settings(file.parent, {"generator.engine": "auto"})
    assert file.read_text() == WRITTEN
