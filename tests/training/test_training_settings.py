"""Settings of training: described once, and the same on the command line and on the page."""

import json
from pathlib import Path

import pytest

from rag.training.encoder_settings import ClassifierTraining, ReaderTraining
from rag.training.generator.presets import PRESETS, chosen
from rag.training.generator.settings import METHODS, GeneratorTraining
from rag.training.runs.folder import RunFolder
from rag.training.settings import TrainingSettings, fields_of
from ui.cli.main import main
from vectorstore.errors import UsageError

COMMANDS = {"generator": GeneratorTraining, "reader": ReaderTraining, "classifier": ClassifierTraining}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_every_setting_as_an_option_with_its_help_and_what_is_usual(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["finetune", command, "--help"])
    shown = _without_breaks(capsys.readouterr().out)
    for field in fields_of(COMMANDS[command]):
        assert _without_breaks(field.option) in shown
        assert _without_breaks(field.help) in shown
        assert _without_breaks(f"default: ({field.default_text})") in shown


def _without_breaks(text: str) -> str:
    """Lines break at spaces and at hyphens."""
    return "".join(text.split())


@pytest.mark.parametrize("settings", COMMANDS.values())
def test_every_setting_has_a_help_and_a_default_or_says_what_is_done(settings: type[TrainingSettings]) -> None:
    settings()
    for field in fields_of(settings):
        assert field.help.endswith(".")
        assert field.default_text
        assert field.title[0].isupper()


def test_methods_are_all_described() -> None:
    (method,) = (field for field in fields_of(GeneratorTraining) if field.name == "method")
    assert set(method.choices) == set(METHODS)


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_valid_and_what_is_named_wins(preset: str) -> None:
    assert PRESETS[preset].summary
    assert chosen(preset, {"epochs": 9, "rank": None}).epochs == 9


def test_what_depends_on_another_setting_follows_it() -> None:
    assert chosen("laptop", {"rank": 4}).alpha == 8
    assert chosen("laptop", {"rank": 4, "alpha": 5}).alpha == 5
    assert ClassifierTraining.of({"method": "full"}).learning_rate < ClassifierTraining.of({}).learning_rate


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"epochs": 0}, "Wrong value: epochs. .*greater than or equal to 1"),
        ({"held_out": 0.95}, "Wrong value: held_out"),
        ({"method": "magic"}, "Wrong value: method. .*'lora'"),
        ({"colour": "red"}, "Wrong value: colour"),
    ],
)
def test_a_wrong_value_is_named(values: dict[str, object], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        chosen("laptop", values)


def test_a_comparison_that_was_begun_under_older_names_goes_on(tmp_path: Path) -> None:
    training = GeneratorTraining.of({"rank": 8}).recorded()
    of_method = {name: training[name] for name in ("method", "rank", "alpha", "dropout", "target")}
    rest = {name: value for name, value in training.items() if name not in of_method}
    begun = {"training": {"settings": of_method, **rest}, "settings": {"generator": {"quantise_on_load": True}}}
    (tmp_path / "settings.json").write_text(json.dumps(begun))
    today = {"training": training, "settings": {"generator": {"quantize_on_load": True}}}
    RunFolder(tmp_path).claim(today, resume=True)
    with pytest.raises(UsageError, match="begun with training"):
        RunFolder(tmp_path).claim(today | {"training": training | {"rank": 9}}, resume=True)
