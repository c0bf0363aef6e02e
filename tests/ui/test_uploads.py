"""Files from the browser: what is taken, what is refused, and what stays on the disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from rag.access.types import LOCAL_OWNER
from tests.ui.fake_desk import FakeDesk
from ui.api.uploads import upload_routes

LONGEST = FakeDesk().documents.longest_file


@pytest.fixture
def desk(tmp_path: Path) -> FakeDesk:
    return FakeDesk(home=tmp_path)


@pytest.fixture
def client(desk: FakeDesk) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=upload_routes(desk))) as client:
        yield client


def put(client: TestClient, path: str, content: bytes, collection: str = "default") -> int:
    return client.put("/uploads", params={"collection": collection, "path": path}, content=content).status_code


def stored(home: Path) -> list[str]:
    return sorted(str(path.relative_to(home / "files")) for path in (home / "files").rglob("*") if path.is_file())


def test_files_that_came_are_queued_together(client: TestClient, tmp_path: Path, desk: FakeDesk) -> None:
    assert put(client, "rules/a.txt", b"one", "staff") == 201
    assert put(client, "rules/b.txt", b"two", "staff") == 201
    answer = client.post("/uploads", json={"collection": "staff", "paths": ["rules/a.txt", "rules/b.txt"]})
    assert answer.status_code == 202
    (job,) = desk.jobs.list(LOCAL_OWNER)
    assert (job.id, job.collection, job.files) == (answer.json()["job"], "staff", 2)
    assert [Path(file.path).read_bytes() for file in desk.jobs.files(LOCAL_OWNER, job.id)] == [b"one", b"two"]
    assert desk.workers_called == 1


def test_the_same_name_again_replaces_the_file(client: TestClient, tmp_path: Path) -> None:
    put(client, "a.txt", b"one")
    put(client, "a.txt", b"two")
    assert stored(tmp_path) == ["default/a.txt"]
    assert (tmp_path / "files/default/a.txt").read_bytes() == b"two"


@pytest.mark.parametrize("path", ["../a.txt", "", "a/../../../a.txt", "/a.txt"])
def test_a_path_that_leads_elsewhere_is_refused_and_nothing_written(
    client: TestClient, tmp_path: Path, path: str
) -> None:
    assert put(client, path, b"one") == 400
    assert [found.name for found in tmp_path.rglob("*.txt")] == []


def test_a_file_that_is_too_large_is_refused_in_words_and_leaves_nothing(client: TestClient, tmp_path: Path) -> None:
    answer = client.put("/uploads", params={"collection": "default", "path": "a.txt"}, content=b"x" * (LONGEST + 1))
    assert answer.status_code == 400
    assert answer.json()["what"] == "The file is larger than 1 MB"
    assert stored(tmp_path) == []


def test_a_folder_where_a_file_is_says_what_to_do(client: TestClient, tmp_path: Path) -> None:
    put(client, "a.txt", b"one")
    answer = client.put("/uploads", params={"collection": "default", "path": "a.txt/b.txt"}, content=b"two")
    assert answer.status_code == 507
    assert "Rename it" in answer.json()["remedy"]
    assert stored(tmp_path) == ["default/a.txt"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"collection": "default", "paths": ["never.txt"]}', "application/json", 400),
        (b'{"collection": "default", "paths": []}', "application/json", 400),
        (b'{"collection": "default"}', "application/json", 400),
        (b"nonsense", "application/json", 400),
        (b'{"collection": "default", "paths": ["a.txt"]}', "text/plain", 415),
    ],
)
def test_what_cannot_be_queued_is_refused(
    client: TestClient, tmp_path: Path, desk: FakeDesk, body: bytes, kind: str, status: int
) -> None:
    put(client, "a.txt", b"one")
    answer = client.post("/uploads", content=body, headers={"content-type": kind})
    assert answer.status_code == status
    assert answer.json()["what"]
    assert desk.workers_called == 0
    assert desk.jobs.list(LOCAL_OWNER) == []
