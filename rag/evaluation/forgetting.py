"""What goes with a deleted conversation: its questions in the golden set and in question files, and in the evaluations
that asked them again.

Figures stay, being means over many questions.
"""

import io
import json
import logging
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from rag.evaluation.golden_set import GOLDEN_FILE, as_text
from rag.evaluation.judged_questions import question_files
from rag.evaluation.runs import FOLDER, ITEMS, RUN
from rag.evaluation.types import Kind

_OF_JUDGED: tuple[Kind, ...] = ("golden", "questions")

logger = logging.getLogger(__name__)


def forget_turns(home: Path, turns: Collection[int]) -> None:
    """Take the questions of these turns out of the golden set, the question files and all evaluations of either under
    ``home``.

    A report beside such an evaluation is removed: it can be written again. A damaged file is left, with a warning.
    """
    gone = {str(turn) for turn in turns}
    runs = (run for kind in _OF_JUDGED for run in (home / FOLDER).glob(f"*-{kind}*/{RUN}"))
    for run in runs:
        items = run.with_name(ITEMS)
        if _rewrite(items, lambda text: _items_without(text, gone)):
            for report in run.parent.glob("*.html"):
                report.unlink()
    _rewrite(home / FOLDER / GOLDEN_FILE, lambda text: _set_without(text, gone))
    for file in question_files(home):
        _rewrite(file, lambda text: _file_without(text, gone))


def _rewrite(file: Path, change: Callable[[str], str]) -> bool:
    """Whether the file is there and has another content now."""
    try:
        text = file.read_text(encoding="utf-8")
        changed = change(text)
        if changed == text:
            return False
        aside = file.with_name(f"{file.name}.new")
        aside.write_text(changed, encoding="utf-8")
        aside.replace(file)
    except FileNotFoundError:
        return False
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.warning("%s may still hold questions of a deleted conversation (%s)", file, type(error).__name__)
        return False
    return True


def _items_without(text: str, gone: Collection[str]) -> str:
    return "".join(line for line in io.StringIO(text) if json.loads(line)["id"] not in gone)


def _file_without(text: str, gone: Collection[str]) -> str:
    """Only a JSON file has grown by judged answers."""
    if '"judged"' not in text:
        return text
    stored: dict[str, Any] = json.loads(text)
    left = [asked for asked in stored["questions"] if asked.get("judged") not in gone]
    return as_text({**stored, "questions": left}) if len(left) < len(stored["questions"]) else text


def _set_without(text: str, gone: Collection[str]) -> str:
    """Passages that hold no other question go too."""
    stored: dict[str, Any] = json.loads(text)
    articles = []
    for article in stored["data"]:
        asked = ((one, [qa for qa in one["qas"] if qa["id"] not in gone]) for one in article["paragraphs"])
        if paragraphs := [one | {"qas": left} for one, left in asked if left]:
            articles.append(article | {"paragraphs": paragraphs})
    wrong = [judged for judged in stored["judged_wrong"] if judged["id"] not in gone]
    return as_text({**stored, "data": articles, "judged_wrong": wrong})
