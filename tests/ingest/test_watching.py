"""Folders that are followed."""

from contextlib import closing
from pathlib import Path

import pytest

from ingest.pipeline.watching import changes

pytestmark = pytest.mark.timeout(120)


@pytest.mark.slow
def test_a_folder_that_vanished_is_followed_again_when_it_is_back(folder: Path) -> None:
    away = folder.with_name("away")
    with closing(changes([folder])) as followed:
        next(followed)
        (folder / "a.txt").touch()
        next(followed)
        folder.rename(away)
        next(followed)
        away.rename(folder)
        next(followed)
        (folder / "b.txt").touch()
        next(followed)


def test_a_file_that_another_takes_the_place_of_is_followed_further(folder: Path) -> None:
    file, written = folder / "a.txt", folder / "a.txt.new"
    file.write_text("one")
    with closing(changes([file])) as followed:
        next(followed)
        for text in ("two", "three"):  # as editors save
            written.write_text(text)
            written.rename(file)
            next(followed)


def test_a_file_that_is_being_written_is_told_of_again_when_it_is_finished(folder: Path) -> None:
    looks = 0

    def is_unfinished(path: Path) -> bool:
        nonlocal looks
        looks += path.name == "long.log"
        return 0 < looks < 3

    with closing(changes([folder], is_unfinished)) as followed:
        next(followed)
        (folder / "long.log").write_text("one")
        next(followed)
        next(followed)  # though nothing has changed
    assert looks == 3
