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
