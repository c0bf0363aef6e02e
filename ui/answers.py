"""An answer as JSON, for the command line and the API alike."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from rag.types import Answer, Citation, Sentence, Timings


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
    return Answer(
        kind=fields["kind"],
        engine=fields["engine"],
        sentences=tuple(Sentence(**one | {"citations": tuple(one["citations"])}) for one in fields["sentences"]),
        citations=tuple(Citation(**one) for one in fields["citations"]),
        related=tuple(Citation(**one) for one in fields["related"]),
        short_answer=fields["short_answer"],
        timings=Timings(**fields["timings_ms"]),
        notices=tuple(fields.get("notices", ())),
        looked_up=fields.get("looked_up"),
        unfitted=tuple(fields.get("unfitted", ())),
        certainty=fields["certainty"],
        unanswered=tuple(fields.get("unanswered", ())),
    )
