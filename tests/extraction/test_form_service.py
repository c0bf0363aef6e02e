"""Forms are read behind the back of whoever added them, one after the other."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import pytest

from ingest.layout.types import DocumentLayout
from rag.extraction.form_store import Tray
from rag.extraction.protocol import FormDesk
from rag.extraction.service import FormService
from rag.extraction.types import Extraction
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
    path = service.tray.place_for(name, schema)
    path.parent.mkdir(parents=True)
    path.write_text("form")
    return service.tray.add(path)


@pytest.fixture
def desk() -> SlowDesk:
    return SlowDesk()


@pytest.fixture
def service(tmp_path: Path, desk: SlowDesk) -> Iterator[FormService]:
    service = FormService(Tray(tmp_path), cast(FormDesk, desk))
    yield service
    desk.go_on.release(9)
    service.close()


def states(service: FormService) -> list[str]:
    return [form.state for form in service.tray.forms()]


def test_forms_are_read_one_after_the_other_and_a_stop_spares_the_rest(service: FormService, desk: SlowDesk) -> None:
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        add(service, name)
    service.see_to()
    desk.begun.acquire(timeout=20)
    assert states(service) == ["reading", "waiting", "waiting"]
    desk.go_on.release()
    desk.begun.acquire(timeout=20)
    assert states(service) == ["read", "reading", "waiting"]
    service.tray.stop()
    desk.go_on.release()
    service.wait()
    assert states(service) == ["read", "read", "stopped"]


def test_one_form_that_fails_does_not_stop_the_next(service: FormService, desk: SlowDesk) -> None:
    add(service, "a.pdf", "nothing"), add(service, "bug.pdf"), add(service, "c.pdf")
    desk.go_on.release(3)
    service.see_to()
    service.wait()
    assert states(service) == ["failed", "failed", "read"]
    assert service.tray.forms()[0].error == "There is no such schema: nothing"
    assert "terminal" in service.tray.forms()[1].error


def test_an_example_has_its_layout_read_and_no_fields(service: FormService) -> None:
    number = add(service, "letter.pdf", "")
    service.see_to()
    service.wait()
    form = service.tray.get(number)
    assert form is not None
    assert form.extraction is not None
    assert form.extraction.layout == DocumentLayout("letter", (), 0)


def test_what_waits_at_the_end_is_read_at_the_next_start(tmp_path: Path, desk: SlowDesk) -> None:
    service = FormService(Tray(tmp_path), cast(FormDesk, desk))
    service.wait()
    add(service, "a.pdf")
    service.close()
    desk.go_on.release()
    again = FormService(Tray(tmp_path), cast(FormDesk, desk))
    again.wait()
    assert states(again) == ["read"]
    again.close()
    assert desk.closed
