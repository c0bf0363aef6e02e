"""An answer as JSON, for the command line and the API alike."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from rag.types import Answer, answer_of


def answer_as_json(answer: Answer) -> dict[str, Any]:
    """What ``refdesk ask --json`` prints."""
    fields = dataclasses.asdict(answer)
    fields["timings_ms"] = fields.pop("timings")
    for name in ("dropped", "withheld", "probability"):  # never part of an answer
        del fields[name]
    for name in ("notices", "looked_up", "unfitted", "unanswered"):  # where there is something to say
        if not fields[name]:
            del fields[name]
    return {"answer": answer.text, **fields}


def answer_from_json(fields: Mapping[str, Any]) -> Answer:
    """What ``answer_as_json`` has written."""
    return answer_of({**fields, "timings": fields["timings_ms"]})
