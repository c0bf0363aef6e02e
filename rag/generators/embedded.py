"""The generator that comes with Refdesk: the packaged SmolLM2, with an adapter that its own training made.

``embedded/`` holds the adapter in PEFT's layout, and the report of its training.
"""

from pathlib import Path

from vectorstore.models import SMOLLM2

ADAPTER = Path(__file__).parent / "embedded"


def adapter_for(model: str, named: Path | None) -> Path | None:
    """The adapter that ``model`` is to write with: the one ``named`` in the settings, else its own if it has one."""
    return named or (ADAPTER if model == SMOLLM2 else None)
