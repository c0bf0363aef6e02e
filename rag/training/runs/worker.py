"""Checking the data of the runs asked for, and doing them: ``python -m rag.training.runs.worker check|train``.

A process of its own does the one or the other, run after run, and ends when none is left; it outlives the server that
started it. A run whose process was killed is not begun again by itself: it may have been too much for the machine.
"""

import argparse
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from rag.settings.model import Settings, load_settings
from rag.training.runs.requests import Run, Runs, State, Work
from vectorstore.errors import ModelUnavailable, RefdeskError
from vectorstore.models import SMOLLM2, ResolvedModel, quiet_libraries, resolve_model

if TYPE_CHECKING:
    from rag.training.runs.loop import Tick

logger = logging.getLogger(__name__)

_NICENESS = 10
"""Answering comes first, and adding documents second."""
_REPORT_SECONDS = 0.5
_ROOT = Path(__file__).resolve().parents[3]


def see_to_runs(home: Path) -> None:
    """Start the processes that check and train, where there is something to do and none is at it."""
    runs = Runs(home)
    for work in get_args(Work):
        if runs.next(work) is None:
            continue
        with runs.only_worker(work) as held:
            if held:
                # With the file it inherits the right to do the work.
                command = [sys.executable, "-m", "rag.training.runs.worker", work, "--home", str(home)]
                command += ["--holding", str(held.fileno())]
                environment = os.environ | {"PYTHONPATH": str(_ROOT)}
                subprocess.Popen(
                    command,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                    pass_fds=[held.fileno()],
                )


def do_runs(settings: Settings, work: Work) -> None:
    """Check, or train, what waits for it until nothing does."""
    runs = Runs(settings.home)
    while run := runs.next(work):
        _do(run, runs, settings, *_DOING[work])


def _do(
    run: Run, runs: Runs, settings: Settings, meanwhile: State, after: State, do: "Callable[[_Report, Settings], None]"
) -> None:
    from rag.training.runs.loop import Stopped  # torch takes seconds to import

    report = _Report(run, runs, meanwhile)
    try:
        report.phase("Starting", 0, 0)
        do(report, settings)
        runs.end(run.name, after)
    except Stopped:
        runs.end(run.name, "stopped")
    except RefdeskError as error:
        runs.end(run.name, "failed", str(error))
    except Exception:
        logger.exception("a training run failed")
        said = "Something went wrong. The terminal in which Refdesk was started says what."
        runs.end(run.name, "failed", said)


class _Report:
    """Tells how far a run is, so often that one can watch, and not more often. Raises Stopped where someone asks so."""

    def __init__(self, run: Run, runs: Runs, state: State) -> None:
        self.run = run
        self._runs = runs
        self._status = replace(run.status, state=state)
        self._last = 0.0

    def model(self, name: str) -> None:
        self._status = replace(self._status, model=name)

    def checked(self, found: Mapping[str, object]) -> None:
        self._runs.note_checked(self.run.name, found)

    def phase(self, what: str, done: int, total: int) -> None:
        another = what != self._status.stage
        self._status = replace(self._status, stage=what, done=done, total=total)
        self._tell(at_once=another)

    def tick(self, tick: "Tick", steps: int) -> None:
        self._status = replace(self._status, stage="Training", done=tick.step, total=steps)
        self._tell(at_once=False)

    def _tell(self, *, at_once: bool) -> None:
        from rag.training.runs.loop import Stopped

        if self._runs.is_stopped(self.run.name):
            raise Stopped
        now = time.monotonic()
        if at_once or now - self._last >= _REPORT_SECONDS:
            self._last = now
            self._runs.note(self.run.name, self._status)


def _check(report: _Report, settings: Settings) -> None:
    from rag.training.data.checking import check_data
    from rag.training.generator.presets import chosen

    request = report.run.request
    assert request is not None
    model, note = _model(report, settings)
    training = chosen(request.preset, request.values)[1]
    data = [Path(path) for path in request.data]
    found = check_data(data, (), model, settings.home / "models", training, report.phase)
    report.checked(found | {"notes": [note] if note else []})


def _train(report: _Report, settings: Settings) -> None:
    from rag.training.generator.presets import chosen
    from rag.training.generator.training import finetune_generator

    request = report.run.request
    assert request is not None
    model, _ = _model(report, settings)
    finetune_generator(
        [Path(path) for path in request.data],
        (),
        model,
        settings.home / "models",
        None,
        chosen(request.preset, request.values)[1],
        report.run.folder,
        resume=True,
        on_phase=report.phase,
        on_checked=lambda _: None,  # that was seen before it was started
        on_tick=report.tick,
    )


def _model(report: _Report, settings: Settings) -> tuple[ResolvedModel, str]:
    """The model to train, and what is to be said of it: where the preset's cannot be had, the packaged one."""
    from rag.training.generator.presets import chosen

    request = report.run.request
    assert request is not None
    name, _ = chosen(request.preset, request.values)
    note = ""
    try:
        model = resolve_model(name, download=settings.downloads)
    except ModelUnavailable as missing:
        if request.values.get("model"):  # the person's own choice
            raise
        model = resolve_model(SMOLLM2)
        note = f"{missing} {SMOLLM2} is trained instead."
    report.model(model.name)
    return model, note


_DOING: Mapping[Work, tuple[State, State, Callable[[_Report, Settings], None]]] = {
    "check": ("checking", "checked", _check),
    "train": ("training", "done", _train),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="rag.training.runs.worker", description="Do the training runs that wait.")
    parser.add_argument("work", choices=get_args(Work))
    parser.add_argument("--home", type=Path)
    parser.add_argument("--holding", type=int, help="open file whose lock is the right to do the work")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    quiet_libraries()
    os.nice(_NICENESS)
    arguments = parser.parse_args()
    settings = load_settings(arguments.home)
    do_runs(settings, arguments.work)
    if arguments.holding is not None:
        os.close(arguments.holding)
        see_to_runs(settings.home)  # what was asked for since the last look found nobody free


if __name__ == "__main__":
    main()
