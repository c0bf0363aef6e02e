"""Forms are read behind the back of whoever added them, one after the other."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest

from ingest.types import DocumentLayout
from rag.extraction.form_store import FormStore
from rag.extraction.protocol import FormDesk
from rag.extraction.service import FormService
from rag.extraction.types import Extraction, Form
from rag.jobs.queue import EmbeddedJobQueue
from rag.jobs.types import LEASE_SECONDS, Job, JobQueue, Lane
from tests.jobs.clock import Clock
from tests.jobs.memory_queue import MemoryJobQueue
from vectorstore.errors import UsageError


class SlowDesk:
    """Reads a form whenever it is told to, and says when it has begun."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.closed = False

    def extract(self, files: Sequence[Path], schema: str) -> Iterator[Extraction]:
        self.begun.release()
        assert self.go_on.acquire(timeout=20)
        if schema == "nothing":
            raise UsageError("There is no such schema", where=schema)
        for path in files:
            if path.stem == "bug":
                raise ValueError("a bug")
            yield Extraction(path, schema, "complete", {})

    def layout(self, document: Path) -> DocumentLayout:
        return DocumentLayout(document.stem, (), 0)

    def close(self) -> None:
        self.closed = True


def add(service: FormService, name: str, schema: str = "invoice") -> int:
    path = service.place_for(name, schema)
    path.parent.mkdir(parents=True)
    path.write_text("form")
    return service.add(path)


@pytest.fixture
def desk() -> SlowDesk:
    return SlowDesk()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["file", "memory"])
def queue(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[JobQueue]:
    if request.param == "memory":
        yield MemoryJobQueue(clock)
    else:
        with closing(EmbeddedJobQueue(tmp_path, clock)) as queue:
            yield queue


def opened(home: Path, desk: SlowDesk, queue: JobQueue) -> FormService:
    return FormService(FormStore(home), cast(FormDesk, desk), queue)


@pytest.fixture
def service(tmp_path: Path, desk: SlowDesk, queue: JobQueue) -> Iterator[FormService]:
    service = opened(tmp_path, desk, queue)
    yield service
    desk.go_on.release(9)
    service.close()


def states(service: FormService) -> list[str]:
    return [form.state for form in service.forms()]


def known(service: FormService, form: int) -> Form:
    found = service.get(form)
    assert found is not None
    return found


def test_forms_are_read_one_after_the_other_and_a_stop_spares_the_rest(service: FormService, desk: SlowDesk) -> None:
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        add(service, name)
    desk.begun.acquire(timeout=20)
    assert states(service) == ["working", "waiting", "waiting"]
    desk.go_on.release()
    desk.begun.acquire(timeout=20)
    assert states(service) == ["done", "working", "waiting"]
    service.stop()
    desk.go_on.release()
    assert service.wait(20)
    assert states(service) == ["done", "done", "stopped"]
    desk.go_on.release()
    service.read_again([form.id for form in service.forms() if form.state == "stopped"])
    assert service.wait(20)
    assert states(service) == ["done", "done", "done"]


def test_one_form_that_fails_does_not_stop_the_next(service: FormService, desk: SlowDesk) -> None:
    desk.go_on.release(3)
    add(service, "a.pdf", "nothing"), add(service, "bug.pdf"), add(service, "c.pdf")
    service.see_to()
    assert service.wait(20)
    assert states(service) == ["failed", "failed", "done"]
    assert service.forms()[0].error == "There is no such schema: nothing"
    assert "terminal" in service.forms()[1].error


def test_an_example_has_its_layout_read_and_no_fields(service: FormService) -> None:
    number = add(service, "letter.pdf", "")
    assert service.wait(20)
    form = known(service, number)
    assert form.extraction is not None
    assert form.extraction.layout == DocumentLayout("letter", (), 0)


def test_what_waits_at_the_end_is_read_at_the_next_start(tmp_path: Path, desk: SlowDesk, queue: JobQueue) -> None:
    with closing(FormStore(tmp_path)) as store:
        path = store.place_for("a.pdf", "invoice")
        path.parent.mkdir(parents=True)
        path.write_text("form")
        store.add(path)  # and whoever took it up ended before it was queued
    desk.go_on.release()
    service = opened(tmp_path, desk, queue)
    assert service.wait(20)
    assert states(service) == ["done"]
    service.close()
    assert desk.closed


def test_what_was_being_read_when_the_process_ended_is_read_again_but_not_for_ever(
    tmp_path: Path, desk: SlowDesk, queue: JobQueue, clock: Clock
) -> None:
    with closing(FormStore(tmp_path)) as store:
        path = store.place_for("a.pdf", "invoice")
        path.parent.mkdir(parents=True)
        path.write_text("form")
        form = store.add(path)
        queue.add("read_forms", {"form": form})
        store.queued(form)
    for _ in range(2):  # two processes that ended meanwhile
        assert queue.take("forms", "gone") is not None
        clock.now += LEASE_SECONDS + 1
    service = opened(tmp_path, desk, queue)
    assert desk.begun.acquire(timeout=20)  # the third
    assert states(service) == ["working"]
    clock.now += LEASE_SECONDS + 1
    other = opened(tmp_path, SlowDesk(), queue)
    assert queue.take("forms", "fourth") is None
    assert states(other) == ["failed"]
    assert "Remove it" in known(other, form).error
    desk.go_on.release()
    assert service.wait(20)  # it was slow, and has not ended: what it read is kept
    assert states(service) == ["done"]
    other.close()
    service.close()


def test_a_second_server_leaves_what_the_first_one_reads_alone(
    tmp_path: Path, desk: SlowDesk, service: FormService, queue: JobQueue
) -> None:
    add(service, "a.pdf")
    assert desk.begun.acquire(timeout=20)
    other_desk = SlowDesk()
    other_desk.go_on.release(9)
    other = opened(tmp_path, other_desk, queue)
    add(other, "b.pdf")
    assert other.wait(20)
    assert states(other) == ["working", "waiting"]
    desk.go_on.release(2)
    assert service.wait(20)
    other.see_to()
    assert other.wait(20)
    assert states(other) == ["done", "done"]
    other.close()


def test_trying_another_schema_leaves_the_form_and_is_tried_once(service: FormService, desk: SlowDesk) -> None:
    desk.go_on.release(9)
    number = add(service, "a.pdf")
    assert service.wait(20)
    for _ in range(2):
        service.try_on(known(service, number), "own")
        assert service.wait(20)
    assert [form.path.read_bytes() for form in service.forms("own")] == [b"form"]
    service.remove([form.id for form in service.forms("own")])
    assert known(service, number).path.exists()
    assert service.schemas() == ["invoice"]


def test_a_form_that_is_removed_while_it_waits_is_not_read(service: FormService, desk: SlowDesk) -> None:
    first, second = add(service, "a.pdf"), add(service, "b.pdf")
    assert desk.begun.acquire(timeout=20)
    service.remove([second])
    desk.go_on.release(9)
    assert service.wait(20)
    assert [form.id for form in service.forms()] == [first]
    assert not desk.begun.acquire(blocking=False)


class LastMomentQueue(MemoryJobQueue):
    """Something comes when a worker has just seen that there is nothing more."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.coming: list[Callable[[], object]] = []

    def take(self, lane: Lane, owner: str) -> Job | None:
        job = super().take(lane, owner)
        if job is None and self.coming:
            self.coming.pop()()
        return job


def test_a_form_that_comes_when_the_last_one_was_just_read_is_read_too(
    tmp_path: Path, desk: SlowDesk, clock: Clock
) -> None:
    queue = LastMomentQueue(clock)
    with closing(opened(tmp_path, desk, queue)) as service:
        queue.coming.append(lambda: add(service, "second.pdf"))
        desk.go_on.release(2)
        add(service, "first.pdf")
        assert service.wait(20)
        assert [form.state for form in service.forms()] == ["done", "done"]
