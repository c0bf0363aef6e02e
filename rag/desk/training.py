"""Training runs for a principal; see ``rag.desk.curator_protocols.TrainingRuns``."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from rag.access.types import Principal, require_curator
from rag.training.data import reading, tables
from rag.training.data.uploads import SAMPLE, add_sample, data_file, data_files, remove_data_file
from rag.training.generator.serving import (
    can_go_back,
    serve_run,
    serve_what_was_before,
    served_run,
    undone_on_failure,
)
from rag.training.runs.store import Runs
from rag.training.runs.types import Request, Run
from vectorstore.errors import UsageError


class DeskTraining:
    """``start_worker`` sees that what waits is done, and ``change_generator`` loads what the settings name now."""

    data_suffixes = tuple(dict.fromkeys((*tables.SUFFIXES, *reading.SUFFIXES)))

    def __init__(self, runs: Runs, start_worker: Callable[[], object], change_generator: Callable[[], object]) -> None:
        self._runs = runs
        self._home = runs.home
        self._start_worker = start_worker
        self._change_generator = change_generator

    def list(self, principal: Principal) -> Sequence[Run]:
        require_curator(principal)
        return self._runs.all()

    def get(self, principal: Principal, name: str) -> Run | None:
        require_curator(principal)
        return self._runs.get(name)

    def add(self, principal: Principal, request: Request) -> str:
        require_curator(principal)
        name = self._runs.add(request)
        self._start_worker()
        return name

    def start(self, principal: Principal, name: str) -> None:
        require_curator(principal)
        self._runs.start(name)
        self._start_worker()

    def stop(self, principal: Principal, name: str) -> None:
        require_curator(principal)
        self._runs.stop(name)

    def delete(self, principal: Principal, name: str) -> None:
        require_curator(principal)
        self._runs.delete(name)

    def data_files(self, principal: Principal) -> Sequence[Path]:
        require_curator(principal)
        return data_files(self._home)

    def place_for(self, principal: Principal, name: str) -> Path:
        require_curator(principal)
        return data_file(self._home, name)

    def sample(self, principal: Principal) -> str:
        require_curator(principal)
        return SAMPLE.read_text(encoding="utf-8")

    def add_sample(self, principal: Principal) -> Path:
        require_curator(principal)
        return add_sample(self._home)

    def remove_file(self, principal: Principal, path: Path) -> None:
        require_curator(principal)
        remove_data_file(self._home, path)

    def judged(self, principal: Principal) -> tuple[int, int]:
        require_curator(principal)
        from rag.evaluation.golden_set import golden_questions
        from rag.training.data.preference_pairs import preference_pairs  # brings LangChain's messages

        judged = golden_questions(self._home)
        return len(judged), len(preference_pairs(judged))

    def write_judged(self, principal: Principal, file: Path | None = None) -> Path:
        require_curator(principal)
        from rag.evaluation.golden_set import golden_questions
        from rag.training.data.preference_pairs import write_pairs  # brings LangChain's messages

        # The pairs as they are now: a run can go on only with the data that it began with.
        file = file or data_file(self._home, f"judged-answers-{datetime.now():%Y%m%d-%H%M%S}.jsonl")
        write_pairs(golden_questions(self._home), file)
        return file

    def served(self, principal: Principal) -> str | None:
        require_curator(principal)
        return served_run(self._home)

    def can_go_back(self, principal: Principal) -> bool:
        require_curator(principal)
        return can_go_back(self._home)

    def serve(self, principal: Principal, name: str) -> None:
        require_curator(principal)
        run = self._runs.get(name)
        if run is None:
            raise UsageError("There is no such run", where=name, remedy="Choose one from the list.")
        with undone_on_failure(self._home):
            serve_run(self._home, run)
            self._change_generator()

    def serve_previous(self, principal: Principal) -> None:
        require_curator(principal)
        with undone_on_failure(self._home):
            serve_what_was_before(self._home)
            self._change_generator()
