"""The lines of docs/architecture.md under "Use as a library" do what they say."""

import re
from pathlib import Path

import pytest

MAP = Path(__file__).parents[1] / "docs/architecture.md"


@pytest.mark.models
def test_the_documented_lines_answer_from_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    section = MAP.read_text("utf-8").partition("## Use as a library")[2]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found is not None
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/hours.md").write_text("# Opening hours\n\nThe library opens at nine in the morning.\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    exec(found[1], {})
    assert "The library opens at nine in the morning. ['Opening hours']" in capsys.readouterr().out
