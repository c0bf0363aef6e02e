"""Files that came through the browser: names that lead elsewhere, and what is left behind."""

import os
import time
from pathlib import Path

import pytest

from ingest.sources.uploads import FOLDER, kept_under, tidy, upload_path
from vectorstore.errors import UsageError


def test_a_file_is_kept_under_its_collection_and_the_name_it_came_under(tmp_path: Path) -> None:
    path = upload_path(tmp_path, "staff", "rules/2026/house rules.txt")
    assert path == tmp_path.resolve() / FOLDER / "staff" / "rules" / "2026" / "house rules.txt"
    assert kept_under(tmp_path, str(path)) == "rules/2026/house rules.txt"
    assert kept_under(tmp_path, "/elsewhere/house rules.txt") is None


@pytest.mark.parametrize(
    ("collection", "name"),
    [
        ("default", "../secret.txt"),
        ("default", "a/../../secret.txt"),
        ("default", "/etc/passwd"),
        ("default", "a\x00.txt"),
        ("default", "a\n.txt"),
        ("default", "\udcff.txt"),
        ("default", "x" * 300),
        ("default", "half.part"),
        ("default", ""),
        ("", "a.txt"),
        ("..", "a.txt"),
        ("a/b", "a.txt"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, collection: str, name: str) -> None:
    with pytest.raises(UsageError):
        upload_path(tmp_path, collection, name)


def test_what_nothing_refers_to_is_deleted_after_a_day(tmp_path: Path) -> None:
    paths = {name: upload_path(tmp_path, "default", name) for name in ("kept.txt", "gone/gone.txt", "new.txt")}
    long_ago = time.time() - 2 * 24 * 3600
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for name in ("kept.txt", "gone/gone.txt"):
        os.utime(paths[name], (long_ago, long_ago))
    tidy(tmp_path, {str(paths["kept.txt"])})
    assert [name for name, path in paths.items() if path.exists()] == ["kept.txt", "new.txt"]
