"""Forms from the browser, and pictures of their pages back: only of forms in the store."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from rag.desk.forms import DeskForms
from rag.extraction.form_store import FormStore
from rag.extraction.service import FormService
from rag.jobs.queue import EmbeddedJobQueue
from tests.ui.fake_forms import FakeFormDesk, invoice_pdf
from ui.api.form_files import form_routes

LONGEST = 1024**2
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Forms:
    service: FormService
    desk: DeskForms


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forms]:
    home = tmp_path_factory.mktemp("home")
    with closing(EmbeddedJobQueue(home)) as queue:
        reading = FakeFormDesk()
        service = FormService(FormStore(home), reading, queue)
        yield Forms(service, DeskForms(reading, lambda: service))
        service.close()


@pytest.fixture
def client(forms: Forms) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=form_routes(forms.desk, LONGEST))) as client:
        yield client
    assert forms.service.wait(20)
    forms.service.remove([form.id for form in forms.service.forms()])


def put(client: TestClient, path: str, content: bytes, schema: str = "invoice") -> int:
    return client.put("/form-files", params={"schema": schema, "path": path}, content=content).status_code


def width_of(png: bytes) -> int:
    assert png.startswith(PNG)
    return int.from_bytes(png[16:20], "big")


def test_a_form_that_came_is_read_and_shown(client: TestClient, forms: Forms, tmp_path: Path) -> None:
    assert put(client, "bills/a.pdf", invoice_pdf(tmp_path / "a.pdf", "NL-7", pages=2).read_bytes()) == 201
    assert forms.service.wait(20)
    form = forms.service.forms("invoice")[0]
    assert form.extraction is not None
    assert (form.name, form.extraction.fields["invoice_number"].value) == ("a.pdf", "NL-7")
    answer = client.get(f"/form-files/{form.id}/pages/2", params={"width": 300})
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "no-store"
    assert width_of(answer.content) == 300
    for asked, given in (("99999999", 3000), ("9999", 3000), ("1", 200), ("x", 1200)):
        assert width_of(client.get(f"/form-files/{form.id}/pages/1", params={"width": asked}).content) == given
    for page in (0, 3, 999_999):
        assert client.get(f"/form-files/{form.id}/pages/{page}").status_code == 404


def test_nothing_but_the_forms_in_the_tray_is_shown(client: TestClient, forms: Forms, tmp_path: Path) -> None:
    put(client, "a.pdf", invoice_pdf(tmp_path / "a.pdf", "NL-7").read_bytes())
    assert forms.service.wait(20)
    number = forms.service.forms()[0].id
    forms.service.remove([number])
    assert client.get(f"/form-files/{number}/pages/1").json()["what"] == "This document was removed"
    for address in ("../a.pdf", "%2e%2e%2fa.pdf", "-1", "99999999999999999999999999"):
        assert client.get(f"/form-files/{address}/pages/1").status_code == 404
    assert client.get("/form-files").status_code == 405


@pytest.mark.parametrize("path", ["..", "", "a/.."])
def test_a_name_that_no_file_may_have_is_refused(client: TestClient, forms: Forms, path: str) -> None:
    assert put(client, path, b"one") == 400
    assert forms.service.forms() == []


def test_a_schema_is_named_and_never_a_file(client: TestClient, forms: Forms, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("[fields.number]")
    for schema in (str(tmp_path / "own.toml"), "own", "../invoice"):
        assert put(client, "a.pdf", b"one", schema) == 400
    assert forms.service.forms() == []


def test_a_file_that_is_too_large_is_refused_in_words(client: TestClient, forms: Forms) -> None:
    answer = client.put("/form-files", params={"schema": "invoice", "path": "a.pdf"}, content=b"x" * (LONGEST + 1))
    assert answer.status_code == 400
    assert answer.json()["what"] == "The file is larger than 1 MB"
    assert forms.service.forms() == []
