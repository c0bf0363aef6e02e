"""An extraction as JSON, a table row, a spreadsheet."""

from typing import Any

from rag.extraction.types import Extraction


def as_json(extraction: Extraction) -> dict[str, Any]:
    """The extraction in the form that the command line and the API share."""
    fields: dict[str, Any] = {}
    for name, found in extraction.fields.items():
        fields[name] = {
            "value": found.value,
            "normalised": found.normalised,
            "confidence": round(found.confidence, 4),
            "page": found.page,
            "box": [round(side, 1) for side in found.box] if found.box else None,
            "words": list(found.words),
        }
    return {
        "document": str(extraction.document),
        "outcome": extraction.outcome,
        "detail": extraction.detail,
        "schema": extraction.schema,
        "fields": fields,
    }
