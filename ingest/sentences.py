"""Sentence boundaries with exact offsets, for cutting chunks, quoting and checking.

Punkt with the parameters that come inside the llama-index-core package, so nothing is downloaded; that package itself
is not imported here.
"""

import functools
import re
from importlib.util import find_spec
from pathlib import Path

from ingest.punkt import Parameters, Punkt
from vectorstore.errors import RefdeskError

_LINE = re.compile(r"[^\n]+")
_MARKER = re.compile(r"\s*(?:[-*•–]\s+)?(?P<number>\(?(?:\d{1,3}|[a-z])[.)]\s+)?")


_ABBREVIATIONS = frozenset(
    """
    al approx cf ca dept dr e.g eq etc fig figs i.e i.m i.v inc incl jr mr mrs ms no nos p pp prof ref refs s.c
    sec sr st tab vol vs
    """.split()
)
"""Those of scientific and business prose that Punkt's newspaper training did not meet."""


@functools.cache
def _punkt() -> Punkt:
    return Punkt(Parameters.read(punkt_folder(), _ABBREVIATIONS))


def punkt_folder() -> Path:
    """Where the parameters for English are. Raises RefdeskError where they are missing."""
    spec = find_spec("llama_index")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(location) / "core/_static/nltk_cache/tokenizers/punkt_tab/english"
        if folder.is_dir():
            return folder
    raise RefdeskError("The sentence model is missing", where="llama-index-core", remedy="Run `make setup`.")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    r"""Start and end of each sentence in ``text``. A line break always ends a sentence; bullets are left out, numbers
    stay with their step.

    >>> text = "Dr. Smith came. He left.\n- An item\n1. A step."
    >>> [text[start:end] for start, end in sentence_spans(text)]
    ['Dr. Smith came.', 'He left.', 'An item', '1. A step.']
    """
    spans: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        offset = line.start()
        marker = _MARKER.match(line.group())
        skip = marker.end() if marker else 0
        own = [(offset + skip + start, offset + skip + end) for start, end in _punkt().spans(line.group()[skip:])]
        if own and marker and marker["number"]:
            own[0] = offset + marker.start("number"), own[0][1]
        spans += own
    return [(start, end) for start, end in spans if any(character.isalnum() for character in text[start:end])]
