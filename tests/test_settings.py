"""Settings: which source wins, and what is refused."""

from pathlib import Path

import pytest

from rag.settings.model import Settings, load_settings
from vectorstore.errors import UsageError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("REFDESK_HOME", raising=False)
    return tmp_path


def write(home: Path, text: str) -> None:
    (home / "settings.toml").write_text(text)


def test_later_sources_win_key_by_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, '[generator]\nengine = "openai"\nmodel = "from-file"\nthreads = 3\n[reader]\npassages = 5')
    monkeypatch.setenv("REFDESK_GENERATOR__ENGINE", "transformers")
    monkeypatch.setenv("REFDESK_GENERATOR__MODEL", "from-environment")
    settings = load_settings(home, generator={"engine": "llamacpp"})
    assert settings.generator.engine == "llamacpp"
    assert settings.generator.model == "from-environment"
    assert settings.generator.threads == 3
    assert settings.reader.passages == 5
    assert settings.retrieval.candidates == 50


def test_the_home_comes_from_the_call_then_the_environment_then_the_default(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFDESK_HOME", str(home / "environment"))
    assert load_settings(home / "call").home == home / "call"
    assert load_settings().home == home / "environment"
    monkeypatch.setenv("REFDESK_HOME", "")
    assert load_settings().home == Path.home() / ".local/share/refdesk"


def test_an_unknown_key_in_the_file_is_named_with_the_file(home: Path) -> None:
    write(home, "[generator]\nmodle = 'x'")
    with pytest.raises(UsageError, match=r"Unknown setting: generator\.modle in .*settings\.toml"):
        load_settings(home)


@pytest.mark.parametrize("variable", ["REFDESK_GENERATOR__MODLE", "REFDESK_GENERATER__MODEL"])
def test_an_unknown_variable_is_named(home: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "x")
    with pytest.raises(UsageError, match=f"Unknown setting: .*environment variable {variable}"):
        load_settings(home)


def test_an_unknown_argument_is_named(home: Path) -> None:
    with pytest.raises(UsageError, match=r"Unknown setting: generator\.modle\. Remove"):
        load_settings(home, generator={"modle": "x"})


def test_a_wrong_value_is_named(home: Path) -> None:
    write(home, "[retrieval]\ndense_weight = 2")
    with pytest.raises(UsageError, match=r"Wrong value: retrieval\.dense_weight in .*less than or equal to 1"):
        load_settings(home)


@pytest.mark.parametrize("text", ["[generator", "home = '/elsewhere'"])
def test_a_broken_file_is_named(home: Path, text: str) -> None:
    write(home, text)
    with pytest.raises(UsageError, match=r"settings\.toml"):
        load_settings(home)


def test_every_field_is_described() -> None:
    for name, section in Settings.model_fields.items():
        fields = getattr(section.annotation, "model_fields", {name: section})
        assert all(field.description for field in fields.values()), name


def test_a_setting_that_was_renamed_is_understood_put_right_in_the_file_and_told(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(home, '# ours\n[generator]\nquantise_on_load = false  # as stored\nmodel = "x"\n')
    assert load_settings(home).generator.quantize_on_load is False
    assert "generator.quantise_on_load is now quantize_on_load" in caplog.text
    assert (home / "settings.toml").read_text() == (
        '# ours\n[generator]\nquantize_on_load = false  # as stored\nmodel = "x"\n'
    )
    caplog.clear()
    assert load_settings(home).generator.quantize_on_load is False
    assert caplog.text == ""


def test_a_renamed_setting_in_a_file_that_cannot_be_written_counts_all_the_same(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(home, "[generator]\nquantise_on_load = false\n")
    (home / ".settings.toml.half").mkdir()  # in the way of what would be written
    assert load_settings(home).generator.quantize_on_load is False
    assert "change it in" in caplog.text


def test_a_renamed_variable_still_wins_over_the_file(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write(home, "[generator]\nquantize_on_load = true\n")
    monkeypatch.setenv("REFDESK_GENERATOR__QUANTISE_ON_LOAD", "false")
    assert load_settings(home).generator.quantize_on_load is False
    assert "REFDESK_GENERATOR__QUANTISE_ON_LOAD is now REFDESK_GENERATOR__QUANTIZE_ON_LOAD" in caplog.text
